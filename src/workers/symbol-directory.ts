/** The symbol files of a pack, opened when first needed, and which of them applies to an address space. */
import { type AddressInfo, type FunctionInfo, type LineLookup, SymbolFile } from '../debugger/symbols/symbol-file.ts';
import { STT_FUNC } from '../formats/elf/symbol-table.ts';
import type { Pack } from '../pack/load.ts';
import type { PackSymbols } from '../pack/manifest.ts';
import type { AddressSpace } from '../protocol/address.ts';
import type { SourceText, SymbolMatch } from '../protocol/inspect.ts';

/** Most symbols that a search gives. */
const SEARCH_LIMIT = 100;

/** An open symbol file and what the manifest says of it. */
export interface Module {
  readonly entry: PackSymbols;
  readonly file: SymbolFile;
}

/** A function or line in one space. */
export interface Found<T> {
  readonly space: AddressSpace;
  readonly found: T;
}

export class SymbolDirectory {
  readonly #modules: Module[] = [];
  #opening: Promise<void> | undefined;

  constructor(private readonly pack: Pack) {}

  /** Opens every file; those that fail are reported and left out. */
  open(report: (message: string) => void): Promise<void> {
    this.#opening ??= this.#openAll(report);
    return this.#opening;
  }

  async #openAll(report: (message: string) => void): Promise<void> {
    for (const entry of this.pack.manifest.symbols) {
      try {
        this.#modules.push({ entry, file: await SymbolFile.open(await this.pack.open(entry), entry.name) });
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        report(`The symbols of ${entry.name} (${entry.file}, build-id ${entry.buildId}) cannot be read: ${why}`);
      }
    }
  }

  /** The module whose code is in a space. */
  module(space: AddressSpace): Module | undefined {
    if (space.kind === 'xen') return this.#modules.find(({ entry }) => entry.role === 'xen');
    if (space.kind !== 'guest') return undefined;
    const role = space.el === 1 ? 'kernel' : 'program';
    return this.#modules.find(({ entry }) => entry.role === role && entry.domains.includes(space.domain));
  }

  /** Spaces a module's addresses are in. */
  #spacesOf({ entry }: Module): AddressSpace[] {
    if (entry.role === 'xen') return [{ kind: 'xen' }];
    return entry.domains.map((domain) => ({ kind: 'guest', domain, el: entry.role === 'kernel' ? 1 : 0 }));
  }

  /** What is at an address. */
  async lookup(space: AddressSpace, address: bigint): Promise<AddressInfo | undefined> {
    return this.module(space)?.file.lookupAddress(address);
  }

  /** `name+0x10` from the symbol table, which is in memory; null when nothing is there. */
  nameNow(space: AddressSpace, address: bigint): string | null {
    const symbol = this.module(space)?.file.symbols.covering(address);
    return symbol ? formatSymbol(symbol.name, address - symbol.value) : null;
  }

  /** Functions called `name`, in every space that has one. */
  async functions(name: string): Promise<Found<FunctionInfo>[]> {
    const found = await Promise.all(
      this.#modules.map(async (module) => {
        const functions = await module.file.lookupFunction(name);
        return this.#spacesOf(module).flatMap((space) => functions.map((each) => ({ space, found: each })));
      }),
    );
    return found.flat();
  }

  /** Code of a line, in every space whose module has the file. */
  async lines(path: string, line: number): Promise<Found<LineLookup>[]> {
    const found = await Promise.all(
      this.#modules.map(async (module) => {
        const lookups = await module.file.lookupLine(path, line);
        return this.#spacesOf(module).flatMap((space) => lookups.map((each) => ({ space, found: each })));
      }),
    );
    return found.flat();
  }

  /** The text of a source file named as in the line tables. */
  async source(path: string): Promise<SourceText> {
    const lookedIn: string[] = [];
    for (const name of this.#packNames(path)) {
      lookedIn.push(name);
      const bytes = await this.pack.source(name);
      if (bytes) {
        const text = new TextDecoder().decode(bytes);
        return { kind: 'found', path, text, linesWithCode: [] };
      }
    }
    return { kind: 'missing', path, lookedIn };
  }

  /** Names in the pack that a path may have, longest prefix first. */
  #packNames(path: string): string[] {
    const roots = this.pack.manifest.symbols
      .flatMap(({ sourceRoots }) => sourceRoots)
      .filter(({ prefix }) => path.startsWith(prefix))
      .sort((a, b) => b.prefix.length - a.prefix.length);
    const names = roots.map(({ prefix, folder }) => normalize(`${folder}/${path.slice(prefix.length)}`));
    return [...new Set(names)];
  }

  /** Symbols whose name begins with `query`, the shortest first. */
  search(query: string, space: AddressSpace | null): SymbolMatch[] {
    const modules = space ? this.#modules.filter((module) => module === this.module(space)) : this.#modules;
    return modules
      .flatMap((module) => {
        const [place] = space ? [space] : this.#spacesOf(module);
        const { symbols } = module.file;
        return symbols
          .complete(query, SEARCH_LIMIT)
          .flatMap((name) => symbols.named(name))
          .map(({ name, value, type }): SymbolMatch => {
            const kind = type === STT_FUNC ? 'function' : 'data';
            return { name, kind, module: module.entry.name, location: { space: place, address: value } };
          });
      })
      .sort((a, b) => a.name.length - b.name.length)
      .slice(0, SEARCH_LIMIT);
  }
}

/** `do_xen_version+0x14`. */
export function formatSymbol(name: string, offset: bigint): string {
  return offset === 0n ? name : `${name}+0x${offset.toString(16)}`;
}

/** Takes `.` and `..` and doubled slashes out of a path. */
export function normalize(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.' && part !== '') parts.push(part);
  }
  return parts.join('/');
}
