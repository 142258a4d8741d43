/** .debug_aranges (section 6.1.2): which unit describes an address. */
import type { SectionData } from '../elf/section.ts';
import { Cursor } from './cursor.ts';
import { DwarfError } from './dwarf-error.ts';

/** Addresses `start` up to but not including `end`, described by the unit at `unitOffset` of .debug_info. */
export interface AddressRange {
  readonly start: bigint;
  readonly end: bigint;
  readonly unitOffset: number;
}

const MAX_SIZE = 64 << 20;

/** Reads the whole table. May throw `Missing`. */
export function readAranges(section: SectionData): AddressRange[] {
  if (section.size > MAX_SIZE) throw new DwarfError('limit', `.debug_aranges is ${section.size} bytes long`);
  const cursor = new Cursor(section.bytes(0, section.size));
  const ranges: AddressRange[] = [];
  while (!cursor.isAtEnd) readSet(cursor, ranges);
  return ranges;
}

function readSet(cursor: Cursor, ranges: AddressRange[]): void {
  const start = cursor.at;
  const { length, is64 } = cursor.initialLength();
  const end = cursor.at + length;
  if (end > cursor.end) throw new DwarfError('truncated', `.debug_aranges: set at ${start}`);
  const version = cursor.u16();
  if (version !== 2) throw new DwarfError('unsupported', `.debug_aranges version ${version}`);
  const unitOffset = cursor.offset(is64);
  const addressSize = cursor.u8();
  if (cursor.u8() !== 0) throw new DwarfError('unsupported', '.debug_aranges with segments');
  const tupleSize = addressSize * 2;
  if (addressSize !== 8 && addressSize !== 4) throw new DwarfError('unsupported', `address size ${addressSize}`);
  // Tuples begin at a multiple of their size from the start of the set.
  cursor.at = start + Math.ceil((cursor.at - start) / tupleSize) * tupleSize;
  while (cursor.at + tupleSize <= end) {
    const from = cursor.address(addressSize);
    const size = cursor.address(addressSize);
    if (size !== 0n) ranges.push({ start: from, end: from + size, unitOffset });
  }
  cursor.at = end;
}
