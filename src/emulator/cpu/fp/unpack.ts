/** From raw bits to numbers: FPUnpack and the NaN rules (Arm ARM shared/functions/float). */
import { Fpcr, type FpContext, Fpsr } from './context.ts';
import { type FloatFormat, HALF } from './format.ts';

/** FPType. Denormals that are not flushed are `nonzero`. */
export const FpType = { zero: 0, nonzero: 1, infinity: 2, qnan: 3, snan: 4 } as const;
export type FpType = (typeof FpType)[keyof typeof FpType];

/** The number is (-1)^sign * mantissa * 2^exponent, exactly; `mantissa` is 0 unless `type` is `nonzero`. */
export interface Unpacked {
  readonly type: FpType;
  readonly sign: number;
  readonly mantissa: bigint;
  readonly exponent: number;
}

/** FPUnpack(): FPCR.FZ flushes single and double denormals (IDC), never half ones; FPCR.AHP takes infinities and NaNs from half precision. */
export function fpUnpack(format: FloatFormat, bits: bigint, fp: FpContext): Unpacked {
  const sign = (bits & format.signBit) === 0n ? 0 : 1;
  const fraction = bits & format.fractionMask;
  const biased = Number((bits & format.infinity) >> format.fractionShift);
  if (biased === 0) return unpackDenormal(format, sign, fraction, fp);
  if (biased === format.maxBiased && !(format === HALF && fp.fpcr & Fpcr.ahp))
    return unpackSpecial(format, sign, fraction);
  const exponent = biased - 1 + format.minExponent - format.fractionBits;
  return { type: FpType.nonzero, sign, mantissa: fraction | (1n << format.fractionShift), exponent };
}

function unpackDenormal(format: FloatFormat, sign: number, fraction: bigint, fp: FpContext): Unpacked {
  if (fraction !== 0n && fp.fpcr & Fpcr.fz && format !== HALF) {
    fp.fpsr |= Fpsr.idc;
    return { type: FpType.zero, sign, mantissa: 0n, exponent: 0 };
  }
  const type = fraction === 0n ? FpType.zero : FpType.nonzero;
  return { type, sign, mantissa: fraction, exponent: format.minExponent - format.fractionBits };
}

function unpackSpecial(format: FloatFormat, sign: number, fraction: bigint): Unpacked {
  const nan = (fraction & format.quietBit) === 0n ? FpType.snan : FpType.qnan;
  return { type: fraction === 0n ? FpType.infinity : nan, sign, mantissa: 0n, exponent: 0 };
}

export function isNaNType(type: FpType): boolean {
  return type >= FpType.qnan;
}

/** FPProcessNaN(): quiets a signalling NaN (IOC) and replaces it when FPCR.DN is set. */
export function fpProcessNaN(format: FloatFormat, type: FpType, bits: bigint, fp: FpContext): bigint {
  if (type === FpType.snan) fp.fpsr |= Fpsr.ioc;
  return fp.fpcr & Fpcr.dn ? format.defaultNaN : bits | format.quietBit;
}

/** FPProcessNaNs(), FPProcessNaNs3(): the first signalling NaN in order, else the first quiet one, else undefined. */
export function fpProcessNaNs(
  format: FloatFormat,
  unpacked: readonly Unpacked[],
  bits: readonly bigint[],
  fp: FpContext,
): bigint | undefined {
  for (const type of [FpType.snan, FpType.qnan]) {
    const first = unpacked.findIndex((operand) => operand.type === type);
    if (first >= 0) return fpProcessNaN(format, type, bits[first], fp);
  }
  return undefined;
}

/** FPDefaultNaN() with Invalid Operation. */
export function invalid(format: FloatFormat, fp: FpContext): bigint {
  fp.fpsr |= Fpsr.ioc;
  return format.defaultNaN;
}
