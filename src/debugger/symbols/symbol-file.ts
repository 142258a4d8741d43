/** Everything the debugger asks of one ELF file with debugging information. Addresses are as linked; whoever loads the file elsewhere adds the slide. */
import type { RandomAccess } from '../../base/random-access.ts';
import { DW_AT_type } from '../../formats/dwarf/constants.ts';
import { rangesOf, type Range } from '../../formats/dwarf/debug-rnglists.ts';
import { dwarfSections } from '../../formats/dwarf/sections.ts';
import type { UnwindTableRow } from '../../formats/dwarf/unwind-table.ts';
import { ElfFile, PT_TLS } from '../../formats/elf/elf.ts';
import { Missing } from '../../formats/elf/pager.ts';
import { STT_OBJECT, SymbolTable } from '../../formats/elf/symbol-table.ts';
import { arangesOf } from './address-index.ts';
import { describeAddress, type AddressInfo } from './address-lookup.ts';
import { callSiteAt, type CallSite } from './call-sites.ts';
import { DeclarationLookup, type DeclarationPlace } from './declaration-lookup.ts';
import { FrameTables } from './frame-tables.ts';
import { buildIndex, type Pause } from './index/build-index.ts';
import { SymbolIndex } from './index/symbol-index.ts';
import { FunctionLookup, type FunctionInfo, type InlinedInstance } from './function-lookup.ts';
import { LineFinder, type LineLookup } from './line-lookup.ts';
import { Memo } from './memo.ts';
import { NameLookup, type GlobalVariable } from './name-lookup.ts';
import type { FrameScopes, Variable } from './scopes.ts';
import { SymbolContext } from './symbol-context.ts';
import type { TypeSummary } from './type-reader.ts';
import type { MemberPlace, Type, TypeRef } from './types.ts';
import { functionAt } from './unit-functions.ts';
import { isStatementStart, statementRangesOf, type StatementRanges } from './unit-lines.ts';

export type { AddressInfo, SourceFrame } from './address-lookup.ts';
export type { FunctionInfo, InlinedInstance } from './function-lookup.ts';
export type { LineLookup } from './line-lookup.ts';
export type { GlobalVariable } from './name-lookup.ts';

/** Units that are read between two pauses. */
const SCANNED_AT_ONCE = 16;
const MAX_CACHED_ADDRESSES = 4096;
/** Strings up to this many bytes are loaded when the file is opened: every name is among them. */
const MAX_PRELOADED = 8 << 20;

/** An open file with symbols. What may touch the file is asynchronous; what is asked again is answered from memory. */
export class SymbolFile {
  readonly #addresses = new Map<bigint, AddressInfo>();
  readonly #functions: FunctionLookup;
  readonly #lines: LineFinder;
  readonly #names: NameLookup;
  readonly #declarations: DeclarationLookup;
  readonly #lineAnswers = new Memo<LineLookup[]>();
  readonly #functionAnswers = new Memo<FunctionInfo[]>();
  readonly #variableAnswers = new Memo<GlobalVariable | undefined>();
  #frames: FrameTables | undefined;

  private constructor(
    /** What the file is called in messages. */
    readonly name: string,
    /** In lower-case hexadecimal. */
    readonly buildId: string | undefined,
    private readonly context: SymbolContext,
  ) {
    this.#functions = new FunctionLookup(context);
    this.#lines = new LineFinder(context);
    this.#names = new NameLookup(context);
    this.#declarations = new DeclarationLookup(context);
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
    return new SymbolFile(name, buildId, new SymbolContext(elf, symbols, sections, aranges));
  }

  get elf(): ElfFile {
    return this.context.elf;
  }

  get symbols(): SymbolTable {
    return this.context.symbols;
  }

  /** False when there are symbols at most. */
  get hasDebugInfo(): boolean {
    return this.context.info.size > 0;
  }

  /** Bytes of the file held in its cache. */
  get residentBytes(): number {
    return this.elf.pager.residentBytes;
  }

  /** False when questions by name or line may search all debugging information. */
  get hasIndex(): boolean {
    return this.context.index !== undefined;
  }

  /** Makes an index of this file; `pause` is awaited after each unit. Rejects with `DwarfError` when a unit is damaged. */
  makeIndex(pause: Pause): Promise<Uint8Array> {
    return buildIndex(this.context, this.buildId, pause);
  }

