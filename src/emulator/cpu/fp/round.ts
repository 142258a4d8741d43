/** From exact numbers to raw bits: FPRound (Arm ARM shared/functions/float). */
import { Fpcr, type FpContext, fpcrRounding, Fpsr, Rounding } from './context.ts';
import { type FloatFormat, fpInfinity, fpMaxNormal, fpZero, HALF, signed } from './format.ts';

/** Number of bits of a non-negative integer; 0 for 0. */
export function bitLength(value: bigint): number {
  let length = 0;
  let rest = value;
  while (rest >= 0x1_0000_0000n) {
    rest >>= 32n;
    length += 32;
  }
  return length + 32 - Math.clz32(Number(rest));
}

/** An integer and what was cut off behind it, in quarters: 0 none, 1 less than half, 2 exactly half, 3 more. */
export interface Cut {
  readonly integer: bigint;
  readonly error: number;
}

/** `mantissa * 2^exponent` as an integer rounded down and its error. */
export function cutToInteger(mantissa: bigint, exponent: number): Cut {
  if (exponent >= 0) return { integer: mantissa << BigInt(exponent), error: 0 };
  const shift = BigInt(-exponent);
  const integer = mantissa >> shift;
  const rest = mantissa - (integer << shift);
  if (rest === 0n) return { integer, error: 0 };
  const half = 1n << (shift - 1n);
  return { integer, error: rest < half ? 1 : rest === half ? 2 : 3 };
}

/** The magnitude `cut` rounded, for a number of sign `sign`. */
export function roundCut(cut: Cut, sign: number, rounding: Rounding): bigint {
  return roundsUp(cut, sign, rounding) ? cut.integer + 1n : cut.integer;
}

function roundsUp({ integer, error }: Cut, sign: number, rounding: Rounding): boolean {
  if (error === 0) return false;
  switch (rounding) {
    case Rounding.tieEven:
      return error === 3 || (error === 2 && (integer & 1n) === 1n);
    case Rounding.tieAway:
      return error >= 2;
    case Rounding.posInf:
      return sign === 0;
    case Rounding.negInf:
      return sign === 1;
    case Rounding.odd:
      return (integer & 1n) === 0n;
    default:
      return false;
  }
}

/**
 * FPRound() of the exact, non-zero number (-1)^sign * mantissa * 2^exponent. Where a quotient or root goes on for ever, the caller gives at least two
 * bits more than the format holds and sets the last one: that rounds the same.
 */
export function fpRound(
  format: FloatFormat,
  sign: number,
  mantissa: bigint,
  exponent: number,
  fp: FpContext,
  rounding: Rounding = fpcrRounding(fp),
): bigint {
  const top = bitLength(mantissa) - 1 + exponent;
  const tiny = top < format.minExponent;
  if (tiny && fp.fpcr & Fpcr.fz && format !== HALF) {
    fp.fpsr |= Fpsr.ufc;
    return fpZero(format, sign);
  }
  const unit = Math.max(top, format.minExponent) - format.fractionBits;
  const cut = cutToInteger(mantissa, exponent - unit);
  if (tiny && cut.error !== 0) fp.fpsr |= Fpsr.ufc;
  const rounded = roundCut(cut, sign, rounding);
  // The leading one of a normal number adds 1 to the exponent field, and a carry out of the fraction one more.
  const biased = BigInt(tiny ? 0 : top - format.minExponent) << format.fractionShift;
  return pack(format, sign, biased + rounded, cut.error !== 0, fp, rounding);
}

/** Deals with overflow and Inexact; `magnitude` is exponent field and fraction, the former perhaps too large for the format. */
function pack(
  format: FloatFormat,
  sign: number,
  magnitude: bigint,
  inexact: boolean,
  fp: FpContext,
  rounding: Rounding,
): bigint {
  if (format === HALF && fp.fpcr & Fpcr.ahp) {
    if (magnitude >= HALF.signBit) return overflowAlternative(sign, fp);
  } else if (magnitude >= format.infinity) {
    return fpOverflow(format, sign, fp, rounding);
  }
  if (inexact) fp.fpsr |= Fpsr.ixc;
  return signed(format, sign, magnitude);
}

/** The alternative half precision has no infinity: overflow is Invalid Operation and saturates. */
export function overflowAlternative(sign: number, fp: FpContext): bigint {
  fp.fpsr |= Fpsr.ioc;
  return signed(HALF, sign, HALF.signBit - 1n);
}

/** Overflow: Infinity or the largest number, as the rounding mode says. */
export function fpOverflow(
  format: FloatFormat,
  sign: number,
  fp: FpContext,
  rounding: Rounding = fpcrRounding(fp),
): bigint {
  fp.fpsr |= Fpsr.ofc | Fpsr.ixc;
  const toNearest = rounding === Rounding.tieEven || rounding === Rounding.tieAway;
  const toInfinity = toNearest || rounding === (sign === 0 ? Rounding.posInf : Rounding.negInf);
  return toInfinity ? fpInfinity(format, sign) : fpMaxNormal(format, sign);
}
