/** Operand encodings shared by the tables, the disassembler and the uops (Arm ARM, shared pseudocode). */

/** Sign-extends the low `width` bits (at most 32). */
export function signExtend(value: number, width: number): number {
  return (value << (32 - width)) >> (32 - width);
}

/**
 * `DecodeBitMasks` for logical immediates: the replicated immediate of `regSize` bits, or undefined when the combination is reserved.
 * `n`, `imms`, `immr` as encoded.
 */
export function decodeBitMasks(n: number, imms: number, immr: number, regSize: 32 | 64): bigint | undefined {
  const length = 31 - Math.clz32((n << 6) | (~imms & 0x3f));
  if (length < 1 || 1 << length > regSize) return undefined;
  const size = 1 << length;
  const ones = imms & (size - 1);
  if (ones === size - 1) return undefined;
  const rotation = BigInt(immr & (size - 1));
  const elementMask = (1n << BigInt(size)) - 1n;
  const run = (1n << BigInt(ones + 1)) - 1n;
  const element = ((run >> rotation) | (run << (BigInt(size) - rotation))) & elementMask;
  let mask = 0n;
  for (let at = 0; at < regSize; at += size) mask |= element << BigInt(at);
  return mask;
}

/** Whether N:imms names an element size that fits the register (the rest of `DecodeBitMasks`' reserved values). */
export function isLogicalImmediate(sf: number, n: number, imms: number): boolean {
  const length = 31 - Math.clz32((n << 6) | (~imms & 0x3f));
  if (length < 1 || (sf === 0 && n === 1)) return false;
  const levels = (1 << length) - 1;
  return (imms & levels) !== levels;
}

/**
 * `AdvSIMDExpandImm`: the 64-bit immediate of the modified-immediate class (MOVI, MVNI before inversion, ORR, BIC, FMOV vector).
 * `imm8` is a:b:c:d:e:f:g:h.
 */
export function advSimdExpandImm(op: number, cmode: number, imm8: number): bigint {
  const byte = BigInt(imm8);
  const word = (value: bigint): bigint => value | (value << 32n);
  if (cmode < 8) return word(byte << BigInt(8 * (cmode >> 1)));
  if (cmode < 12) return ((byte << BigInt(8 * ((cmode >> 1) & 1))) * 0x0001_0001_0001_0001n) & 0xffff_ffff_ffff_ffffn;
  if (cmode === 12) return word((byte << 8n) | 0xffn);
  if (cmode === 13) return word((byte << 16n) | 0xffffn);
  if (cmode === 14) return op === 0 ? byte * 0x0101_0101_0101_0101n : expandByteMask(imm8);
  return op === 0 ? word(BigInt(vfpExpandImm32(imm8))) : vfpExpandImm64(imm8);
}

function expandByteMask(imm8: number): bigint {
  let mask = 0n;
  for (let byte = 0; byte < 8; byte += 1) if ((imm8 >> byte) & 1) mask |= 0xffn << BigInt(8 * byte);
  return mask;
}

/** `VFPExpandImm` for single precision: the bits, unsigned. */
export function vfpExpandImm32(imm8: number): number {
  const sign = (imm8 >> 7) << 31;
  const exponent = (imm8 & 0x40 ? 0x7c : 0x80) | ((imm8 >> 4) & 3);
  return (sign | (exponent << 23) | ((imm8 & 15) << 19)) >>> 0;
}

/** `VFPExpandImm` for double precision: the bits, unsigned. */
export function vfpExpandImm64(imm8: number): bigint {
  const exponent = BigInt((imm8 & 0x40 ? 0x3fc : 0x400) | ((imm8 >> 4) & 3));
  return (BigInt(imm8 >> 7) << 63n) | (exponent << 52n) | (BigInt(imm8 & 15) << 48n);
}
