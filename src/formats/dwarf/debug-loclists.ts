/** Where a variable is, by address: .debug_loclists of version 5 (section 7.7.3) and .debug_loc before it. */
import * as dw from './constants.ts';
import { Cursor } from './cursor.ts';
import type { Die } from './die.ts';
import { DwarfError } from './dwarf-error.ts';
import { parseGrowing, required } from './sections.ts';
import type { Unit } from './unit.ts';

/** `expression` is a DWARF expression that holds from `start` up to but not including `end`. */
interface LocationListEntry {
  readonly start: bigint;
  readonly end: bigint;
  readonly expression: Uint8Array;
}

/** A location attribute: one expression for the whole scope, or a list by address. */
export type LocationAttribute =
  | { readonly kind: 'expression'; readonly expression: Uint8Array }
  | { readonly kind: 'list'; readonly entries: readonly LocationListEntry[] };

const MAX_ENTRIES = 100_000;
const EVERYWHERE = (1n << 64n) - 1n;

/** Reads attribute `name` (DW_AT_location, DW_AT_frame_base, ...) of `die`. May throw `Missing`. */
export function locationOf(die: Die, name: number): LocationAttribute | undefined {
  const expression = die.block(name);
  if (expression) return { kind: 'expression', expression };
  const place = die.unsigned(name);
  if (place === undefined) return undefined;
  return { kind: 'list', entries: readLocationList(die.unit, place, die.form(name) === dw.DW_FORM_loclistx) };
}

/** The expression of `location` that holds at `address`; a default location counts when nothing else does. */
export function expressionAt(location: LocationAttribute, address: bigint): Uint8Array | undefined {
  if (location.kind === 'expression') return location.expression;
  const covers = (entry: LocationListEntry): boolean => entry.start <= address && address < entry.end;
  const bounded = location.entries.find((entry) => entry.end !== EVERYWHERE && covers(entry));
  return (bounded ?? location.entries.find(covers))?.expression;
}

function readLocationList(unit: Unit, place: number, isIndex: boolean): LocationListEntry[] {
  if (unit.header.version < 5) {
    const section = required(unit.sections.loc, '.debug_loc');
    return parseGrowing(section, place, 512, (bytes) => parseVersion4(new Cursor(bytes), unit));
  }
  const section = required(unit.sections.loclists, '.debug_loclists');
  const offset = isIndex ? indexedOffset(unit, place) : place;
  return parseGrowing(section, offset, 512, (bytes) => parseVersion5(new Cursor(bytes), unit));
}

function indexedOffset(unit: Unit, index: number): number {
  const size = unit.header.is64 ? 8 : 4;
  const section = required(unit.sections.loclists, '.debug_loclists');
  const entry = section.bytes(unit.loclistsBase + index * size, size);
  return unit.loclistsBase + new Cursor(entry).offset(unit.header.is64);
}

function add(entries: LocationListEntry[], start: bigint, end: bigint, expression: Uint8Array): void {
  if (entries.length >= MAX_ENTRIES) throw new DwarfError('limit', 'location list is too long');
  // The bytes belong to a cache that comes and goes.
  entries.push({ start, end, expression: expression.slice() });
}

function parseVersion4(cursor: Cursor, unit: Unit): LocationListEntry[] {
  const size = unit.header.addressSize;
  const selectsBase = (1n << BigInt(size * 8)) - 1n;
  const entries: LocationListEntry[] = [];
  let base = unit.lowPc;
  for (;;) {
    const start = cursor.address(size);
    const end = cursor.address(size);
    if (start === 0n && end === 0n) return entries;
    if (start === selectsBase) base = end;
    else add(entries, base + start, base + end, cursor.block(cursor.u16()));
  }
}

function parseVersion5(cursor: Cursor, unit: Unit): LocationListEntry[] {
  const entries: LocationListEntry[] = [];
  let base = unit.lowPc;
  for (;;) {
    const kind = cursor.u8();
    if (kind === dw.DW_LLE_end_of_list) return entries;
    if (kind === dw.DW_LLE_base_address) base = cursor.address(unit.header.addressSize);
    else if (kind === dw.DW_LLE_base_addressx) base = unit.indexedAddress(cursor.uleb());
    else if (kind === dw.DW_LLE_GNU_view_pair) skipViews(cursor);
    else {
      const [start, end] = readBounds(cursor, kind, unit, base);
      add(entries, start, end, cursor.block(cursor.uleb()));
    }
  }
}

function skipViews(cursor: Cursor): void {
  cursor.skipLeb();
  cursor.skipLeb();
}

function readBounds(cursor: Cursor, kind: number, unit: Unit, base: bigint): [bigint, bigint] {
  const size = unit.header.addressSize;
  switch (kind) {
    case dw.DW_LLE_offset_pair:
      return [base + cursor.ulebBig(), base + cursor.ulebBig()];
    case dw.DW_LLE_start_end:
      return [cursor.address(size), cursor.address(size)];
    case dw.DW_LLE_startx_endx:
      return [unit.indexedAddress(cursor.uleb()), unit.indexedAddress(cursor.uleb())];
    case dw.DW_LLE_start_length:
      return withLength(cursor.address(size), cursor.ulebBig());
    case dw.DW_LLE_startx_length:
      return withLength(unit.indexedAddress(cursor.uleb()), cursor.ulebBig());
    case dw.DW_LLE_default_location:
      return [0n, EVERYWHERE];
    default:
      throw new DwarfError('malformed', `location list entry kind ${kind}`);
  }
}

function withLength(start: bigint, length: bigint): [bigint, bigint] {
  return [start, start + length];
}
