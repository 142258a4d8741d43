/** A unit of .debug_info or .debug_types: its header (section 7.5.1), its bytes, and what its root entry says for all others. */
import type { Abbreviation, AbbreviationTable } from './debug-abbrev.ts';
import * as dw from './constants.ts';
import { Cursor } from './cursor.ts';
import { Die } from './die.ts';
import { DwarfError } from './dwarf-error.ts';
import { required, type DwarfSections } from './sections.ts';
import { cstringAt } from '../elf/section.ts';

/** Where a unit is and how it is written. `length` is in bytes and includes the length field itself. */
export interface UnitHeader {
  readonly offset: number;
  readonly length: number;
  readonly version: number;
  readonly unitType: number;
  readonly addressSize: number;
  readonly is64: boolean;
  readonly abbrevOffset: number;
  /** Position of the root entry within the unit. */
  readonly firstDie: number;
  /** 64-bit signature of a type unit, and the position of its type within the unit. */
  readonly signature: bigint | undefined;
  readonly typeAt: number;
}

/** Longest header of any unit, in bytes. */
export const MAX_UNIT_HEADER = 40;
/** No unit is larger, in bytes; GCC's largest for a kernel is about 1 MB. */
const MAX_UNIT_SIZE = 128 << 20;

/** Parses the header at the start of `bytes`, which is at `offset` of a section of `sectionSize` bytes. */
export function parseUnitHeader(bytes: Uint8Array, offset: number, sectionSize: number, isTypes: boolean): UnitHeader {
  const cursor = new Cursor(bytes);
  const { length: rest, is64 } = cursor.initialLength();
  const length = rest + cursor.at;
  if (offset + length > sectionSize) throw new DwarfError('truncated', `unit at ${offset} is ${length} bytes long`);
  if (length > MAX_UNIT_SIZE) throw new DwarfError('limit', `unit at ${offset} is ${length} bytes long`);
  const version = cursor.u16();
  if (version < 2 || version > 5) throw new DwarfError('unsupported', `unit at ${offset} has version ${version}`);
  const common = version >= 5 ? parseVersion5(cursor, is64) : parseVersion4(cursor, is64, isTypes);
  const hasType = common.unitType === dw.DW_UT_type || common.unitType === dw.DW_UT_split_type;
  const isSkeleton = common.unitType === dw.DW_UT_skeleton || common.unitType === dw.DW_UT_split_compile;
  const signature = hasType || isSkeleton ? cursor.u64() : undefined;
  const typeAt = hasType ? cursor.offset(is64) : 0;
  if (cursor.at > length) throw new DwarfError('truncated', `unit at ${offset} is shorter than its header`);
  return {
    offset,
    length,
    version,
    is64,
    ...common,
    firstDie: cursor.at,
    signature: hasType ? signature : undefined,
    typeAt,
  };
}

type CommonHeader = Pick<UnitHeader, 'unitType' | 'addressSize' | 'abbrevOffset'>;

function parseVersion5(cursor: Cursor, is64: boolean): CommonHeader {
  const unitType = cursor.u8();
  const addressSize = checkAddressSize(cursor.u8());
  return { unitType, addressSize, abbrevOffset: cursor.offset(is64) };
}

function parseVersion4(cursor: Cursor, is64: boolean, isTypes: boolean): CommonHeader {
  const abbrevOffset = cursor.offset(is64);
  const addressSize = checkAddressSize(cursor.u8());
  return { unitType: isTypes ? dw.DW_UT_type : dw.DW_UT_compile, addressSize, abbrevOffset };
}

function checkAddressSize(size: number): number {
  if (size !== 8 && size !== 4) throw new DwarfError('unsupported', `address size ${size}`);
  return size;
}

/** A unit with its bytes in memory. */
export class Unit {
  readonly root: Die;
  /** Bases that indexed forms count from, in bytes within their sections. */
  readonly strOffsetsBase: number;
  readonly addrBase: number;
  readonly rnglistsBase: number;
  readonly loclistsBase: number;
  readonly #derived = new Map<object, unknown>();
  readonly #view: DataView;

