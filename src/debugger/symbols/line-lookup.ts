/** Source lines to addresses. */
import * as dw from '../../formats/dwarf/constants.ts';
import { lineProgramBytes, parseLineHeader } from '../../formats/dwarf/debug-line.ts';
import { rangesOf } from '../../formats/dwarf/debug-rnglists.ts';
import { runLineProgram, type LineTable } from '../../formats/dwarf/line-table.ts';
import type { AddressIndex } from './address-index.ts';
import { FileIndex } from './file-index.ts';
import { entryOf } from './function-entry.ts';
import type { PathTable } from './path-table.ts';
import { findLine, linesWithCode } from './line-search.ts';
import type { SymbolContext } from './symbol-context.ts';
import { scopeChain } from './unit-functions.ts';

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

const MAX_LINE_TABLES = 64;

/** Finds lines. The index of source files is built with the first question. */
export class LineFinder {
  readonly #lineTables = new Map<number, LineTable>();
  #files: Promise<FileIndex> | undefined;

  constructor(private readonly context: SymbolContext) {}

  /** Where the code of `file`:`line` is. `file` may be the end of a path. Empty when no file or no later line has code. */
  async find(file: string, line: number): Promise<LineLookup[]> {
    const results: LineLookup[] = [];
    for (const path of (await this.#paths()).resolve(file)) {
      const found = await this.#lookupLineIn(path, line);
      if (found) results.push(found);
    }
    return results;
  }

  /** Lines of `file` that have code, ascending. */
  async withCode(file: string): Promise<number[]> {
    const lines = new Set<number>();
    for (const path of (await this.#paths()).resolve(file)) {
      for (const line of await this.#linesOf(path)) lines.add(line);
    }
    return [...lines].toSorted((a, b) => a - b);
  }

  /** Paths of all source files, sorted. */
  async files(): Promise<string[]> {
    return (await this.#paths()).sorted();
  }

  async #paths(): Promise<PathTable> {
    const { index } = this.context;
    return index ? index.paths() : (await this.#fileIndex()).paths;
  }

  async #linesOf(path: string): Promise<Iterable<number>> {
    const { index } = this.context;
    if (index) return index.lines(path);
    const lines = new Set<number>();
    for (const { programOffset, files } of (await this.#fileIndex()).tables(path)) {
      for (const line of linesWithCode(await this.#lineTable(programOffset), files)) lines.add(line);
    }
    return lines;
  }

  async #lookupLineIn(path: string, requestedLine: number): Promise<LineLookup | undefined> {
    const { index } = this.context;
    if (!index) return this.#searchLineIn(path, requestedLine);
    const found = await index.line(path, requestedLine);
    return found && { file: path, requestedLine, line: found.line, addresses: found.places };
  }

  #fileIndex(): Promise<FileIndex> {
    this.#files ??= this.#buildFileIndex();
    return this.#files;
  }

  async #buildFileIndex(): Promise<FileIndex> {
    const index = new FileIndex();
    const size = this.context.sections.line?.size ?? 0;
    for (let offset = 0; offset < size;)
      offset = await this.context.run(() => index.add(this.context.sections, offset));
    return index;
  }

  async #lineTable(offset: number): Promise<LineTable> {
    const known = this.#lineTables.get(offset);
    if (known) return known;
    const table = await this.context.run(() => {
      const bytes = lineProgramBytes(this.context.sections, offset);
      return runLineProgram(bytes, parseLineHeader(bytes, offset));
    });
    this.#lineTables.set(offset, table);
    if (this.#lineTables.size > MAX_LINE_TABLES) this.#lineTables.delete(this.#lineTables.keys().next().value!);
    return table;
  }

  async #searchLineIn(path: string, line: number): Promise<LineLookup | undefined> {
    const files = await this.#fileIndex();
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
    const index = await this.context.units();
    const lowest = new Map<string, LineAddress>();
    const sorted = addresses.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
    for (const address of sorted) {
      const { key, ...found } = await this.context.run(() => this.#placeInFunction(index, address));
      if (!lowest.has(key)) lowest.set(key, found);
    }
    return [...lowest.values()];
  }

  #placeInFunction(index: AddressIndex, address: bigint): LineAddress & { key: string } {
    const fn = this.context.functionDie(index, address);
    if (!fn)
      return { key: `${address}`, address, function: this.context.symbols.covering(address)?.name, inlined: false };
    const chain = scopeChain(fn, address).filter((die) => die.tag !== dw.DW_TAG_lexical_block);
    const inner = chain.at(-1)!;
    const isEntry = inner === fn && rangesOf(fn).at(0)?.start === address;
    const moved = isEntry ? entryOf(fn, rangesOf(fn)) : address;
    return { key: `${inner.offset}`, address: moved, function: this.context.info.nameOf(inner), inlined: inner !== fn };
  }
}
