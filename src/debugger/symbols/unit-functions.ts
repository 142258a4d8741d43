/** The functions of a unit by address, and what is inlined into them. */
import { partitionPoint } from '../../base/partition-point.ts';
import * as dw from '../../formats/dwarf/constants.ts';
import type { Abbreviation } from '../../formats/dwarf/debug-abbrev.ts';
import { rangesOf, type Range } from '../../formats/dwarf/debug-rnglists.ts';
import { children, visitChildren, type Die } from '../../formats/dwarf/die.ts';
import type { Unit } from '../../formats/dwarf/unit.ts';

/** Code of one function: it may have several ranges (hot and cold parts). `at` is its entry's position in the unit. */
export interface FunctionRange extends Range {
  readonly at: number;
}

const FUNCTIONS: { type?: readonly FunctionRange[] } = {};
/** Scopes nest by source; no program has more levels than a damaged file can claim. */
const MAX_DEPTH = 256;

/** Ranges of all functions with code in `unit`, sorted by start. May throw `Missing`. */
export function functionsOf(unit: Unit): readonly FunctionRange[] {
  return unit.derived(FUNCTIONS, () => {
    const found: FunctionRange[] = [];
    collect(unit.root, found, 0);
    return found.toSorted((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0));
  });
}

function collect(parent: Die, found: FunctionRange[], depth: number): void {
  const visit = (die: Die): void => {
    if (die.tag === dw.DW_TAG_subprogram) {
      for (const range of rangesOf(die)) found.push({ ...range, at: die.at });
    } else if (depth < MAX_DEPTH) collect(die, found, depth + 1);
  };
  visitChildren(parent, ({ tag }) => tag === dw.DW_TAG_subprogram || tag === dw.DW_TAG_namespace, visit);
}

/** The entry of the function that covers `address`. May throw `Missing`. */
export function functionAt(unit: Unit, address: bigint): Die | undefined {
  const functions = functionsOf(unit);
  const low = partitionPoint(0, functions.length, (i) => functions[i].start <= address);
  for (let i = low - 1; i >= 0 && i > low - 4; i--) {
    if (address < functions[i].end) return unit.dieAtPosition(functions[i].at);
  }
  return undefined;
}

/** Scopes of `address` from `fn` inwards: the function itself, then inlined subroutines and lexical blocks. May throw `Missing`. */
export function scopeChain(fn: Die, address: bigint): Die[] {
  const chain = [fn];
  for (let inner = innerScope(fn, address); inner; inner = innerScope(inner, address)) {
    chain.push(inner);
    if (chain.length > MAX_DEPTH) break;
  }
  return chain;
}

function innerScope(scope: Die, address: bigint): Die | undefined {
  for (const die of children(scope)) {
    if (die.tag !== dw.DW_TAG_lexical_block && die.tag !== dw.DW_TAG_inlined_subroutine) continue;
    if (rangesOf(die).some((range) => range.start <= address && address < range.end)) return die;
  }
  return undefined;
}

/** All inlined subroutines below `scope`, however deep. May throw `Missing`. */
export function* inlinedBelow(scope: Die, depth = 0): IterableIterator<Die> {
  for (const die of children(scope)) {
    if (die.tag === dw.DW_TAG_inlined_subroutine) yield die;
    const isScope = die.tag === dw.DW_TAG_lexical_block || die.tag === dw.DW_TAG_inlined_subroutine;
    if (isScope && depth < MAX_DEPTH) yield* inlinedBelow(die, depth + 1);
  }
}

/** Where control enters an inlined subroutine that covers `ranges`. */
export function entryPc(inlined: Die, ranges: readonly Range[]): bigint {
  const entry = inlined.address(dw.DW_AT_entry_pc);
  if (entry !== undefined) return entry;
  const offset = inlined.constant(dw.DW_AT_entry_pc, false);
  return offset === undefined ? ranges[0].start : (inlined.address(dw.DW_AT_low_pc) ?? ranges[0].start) + offset;
}

/** True when variables of `unit` are described by location lists, as optimising compilers do. */
export function hasLocationLists(unit: Unit): boolean {
  return unit.derived(TRACKED, () => [...unit.abbreviations.values()].some(isTracked));
}

const TRACKED: { type?: boolean } = {};

function isTracked(abbreviation: Abbreviation): boolean {
  if (abbreviation.tag !== dw.DW_TAG_variable && abbreviation.tag !== dw.DW_TAG_formal_parameter) return false;
  const form = abbreviation.forms[abbreviation.names.indexOf(dw.DW_AT_location)];
  return form === dw.DW_FORM_sec_offset || form === dw.DW_FORM_loclistx;
}
