/** Everything the debugger asks of one ELF file with debugging information. Addresses are as linked; whoever loads the file elsewhere adds the slide. */
import type { RandomAccess } from '../../base/random-access.ts';
import * as dw from '../../formats/dwarf/constants.ts';
import type { AddressRange } from '../../formats/dwarf/debug-aranges.ts';
import { DebugInfo } from '../../formats/dwarf/debug-info.ts';
import { lineProgramBytes, parseLineHeader } from '../../formats/dwarf/debug-line.ts';
import { rangesOf, type Range } from '../../formats/dwarf/debug-rnglists.ts';
import { children, type Die } from '../../formats/dwarf/die.ts';
import { runLineProgram, type LineTable } from '../../formats/dwarf/line-table.ts';
import { dwarfSections, type DwarfSections } from '../../formats/dwarf/sections.ts';
import type { Unit } from '../../formats/dwarf/unit.ts';
import type { UnwindTableRow } from '../../formats/dwarf/unwind-table.ts';
import { ElfFile, PT_TLS } from '../../formats/elf/elf.ts';
import { Missing } from '../../formats/elf/pager.ts';
import { STT_FUNC, STT_NOTYPE, STT_OBJECT, SymbolTable, type Sym } from '../../formats/elf/symbol-table.ts';
import { AddressIndex, arangesOf, needsCompletion, rangesOfUnit, unitOffsets } from './address-index.ts';
import { callSiteAt, type CallSite } from './call-sites.ts';
import { FileIndex } from './file-index.ts';
import { FrameTables } from './frame-tables.ts';
import { findLine, linesWithCode } from './line-lookup.ts';
import { NameIndex, type NameKind } from './name-index.ts';
import { callPlace, ScopeReader, type FrameScopes, type Variable } from './scopes.ts';
import { TypeReader } from './type-reader.ts';
import { findMember, strip, type MemberPlace, type Type, type TypeRef } from './types.ts';
import { entryPc, functionAt, functionsOf, hasLocationLists, inlinedBelow, scopeChain } from './unit-functions.ts';
import { afterPrologue, isStatementStart, placeOf, statementRangesOf, type StatementRanges } from './unit-lines.ts';

/** One logical frame at an address. */
export interface SourceFrame {
  readonly function: string;
  /** Absolute when the directory of compilation was, else relative to it; empty when unknown. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** The function was inlined into the next frame's. */
  readonly inlined: boolean;
}

/** What is known about an address. */
export interface AddressInfo {
  readonly symbol: string | undefined;
  /** Distance from the symbol's start in bytes. */
  readonly offset: bigint;
  /** Innermost first; empty when there is no debugging information. */
  readonly frames: readonly SourceFrame[];
}

/** A place where a source line's code begins. */
export interface LineAddress {
  readonly address: bigint;
  readonly function: string | undefined;
  /** The innermost function there was inlined. */
  readonly inlined: boolean;
}

/** Where code of a line is. `line` differs from the one asked for when that had no code. */
export interface LineLookup {
  readonly file: string;
  readonly requestedLine: number;
  readonly line: number;
  readonly addresses: readonly LineAddress[];
}

/** A function with code of its own. */
export interface FunctionInfo {
  readonly name: string;
  readonly lowPc: bigint;
  /** First address after its (first) range. */
  readonly highPc: bigint;
  /** Where a breakpoint on the function goes: after the prologue where variables would not be readable before. */
  readonly entry: bigint;
  readonly file: string | undefined;
  readonly line: number | undefined;
}

/** Where a function was inlined. */
export interface InlinedInstance {
  readonly address: bigint;
  readonly ranges: readonly Range[];
  readonly container: string;
}

/** A global or file-scope static variable. */
export interface GlobalVariable {
  readonly name: string;
  readonly address: bigint | undefined;
  readonly size: bigint;
  readonly type: Type | undefined;
}

const MAX_CACHED_ADDRESSES = 4096;
const MAX_LINE_TABLES = 64;
/** Strings up to this many bytes are loaded when the file is opened: every name is among them. */
const MAX_PRELOADED = 8 << 20;
/** Most bytes of NOPs to patch at the start of a function (BTI and two NOPs in Linux). */
const PATCHABLE = 16n;
/** A member path such as `arch.p2m.vmid` has no more parts. */
const MAX_PATH = 64;

