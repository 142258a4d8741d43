/** .debug_info and .debug_types (sections 7.5 and 7.5.1): units found and loaded on demand, within a memory budget. */
import { partitionPoint } from '../../base/partition-point.ts';
import { readAbbreviations, type AbbreviationTable } from './debug-abbrev.ts';
import * as dw from './constants.ts';
import type { Die } from './die.ts';
import { DwarfError } from './dwarf-error.ts';
import { required, type DwarfSections } from './sections.ts';
import { MAX_UNIT_HEADER, parseUnitHeader, Unit, type UnitHeader } from './unit.ts';
import type { SectionData } from '../elf/section.ts';

/** Offsets from here on are in .debug_types, so that one number names any entry. */
const TYPES_BASE = 2 ** 44;
const UNIT_BUDGET = 48 << 20;
const MAX_TABLES = 64;
/** Longest chain of DW_AT_abstract_origin and DW_AT_specification that is followed. */
const MAX_ORIGINS = 16;

/** All units of a file. Every method may throw `Missing`. */
export class DebugInfo {
  readonly #headers = new Map<number, UnitHeader>();
  readonly #units = new Map<number, Unit>();
  readonly #tables = new Map<string, AbbreviationTable>();
  #residentBytes = 0;
  #signatures: Map<bigint, UnitHeader> | undefined;

  /** `knownOffsets` are offsets of units known from elsewhere (.debug_aranges), ascending: they save a walk over all headers. */
  constructor(
    readonly sections: DwarfSections,
    private readonly knownOffsets: readonly number[] = [],
  ) {}

  /** Size of .debug_info in bytes. */
  get size(): number {
    return this.sections.info?.size ?? 0;
  }

  /** The header of the unit that starts at `offset`. */
  header(offset: number): UnitHeader {
    const known = this.#headers.get(offset);
    if (known) return known;
    const { section, within, base } = this.#locate(offset);
    const bytes = section.bytes(within, Math.min(MAX_UNIT_HEADER, section.size - within));
    const header = { ...parseUnitHeader(bytes, within, section.size, base > 0), offset };
    this.#headers.set(offset, header);
    return header;
  }

  /** Headers of .debug_info one after another, from the unit at `from`. */
  *headers(from = 0): IterableIterator<UnitHeader> {
    for (let offset = from; offset < this.size;) {
      const header = this.header(offset);
      yield header;
      offset += header.length;
    }
  }

  /** The unit that starts at `offset`. */
  unit(offset: number): Unit {
    const known = this.#units.get(offset);
    if (!known) return this.#load(this.header(offset));
    this.#units.delete(offset);
    this.#units.set(offset, known);
    return known;
  }

  /** The unit that the entry at `offset` belongs to. */
  unitContaining(offset: number): Unit {
    const isInTypes = offset >= TYPES_BASE;
    let start = isInTypes ? TYPES_BASE : this.#lastKnownBefore(offset);
    for (;;) {
      const header = this.header(start);
      if (offset < start + header.length) return this.unit(start);
      start += header.length;
    }
  }

  /** The entry at `offset`. */
  die(offset: number): Die {
    const unit = this.unitContaining(offset);
    const die = unit.dieAtPosition(offset - unit.offset);
    if (!die) throw new DwarfError('malformed', `no DIE at 0x${offset.toString(16)}`);
    return die;
  }

  /** The entry that attribute `name` of `die` refers to. */
  follow(die: Die, name: number): Die | undefined {
    const signature = die.signature(name);
    if (signature !== undefined) return this.#bySignature(signature);
    const offset = die.reference(name);
    if (offset === undefined) return undefined;
    const at = offset - die.unit.offset;
    if (at <= 0 || at >= die.unit.bytes.length) return this.die(offset);
    const local = die.unit.dieAtPosition(at);
    if (!local) throw new DwarfError('malformed', `no DIE at 0x${offset.toString(16)}`);
    return local;
  }

  /** `die` and the entries that it completes, through DW_AT_abstract_origin and DW_AT_specification. */
  origins(die: Die): Die[] {
    const chain = [die];
    for (let at: Die | undefined = die; at;) {
      at = this.follow(at, dw.DW_AT_abstract_origin) ?? this.follow(at, dw.DW_AT_specification);
      if (at) chain.push(at);
      if (chain.length > MAX_ORIGINS)
        throw new DwarfError('malformed', `DIE 0x${die.offset.toString(16)}: origins in a circle`);
    }
    return chain;
  }

  /** DW_AT_name of `die` or of what it completes. */
  nameOf(die: Die): string | undefined {
    for (const origin of this.origins(die)) {
      const name = origin.string(dw.DW_AT_name);
      if (name !== undefined) return name;
    }
    return undefined;
  }

  #locate(offset: number): { section: SectionData; within: number; base: number } {
    const base = offset >= TYPES_BASE ? TYPES_BASE : 0;
    const section =
      base > 0 ? required(this.sections.types, '.debug_types') : required(this.sections.info, '.debug_info');
    if (offset - base >= section.size) throw new DwarfError('malformed', `no unit at 0x${offset.toString(16)}`);
    return { section, within: offset - base, base };
  }

  #lastKnownBefore(offset: number): number {
    const low = partitionPoint(0, this.knownOffsets.length, (i) => this.knownOffsets[i] <= offset);
    return low === 0 ? 0 : this.knownOffsets[low - 1];
  }

  #load(header: UnitHeader): Unit {
    const { section, within } = this.#locate(header.offset);
    const abbreviations = this.#abbreviations(header);
    const bytes = section.bytes(within, header.length).slice();
    const unit = new Unit(header, bytes, abbreviations, this.sections);
    this.#units.set(header.offset, unit);
    this.#residentBytes += header.length;
    this.#evict();
    return unit;
  }

  #evict(): void {
    for (const [offset, unit] of this.#units) {
      if (this.#residentBytes <= UNIT_BUDGET || this.#units.size <= 1) return;
      this.#units.delete(offset);
      this.#residentBytes -= unit.bytes.length;
    }
  }

  #abbreviations(header: UnitHeader): AbbreviationTable {
    const key = `${header.abbrevOffset}:${header.version}:${header.is64}:${header.addressSize}`;
    const known = this.#tables.get(key);
    if (known) return known;
    const table = readAbbreviations(required(this.sections.abbrev, '.debug_abbrev'), header.abbrevOffset, header);
    this.#tables.set(key, table);
    if (this.#tables.size > MAX_TABLES) this.#tables.delete(this.#tables.keys().next().value!);
    return table;
  }

  #bySignature(signature: bigint): Die | undefined {
    this.#signatures ??= this.#collectSignatures();
    const header = this.#signatures.get(signature);
    return header && this.unit(header.offset).dieAtPosition(header.typeAt);
  }

  #collectSignatures(): Map<bigint, UnitHeader> {
    const found = new Map<bigint, UnitHeader>();
    for (const header of this.headers()) if (header.signature !== undefined) found.set(header.signature, header);
    const typesSize = this.sections.types?.size ?? 0;
    for (let offset = 0; offset < typesSize;) {
      const header = this.header(TYPES_BASE + offset);
      if (header.signature !== undefined) found.set(header.signature, header);
      offset += header.length;
    }
    return found;
  }
}
