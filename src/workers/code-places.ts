/** Where names and lines are: in the source, and in the memory of Xen and the domains. */
import { resolvePlace } from '../debugger/breakpoints/resolver.ts';
import type { SymbolModule } from '../debugger/contexts/modules.ts';
import type { AddressSpace, Location } from '../protocol/address.ts';
import type { BreakpointPlace } from '../protocol/breakpoints.ts';
import type { SourcePlace, SymbolMatch } from '../protocol/inspect.ts';
import type { Scope } from '../protocol/target.ts';
import { STT_FUNC, STT_OBJECT } from '../formats/elf/symbol-table.ts';
import type { GuestView } from './guest-view.ts';

/** Most matches that a search gives. */
const SEARCH_LIMIT = 100;

export class CodePlaces {
  constructor(private readonly view: GuestView) {}

  /** Modules that Xen and a domain consist of (null: all), each with a space in which it applies. */
  #modules(domain: number | null): { readonly module: SymbolModule; readonly space: AddressSpace }[] {
    const { modules } = this.view.debug.system;
    return modules.all.flatMap((module) => {
      const placed = modules.placed(module);
      const here = placed.find(({ space }) => space.kind !== 'guest' || domain === null || space.domain === domain);
      return here ? [here] : [];
    });
  }

  /** Functions, variables and files whose name contains `query`. */
  async search(query: string, domain: number | null): Promise<SymbolMatch[]> {
    const text = query.trim();
    if (text === '') return [];
    const found = await Promise.all(
      this.#modules(domain).map(async ({ module, space }) => [
        ...this.#symbols(module, space, text),
        ...(await files(module, space, text)),
      ]),
    );
    return found
      .flat()
      .toSorted((a, b) => rank(a, text) - rank(b, text))
      .slice(0, SEARCH_LIMIT);
  }

  #symbols(module: SymbolModule, space: AddressSpace, text: string): SymbolMatch[] {
    const slide = this.view.debug.system.slide(module, space) ?? 0n;
    return module.file.symbols.containing(text, SEARCH_LIMIT).flatMap(({ name, type, value }): SymbolMatch[] => {
      if (type !== STT_FUNC && type !== STT_OBJECT) return [];
      const location = { space, address: BigInt.asUintN(64, value + slide) };
      return [{ name, kind: type === STT_FUNC ? 'function' : 'data', module: module.name, space, location }];
    });
  }

  /** Addresses of a function, line or address. */
  async locate(place: BreakpointPlace, scope: Scope): Promise<readonly Location[]> {
    if (place.kind === 'address') return [place.location];
    if (place.kind !== 'function' && place.kind !== 'line') return [];
    const { locations } = await resolvePlace(this.view.debug.system, place, scope);
    return locations.map(({ space, address }) => ({ space, address }));
  }

  /** Where `name` is defined as the file `path` sees it. */
  async definition(name: string, path: string | null, domain: number | null): Promise<SourcePlace | null> {
    const modules = this.#modules(domain).filter(({ space }) => (domain === null) === (space.kind === 'xen'));
    for (const { module } of modules) {
      const near = path === null ? undefined : await module.file.addressInFile(path);
      if (path !== null && near === undefined) continue;
      const found = (await module.file.declaration(name, near)) ?? (await firstLine(module, name));
      if (found) return { path: found.file, line: found.line };
    }
    return path === null ? null : this.definition(name, null, domain);
  }
}

/** Assembly has no descriptions of functions, but lines. */
async function firstLine({ file }: SymbolModule, name: string): Promise<{ file: string; line: number } | undefined> {
  const symbol = file.symbols.named(name).find(({ type }) => type === STT_FUNC);
  const frame = symbol && (await file.lookupAddress(symbol.value)).frames.at(0);
  return frame?.file ? frame : undefined;
}

async function files({ file, name: module }: SymbolModule, space: AddressSpace, text: string): Promise<SymbolMatch[]> {
  const wanted = text.toLowerCase();
  const paths = (await file.sourceFiles()).filter((path) => path.toLowerCase().includes(wanted));
  return paths
    .toSorted((a, b) => a.length - b.length)
    .slice(0, SEARCH_LIMIT)
    .map((path) => ({ name: path.split('/').at(-1) ?? path, kind: 'file', module, space, source: { path, line: 1 } }));
}

/** Lower is better: equal names, then those that begin with the text, then shorter ones; functions before the rest. */
function rank({ name, kind }: SymbolMatch, text: string): number {
  const lower = name.toLowerCase();
  const wanted = text.toLowerCase();
  const nearness = lower === wanted ? 0 : lower.startsWith(wanted) ? 1 : lower.includes(wanted) ? 2 : 3;
  return nearness * 10_000 + Math.min(name.length, 999) * 10 + (kind === 'function' ? 0 : 1);
}
