/** What a load or store adds to its base register before the access, from its fields alone (tests only). */
import { fieldsOf, type Encoding, type Fields } from '../../arch/a64/encoding.ts';
import { signExtend } from '../../arch/a64/operands.ts';

/** Loads, stores, prefetches and structures: whatever has a base register. */
export const hasBase = (row: Encoding): boolean => /^(ldst|asisdls)/.test(row.group);
export const isLiteral = (row: Encoding): boolean => row.group === 'loadlit';
export const isExclusive = (row: Encoding): boolean => row.group === 'ldstexcl';

/** log2 of the bytes that an offset counts in. */
function offsetScale(word: number): number {
  const isVector = (word >>> 26) & 1;
  const isPair = ((word >>> 27) & 7) === 5;
  const opc = word >>> 30;
  if (isPair) return 2 + (isVector ? opc : opc >> 1);
  return isVector && (word >>> 23) & 1 ? 4 : opc;
}

/** The register offset, given the value of Rm. */
function registerOffset({ option, S }: Fields, scale: number, rm: bigint): bigint {
  const index = option === 2 ? BigInt.asUintN(32, rm) : option === 6 ? BigInt.asIntN(32, rm) : rm;
  return index << BigInt(S ? scale : 0);
}

/** Address of the access minus the base register. */
export function accessOffset(row: Encoding, word: number, rm: bigint): bigint {
  const f = fieldsOf(row, word);
  const scale = offsetScale(word);
  if (row.group === 'ldst_pos') return BigInt(f['imm12'] << scale);
  if (/ldst(pair_(off|pre)|napair)/.test(row.group)) return BigInt(signExtend(f['imm7'], 7) << scale);
  if (/ldst_(unscaled|unpriv|immpre)/.test(row.group)) return BigInt(signExtend(f['imm9'], 9));
  return row.group === 'ldst_regoff' ? registerOffset(f, scale, rm) : 0n;
}