/** An open file with symbols. What may touch the file is asynchronous; what is asked again is answered from memory. */
export class SymbolFile {
  readonly #info: DebugInfo;
  readonly #types: TypeReader;
  readonly #scopes: ScopeReader;
  readonly #names: NameIndex;
  readonly #addresses = new Map<bigint, AddressInfo>();
  readonly #lineTables = new Map<number, LineTable>();
  #files: Promise<FileIndex> | undefined;
  #frames: FrameTables | undefined;
  #addressIndex: Promise<AddressIndex> | undefined;
  #readyAddressIndex: AddressIndex | undefined;

  private constructor(
    /** What the file is called in messages. */
    readonly name: string,
    readonly elf: ElfFile,
    readonly symbols: SymbolTable,
    /** In lower-case hexadecimal. */
    readonly buildId: string | undefined,
    private readonly sections: DwarfSections,
    private readonly aranges: readonly AddressRange[],
  ) {
    this.#info = new DebugInfo(sections, unitOffsets(aranges));
    this.#types = new TypeReader(this.#info);
    this.#scopes = new ScopeReader(this.#info, this.#types);
    this.#names = new NameIndex(this.#info);
  }

  /** Opens `source`. Rejects with `ElfError` or `DwarfError` when it is damaged. */
  static async open(source: RandomAccess, name: string): Promise<SymbolFile> {
    const elf = await ElfFile.open(source);
    const run = <T>(action: () => T): Promise<T> => elf.pager.run(action);
    const symbols = await run(() => SymbolTable.read(elf));
    const buildId = await run(() => elf.buildId());
    const sections = await run(() => dwarfSections(elf));
    const aranges = await run(() => arangesOf(sections));
    for (const section of [sections.str, sections.lineStr]) {
      if (section && section.size <= MAX_PRELOADED) await run(() => section.bytes(0, section.size));
    }
    return new SymbolFile(name, elf, symbols, buildId, sections, aranges);
  }

  /** False when there are symbols at most. */
  get hasDebugInfo(): boolean {
    return this.#info.size > 0;
  }

  /** Bytes of the file held in its cache. */
  get residentBytes(): number {
    return this.elf.pager.residentBytes;
  }

  /** Symbol, source place and inlined functions of `address`. */
  async lookupAddress(address: bigint): Promise<AddressInfo> {
    const known = this.#addresses.get(address);
    if (known) return known;
    const index = await this.#units();
    const info = await this.#run(() => this.#lookup(index, address));
    if (this.#addresses.size >= MAX_CACHED_ADDRESSES) this.#addresses.clear();
    this.#addresses.set(address, info);
    return info;
  }

  /** As `lookupAddress`, when it can be answered without reading the file. */
  lookupAddressNow(address: bigint): AddressInfo | undefined {
    const known = this.#addresses.get(address);
    const index = this.#readyAddressIndex;
    if (known || !index) return known;
    try {
      return this.#lookup(index, address);
    } catch (thrown) {
      if (thrown instanceof Missing) return undefined;
      throw thrown;
    }
  }

  /** Where the code of `file`:`line` is. `file` may be the end of a path. Empty when no file or no later line has code. */
  async lookupLine(file: string, line: number): Promise<LineLookup[]> {
    const files = await this.#fileIndex();
    const results: LineLookup[] = [];
    for (const path of files.resolve(file)) {
      const found = await this.#lookupLineIn(files, path, line);
      if (found) results.push(found);
    }
    return results;
  }

  /** Lines of `file` that have code, ascending. */
  async linesWithCode(file: string): Promise<number[]> {
    const files = await this.#fileIndex();
    const lines = new Set<number>();
    for (const path of files.resolve(file)) {
      for (const { programOffset, files: indices } of files.tables(path)) {
        const table = await this.#lineTable(programOffset);
        for (const line of linesWithCode(table, indices)) lines.add(line);
      }
    }
    return [...lines].toSorted((a, b) => a - b);
  }

  /** Paths of all source files, sorted. */
  async sourceFiles(): Promise<string[]> {
    return (await this.#fileIndex()).paths();
  }

  /** Functions called `name` that have code, clones (`name.constprop.0`) included. */
  async lookupFunction(name: string): Promise<FunctionInfo[]> {
    const symbols = [...this.symbols.named(name), ...this.symbols.namedWithSuffix(name)].filter(
      (it) => (it.type === STT_FUNC || it.type === STT_NOTYPE) && !it.name.includes('.cold'),
    );
    const places = new Map(symbols.map((it) => [it.value, it]));
    const found = await Promise.all([...places.values()].map((symbol) => this.#functionOfSymbol(symbol)));
    return found.length > 0 ? found : this.#functionsByName(name);
  }

  /** The function that covers `address`. */
  async functionAt(address: bigint): Promise<FunctionInfo | undefined> {
    const index = await this.#units();
    return this.#run(() => {
      const fn = this.#functionDie(index, address);
      const ranges = fn ? rangesOf(fn) : [];
      return fn && ranges.length > 0 ? this.#describeFunction(fn, ranges) : undefined;
    });
  }

  /** All ranges of the function that covers `address`; its entry is where the first begins. */
  async functionRanges(address: bigint): Promise<Range[]> {
    const index = await this.#units();
    return this.#run(() => {
      const fn = this.#functionDie(index, address);
      return fn ? rangesOf(fn) : [];
    });
  }

