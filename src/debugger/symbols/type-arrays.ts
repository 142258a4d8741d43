/** Dimensions of array types. */
import * as dw from '../../formats/dwarf/constants.ts';
import { children, type Die } from '../../formats/dwarf/die.ts';

const MAX_DIMENSIONS = 64;

/** Element counts of the array at `die`, outermost dimension first; undefined where the source has `[]`. May throw `Missing`. */
export function arrayCounts(die: Die): (number | undefined)[] {
  const counts: (number | undefined)[] = [];
  for (const child of children(die)) {
    if (child.tag === dw.DW_TAG_subrange_type || child.tag === dw.DW_TAG_enumeration_type) counts.push(countOf(child));
    if (counts.length >= MAX_DIMENSIONS) break;
  }
  return counts.length > 0 ? counts : [undefined];
}

/** GCC writes `[0]` with neither count nor bound, or with an upper bound of -1. */
function countOf(subrange: Die): number | undefined {
  const count = subrange.unsigned(dw.DW_AT_count);
  if (count !== undefined) return count;
  const upper = subrange.constant(dw.DW_AT_upper_bound, false);
  if (upper === undefined) return undefined;
  const next = BigInt.asUintN(64, upper + 1n);
  // All ones in whatever size the form has is -1.
  const isMinusOne = upper === 0xffn || upper === 0xffffn || upper === 0xffff_ffffn || next === 0n;
  if (isMinusOne && isNegative(subrange)) return 0;
  return next > 0xffff_ffff_ffffn ? undefined : Number(next);
}

function isNegative(subrange: Die): boolean {
  return (
    subrange.constant(dw.DW_AT_upper_bound, true) === -1n && subrange.form(dw.DW_AT_upper_bound) !== dw.DW_FORM_data1
  );
}
