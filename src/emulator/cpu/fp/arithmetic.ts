/** Add, subtract, multiply, divide, square root and the fused operations (Arm ARM shared/functions/float). */
import { type FpContext, fpcrRounding, Fpsr, Rounding } from './context.ts';
import { type FloatFormat, fpInfinity, fpNeg, fpOnePointFive, fpTwo, fpZero } from './format.ts';
import { bitLength, fpRound } from './round.ts';
import { fpProcessNaN, fpProcessNaNs, FpType, fpUnpack, invalid, isNaNType, type Unpacked } from './unpack.ts';

/** A signed exact number: `mantissa * 2^exponent`. */
interface Exact {
  readonly mantissa: bigint;
  readonly exponent: number;
}

function exact(x: Unpacked): Exact {
  return { mantissa: x.sign === 0 ? x.mantissa : -x.mantissa, exponent: x.exponent };
}

function exactProduct(x: Exact, y: Exact): Exact {
  return { mantissa: x.mantissa * y.mantissa, exponent: x.exponent + y.exponent };
}

function exactSum(x: Exact, y: Exact): Exact {
  const exponent = Math.min(x.exponent, y.exponent);
  const mantissa = (x.mantissa << BigInt(x.exponent - exponent)) + (y.mantissa << BigInt(y.exponent - exponent));
  return { mantissa, exponent };
}

/** Rounds a sum; an exact zero is -0 only when rounding towards minus infinity. */
function roundSum(format: FloatFormat, sum: Exact, fp: FpContext): bigint {
  if (sum.mantissa === 0n) return fpZero(format, fpcrRounding(fp) === Rounding.negInf ? 1 : 0);
  const sign = sum.mantissa < 0n ? 1 : 0;
  return fpRound(format, sign, sign === 1 ? -sum.mantissa : sum.mantissa, sum.exponent, fp);
}

/** FPAdd(). */
export function fpAdd(format: FloatFormat, a: bigint, b: bigint, fp: FpContext): bigint {
  return addWithSign(format, a, b, 0, fp);
}

/** FPSub(). */
export function fpSub(format: FloatFormat, a: bigint, b: bigint, fp: FpContext): bigint {
  return addWithSign(format, a, b, 1, fp);
}

/** A NaN operand of a subtraction keeps its own sign, so the negation is not applied to the bits. */
function addWithSign(format: FloatFormat, a: bigint, b: bigint, flip: number, fp: FpContext): bigint {
  const x = fpUnpack(format, a, fp);
  const second = fpUnpack(format, b, fp);
  const nan = fpProcessNaNs(format, [x, second], [a, b], fp);
  if (nan !== undefined) return nan;
  const y = { ...second, sign: second.sign ^ flip };
  if (x.type === FpType.infinity && y.type === FpType.infinity && x.sign !== y.sign) return invalid(format, fp);
  if (x.type === FpType.infinity) return fpInfinity(format, x.sign);
  if (y.type === FpType.infinity) return fpInfinity(format, y.sign);
  if (x.type === FpType.zero && y.type === FpType.zero && x.sign === y.sign) return fpZero(format, x.sign);
  return roundSum(format, exactSum(exact(x), exact(y)), fp);
}

function isInfinityTimesZero(x: Unpacked, y: Unpacked): boolean {
  return (
    (x.type === FpType.infinity && y.type === FpType.zero) || (x.type === FpType.zero && y.type === FpType.infinity)
  );
}

/** FPMul(). */
export function fpMul(format: FloatFormat, a: bigint, b: bigint, fp: FpContext): bigint {
  return multiply(format, a, b, fp, () => invalid(format, fp));
}

/** FPMulX(): infinity times zero is 2. */
export function fpMulX(format: FloatFormat, a: bigint, b: bigint, fp: FpContext): bigint {
  return multiply(format, a, b, fp, (sign) => fpTwo(format, sign));
}

function multiply(
  format: FloatFormat,
  a: bigint,
  b: bigint,
  fp: FpContext,
  infinityTimesZero: (sign: number) => bigint,
): bigint {
  const x = fpUnpack(format, a, fp);
  const y = fpUnpack(format, b, fp);
  const nan = fpProcessNaNs(format, [x, y], [a, b], fp);
  if (nan !== undefined) return nan;
  const sign = x.sign ^ y.sign;
  if (isInfinityTimesZero(x, y)) return infinityTimesZero(sign);
  if (x.type === FpType.infinity || y.type === FpType.infinity) return fpInfinity(format, sign);
  if (x.type === FpType.zero || y.type === FpType.zero) return fpZero(format, sign);
  return fpRound(format, sign, x.mantissa * y.mantissa, x.exponent + y.exponent, fp);
}

