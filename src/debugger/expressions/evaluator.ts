/** Evaluates expressions in a scope. */
import { findMember, strip, type ArrayType, type PointerType, type StructType, type Type } from '../symbols/types.ts';
import { applyBinary, applyUnary, integerOf, isTrue, truth } from './arithmetic.ts';
import type { Node, TypeName } from './ast.ts';
import {
  arrayOf,
  builtInType,
  CHAR,
  DOUBLE,
  INT,
  isFloating,
  isIntegral,
  LONG,
  pointerTo,
  UNSIGNED_INT,
  UNSIGNED_LONG,
} from './c-types.ts';
import { ExpressionError } from './expression-error.ts';
import { parseExpression } from './parser.ts';
import type { ExpressionScope, RegisterValue } from './scope.ts';
import {
  absentValue,
  bytesToInteger,
  constantValue,
  elementValue,
  floatValue,
  integerBytes,
  MAX_VALUE,
  memberValue,
  toNumber,
  type Value,
} from './value.ts';

/** Evaluates `text` in `scope`. Rejects with `ExpressionError`. Assignments change the program. */
export async function evaluate(text: string, scope: ExpressionScope): Promise<Value> {
  return new Evaluator(scope).value(parseExpression(text));
}

/** What a pointer points to, as a type. */
export function targetOf(pointer: PointerType, scope: ExpressionScope): Promise<Type> {
  return pointer.targetType ? complete(pointer.targetType, scope) : scope.resolve(pointer.target);
}

function complete(type: Type, scope: ExpressionScope): Promise<Type> {
  return isDeclared(type) ? scope.resolve(type.ref) : Promise.resolve(type);
}

/** The object of type `type` at `address`. A type that is only declared where it is used is looked up elsewhere. */
export async function objectAt(type: Type, address: bigint, scope: ExpressionScope): Promise<Value> {
  const place = { kind: 'memory', address: BigInt.asUintN(64, address) } as const;
  const bare = strip(type);
  if (bare.kind === 'function') return { type, bytes: new Uint8Array(), place };
  if (bare.kind === 'void') return absentValue(type, 'incomplete type', place);
  const whole = isDeclared(bare) ? await scope.resolve(bare.ref) : type;
  if (isDeclared(strip(whole))) return absentValue(type, 'incomplete type', place);
  try {
    return { type: whole, bytes: await scope.readMemory(place.address, Math.min(whole.byteSize, MAX_VALUE)), place };
  } catch {
    return absentValue(whole, 'unreadable', place);
  }
}

function isDeclared(type: Type): boolean {
  return (type.kind === 'struct' || type.kind === 'union') && type.isDeclaration;
}

class Evaluator {
  constructor(private readonly scope: ExpressionScope) {}

  async value(node: Node): Promise<Value> {
    switch (node.kind) {
      case 'integer':
        return constantValue(literalType(node.value, node.suffix, node.isDecimal), node.value);
      case 'float':
        return floatValue(DOUBLE, node.value);
      case 'character':
        return constantValue(CHAR, node.value);
      case 'string':
        return stringValue(node.value);
      case 'name':
        return this.#name(node.name, node.file, node.at);
      case 'register':
        return registerValue(await this.#register(node.name, node.at));
      case 'comma':
        await this.value(node.left);
        return this.value(node.right);
      case 'conditional':
        return this.value(isTrue(await this.value(node.test)) ? node.whenTrue : node.whenFalse);
      case 'assign':
        return this.#assign(node.target, await this.value(node.value));
      case 'unary':
        return this.#unary(node);
      case 'binary':
        return this.#binary(node);
      case 'member':
        return this.#member(node);
      case 'index':
        return this.#index(await this.value(node.array), integerOf(await this.value(node.index)));
      case 'slice':
        return this.#slice(await this.value(node.first), integerOf(await this.value(node.count)));
      default:
        return this.#typed(node);
    }
  }

  async type({ base, pointers, counts }: TypeName): Promise<Type> {
    let type = builtInType(base) ?? (await this.scope.type(base));
    if (!type) throw new ExpressionError(`there is no type "${base}"`);
    for (let i = 0; i < pointers; i++) type = pointerTo(type);
    for (const count of counts.toReversed()) type = arrayOf(type, count);
    return type;
  }

  /** `sizeof (name)` may be that of a typedef, which the parser cannot know. */
  async #typeOfOperand(node: Node): Promise<Type> {
    const isVariable = node.kind !== 'name' || (await this.scope.variable(node.name)) !== undefined;
    const type = isVariable || node.kind !== 'name' ? undefined : await this.scope.type(node.name);
    return type ?? (await this.value(node)).type;
  }