  /** Addresses from the symbol that covers `address` to its end, or to the next symbol when it has no size. */
  symbolExtent(address: bigint): Range | undefined {
    const symbol = this.symbols.covering(address);
    if (!symbol) return undefined;
    const isInside = address < symbol.value + symbol.size;
    const end = isInside ? symbol.value + symbol.size : (this.symbols.nextAddress(address) ?? address + 4n);
    return { start: symbol.value, end };
  }

  /** Places where `name` was inlined. Reads every unit the first time: ask only when `lookupFunction` found too little. */
  async inlinedInstances(name: string): Promise<InlinedInstance[]> {
    await this.#scanAll();
    const origins = new Set(this.#names.definitions('function', name));
    const found: InlinedInstance[] = [];
    for (const offset of new Set(await this.#unitsOf([...origins]))) {
      found.push(...(await this.#run(() => this.#inlinedIn(this.#info.unit(offset), origins))));
    }
    return found;
  }

  /** Addresses of the source line that `address` belongs to: what a step over the line runs through. */
  async statementRanges(address: bigint): Promise<StatementRanges | undefined> {
    const index = await this.#units();
    return this.#run(() => {
      const unit = this.#unitAt(index, address);
      const fn = unit && functionAt(unit, address);
      return unit && statementRangesOf(unit, address, fn ? rangesOf(fn) : []);
    });
  }

  /** True when a statement begins exactly at `address`. */
  async isStatementStart(address: bigint): Promise<boolean> {
    const index = await this.#units();
    return this.#run(() => {
      const unit = this.#unitAt(index, address);
      return unit !== undefined && isStatementStart(unit, address);
    });
  }

