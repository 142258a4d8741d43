/** Conversions between formats and to and from integers, and rounding to integral (Arm ARM shared/functions/float). */
import { Fpcr, type FpContext, fpcrRounding, Fpsr, Rounding } from './context.ts';
import { type FloatFormat, fpInfinity, fpZero, HALF, signed } from './format.ts';
import { cutToInteger, fpRound, overflowAlternative, roundCut } from './round.ts';
import { fpProcessNaN, FpType, fpUnpack, isNaNType } from './unpack.ts';

/** FPConvert(): `from` to `to`. `Rounding.odd` makes it FCVTXN. */
export function fpConvert(
  from: FloatFormat,
  to: FloatFormat,
  bits: bigint,
  fp: FpContext,
  rounding: Rounding = fpcrRounding(fp),
): bigint {
  const x = fpUnpack(from, bits, fp);
  const alternative = to === HALF && (fp.fpcr & Fpcr.ahp) !== 0;
  if (isNaNType(x.type)) {
    if (x.type === FpType.snan || alternative) fp.fpsr |= Fpsr.ioc;
    if (alternative) return fpZero(to, x.sign);
    return fp.fpcr & Fpcr.dn ? to.defaultNaN : convertNaN(from, to, x.sign, bits);
  }
  if (x.type === FpType.infinity) return alternative ? overflowAlternative(x.sign, fp) : fpInfinity(to, x.sign);
  if (x.type === FpType.zero) return fpZero(to, x.sign);
  return fpRound(to, x.sign, x.mantissa, x.exponent, fp, rounding);
}

/** FPConvertNaN(): keeps the top of the payload. */
function convertNaN(from: FloatFormat, to: FloatFormat, sign: number, bits: bigint): bigint {
  const shift = to.fractionBits - from.fractionBits;
  const fraction = bits & from.fractionMask;
  const payload = shift >= 0 ? fraction << BigInt(shift) : fraction >> BigInt(-shift);
  return signed(to, sign, to.defaultNaN | payload);
}

/** FPRoundInt(): to an integral value; Inexact only if `isExact` (FRINTX). */
export function fpRoundInt(
  format: FloatFormat,
  bits: bigint,
  rounding: Rounding,
  isExact: boolean,
  fp: FpContext,
): bigint {
  const x = fpUnpack(format, bits, fp);
  if (isNaNType(x.type)) return fpProcessNaN(format, x.type, bits, fp);
  if (x.type === FpType.infinity) return fpInfinity(format, x.sign);
  if (x.type === FpType.zero) return fpZero(format, x.sign);
  const cut = cutToInteger(x.mantissa, x.exponent);
  const rounded = roundCut(cut, x.sign, rounding);
  if (cut.error !== 0 && isExact) fp.fpsr |= Fpsr.ixc;
  return rounded === 0n ? fpZero(format, x.sign) : fpRound(format, x.sign, rounded, 0, fp, Rounding.zero);
}

/**
 * FPToFixed(): the value times 2^fractionBits as an integer of `width` bits, saturated (IOC); a NaN is 0 (IOC). The result is the raw bits of
 * the integer, unsigned.
 */
export function fpToFixed(
  format: FloatFormat,
  bits: bigint,
  width: number,
  fractionBits: number,
  isUnsigned: boolean,
  rounding: Rounding,
  fp: FpContext,
): bigint {
  const x = fpUnpack(format, bits, fp);
  if (isNaNType(x.type)) {
    fp.fpsr |= Fpsr.ioc;
    return 0n;
  }
  const max = isUnsigned ? (1n << BigInt(width)) - 1n : (1n << BigInt(width - 1)) - 1n;
  const min = isUnsigned ? 0n : -max - 1n;
  if (x.type === FpType.infinity) return saturated(x.sign === 1 ? min : max, width, fp);
  const cut = cutToInteger(x.mantissa, x.exponent + fractionBits);
  const magnitude = roundCut(cut, x.sign, rounding);
  const value = x.sign === 1 ? -magnitude : magnitude;
  if (value > max || value < min) return saturated(value > max ? max : min, width, fp);
  if (cut.error !== 0) fp.fpsr |= Fpsr.ixc;
  return BigInt.asUintN(width, value);
}

function saturated(value: bigint, width: number, fp: FpContext): bigint {
  fp.fpsr |= Fpsr.ioc;
  return BigInt.asUintN(width, value);
}

/** FixedToFP(): the integer `value` (raw bits, `width` of them) divided by 2^fractionBits. */
export function fixedToFp(
  format: FloatFormat,
  value: bigint,
  width: number,
  fractionBits: number,
  isUnsigned: boolean,
  fp: FpContext,
): bigint {
  const integer = isUnsigned ? value : BigInt.asIntN(width, value);
  if (integer === 0n) return 0n;
  const sign = integer < 0n ? 1 : 0;
  return fpRound(format, sign, sign === 1 ? -integer : integer, -fractionBits, fp);
}