  /** Answers questions by name and line from `source`, which `makeIndex` made; false when that is not an index of this file. */
  async useIndex(source: RandomAccess): Promise<boolean> {
    const subject = { buildId: this.buildId, infoSize: this.context.info.size };
    const index = await SymbolIndex.open(source, subject);
    if (index) this.context.index = index;
    return index !== undefined;
  }

  /** Symbol, source place and inlined functions of `address`. */
  async lookupAddress(address: bigint): Promise<AddressInfo> {
    const known = this.#addresses.get(address);
    if (known) return known;
    const index = await this.context.units();
    const info = await this.context.run(() => describeAddress(this.context, index, address));
    if (this.#addresses.size >= MAX_CACHED_ADDRESSES) this.#addresses.clear();
    this.#addresses.set(address, info);
    return info;
  }

  /** As `lookupAddress`, when it can be answered without reading the file. */
  lookupAddressNow(address: bigint): AddressInfo | undefined {
    const known = this.#addresses.get(address);
    const index = this.context.readyUnits;
    if (known || !index) return known;
    try {
      return describeAddress(this.context, index, address);
    } catch (thrown) {
      if (thrown instanceof Missing) return undefined;
      throw thrown;
    }
  }

  /** Where the code of `file`:`line` is. `file` may be the end of a path. Empty when no file or no later line has code. */
  lookupLine(file: string, line: number): Promise<LineLookup[]> {
    return this.#lineAnswers.get(`${line} ${file}`, () => this.#lines.find(file, line));
  }

  /** Lines of `file` that have code, ascending. */
  linesWithCode(file: string): Promise<number[]> {
    return this.#lines.withCode(file);
  }

  /** Paths of all source files, sorted. */
  sourceFiles(): Promise<string[]> {
    return this.#lines.files();
  }

  /** An address of code of `file`, which leads to its unit. */
  async addressInFile(file: string): Promise<bigint | undefined> {
    const [found] = await this.lookupLine(file, 1);
    return found?.addresses.at(0)?.address;
  }

  /** Functions called `name` that have code, clones (`name.constprop.0`) included. */
  lookupFunction(name: string): Promise<FunctionInfo[]> {
    return this.#functionAnswers.get(name, () => this.#functions.named(name));
  }

  /** Where `name` (a function, a global or static variable, a type) is defined; the unit at `near` comes first. */
  declaration(name: string, near?: bigint): Promise<DeclarationPlace | undefined> {
    return this.#declarations.find(name, near);
  }

  /** Names of structures and unions, sorted. `pause` is awaited now and then: the first question reads every unit. */
  async structureNames(pause: () => Promise<void>): Promise<string[]> {
    const { index, names } = this.context;
    for (let n = 1; !index && !names.isComplete; n += 1) {
      await this.context.run(() => names.scanNext());
      if (n % SCANNED_AT_ONCE === 0) await pause();
    }
    const tagged = async (kind: 'struct' | 'union'): Promise<string[]> =>
      (await (index ?? names).names(kind)).map((tag) => `${kind} ${tag}`);
    return [...(await tagged('struct')), ...(await tagged('union'))];
  }

  /** The function that covers `address`. */
  functionAt(address: bigint): Promise<FunctionInfo | undefined> {
    return this.#functions.at(address);
  }

  /** What the function that covers `address` returns; undefined when that is nothing, or not known. */
  async returnType(address: bigint): Promise<Type | undefined> {
    const index = await this.context.units();
    return this.context.run(() => {
      const fn = this.context.functionDie(index, address);
      const typed = fn && this.context.info.origins(fn).find((die) => die.has(DW_AT_type));
      return typed && this.context.types.typeOf(typed);
    });
  }

  /** The type of the function that covers `address`, as the source declares it. */
  async functionType(address: bigint): Promise<Type | undefined> {
    const index = await this.context.units();
    return this.context.run(() => {
      const fn = this.context.functionDie(index, address);
      // Code made apart from its declaration has parameters without types of their own.
      const declared = fn && this.context.info.origins(fn).at(-1);
      return declared && this.context.types.type(declared.offset);
    });
  }

  /** All ranges of the function that covers `address`; its entry is where the first begins. */
  functionRanges(address: bigint): Promise<Range[]> {
    return this.#functions.ranges(address);
  }

  /** Places where `name` was inlined. Reads every unit the first time: ask only when `lookupFunction` found too little. */
  inlinedInstances(name: string): Promise<InlinedInstance[]> {
    return this.#functions.inlinedInstances(name);
  }

  /** Addresses from the symbol that covers `address` to its end, or to the next symbol when it has no size. */
  symbolExtent(address: bigint): Range | undefined {
    const symbol = this.context.symbols.covering(address);
    if (!symbol) return undefined;
    const isInside = address < symbol.value + symbol.size;
    const end = isInside ? symbol.value + symbol.size : (this.context.symbols.nextAddress(address) ?? address + 4n);
    return { start: symbol.value, end };
  }

  /** Addresses of the source line that `address` belongs to: what a step over the line runs through. */
  async statementRanges(address: bigint): Promise<StatementRanges | undefined> {
    const index = await this.context.units();
    return this.context.run(() => {
      const unit = this.context.unitAt(index, address);
      const fn = unit && functionAt(unit, address);
      return unit && statementRangesOf(unit, address, fn ? rangesOf(fn) : []);
    });
  }

  /** True when a statement begins exactly at `address`. */
  async isStatementStart(address: bigint): Promise<boolean> {
    const index = await this.context.units();
    return this.context.run(() => {
      const unit = this.context.unitAt(index, address);
      return unit !== undefined && isStatementStart(unit, address);
    });
  }

  /** Logical frames of `address` with their scopes and variables, innermost first. */
  async scopesAt(address: bigint): Promise<FrameScopes[]> {
    const index = await this.context.units();
    return this.context.run(() => {
      const fn = this.context.functionDie(index, address);
      return fn ? this.context.scopes.frames(fn, address) : [];
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
    const index = await this.context.units();
    return this.context.run(() => {
      const fn = this.context.functionDie(index, returnAddress - 1n);
      return fn && callSiteAt(this.context.info, fn, returnAddress);
    });
  }

  /** The type called `name`: `struct domain`, `enum x`, a typedef or a base type. */
  typeByName(name: string): Promise<Type | undefined> {
    return this.#names.typeByName(name);
  }

  /** The type at `ref` (the target of a pointer); a mere declaration is replaced by the definition when there is one. */
  resolve(ref: TypeRef): Promise<Type> {
    return this.#names.resolve(ref);
  }

  /** What the type at `ref` is, without reading it whole or looking for its definition. */
  typeSummary(ref: TypeRef): Promise<TypeSummary> {
    return this.#names.summary(ref);
  }

  /** Place of a member, which may be a path through nested structures: `offsetOf('struct domain', 'arch.p2m.vmid')`. */
  offsetOf(typeName: string, path: string): Promise<MemberPlace | undefined> {
    return this.#names.offsetOf(typeName, path);
  }

  /** The global or static variable called `name`; `near` prefers the one of the unit at that address. */
  globalVariable(name: string, near?: bigint): Promise<GlobalVariable | undefined> {
    return this.#variableAnswers.get(`${near} ${name}`, () => this.#names.globalVariable(name, near));
  }

  /** The static variable called `name` of the unit at `near`. */
  staticVariable(name: string, near: bigint | undefined): Promise<GlobalVariable | undefined> {
    return this.#names.staticVariable(name, near);
  }

  /** The enumerator called `name` in the unit at `near`, with its enumeration. */
  enumerator(name: string, near: bigint): Promise<{ type: Type; value: bigint } | undefined> {
    return this.#names.enumerator(name, near);
  }

  /** Alignment in bytes of the thread-local storage segment; undefined when there is none. */
  tlsAlignment(): bigint | undefined {
    return this.elf.phdrs.find((phdr) => phdr.type === PT_TLS)?.alignment;
  }

  /** Names of all data symbols, sorted. */
  globals(): string[] {
    return [...this.context.symbols.all()]
      .filter((it) => it.type === STT_OBJECT)
      .map((it) => it.name)
      .toSorted();
  }

  /** How to unwind from `address`, from call frame information; undefined where there is none. */
  async frameInfo(address: bigint): Promise<UnwindTableRow | undefined> {
    this.#frames ??= await this.context.run(() => new FrameTables(this.elf));
    return this.#frames.rowAt(address);
  }

  /** Base type or other type by its position in a unit, for typed DWARF operations. */
  async typeInUnit(unitOffset: number, at: number): Promise<Type> {
    return this.context.run(() => this.context.types.type(unitOffset + at));
  }

  /** Entry `index` of .debug_addr for the unit at `unitOffset`. */
  async indexedAddress(unitOffset: number, index: number): Promise<bigint> {
    return this.context.run(() => this.context.info.unit(unitOffset).indexedAddress(index));
  }
}