  async #typed(node: Node): Promise<Value> {
    switch (node.kind) {
      case 'cast':
        return this.#cast(await this.type(node.type), await this.value(node.operand));
      case 'sizeof':
        return constantValue(UNSIGNED_LONG, BigInt((await this.#typeOfOperand(node.operand)).byteSize));
      case 'sizeofType':
        return constantValue(UNSIGNED_LONG, BigInt((await this.type(node.type)).byteSize));
      case 'offsetof':
        return constantValue(UNSIGNED_LONG, BigInt(await this.#offsetOf(await this.type(node.type), node.path)));
      case 'containerOf': {
        const type = await this.type(node.type);
        const address = integerOf(await this.value(node.pointer)) - BigInt(await this.#offsetOf(type, node.path));
        return constantValue(pointerTo(type), address);
      }
      case 'perCpu': {
        const found = await this.scope.perCpu(node.name, integerOf(await this.value(node.cpu)));
        if (!found) throw new ExpressionError(`there is no per-CPU variable "${node.name}"`, node.at);
        return found;
      }
      default:
        throw new ExpressionError('this cannot be evaluated', node.at);
    }
  }

  async #name(name: string, file: string | undefined, at: number): Promise<Value> {
    const found = (await this.scope.variable(name, file)) ?? (await this.scope.enumerator(name));
    if (!found) throw new ExpressionError(`there is no "${name}" here`, at);
    return found;
  }

  async #register(name: string, at: number): Promise<RegisterValue> {
    const found = await this.scope.register(name);
    if (!found) throw new ExpressionError(`there is no register "$${name}"`, at);
    return found;
  }

  async #unary(node: Node & { kind: 'unary' }): Promise<Value> {
    const operand = await this.value(node.operand);
    if (node.operator === '&') return addressOf(operand, node.at);
    if (node.operator === '*') return this.#dereference(operand, node.at);
    return applyUnary(node.operator, operand);
  }

  async #dereference(value: Value, at: number): Promise<Value> {
    const bare = strip(value.type);
    if (bare.kind === 'array') return this.#index(value, 0n);
    if (bare.kind === 'function') return value;
    // As gdb does: a number may be an address.
    if (isIntegral(bare)) return objectAt(LONG, integerOf(value), this.scope);
    if (bare.kind !== 'pointer') throw new ExpressionError(`"${value.type.name}" is not a pointer`, at);
    const target = await targetOf(bare, this.scope);
    if (strip(target).kind === 'void') throw new ExpressionError('a void pointer points to nothing in particular', at);
    return objectAt(target, integerOf(value), this.scope);
  }

  async #binary(node: Node & { kind: 'binary' }): Promise<Value> {
    const { operator } = node;
    const left = await this.value(node.left);
    if (operator === '&&') return truth(isTrue(left) && isTrue(await this.value(node.right)));
    if (operator === '||') return truth(isTrue(left) || isTrue(await this.value(node.right)));
    const right = await this.value(node.right);
    const byPointer =
      operator === '+' || operator === '-' ? await this.#pointerArithmetic(operator, left, right) : undefined;
    return byPointer ?? applyBinary(operator, decay(left), decay(right));
  }

