/** Comparison, minimum and maximum (Arm ARM shared/functions/float). */
import { type FpContext, Fpsr } from './context.ts';
import { type FloatFormat, fpInfinity } from './format.ts';
import { fpProcessNaNs, FpType, fpUnpack, isNaNType, type Unpacked } from './unpack.ts';

/** The operand as the operation sees it: a flushed denormal is a zero of its sign. */
function effective(format: FloatFormat, bits: bigint, x: Unpacked): bigint {
  return x.type === FpType.zero ? bits & format.signBit : bits;
}

/** A key that orders numbers as integers do; both zeros are 0. */
function ordering(format: FloatFormat, bits: bigint): bigint {
  const magnitude = bits & (format.signBit - 1n);
  return (bits & format.signBit) === 0n ? magnitude : -magnitude;
}

/** -1, 0 or 1 as a is less than, equal to or greater than b; undefined when unordered. A quiet NaN is Invalid Operation only if `signalling`. */
function fpOrder(
  format: FloatFormat,
  a: bigint,
  b: bigint,
  signalling: boolean,
  fp: FpContext,
): -1 | 0 | 1 | undefined {
  const x = fpUnpack(format, a, fp);
  const y = fpUnpack(format, b, fp);
  if (isNaNType(x.type) || isNaNType(y.type)) {
    if (signalling || x.type === FpType.snan || y.type === FpType.snan) fp.fpsr |= Fpsr.ioc;
    return undefined;
  }
  const left = ordering(format, effective(format, a, x));
  const right = ordering(format, effective(format, b, y));
  return left < right ? -1 : left > right ? 1 : 0;
}

/** FPCompare(): NZCV in bits 3:0. */
export function fpCompare(format: FloatFormat, a: bigint, b: bigint, signalling: boolean, fp: FpContext): number {
  const order = fpOrder(format, a, b, signalling, fp);
  if (order === undefined) return 0b0011;
  return order < 0 ? 0b1000 : order === 0 ? 0b0110 : 0b0010;
}

/** FPCompareEQ(). */
export function fpCompareEQ(format: FloatFormat, a: bigint, b: bigint, fp: FpContext): boolean {
  return fpOrder(format, a, b, false, fp) === 0;
}

/** FPCompareGE(). */
export function fpCompareGE(format: FloatFormat, a: bigint, b: bigint, fp: FpContext): boolean {
  const order = fpOrder(format, a, b, true, fp);
  return order !== undefined && order >= 0;
}

/** FPCompareGT(). */
export function fpCompareGT(format: FloatFormat, a: bigint, b: bigint, fp: FpContext): boolean {
  return fpOrder(format, a, b, true, fp) === 1;
}

/** FPMax(): +0 is greater than -0. */
export function fpMax(format: FloatFormat, a: bigint, b: bigint, fp: FpContext): bigint {
  return select(format, a, b, 1, fp);
}

/** FPMin(): -0 is less than +0. */
export function fpMin(format: FloatFormat, a: bigint, b: bigint, fp: FpContext): bigint {
  return select(format, a, b, -1, fp);
}

function select(format: FloatFormat, a: bigint, b: bigint, wanted: 1 | -1, fp: FpContext): bigint {
  const x = fpUnpack(format, a, fp);
  const y = fpUnpack(format, b, fp);
  const nan = fpProcessNaNs(format, [x, y], [a, b], fp);
  if (nan !== undefined) return nan;
  const left = effective(format, a, x);
  const right = effective(format, b, y);
  if (x.type === FpType.zero && y.type === FpType.zero) return wanted === 1 ? left & right : left | right;
  const leftGreater = ordering(format, left) > ordering(format, right);
  return leftGreater === (wanted === 1) ? left : right;
}

/** FPMaxNum(): a quiet NaN loses against a number. */
export function fpMaxNum(format: FloatFormat, a: bigint, b: bigint, fp: FpContext): bigint {
  const [left, right] = withoutQuietNaN(format, a, b, fpInfinity(format, 1));
  return fpMax(format, left, right, fp);
}

/** FPMinNum(): a quiet NaN loses against a number. */
export function fpMinNum(format: FloatFormat, a: bigint, b: bigint, fp: FpContext): bigint {
  const [left, right] = withoutQuietNaN(format, a, b, fpInfinity(format, 0));
  return fpMin(format, left, right, fp);
}

/** Puts `loser` in the place of the only quiet NaN. */
function withoutQuietNaN(format: FloatFormat, a: bigint, b: bigint, loser: bigint): [bigint, bigint] {
  const leftQuiet = isQuietNaN(format, a);
  const rightQuiet = isQuietNaN(format, b);
  if (leftQuiet === rightQuiet) return [a, b];
  return leftQuiet ? [loser, b] : [a, loser];
}

function isQuietNaN(format: FloatFormat, bits: bigint): boolean {
  return (bits & format.defaultNaN) === format.defaultNaN;
}
