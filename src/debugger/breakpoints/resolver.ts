/** Finds the addresses of functions and lines in every context where they apply. */
import type { PlacedModule, SymbolModule } from '../contexts/modules.ts';
import type { AddressSpace, Location, Scope } from '../contexts/spaces.ts';
import type { System } from '../contexts/system.ts';
import type { BreakpointPlace } from './spec.ts';

/** An address to stop at. */
export interface ResolvedLocation extends Location {
  readonly module: SymbolModule | undefined;
}

/** What a place resolved to; `message` says why not, or where to instead. */
export interface Resolution {
  readonly locations: readonly ResolvedLocation[];
  readonly message: string | undefined;
  /** Of a line: the one that it came to, which is another when that asked for has no code. */
  readonly line?: number | undefined;
}

type CodePlace = Extract<BreakpointPlace, { kind: 'function' | 'line' }>;

/** Addresses as linked, in one module. */
interface InModule {
  readonly addresses: readonly bigint[];
  readonly message?: string;
  readonly line?: number | undefined;
}

export async function resolvePlace(system: System, place: CodePlace, scope: Scope): Promise<Resolution> {
  const modules = system.modules.all.filter((module) => mayConcern(system, module, place.space, scope));
  const hits = await find(modules, place);
  const locations = hits.flatMap(({ module, addresses }) =>
    contexts(system, module, place.space, scope).flatMap(({ space }) => {
      const slide = system.slide(module, space) ?? 0n;
      return addresses.map((address) => ({ space, address: BigInt.asUintN(64, address + slide), module }));
    }),
  );
  const message = hits.map((it) => it.message).find((it) => it !== undefined);
  return {
    locations,
    message: locations.length > 0 ? message : `no code for ${describe(place)} in the symbols at hand`,
    line: hits.find(({ addresses }) => addresses.length > 0)?.line,
  };
}

/** Symbol tables are asked first: a name that only debugging information knows costs a search through all of it. */
async function find(
  modules: readonly SymbolModule[],
  place: CodePlace,
): Promise<(InModule & { module: SymbolModule })[]> {
  const inAll = (all: readonly SymbolModule[]): Promise<(InModule & { module: SymbolModule })[]> =>
    Promise.all(all.map(async (module) => ({ module, ...(await findIn(module, place)) })));
  if (place.kind === 'line') return inAll(modules);
  const named = modules.filter(({ file: { symbols } }) => hasSymbol(symbols, place.name));
  if (named.length > 0) return inAll(named);
  const found = await inAll(modules);
  return found.some(({ addresses }) => addresses.length > 0) ? found : findInlined(modules, place);
}

function hasSymbol(symbols: SymbolModule['file']['symbols'], name: string): boolean {
  return symbols.named(name).length > 0 || symbols.namedWithSuffix(name).length > 0;
}

function describe(place: CodePlace): string {
  return place.kind === 'function' ? place.name : `${place.path}:${place.line}`;
}

function mayConcern(system: System, module: SymbolModule, space: AddressSpace | undefined, scope: Scope): boolean {
  return contexts(system, module, space, scope).length > 0;
}

/** Contexts of a module that a scope allows. A vCPU's or domain's scope says nothing against Xen, which works on its behalf. */
function contexts(system: System, module: SymbolModule, space: AddressSpace | undefined, scope: Scope): PlacedModule[] {
  return system.modules.placed(module).filter((placed) => {
    if (space && !isSame(space, placed.space)) return false;
    if (placed.space.kind !== 'guest') return true;
    if (scope.kind === 'xen') return false;
    return !('domain' in scope) || scope.domain === placed.space.domain;
  });
}

function isSame(a: AddressSpace, b: AddressSpace): boolean {
  if (a.kind === 'guest' && b.kind === 'guest') return a.domain === b.domain && a.el === b.el;
  return a.kind === b.kind;
}

async function findIn(module: SymbolModule, place: CodePlace): Promise<InModule> {
  if (place.kind === 'function') {
    // A clone's name has a suffix; the plain name means all of them.
    const functions = await module.file.lookupFunction(place.name);
    return { addresses: functions.map(({ entry }) => entry) };
  }
  const lookups = await module.file.lookupLine(place.path, place.line);
  const moved = lookups.find(({ line }) => line !== place.line);
  const addresses = lookups.flatMap((it) => it.addresses.map(({ address }) => address));
  const line = lookups.at(0)?.line;
  return moved ? { addresses, line, message: `moved to line ${moved.line}, the next with code` } : { addresses, line };
}

/** A function without code of its own may have been inlined. */
async function findInlined(
  modules: readonly SymbolModule[],
  place: CodePlace,
): Promise<(InModule & { module: SymbolModule })[]> {
  if (place.kind !== 'function') return [];
  return Promise.all(
    modules.map(async (module) => {
      const instances = await module.file.inlinedInstances(place.name);
      return { module, addresses: instances.map(({ address }) => address) };
    }),
  );
}