  async #pointerArithmetic(operator: '+' | '-', first: Value, second: Value): Promise<Value | undefined> {
    const [left, right] = [decay(first), decay(second)];
    const [leftType, rightType] = [strip(left.type), strip(right.type)];
    if (leftType.kind === 'pointer' && rightType.kind === 'pointer') {
      if (operator === '+') throw new ExpressionError('two pointers cannot be added');
      return constantValue(LONG, (integerOf(left) - integerOf(right)) / (await this.#step(leftType)));
    }
    if (leftType.kind === 'pointer') {
      const distance = integerOf(right) * (await this.#step(leftType));
      return constantValue(left.type, operator === '+' ? integerOf(left) + distance : integerOf(left) - distance);
    }
    return rightType.kind === 'pointer' && operator === '+' ? this.#pointerArithmetic('+', right, left) : undefined;
  }

  /** As GCC has it, arithmetic on `void *` and on functions counts bytes. */
  async #step(pointer: PointerType): Promise<bigint> {
    return BigInt(Math.max((await targetOf(pointer, this.scope)).byteSize, 1));
  }

  async #member(node: Node & { kind: 'member' }): Promise<Value> {
    if (node.object.kind === 'register') {
      const field = registerField(await this.#register(node.object.name, node.object.at), node.member);
      if (field) return field;
    }
    let object = await this.value(node.object);
    // `.` through a pointer, as gdb allows: nothing else could be meant.
    if (strip(object.type).kind === 'pointer') object = await this.#dereference(object, node.at);
    const struct = strip(object.type);
    if (struct.kind !== 'struct' && struct.kind !== 'union') {
      throw new ExpressionError(`"${object.type.name}" has no members`, node.at);
    }
    if (struct.isDeclaration) throw new ExpressionError(`"${struct.name}" is only declared`, node.at);
    return memberValue(object, memberOf(struct, node.member, node.at));
  }

  async #index(array: Value, index: bigint): Promise<Value> {
    const bare = strip(array.type);
    if (bare.kind === 'array') return this.#element(array, bare, index);
    const pointer = bare.kind === 'pointer' ? array : undefined;
    if (!pointer || bare.kind !== 'pointer') throw new ExpressionError(`"${array.type.name}" cannot be indexed`);
    const target = await targetOf(bare, this.scope);
    return objectAt(target, integerOf(array) + index * (await this.#step(bare)), this.scope);
  }

  /** Outside of its bounds an array in memory is read where the element would be. */
  #element(array: Value, { element, count }: ArrayType, index: bigint): Promise<Value> {
    const isAtHand = index >= 0n && count !== undefined && index < BigInt(count) && array.bytes !== undefined;
    if (isAtHand && Number(index + 1n) * element.byteSize <= array.bytes.length) {
      return Promise.resolve(elementValue(array, element, Number(index)));
    }
    if (array.place?.kind !== 'memory') throw new ExpressionError(`index ${index} is out of range`);
    return objectAt(element, array.place.address + index * BigInt(element.byteSize), this.scope);
  }

  async #slice(first: Value, count: bigint): Promise<Value> {
    if (first.place?.kind !== 'memory') throw new ExpressionError('"@" needs something in memory on its left');
    if (count < 1n || count * BigInt(first.type.byteSize) > BigInt(MAX_VALUE)) {
      throw new ExpressionError(`${count} elements cannot be shown`);
    }
    return objectAt(arrayOf(first.type, Number(count)), first.place.address, this.scope);
  }

  async #cast(type: Type, operand: Value): Promise<Value> {
    const bare = strip(type);
    const source = strip(operand.type);
    if (bare.kind === 'struct' || bare.kind === 'union' || bare.kind === 'array') {
      if (operand.place?.kind === 'memory') return objectAt(type, operand.place.address, this.scope);
      throw new ExpressionError(`a "${operand.type.name}" cannot be seen as "${type.name}"`);
    }
    if (isFloating(bare)) return floatValue(type, toNumber(operand) ?? NaN);
    if (bare.kind === 'void') return absentValue(type, 'incomplete type');
    const isNumber = isIntegral(source) || isFloating(source) || ['pointer', 'array', 'function'].includes(source.kind);
    if (!isNumber) throw new ExpressionError(`a "${operand.type.name}" cannot be seen as "${type.name}"`);
    const integer = integerOf(decay(operand));
    const isBoolean = type.byteSize === 1 && strip(type).name === '_Bool';
    return constantValue(type, isBoolean ? (integer === 0n ? 0n : 1n) : integer);
  }

  async #offsetOf(type: Type, path: string): Promise<number> {
    let at = await complete(type, this.scope);
    let offset = 0;
    for (const name of path.split('.')) {
      const struct = strip(at);
      if (struct.kind !== 'struct' && struct.kind !== 'union') throw new ExpressionError(`"${at.name}" has no members`);
      const member = memberOf(struct, name, undefined);
      offset += member.offset;
      at = member.type;
    }
    return offset;
  }

  async #assign(target: Node, value: Value): Promise<Value> {
    if (target.kind === 'register') {
      await this.scope.writeRegister(target.name, integerOf(decay(value)));
      return this.value(target);
    }
    if (target.kind === 'member' && target.object.kind === 'register') {
      return this.#assignField(target.object.name, target.member, target, integerOf(value));
    }
    const old = await this.value(target);
    await this.#store(old, this.#bytesFor(old, value), target.at);
    return this.value(target);
  }

  async #assignField(register: string, name: string, target: Node, value: bigint): Promise<Value> {
    const whole = await this.#register(register, target.at);
    const field = findField(whole, name);
    if (!field) throw new ExpressionError(`$${register} has no field "${name}"`, target.at);
    await this.scope.writeRegister(register, insertBits(whole.value, field.low, field.width, value));
    return this.value(target);
  }

  #bytesFor(old: Value, value: Value): Uint8Array {
    const bare = strip(old.type);
    if (bare.kind === 'struct' || bare.kind === 'union' || bare.kind === 'array') {
      if (value.bytes?.length !== old.type.byteSize)
        throw new ExpressionError(`"${old.type.name}" needs a value of its own type`);
      return value.bytes;
    }
    if (isFloating(bare)) return floatValue(old.type, toNumber(value) ?? NaN).bytes!;
    const integer = integerOf(decay(value));
    if (!old.bitField) return integerBytes(integer, old.type.byteSize);
    if (!old.bytes) throw new ExpressionError(`the value is ${old.absence}`);
    const { offset, size } = old.bitField;
    return integerBytes(insertBits(bytesToInteger(old.bytes), offset, size, integer), old.bytes.length);
  }

  async #store(old: Value, bytes: Uint8Array, at: number): Promise<void> {
    const { place } = old;
    if (place?.kind === 'memory') return this.scope.writeMemory(place.address, bytes);
    if (place?.kind === 'register')
      return this.scope.writeRegister(registerName(place.register), bytesToInteger(bytes));
    if (place?.kind === 'systemRegister') return this.scope.writeRegister(place.name, bytesToInteger(bytes));
    throw new ExpressionError('this is not something that can be assigned to', at);
  }
}

