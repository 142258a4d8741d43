/** The three binary interchange formats and the constants the Arm ARM builds from them (shared/functions/float). Values are raw bits in a bigint. */

/** A binary interchange format. All lengths are in bits. */
export interface FloatFormat {
  readonly size: number;
  readonly exponentBits: number;
  readonly fractionBits: number;
  /** Exponent of the smallest normal number: 2^minExponent. */
  readonly minExponent: number;
  /** The exponent field when all ones. */
  readonly maxBiased: number;
  /** `fractionBits`, as a shift count. */
  readonly fractionShift: bigint;
  readonly fractionMask: bigint;
  readonly signBit: bigint;
  /** The bit that tells a quiet NaN from a signalling one. */
  readonly quietBit: bigint;
  /** +Infinity; also the mask of the exponent field. */
  readonly infinity: bigint;
  readonly defaultNaN: bigint;
}

function makeFormat(size: number, exponentBits: number): FloatFormat {
  const fractionBits = size - exponentBits - 1;
  const fractionShift = BigInt(fractionBits);
  const maxBiased = (1 << exponentBits) - 1;
  const infinity = BigInt(maxBiased) << fractionShift;
  const quietBit = 1n << (fractionShift - 1n);
  return {
    size,
    exponentBits,
    fractionBits,
    minExponent: 2 - (1 << (exponentBits - 1)),
    maxBiased,
    fractionShift,
    fractionMask: (1n << fractionShift) - 1n,
    signBit: 1n << BigInt(size - 1),
    quietBit,
    infinity,
    defaultNaN: infinity | quietBit,
  };
}

export const HALF = makeFormat(16, 5);
export const SINGLE = makeFormat(32, 8);
export const DOUBLE = makeFormat(64, 11);

/** `sign` (0 or 1) in its place. */
export function signed(format: FloatFormat, sign: number, magnitude: bigint): bigint {
  return sign === 0 ? magnitude : format.signBit | magnitude;
}

/** FPZero(). */
export function fpZero(format: FloatFormat, sign: number): bigint {
  return sign === 0 ? 0n : format.signBit;
}

/** FPInfinity(). */
export function fpInfinity(format: FloatFormat, sign: number): bigint {
  return signed(format, sign, format.infinity);
}

/** FPMaxNormal(). */
export function fpMaxNormal(format: FloatFormat, sign: number): bigint {
  return signed(format, sign, format.infinity - 1n);
}

/** FPTwo(). */
export function fpTwo(format: FloatFormat, sign: number): bigint {
  return signed(format, sign, BigInt(2 - format.minExponent) << format.fractionShift);
}

/** FPOnePointFive(). */
export function fpOnePointFive(format: FloatFormat, sign: number): bigint {
  return signed(format, sign, (BigInt(1 - format.minExponent) << format.fractionShift) | format.quietBit);
}

/** FPNeg(): also of a NaN, without exceptions. */
export function fpNeg(format: FloatFormat, value: bigint): bigint {
  return value ^ format.signBit;
}
