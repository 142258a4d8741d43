/** Stage-2 leaf descriptors: S2AP, XN, MemAttr, SH. */
import { stage2Attributes } from './memory-attributes.ts';

/** `Permission` bits of a stage-2 block or page. */
function stage2Permissions(lo: number, hi: number): number {
  return ((lo >>> 6) & 3) | ((hi & (1 << 22)) === 0 ? 4 : 0);
}

/** What later checks need of a stage-2 entry: permissions in bits 2:0, level in 5:4, SH in 7:6, the memory type (MAIR encoding) in 15:8. */
export function packStage2(lo: number, hi: number, level: number): number {
  const shareability = (lo >>> 8) & 3;
  return stage2Permissions(lo, hi) | (level << 4) | (shareability << 6) | (stage2Attributes((lo >>> 2) & 15) << 8);
}