function registerName(register: number): string {
  return register === 31 ? 'sp' : register === 32 ? 'pc' : `x${register}`;
}

function insertBits(whole: bigint, low: number, width: number, value: bigint): bigint {
  const mask = ((1n << BigInt(width)) - 1n) << BigInt(low);
  return (whole & ~mask) | ((value << BigInt(low)) & mask);
}

function memberOf(
  struct: StructType,
  name: string,
  at: number | undefined,
): NonNullable<ReturnType<typeof findMember>> {
  const member = findMember(struct, name);
  if (!member) throw new ExpressionError(`"${struct.name}" has no member "${name}"`, at);
  return member;
}

/** The type of an integer constant (6.4.4.1). */
function literalType(value: bigint, suffix: string, isDecimal: boolean): Type {
  const isUnsigned = suffix.includes('u');
  const isLong = suffix.includes('l');
  if (!isLong && !isUnsigned && value < 0x8000_0000n) return INT;
  if (!isLong && (isUnsigned || !isDecimal) && value < 0x1_0000_0000n) return UNSIGNED_INT;
  return isUnsigned || value >= 1n << 63n ? UNSIGNED_LONG : LONG;
}

function stringValue(text: string): Value {
  const bytes = new TextEncoder().encode(`${text}\0`);
  return { type: arrayOf(CHAR, bytes.length), bytes, place: undefined };
}

function registerValue(register: RegisterValue): Value {
  const type = register.size === 4 ? UNSIGNED_INT : UNSIGNED_LONG;
  return { ...constantValue(type, register.value), place: { kind: 'systemRegister', name: register.name } };
}

function findField(register: RegisterValue, name: string): { low: number; width: number } | undefined {
  return (
    register.fields?.get(name) ??
    [...(register.fields ?? [])].find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1]
  );
}

function registerField(register: RegisterValue, name: string): Value | undefined {
  const field = findField(register, name);
  if (!field) return undefined;
  const value = (register.value >> BigInt(field.low)) & ((1n << BigInt(field.width)) - 1n);
  return constantValue(field.width > 32 ? UNSIGNED_LONG : UNSIGNED_INT, value);
}

function addressOf(value: Value, at: number): Value {
  if (value.bitField) throw new ExpressionError('a bit-field has no address', at);
  if (value.place?.kind !== 'memory') throw new ExpressionError('this is not in memory', at);
  return constantValue(pointerTo(value.type), value.place.address);
}

/** Arrays and functions become pointers where a value is needed (6.3.2.1). */
function decay(value: Value): Value {
  const bare = strip(value.type);
  if (bare.kind === 'array' && value.place?.kind === 'memory')
    return constantValue(pointerTo(bare.element), value.place.address);
  if (bare.kind === 'function' && value.place?.kind === 'memory')
    return constantValue(pointerTo(value.type), value.place.address);
  return value;
}
