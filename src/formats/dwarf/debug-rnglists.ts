/** Range lists: .debug_rnglists of version 5 (section 7.25) and .debug_ranges before it. */
import * as dw from './constants.ts';
import { Cursor } from './cursor.ts';
import type { Die } from './die.ts';
import { DwarfError } from './dwarf-error.ts';
import { parseGrowing, required } from './sections.ts';
import type { Unit } from './unit.ts';

/** Addresses `start` up to but not including `end`. */
export interface Range {
  readonly start: bigint;
  readonly end: bigint;
}

const MAX_RANGES = 100_000;

/** The addresses that `die` covers: DW_AT_ranges, or DW_AT_low_pc and DW_AT_high_pc. May throw `Missing`. */
export function rangesOf(die: Die): Range[] {
  const place = die.unsigned(dw.DW_AT_ranges);
  if (place !== undefined) return readRangeList(die.unit, place, die.form(dw.DW_AT_ranges) === dw.DW_FORM_rnglistx);
  const start = die.address(dw.DW_AT_low_pc);
  if (start === undefined) return [];
  const end = die.address(dw.DW_AT_high_pc) ?? start + (die.constant(dw.DW_AT_high_pc, false) ?? 0n);
  return end > start && start !== 0n ? [{ start, end }] : [];
}

function readRangeList(unit: Unit, place: number, isIndex: boolean): Range[] {
  if (unit.header.version < 5) {
    const section = required(unit.sections.ranges, '.debug_ranges');
    return parseGrowing(section, place, 256, (bytes) => parseVersion4(new Cursor(bytes), unit));
  }
  const section = required(unit.sections.rnglists, '.debug_rnglists');
  const offset = isIndex ? indexedOffset(unit, place) : place;
  return parseGrowing(section, offset, 256, (bytes) => parseVersion5(new Cursor(bytes), unit));
}

/** DW_FORM_rnglistx: an offset table follows DW_AT_rnglists_base; its entries count from there too. */
function indexedOffset(unit: Unit, index: number): number {
  const size = unit.header.is64 ? 8 : 4;
  const section = required(unit.sections.rnglists, '.debug_rnglists');
  const entry = section.bytes(unit.rnglistsBase + index * size, size);
  return unit.rnglistsBase + new Cursor(entry).offset(unit.header.is64);
}

/** Tombstones and empty ranges describe code that the linker dropped. */
function add(ranges: Range[], start: bigint, end: bigint): void {
  if (ranges.length >= MAX_RANGES) throw new DwarfError('limit', 'range list is too long');
  if (end > start && start !== 0n) ranges.push({ start, end });
}

function parseVersion4(cursor: Cursor, unit: Unit): Range[] {
  const size = unit.header.addressSize;
  const selectsBase = (1n << BigInt(size * 8)) - 1n;
  const ranges: Range[] = [];
  let base = unit.lowPc;
  for (;;) {
    const start = cursor.address(size);
    const end = cursor.address(size);
    if (start === 0n && end === 0n) return ranges;
    if (start === selectsBase) base = end;
    else add(ranges, base + start, base + end);
  }
}

function parseVersion5(cursor: Cursor, unit: Unit): Range[] {
  const size = unit.header.addressSize;
  const ranges: Range[] = [];
  let base = unit.lowPc;
  for (;;) {
    const kind = cursor.u8();
    switch (kind) {
      case dw.DW_RLE_end_of_list:
        return ranges;
      case dw.DW_RLE_base_addressx:
        base = unit.indexedAddress(cursor.uleb());
        break;
      case dw.DW_RLE_base_address:
        base = cursor.address(size);
        break;
      case dw.DW_RLE_offset_pair:
        add(ranges, base + cursor.ulebBig(), base + cursor.ulebBig());
        break;
      case dw.DW_RLE_start_end:
        add(ranges, cursor.address(size), cursor.address(size));
        break;
      case dw.DW_RLE_startx_endx:
        add(ranges, unit.indexedAddress(cursor.uleb()), unit.indexedAddress(cursor.uleb()));
        break;
      case dw.DW_RLE_start_length:
      case dw.DW_RLE_startx_length: {
        const start = kind === dw.DW_RLE_start_length ? cursor.address(size) : unit.indexedAddress(cursor.uleb());
        add(ranges, start, start + cursor.ulebBig());
        break;
      }
      default:
        throw new DwarfError('malformed', `range list entry kind ${kind}`);
    }
  }
}