  /** Logical frames of `address` with their scopes and variables, innermost first. */
  async scopesAt(address: bigint): Promise<FrameScopes[]> {
    const index = await this.#units();
    return this.#run(() => {
      const fn = this.#functionDie(index, address);
      return fn ? this.#scopes.frames(fn, address) : [];
    });
  }

  /** Variables of logical frame `frame` (0 is innermost) of `address`, innermost scope first, hidden ones left out. */
  async variablesAt(address: bigint, frame = 0): Promise<Variable[]> {
    const frames = await this.scopesAt(address);
    const visible = new Map<string, Variable>();
    for (const variable of frames[frame]?.scopes.flatMap((scope) => scope.variables) ?? []) {
      if (!visible.has(variable.name)) visible.set(variable.name, variable);
    }
    return [...visible.values()];
  }

  /** What the caller knows about the call that returns to `returnAddress`: values of parameters that the callee has lost. */
  async callSite(returnAddress: bigint): Promise<CallSite | undefined> {
    const index = await this.#units();
    return this.#run(() => {
      const fn = this.#functionDie(index, returnAddress - 1n);
      return fn && callSiteAt(this.#info, fn, returnAddress);
    });
  }

  /** The type called `name`: `struct domain`, `enum x`, a typedef or a base type. */
  async typeByName(name: string): Promise<Type | undefined> {
    const [kind, tag] = splitTypeName(name);
    const isFound = (): boolean => this.#names.definitions(kind, tag).length > 0;
    while (!isFound() && !this.#names.isComplete) await this.#run(() => this.#names.scanNext());
    const offset = this.#names.definitions(kind, tag).at(0);
    return offset === undefined ? undefined : this.resolve(offset);
  }

  /** The type at `ref` (the target of a pointer); a mere declaration is replaced by the definition when there is one. */
  async resolve(ref: TypeRef): Promise<Type> {
    const type = await this.#run(() => this.#types.type(ref));
    const isIncomplete =
      (type.kind === 'struct' || type.kind === 'union' || type.kind === 'enum') && type.isDeclaration;
    if (!isIncomplete || type.tag === undefined) return type;
    return (await this.typeByName(`${type.kind} ${type.tag}`)) ?? type;
  }

  /** Place of a member, which may be a path through nested structures: `offsetOf('struct domain', 'arch.p2m.vmid')`. */
  async offsetOf(typeName: string, path: string): Promise<MemberPlace | undefined> {
    const type = await this.typeByName(typeName);
    return type && memberAt(type, path);
  }

  /** The global or static variable called `name`; `near` prefers the one of the unit at that address. */
  async globalVariable(name: string, near?: bigint): Promise<GlobalVariable | undefined> {
    const local = near === undefined ? undefined : await this.#staticOfUnit(name, near);
    if (local) return local;
    const symbol = this.symbols.named(name).find((it) => it.type === STT_OBJECT) ?? this.symbols.named(name).at(0);
    const neighbour = symbol && this.symbols.functionInSameFile(symbol);
    const sibling = neighbour === undefined ? undefined : await this.#staticOfUnit(name, neighbour);
    if (sibling) return sibling;
    return this.#globalByScan(name, symbol);
  }

  /** The static variable called `name` of the unit at `near`. */
  async staticVariable(name: string, near: bigint | undefined): Promise<GlobalVariable | undefined> {
    return near === undefined ? undefined : this.#staticOfUnit(name, near);
  }

  /** An address of code of `file`, which leads to its unit. */
  async addressInFile(file: string): Promise<bigint | undefined> {
    const [found] = await this.lookupLine(file, 1);
    return found?.addresses.at(0)?.address;
  }

  /** The enumerator called `name` in the unit at `near`, with its enumeration. */
  async enumerator(name: string, near: bigint): Promise<{ type: Type; value: bigint } | undefined> {
    const index = await this.#units();
    return this.#run(() => {
      const unit = this.#unitAt(index, near);
      const die = unit && findEnumeration(unit.root, name);
      const type = die && this.#types.type(die.offset);
      const found = type?.kind === 'enum' ? type.enumerators.find((it) => it.name === name) : undefined;
      return type && found && { type, value: found.value };
    });
  }

  /** Alignment in bytes of the thread-local storage segment; undefined when there is none. */
  tlsAlignment(): bigint | undefined {
    return this.elf.phdrs.find((phdr) => phdr.type === PT_TLS)?.alignment;
  }

  /** Names of all data symbols, sorted. */
  globals(): string[] {
    return [...this.symbols.all()]
      .filter((it) => it.type === STT_OBJECT)
      .map((it) => it.name)
      .toSorted();
  }

  /** How to unwind from `address`, from call frame information; undefined where there is none. */
  async frameInfo(address: bigint): Promise<UnwindTableRow | undefined> {
    this.#frames ??= await this.#run(() => new FrameTables(this.elf));
    return this.#frames.rowAt(address);
  }

  /** Base type or other type by its position in a unit, for typed DWARF operations. */
  async typeInUnit(unitOffset: number, at: number): Promise<Type> {
    return this.#run(() => this.#types.type(unitOffset + at));
  }

  /** Entry `index` of .debug_addr for the unit at `unitOffset`. */
  async indexedAddress(unitOffset: number, index: number): Promise<bigint> {
    return this.#run(() => this.#info.unit(unitOffset).indexedAddress(index));
  }

  #run<T>(action: () => T): Promise<T> {
    return this.elf.pager.run(action);
  }

  // Addresses

  #units(): Promise<AddressIndex> {
    this.#addressIndex ??= this.#buildAddressIndex();
    return this.#addressIndex;
  }

  async #buildAddressIndex(): Promise<AddressIndex> {
    const ranges = [...this.aranges];
    if (needsCompletion(this.#info, this.aranges)) {
      const known = new Set(unitOffsets(this.aranges));
      for (let offset = 0; offset < this.#info.size;) {
        const header = await this.#run(() => this.#info.header(offset));
        if (!known.has(offset)) ranges.push(...(await this.#run(() => rangesOfUnit(this.#info, header))));
        offset += header.length;
      }
    }
    return (this.#readyAddressIndex = new AddressIndex(ranges));
  }

  #unitAt(index: AddressIndex, address: bigint): Unit | undefined {
    const offset = index.unitAt(address);
    return offset === undefined ? undefined : this.#info.unit(offset);
  }

  #functionDie(index: AddressIndex, address: bigint): Die | undefined {
    const unit = this.#unitAt(index, address);
    return unit && functionAt(unit, address);
  }

  #lookup(index: AddressIndex, address: bigint): AddressInfo {
    const symbol = this.symbols.covering(address);
    const offset = symbol ? address - symbol.value : 0n;
    const unit = this.#unitAt(index, address);
    const fn = unit && functionAt(unit, address);
    const patchable = !fn && offset < PATCHABLE ? this.#patchableFunction(index, symbol) : undefined;
    if (patchable) {
      const start = rangesOf(patchable)[0].start;
      return { symbol: symbol?.name, offset, frames: this.#sourceFrames(patchable.unit, start, symbol).slice(-1) };
    }
    return { symbol: symbol?.name, offset, frames: unit ? this.#sourceFrames(unit, address, symbol) : [] };
  }

  #sourceFrames(unit: Unit, address: bigint, symbol: Sym | undefined): SourceFrame[] {
    const unknown = { file: '', line: 0, column: 0 };
    const place = placeOf(unit, address);
    const fn = functionAt(unit, address);
    // Assembly has lines but no functions: the symbol names them.
    if (!fn) return place ? [{ function: symbol?.name ?? '', ...place, inlined: false }] : [];
    const inner = scopeChain(fn, address).filter((die) => die.tag === dw.DW_TAG_inlined_subroutine);
    const frames: SourceFrame[] = [];
    let at = place ?? unknown;
    for (const die of inner.toReversed()) {
      frames.push({ function: this.#info.nameOf(die) ?? '', ...at, inlined: true });
      at = callPlace(die) ?? unknown;
    }
    frames.push({ function: this.#info.nameOf(fn) ?? symbol?.name ?? '', ...at, inlined: false });
    return frames;
  }

  // Lines

  #fileIndex(): Promise<FileIndex> {
    this.#files ??= this.#buildFileIndex();
    return this.#files;
  }

  async #buildFileIndex(): Promise<FileIndex> {
    const index = new FileIndex();
    const size = this.sections.line?.size ?? 0;
    for (let offset = 0; offset < size;) offset = await this.#run(() => index.add(this.sections, offset));
    return index;
  }

  async #lineTable(offset: number): Promise<LineTable> {
    const known = this.#lineTables.get(offset);
    if (known) return known;
    const table = await this.#run(() => {
      const bytes = lineProgramBytes(this.sections, offset);
      return runLineProgram(bytes, parseLineHeader(bytes, offset));
    });
    this.#lineTables.set(offset, table);
    if (this.#lineTables.size > MAX_LINE_TABLES) this.#lineTables.delete(this.#lineTables.keys().next().value!);
    return table;
  }

  async #lookupLineIn(files: FileIndex, path: string, line: number): Promise<LineLookup | undefined> {
    let best: number | undefined;
    let addresses: bigint[] = [];
    for (const { programOffset, files: indices } of files.tables(path)) {
      const hit = findLine(await this.#lineTable(programOffset), indices, line);
      if (!hit || (best !== undefined && hit.line > best)) continue;
      if (best === undefined || hit.line < best) addresses = [];
      best = hit.line;
      addresses.push(...hit.addresses);
    }
    if (best === undefined) return undefined;
    return { file: path, requestedLine: line, line: best, addresses: await this.#oneForEachFunction(addresses) };
  }

  /** A line may have code in several places of one function (a loop's head): the first is where it begins. */
  async #oneForEachFunction(addresses: readonly bigint[]): Promise<LineAddress[]> {
    const index = await this.#units();
    const lowest = new Map<string, LineAddress>();
    const sorted = addresses.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
    for (const address of sorted) {
      const { key, ...found } = await this.#run(() => this.#placeInFunction(index, address));
      if (!lowest.has(key)) lowest.set(key, found);
    }
    return [...lowest.values()];
  }

  #placeInFunction(index: AddressIndex, address: bigint): LineAddress & { key: string } {
    const fn = this.#functionDie(index, address);
    if (!fn) return { key: `${address}`, address, function: this.symbols.covering(address)?.name, inlined: false };
    const chain = scopeChain(fn, address).filter((die) => die.tag !== dw.DW_TAG_lexical_block);
    const inner = chain.at(-1)!;
    const isEntry = inner === fn && rangesOf(fn).at(0)?.start === address;
    const moved = isEntry ? this.#entryOf(fn, rangesOf(fn)) : address;
    return { key: `${inner.offset}`, address: moved, function: this.#info.nameOf(inner), inlined: inner !== fn };
  }

  // Functions

  async #functionOfSymbol(symbol: Sym): Promise<FunctionInfo> {
    const index = await this.#units();
    return this.#run(() => {
      const fn = this.#functionDie(index, symbol.value) ?? this.#patchableFunction(index, symbol);
      const ranges = fn ? rangesOf(fn) : [];
      const own = ranges.find((range) => range.start - symbol.value >= 0n && range.start - symbol.value <= PATCHABLE);
      if (fn && own) {
        const described = this.#describeFunction(fn, [own, ...ranges.filter((range) => range !== own)]);
        return { ...described, name: symbol.name, lowPc: symbol.value };
      }
      const unit = this.#unitAt(index, symbol.value);
      const place = unit && placeOf(unit, symbol.value);
      const end = symbol.value + symbol.size;
      return {
        name: symbol.name,
        lowPc: symbol.value,
        highPc: end,
        entry: symbol.value,
        file: place?.file,
        line: place?.line,
      };
    });
  }

  /** With -fpatchable-function-entry, GCC lets the function's entry begin after the NOPs to patch, but the symbol before them. */
  #patchableFunction(index: AddressIndex, symbol: Sym | undefined): Die | undefined {
    for (let skip = 4n; symbol && skip <= PATCHABLE && skip < symbol.size; skip += 4n) {
      const fn = this.#functionDie(index, symbol.value + skip);
      if (fn) return rangesOf(fn).some((range) => range.start === symbol.value + skip) ? fn : undefined;
    }
    return undefined;
  }

  async #functionsByName(name: string): Promise<FunctionInfo[]> {
    await this.#scanAll();
    const found: FunctionInfo[] = [];
    for (const offset of this.#names.definitions('function', name)) {
      const described = await this.#run(() => {
        const die = this.#info.die(offset);
        const ranges = rangesOf(die);
        return ranges.length > 0 ? this.#describeFunction(die, ranges) : undefined;
      });
      if (described) found.push(described);
    }
    return found;
  }

  #describeFunction(fn: Die, ranges: readonly Range[]): FunctionInfo {
    const place = placeOf(fn.unit, ranges[0].start);
    return {
      name: this.#info.nameOf(fn) ?? '',
      lowPc: ranges[0].start,
      highPc: ranges[0].end,
      entry: this.#entryOf(fn, ranges),
      file: place?.file,
      line: place?.line,
    };
  }

  /** Where variables have location lists they can be read from the first instruction on, so nothing has to be skipped. */
  #entryOf(fn: Die, ranges: readonly Range[]): bigint {
    const [{ start, end }] = ranges;
    return hasLocationLists(fn.unit) ? start : afterPrologue(fn.unit, start, end);
  }

  async #unitsOf(offsets: readonly number[]): Promise<number[]> {
    const units: number[] = [];
    for (const offset of offsets) units.push(await this.#run(() => this.#info.unitContaining(offset).offset));
    return units;
  }

  #inlinedIn(unit: Unit, origins: ReadonlySet<number>): InlinedInstance[] {
    const found: InlinedInstance[] = [];
    for (const fn of functionsOf(unit)) {
      const die = unit.dieAtPosition(fn.at)!;
      for (const inlined of inlinedBelow(die, 0)) {
        const ranges = rangesOf(inlined);
        const isWanted = origins.has(inlined.reference(dw.DW_AT_abstract_origin) ?? -1);
        if (isWanted && ranges.length > 0 && !found.some((it) => it.address === entryPc(inlined, ranges))) {
          found.push({ address: entryPc(inlined, ranges), ranges, container: this.#info.nameOf(die) ?? '' });
        }
      }
    }
    return found;
  }

  // Names

  /** Gathers every name. Seconds for a kernel; progress is kept when another question interrupts. */
  async #scanAll(): Promise<void> {
    while (!this.#names.isComplete) await this.#run(() => this.#names.scanNext());
  }

  async #staticOfUnit(name: string, near: bigint): Promise<GlobalVariable | undefined> {
    const index = await this.#units();
    return this.#run(() => {
      const offset = index.unitAt(near);
      if (offset === undefined) return undefined;
      this.#names.scan(offset);
      const unit = this.#info.unit(offset);
      const inUnit = (it: number): boolean => it >= offset && it < offset + unit.header.length;
      const found = this.#names.definitions('variable', name).find(inUnit);
      return found === undefined ? undefined : this.#describeVariable(found, undefined);
    });
  }

  async #globalByScan(name: string, symbol: Sym | undefined): Promise<GlobalVariable | undefined> {
    const find = (): number | undefined =>
      this.#names.definitions('variable', name).at(0) ?? (symbol && this.#names.declaration('variable', name));
    while (find() === undefined && !this.#names.isComplete) await this.#run(() => this.#names.scanNext());
    // What was optimised away entirely still has a type.
    const offset = find() ?? this.#names.declaration('variable', name);
    if (offset !== undefined) return this.#run(() => this.#describeVariable(offset, symbol));
    return symbol && { name, address: symbol.value, size: symbol.size, type: undefined };
  }

  #describeVariable(offset: number, symbol: Sym | undefined): GlobalVariable | undefined {
    const die = this.#info.die(offset);
    const variable = this.#scopes.variable(die, 0n, true);
    if (!variable) return undefined;
    const { location } = variable;
    const isAddress = location.kind === 'expression' && location.expression[0] === dw.DW_OP_addr;
    const address = isAddress && location.expression.length === 9 ? readAddress(location.expression) : symbol?.value;
    return { name: variable.name, address, size: BigInt(variable.type.byteSize), type: variable.type };
  }
}