/** FPDiv(). */
export function fpDiv(format: FloatFormat, a: bigint, b: bigint, fp: FpContext): bigint {
  const x = fpUnpack(format, a, fp);
  const y = fpUnpack(format, b, fp);
  const nan = fpProcessNaNs(format, [x, y], [a, b], fp);
  if (nan !== undefined) return nan;
  if (x.type === y.type && x.type !== FpType.nonzero) return invalid(format, fp);
  const sign = x.sign ^ y.sign;
  if (x.type === FpType.infinity || y.type === FpType.zero) {
    if (x.type !== FpType.infinity) fp.fpsr |= Fpsr.dzc;
    return fpInfinity(format, sign);
  }
  if (x.type === FpType.zero || y.type === FpType.infinity) return fpZero(format, sign);
  return quotient(format, sign, x, y, fp);
}

function quotient(format: FloatFormat, sign: number, x: Unpacked, y: Unpacked, fp: FpContext): bigint {
  const shift = Math.max(0, format.fractionBits + 3 + bitLength(y.mantissa) - bitLength(x.mantissa));
  const dividend = x.mantissa << BigInt(shift);
  const result = dividend / y.mantissa;
  const sticky = result * y.mantissa === dividend ? 0n : 1n;
  return fpRound(format, sign, (result << 1n) | sticky, x.exponent - y.exponent - shift - 1, fp);
}

/** FPSqrt(). */
export function fpSqrt(format: FloatFormat, a: bigint, fp: FpContext): bigint {
  const x = fpUnpack(format, a, fp);
  if (isNaNType(x.type)) return fpProcessNaN(format, x.type, a, fp);
  if (x.type === FpType.zero) return fpZero(format, x.sign);
  if (x.sign === 1) return invalid(format, fp);
  if (x.type === FpType.infinity) return fpInfinity(format, 0);
  let shift = 2 * (format.fractionBits + 3) - bitLength(x.mantissa);
  if ((x.exponent - shift) & 1) shift += 1;
  const radicand = x.mantissa << BigInt(shift);
  const root = squareRoot(radicand);
  const sticky = root * root === radicand ? 0n : 1n;
  return fpRound(format, 0, (root << 1n) | sticky, (x.exponent - shift) / 2 - 1, fp);
}

/** Square root of a positive integer, rounded down, by Newton's iteration from above. */
function squareRoot(value: bigint): bigint {
  let root = 1n << BigInt((bitLength(value) + 1) >>> 1);
  for (;;) {
    const next = (root + value / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}

/** FPMulAdd(): addend + a * b, rounded once. */
export function fpMulAdd(format: FloatFormat, addend: bigint, a: bigint, b: bigint, fp: FpContext): bigint {
  const z = fpUnpack(format, addend, fp);
  const x = fpUnpack(format, a, fp);
  const y = fpUnpack(format, b, fp);
  const nan = fpProcessNaNs(format, [z, x, y], [addend, a, b], fp);
  if (z.type === FpType.qnan && isInfinityTimesZero(x, y)) return invalid(format, fp);
  if (nan !== undefined) return nan;
  const sign = x.sign ^ y.sign;
  const productIsInfinite = x.type === FpType.infinity || y.type === FpType.infinity;
  if (isInfinityTimesZero(x, y) || (productIsInfinite && z.type === FpType.infinity && z.sign !== sign))
    return invalid(format, fp);
  if (z.type === FpType.infinity) return fpInfinity(format, z.sign);
  if (productIsInfinite) return fpInfinity(format, sign);
  const productIsZero = x.type === FpType.zero || y.type === FpType.zero;
  if (z.type === FpType.zero && productIsZero && z.sign === sign) return fpZero(format, sign);
  return roundSum(format, exactSum(exact(z), exactProduct(exact(x), exact(y))), fp);
}

/** FPRecipStepFused(): 2 - a * b, rounded once. */
export function fpRecipStepFused(format: FloatFormat, a: bigint, b: bigint, fp: FpContext): bigint {
  return stepFused(format, fpNeg(format, a), b, { mantissa: 2n, exponent: 0 }, 0, fpTwo(format, 0), fp);
}

/** FPRSqrtStepFused(): (3 - a * b) / 2, rounded once. */
export function fpRSqrtStepFused(format: FloatFormat, a: bigint, b: bigint, fp: FpContext): bigint {
  return stepFused(format, fpNeg(format, a), b, { mantissa: 3n, exponent: 0 }, -1, fpOnePointFive(format, 0), fp);
}

/** (constant + a * b) * 2^scale; infinity times zero is `neutral`. */
function stepFused(
  format: FloatFormat,
  a: bigint,
  b: bigint,
  constant: Exact,
  scale: number,
  neutral: bigint,
  fp: FpContext,
): bigint {
  const x = fpUnpack(format, a, fp);
  const y = fpUnpack(format, b, fp);
  const nan = fpProcessNaNs(format, [x, y], [a, b], fp);
  if (nan !== undefined) return nan;
  if (isInfinityTimesZero(x, y)) return neutral;
  if (x.type === FpType.infinity || y.type === FpType.infinity) return fpInfinity(format, x.sign ^ y.sign);
  const sum = exactSum(constant, exactProduct(exact(x), exact(y)));
  return roundSum(format, { mantissa: sum.mantissa, exponent: sum.exponent + scale }, fp);
}
