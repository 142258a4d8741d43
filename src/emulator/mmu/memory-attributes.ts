/**
 * Memory types as one byte in the encoding of a MAIR_ELx field, which is also that of PAR_EL1.ATTR:
 * 0b0000dd00 is Device (dd: nGnRnE, nGnRE, nGRE, GRE), anything else Normal, outer cacheability in bits 7:4, inner in 3:0.
 */

/** Shareability field values (descriptor SH, PAR_EL1.SH). */
export const Shareability = { non: 0, outer: 2, inner: 3 } as const;

export const DEVICE_nGnRnE = 0x00;
export const NORMAL_NON_CACHEABLE = 0x44;
/** Normal, write-back, read- and write-allocate: what HCR_EL2.DC gives. */
export const NORMAL_WRITE_BACK = 0xff;
/** Normal, write-through: instruction fetches with stage 1 off and SCTLR.I set. */
export const NORMAL_WRITE_THROUGH = 0xaa;

const NIBBLE_NON_CACHEABLE = 4;

/** Whether an attribute byte is one of the Device types. */
export function isDevice(attributes: number): boolean {
  return attributes < 0x10;
}

/** Field `index` of a MAIR register given as halves; Device encodings are reduced to their four types. */
export function mairField(mairLo: number, mairHi: number, index: number): number {
  const byte = ((index < 4 ? mairLo >>> (index * 8) : mairHi >>> (index * 8 - 32)) & 0xff) >>> 0;
  return isDevice(byte) ? byte & 0x0c : byte;
}

/** Attribute byte of a stage-2 MemAttr field (bits 5:2 of the descriptor). */
export function stage2Attributes(memAttr: number): number {
  if (memAttr < 4) return memAttr << 2;
  return (stage2Nibble(memAttr >>> 2) << 4) | stage2Nibble(memAttr & 3);
}

/** Stage-2 cacheability (1 NC, 2 WT, 3 WB) as a MAIR nibble; the reserved value 0 counts as write-back. */
function stage2Nibble(cacheability: number): number {
  if (cacheability === 1) return NIBBLE_NON_CACHEABLE;
  return cacheability === 2 ? 0xb : 0xf;
}

/** Both stages together (CombineS1S2Desc): the more restrictive type; allocation hints are those of stage 1. */
export function combineAttributes(stage1: number, stage2: number): number {
  if (isDevice(stage1)) return isDevice(stage2) ? Math.min(stage1, stage2) : stage1;
  if (isDevice(stage2)) return stage2;
  return (combineNibbles(stage1 >>> 4, stage2 >>> 4) << 4) | combineNibbles(stage1 & 15, stage2 & 15);
}

function combineNibbles(stage1: number, stage2: number): number {
  if (stage1 === NIBBLE_NON_CACHEABLE || stage2 === NIBBLE_NON_CACHEABLE) return NIBBLE_NON_CACHEABLE;
  // Write-back nibbles are 0b01RW (transient) and 0b11RW, write-through ones 0b00RW (transient) and 0b10RW.
  return (stage2 & 4) !== 0 ? stage1 : stage1 & ~4;
}

/** Both stages' shareability: the wider one. */
export function combineShareability(stage1: number, stage2: number): number {
  if (stage1 === Shareability.outer || stage2 === Shareability.outer) return Shareability.outer;
  return stage1 === Shareability.inner || stage2 === Shareability.inner ? Shareability.inner : Shareability.non;
}

/** What PAR_EL1.SH reports: Device and Non-cacheable memory is always Outer Shareable (PAREncodeShareability). */
export function effectiveShareability(attributes: number, shareability: number): number {
  return isDevice(attributes) || attributes === NORMAL_NON_CACHEABLE ? Shareability.outer : shareability;
}
