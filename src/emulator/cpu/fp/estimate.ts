/** Reciprocal and reciprocal square root estimates (Arm ARM shared/functions/float and shared/functions/vector). */
import { Fpcr, type FpContext, Fpsr } from './context.ts';
import { DOUBLE, type FloatFormat, fpInfinity, fpZero, signed } from './format.ts';
import { bitLength, fpOverflow } from './round.ts';
import { fpProcessNaN, FpType, fpUnpack, invalid, isNaNType } from './unpack.ts';

/** RecipEstimate(): `a` is 256 to 511 and stands for 0.5 to 1.0; so does the result, for 1.0 to 2.0. */
function recipEstimate(a: number): number {
  const b = Math.floor(0x8_0000 / (2 * a + 1));
  return (b + 1) >>> 1;
}

/** RecipSqrtEstimate(): `a` is 128 to 511 and stands for 0.25 to 1.0; the result is 256 to 511, for 1.0 to 2.0. */
function recipSqrtEstimate(a: number): number {
  const middle = a < 256 ? a * 2 + 1 : ((a & ~1) + 1) * 2;
  let b = 512;
  while (middle * (b + 1) * (b + 1) < 0x1000_0000) b++;
  return (b + 1) >>> 1;
}

/** UnsignedRecipEstimate(): URECPE of one 32-bit element. */
export function unsignedRecipEstimate(operand: number): number {
  return operand >>> 31 === 0 ? 0xffff_ffff : (recipEstimate(operand >>> 23) << 23) >>> 0;
}

/** UnsignedRSqrtEstimate(): URSQRTE of one 32-bit element. */
export function unsignedRSqrtEstimate(operand: number): number {
  return operand >>> 30 === 0 ? 0xffff_ffff : (recipSqrtEstimate(operand >>> 23) << 23) >>> 0;
}

/** Exponent field (below 1 for denormals, once normalised) and a fraction of 52 bits. */
interface Normalised {
  readonly biased: number;
  readonly fraction: bigint;
}

function normalise(format: FloatFormat, bits: bigint): Normalised {
  const wide = BigInt(DOUBLE.fractionBits - format.fractionBits);
  const fraction = (bits & format.fractionMask) << wide;
  const biased = Number((bits & format.infinity) >> format.fractionShift);
  if (biased !== 0) return { biased, fraction };
  const shift = DOUBLE.fractionBits + 1 - bitLength(fraction);
  return { biased: 1 - shift, fraction: (fraction << BigInt(shift)) & DOUBLE.fractionMask };
}

/** FPRecipEstimate(). */
export function fpRecipEstimate(format: FloatFormat, bits: bigint, fp: FpContext): bigint {
  const x = fpUnpack(format, bits, fp);
  if (isNaNType(x.type)) return fpProcessNaN(format, x.type, bits, fp);
  if (x.type === FpType.infinity) return fpZero(format, x.sign);
  if (x.type === FpType.zero) {
    fp.fpsr |= Fpsr.dzc;
    return fpInfinity(format, x.sign);
  }
  const { biased, fraction } = normalise(format, bits);
  if (biased < -1) return fpOverflow(format, x.sign, fp);
  const exponent = format.maxBiased - 2 - biased;
  if (exponent < 1 && fp.fpcr & Fpcr.fz) {
    fp.fpsr |= Fpsr.ufc;
    return fpZero(format, x.sign);
  }
  const estimate = recipEstimate(256 | Number(fraction >> 44n)) & 255;
  return signed(format, x.sign, packEstimate(format, exponent, estimate));
}

/** Exponent field `exponent`, which for denormals is 0 or -1, and the top 8 bits of the fraction. */
function packEstimate(format: FloatFormat, exponent: number, estimate: number): bigint {
  const top = BigInt(estimate) << BigInt(format.fractionBits - 8);
  if (exponent > 0) return (BigInt(exponent) << format.fractionShift) | top;
  return ((1n << format.fractionShift) | top) >> BigInt(1 - exponent);
}

/** FPRSqrtEstimate(). */
export function fpRSqrtEstimate(format: FloatFormat, bits: bigint, fp: FpContext): bigint {
  const x = fpUnpack(format, bits, fp);
  if (isNaNType(x.type)) return fpProcessNaN(format, x.type, bits, fp);
  if (x.type === FpType.zero) {
    fp.fpsr |= Fpsr.dzc;
    return fpInfinity(format, x.sign);
  }
  if (x.sign === 1) return invalid(format, fp);
  if (x.type === FpType.infinity) return 0n;
  const { biased, fraction } = normalise(format, bits);
  const scaled = biased & 1 ? 128 | Number(fraction >> 45n) : 256 | Number(fraction >> 44n);
  const exponent = ((format.maxBiased >>> 1) * 3 - 1 - biased) >> 1;
  return packEstimate(format, exponent, recipSqrtEstimate(scaled) & 255);
}

/** FPRecpX(): the exponent inverted, fraction zero. */
export function fpRecpX(format: FloatFormat, bits: bigint, fp: FpContext): bigint {
  const x = fpUnpack(format, bits, fp);
  if (isNaNType(x.type)) return fpProcessNaN(format, x.type, bits, fp);
  const exponent = bits & format.infinity;
  const inverted = exponent === 0n ? format.infinity - (1n << format.fractionShift) : exponent ^ format.infinity;
  return signed(format, x.sign, inverted);
}