  constructor(
    readonly header: UnitHeader,
    readonly bytes: Uint8Array,
    readonly abbreviations: AbbreviationTable,
    readonly sections: DwarfSections,
  ) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const root = this.dieAtPosition(header.firstDie);
    if (!root) throw new DwarfError('malformed', `unit at ${header.offset} has no root entry`);
    this.root = root;
    this.strOffsetsBase = root.unsigned(dw.DW_AT_str_offsets_base) ?? (header.is64 ? 16 : 8);
    this.addrBase = root.unsigned(dw.DW_AT_addr_base) ?? (header.is64 ? 16 : 8);
    this.rnglistsBase = root.unsigned(dw.DW_AT_rnglists_base) ?? 0;
    this.loclistsBase = root.unsigned(dw.DW_AT_loclists_base) ?? 0;
  }

  get offset(): number {
    return this.header.offset;
  }

  /** DW_AT_name of the root entry: the primary source file. May throw `Missing`, as all of the following may. */
  get name(): string {
    return this.derived(NAME, () => this.root.string(dw.DW_AT_name) ?? '');
  }

  get compDir(): string {
    return this.derived(COMP_DIR, () => this.root.string(dw.DW_AT_comp_dir) ?? '');
  }

  /** Base address of range and location lists. */
  get lowPc(): bigint {
    return this.derived(LOW_PC, () => this.root.address(dw.DW_AT_low_pc) ?? 0n);
  }

  /** What `make` returned when it was first asked for under `key`. Goes away with the unit. */
  derived<T>(key: { readonly type?: T }, make: () => T): T {
    if (!this.#derived.has(key)) this.#derived.set(key, make());
    return this.#derived.get(key) as T;
  }

  /** Reads this unit's bytes from position `at`. */
  cursor(at: number): Cursor {
    return new Cursor(this.bytes, at, this.bytes.length, this.#view);
  }

  /** The entry at a position within the unit; undefined for a null entry. */
  dieAtPosition(at: number): Die | undefined {
    if (this.bytes[at] === 0) return undefined;
    const cursor = this.cursor(at);
    const code = cursor.uleb();
    if (code === 0) return undefined;
    return new Die(this, at, this.abbreviationOf(code, at), cursor.at);
  }

  /** The abbreviation with `code`, which the entry at position `at` names. */
  abbreviationOf(code: number, at: number): Abbreviation {
    const abbreviation = this.abbreviations.get(code);
    if (abbreviation) return abbreviation;
    throw new DwarfError('malformed', `DIE 0x${(this.offset + at).toString(16)}: no abbreviation ${code}`);
  }

  /** Decodes a value of class string at `cursor`. */
  stringValue(form: number, cursor: Cursor): string | undefined {
    const { is64 } = this.header;
    switch (form) {
      case dw.DW_FORM_string:
        return cursor.cstring();
      case dw.DW_FORM_strp:
        return cstringAt(required(this.sections.str, '.debug_str'), cursor.offset(is64));
      case dw.DW_FORM_line_strp:
        return cstringAt(required(this.sections.lineStr, '.debug_line_str'), cursor.offset(is64));
      default: {
        const index = readIndex(form, STRX, cursor);
        return index === undefined ? undefined : this.#indexedString(index);
      }
    }
  }

  /** Decodes a value of class address at `cursor`. */
  addressValue(form: number, cursor: Cursor): bigint | undefined {
    if (form === dw.DW_FORM_addr) return cursor.address(this.header.addressSize);
    const index = readIndex(form, ADDRX, cursor);
    return index === undefined ? undefined : this.indexedAddress(index);
  }

  /** Entry `index` of this unit's part of .debug_addr. */
  indexedAddress(index: number): bigint {
    const size = this.header.addressSize;
    const section = required(this.sections.addr, '.debug_addr');
    return new Cursor(section.bytes(this.addrBase + index * size, size)).address(size);
  }

  /** Decodes a value of class reference at `cursor` to an offset as `Die.offset` is; undefined for signatures and supplementary files. */
  referenceValue(form: number, cursor: Cursor): number | undefined {
    switch (form) {
      case dw.DW_FORM_ref1:
        return this.offset + cursor.u8();
      case dw.DW_FORM_ref2:
        return this.offset + cursor.u16();
      case dw.DW_FORM_ref4:
        return this.offset + cursor.u32();
      case dw.DW_FORM_ref8:
        return this.offset + cursor.safe64();
      case dw.DW_FORM_ref_udata:
        return this.offset + cursor.uleb();
      case dw.DW_FORM_ref_addr:
        return this.header.version <= 2
          ? Number(cursor.address(this.header.addressSize))
          : cursor.offset(this.header.is64);
      default:
        return undefined;
    }
  }

  #indexedString(index: number): string {
    const size = this.header.is64 ? 8 : 4;
    const offsets = required(this.sections.strOffsets, '.debug_str_offsets');
    const entry = new Cursor(offsets.bytes(this.strOffsetsBase + index * size, size));
    return cstringAt(required(this.sections.str, '.debug_str'), entry.offset(this.header.is64));
  }
}

const NAME: { type?: string } = {};
const COMP_DIR: { type?: string } = {};
const LOW_PC: { type?: bigint } = {};

/** Forms of one kind of index: LEB128, then 1, 2, 3 and 4 bytes. */
const STRX = [dw.DW_FORM_strx, dw.DW_FORM_strx1, dw.DW_FORM_strx2, dw.DW_FORM_strx3, dw.DW_FORM_strx4];
const ADDRX = [dw.DW_FORM_addrx, dw.DW_FORM_addrx1, dw.DW_FORM_addrx2, dw.DW_FORM_addrx3, dw.DW_FORM_addrx4];

function readIndex(form: number, forms: readonly number[], cursor: Cursor): number | undefined {
  switch (forms.indexOf(form)) {
    case 0:
      return cursor.uleb();
    case 1:
      return cursor.u8();
    case 2:
      return cursor.u16();
    case 3:
      return cursor.u24();
    case 4:
      return cursor.u32();
    default:
      return undefined;
  }
}
