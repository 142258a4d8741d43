/** Where control enters a function for a person. */
import type { Range } from '../../formats/dwarf/debug-rnglists.ts';
import type { Die } from '../../formats/dwarf/die.ts';
import { hasLocationLists } from './unit-functions.ts';
import { afterPrologue } from './unit-lines.ts';

/** Where variables have location lists they can be read from the first instruction on, so nothing has to be skipped. May throw `Missing`. */
export function entryOf(fn: Die, ranges: readonly Range[]): bigint {
  const [{ start, end }] = ranges;
  return hasLocationLists(fn.unit) ? start : afterPrologue(fn.unit, start, end);
}
