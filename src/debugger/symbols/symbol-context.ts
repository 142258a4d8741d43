/** What all look-ups in one file share: its sections, its units by address, and the way to read more of it. */
import type { AddressRange } from '../../formats/dwarf/debug-aranges.ts';
import { DebugInfo } from '../../formats/dwarf/debug-info.ts';
import type { Die } from '../../formats/dwarf/die.ts';
import type { DwarfSections } from '../../formats/dwarf/sections.ts';
import type { Unit } from '../../formats/dwarf/unit.ts';
import type { ElfFile } from '../../formats/elf/elf.ts';
import type { SymbolTable } from '../../formats/elf/symbol-table.ts';
import { AddressIndex, needsCompletion, rangesOfUnit, unitOffsets } from './address-index.ts';
import type { SymbolIndex } from './index/symbol-index.ts';
import { hasCode, NameIndex, offsetOfEntry, type NameKind } from './name-index.ts';
import { ScopeReader } from './scopes.ts';
import { TypeReader } from './type-reader.ts';
import { functionAt } from './unit-functions.ts';

/** The shared state of one open file. */
export class SymbolContext {
  readonly info: DebugInfo;
  readonly types: TypeReader;
  readonly scopes: ScopeReader;
  readonly names: NameIndex;
  #units: Promise<AddressIndex> | undefined;
  /** Set once the index has been built, for answers that must not wait. */
  readyUnits: AddressIndex | undefined;
  /** Answers what would otherwise be searched for, once there is one. */
  index: SymbolIndex | undefined;

  constructor(
    readonly elf: ElfFile,
    readonly symbols: SymbolTable,
    readonly sections: DwarfSections,
    private readonly aranges: readonly AddressRange[],
  ) {
    this.info = new DebugInfo(sections, unitOffsets(aranges));
    this.types = new TypeReader(this.info);
    this.scopes = new ScopeReader(this.info, this.types);
    this.names = new NameIndex(this.info);
  }

  /** Runs `action`, which may throw `Missing`, until it has all that it needs. */
  run<T>(action: () => T): Promise<T> {
    return this.elf.pager.run(action);
  }

  /** Units by address. */
  units(): Promise<AddressIndex> {
    this.#units ??= this.#buildUnits();
    return this.#units;
  }

  /** The unit that describes `address`. May throw `Missing`. */
  unitAt(index: AddressIndex, address: bigint): Unit | undefined {
    const offset = index.unitAt(address);
    return offset === undefined ? undefined : this.info.unit(offset);
  }

  /** The entry of the function that covers `address`. May throw `Missing`. */
  functionDie(index: AddressIndex, address: bigint): Die | undefined {
    const unit = this.unitAt(index, address);
    return unit && functionAt(unit, address);
  }

  /** Entries that define `name`: at least one when there is any. */
  async definitions(kind: NameKind, name: string): Promise<readonly number[]> {
    if (this.index) return (await this.index.definitions(kind, name)).map(offsetOfEntry);
    const known = (): readonly number[] => this.names.definitions(kind, name);
    while (known().length === 0 && !this.names.isComplete) await this.run(() => this.names.scanNext());
    return known();
  }

  /** Entries of all functions called `name` that have code. */
  async functionsWithCode(name: string): Promise<readonly number[]> {
    if (!this.index) await this.scanAll();
    const entries = this.index ? await this.index.definitions('function', name) : this.names.entries('function', name);
    return entries.filter(hasCode).map(offsetOfEntry);
  }

  /** Gathers every name. Seconds for a kernel; progress is kept when another question comes in between. */
  async scanAll(): Promise<void> {
    while (!this.names.isComplete) await this.run(() => this.names.scanNext());
  }

  async #buildUnits(): Promise<AddressIndex> {
    const ranges = [...this.aranges];
    if (needsCompletion(this.info, this.aranges)) {
      const known = new Set(unitOffsets(this.aranges));
      for (let offset = 0; offset < this.info.size;) {
        const header = await this.run(() => this.info.header(offset));
        if (!known.has(offset)) ranges.push(...(await this.run(() => rangesOfUnit(this.info, header))));
        offset += header.length;
      }
    }
    return (this.readyUnits = new AddressIndex(ranges));
  }
}
