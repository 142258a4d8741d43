/** C's arithmetic on values (C11, sections 6.3 and 6.5). */
import type { BinaryOperator, UnaryOperator } from './ast.ts';
import { DOUBLE, INT, isFloating, isIntegral, isSigned, LONG, UNSIGNED_INT, UNSIGNED_LONG } from './c-types.ts';
import { ExpressionError } from './expression-error.ts';
import { strip, type Type } from '../symbols/types.ts';
import { constantValue, floatValue, toInteger, toNumber, type Value } from './value.ts';

/** The integer in `value`; throws when there is none. */
export function integerOf(value: Value): bigint {
  const integer = isFloating(value.type) ? truncated(toNumber(value)) : toInteger(value);
  if (integer === undefined) throw new ExpressionError(`the value is ${value.absence ?? 'not available'}`);
  return integer;
}

function truncated(value: number | undefined): bigint | undefined {
  return value === undefined || !Number.isFinite(value) ? undefined : BigInt(Math.trunc(value));
}

/** True unless the value compares equal to 0. */
export function isTrue(value: Value): boolean {
  return isFloating(value.type) ? toNumber(value) !== 0 : integerOf(value) !== 0n;
}

export function truth(holds: boolean): Value {
  return constantValue(INT, holds ? 1n : 0n);
}

/** `-x`, `+x`, `~x`, `!x`. */
export function applyUnary(operator: UnaryOperator, operand: Value): Value {
  if (operator === '!') return truth(!isTrue(operand));
  if (isFloating(operand.type)) {
    const number = toNumber(operand) ?? NaN;
    return floatValue(operand.type, operator === '-' ? -number : number);
  }
  const type = promoted(operand);
  const integer = integerOf(operand);
  return constantValue(type, operator === '-' ? -integer : operator === '~' ? ~integer : integer);
}

/** Binary operators other than `&&`, `||` and those on pointers. */
export function applyBinary(operator: BinaryOperator, left: Value, right: Value): Value {
  checkArithmetic(left);
  checkArithmetic(right);
  if (isFloating(left.type) || isFloating(right.type)) return applyFloat(operator, toNumber(left), toNumber(right));
  const isShift = operator === '<<' || operator === '>>';
  const type = isShift ? promoted(left) : common(promoted(left), promoted(right));
  const bits = type.byteSize * 8;
  const wrap = (value: bigint): bigint => (isSigned(type) ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value));
  const comparison = compare(operator, wrap(integerOf(left)), wrap(integerOf(right)));
  if (comparison !== undefined) return truth(comparison);
  return constantValue(
    type,
    compute(operator, wrap(integerOf(left)), isShift ? integerOf(right) : wrap(integerOf(right))),
  );
}

function checkArithmetic(value: Value): void {
  const bare = strip(value.type);
  const isArithmetic = isIntegral(bare) || isFloating(bare) || bare.kind === 'pointer';
  if (!isArithmetic) throw new ExpressionError(`"${value.type.name}" is not a number`);
}

/** Integer promotion (6.3.1.1): what is narrower than `int` becomes `int`. */
function promoted(value: Value): Type {
  const bare = strip(value.type);
  if (bare.kind === 'pointer') return UNSIGNED_LONG;
  if (bare.byteSize < 4 || value.bitField) return (value.bitField?.size ?? 0) > 31 ? wide(value.type) : INT;
  return wide(value.type);
}

function wide(type: Type): Type {
  if (type.byteSize > 4) return isSigned(type) ? LONG : UNSIGNED_LONG;
  return isSigned(type) ? INT : UNSIGNED_INT;
}

/** The usual arithmetic conversions (6.3.1.8). */
function common(left: Type, right: Type): Type {
  if (left.byteSize !== right.byteSize) return left.byteSize > right.byteSize ? left : right;
  return isSigned(left) ? right : left;
}

function compare(operator: BinaryOperator, left: bigint | number, right: bigint | number): boolean | undefined {
  switch (operator) {
    case '==':
      return left === right;
    case '!=':
      return left !== right;
    case '<':
      return left < right;
    case '>':
      return left > right;
    case '<=':
      return left <= right;
    case '>=':
      return left >= right;
    default:
      return undefined;
  }
}

function compute(operator: BinaryOperator, left: bigint, right: bigint): bigint {
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      return left / nonZero(right);
    case '%':
      return left % nonZero(right);
    case '<<':
      return left << shiftCount(right);
    case '>>':
      return left >> shiftCount(right);
    case '&':
      return left & right;
    case '|':
      return left | right;
    case '^':
      return left ^ right;
    default:
      throw new ExpressionError(`"${operator}" does not apply here`);
  }
}

function nonZero(value: bigint): bigint {
  if (value === 0n) throw new ExpressionError('division by zero');
  return value;
}

function shiftCount(value: bigint): bigint {
  if (value < 0n || value > 63n) throw new ExpressionError(`shift by ${value}`);
  return value;
}

function applyFloat(operator: BinaryOperator, left = NaN, right = NaN): Value {
  const comparison = compare(operator, left, right);
  if (comparison !== undefined) return truth(comparison);
  switch (operator) {
    case '+':
      return floatValue(DOUBLE, left + right);
    case '-':
      return floatValue(DOUBLE, left - right);
    case '*':
      return floatValue(DOUBLE, left * right);
    case '/':
      return floatValue(DOUBLE, left / right);
    default:
      throw new ExpressionError(`"${operator}" does not apply to floating-point numbers`);
  }
}