function findEnumeration(root: Die, name: string): Die | undefined {
  for (const die of children(root)) {
    if (die.tag !== dw.DW_TAG_enumeration_type) continue;
    for (const child of children(die)) if (child.string(dw.DW_AT_name) === name) return die;
  }
  return undefined;
}

/** Splits `struct domain` into the kind and the tag; anything without a keyword is a typedef or base type. */
function splitTypeName(name: string): [NameKind, string] {
  const words = name.trim().split(/\s+/);
  const [first] = words;
  if (words.length === 2 && (first === 'struct' || first === 'union' || first === 'enum')) return [first, words[1]];
  return ['typedef', words.join(' ')];
}

function memberAt(type: Type, path: string): MemberPlace | undefined {
  let place: MemberPlace = { type, offset: 0, bitOffset: 0, bitSize: 0 };
  for (const part of path.split('.').slice(0, MAX_PATH)) {
    const struct = strip(place.type);
    const found = struct.kind === 'struct' || struct.kind === 'union' ? findMember(struct, part) : undefined;
    if (!found) return undefined;
    const offset = place.offset + found.offset;
    place = { ...found, offset, bitOffset: place.offset * 8 + found.bitOffset };
  }
  return place;
}

function readAddress(expression: Uint8Array): bigint {
  return new DataView(expression.buffer, expression.byteOffset).getBigUint64(1, true);
}
