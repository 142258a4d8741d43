/** Files with symbols, and in which contexts each applies. */
import type { SymbolFile } from '../symbols/symbol-file.ts';
import type { AddressSpace } from './spaces.ts';

/** What a symbol file describes. */
export interface SymbolModule {
  readonly role: 'xen' | 'kernel' | 'program';
  /** As a person calls it: `Xen`, `Linux`, `busybox`. */
  readonly name: string;
  readonly file: SymbolFile;
  /** Domains in which it applies; empty for Xen. */
  readonly domains: readonly number[];
  /** Path of a program within its domains' file systems. */
  readonly guestPath?: string | undefined;
}

/** A module in one context. */
export interface PlacedModule {
  readonly module: SymbolModule;
  readonly space: AddressSpace;
}

export class ModuleList {
  constructor(readonly all: readonly SymbolModule[]) {}

  /** The module whose code runs in `space`; `program` names the program of the task there. */
  in(space: AddressSpace, program?: string): SymbolModule | undefined {
    if (space.kind === 'xen') return this.all.find(({ role }) => role === 'xen');
    if (space.kind !== 'guest') return undefined;
    const here = this.all.filter(({ domains }) => domains.includes(space.domain));
    if (space.el === 1) return here.find(({ role }) => role === 'kernel');
    const programs = here.filter(({ role }) => role === 'program');
    return (
      programs.find((it) => program !== undefined && isProgram(it, program)) ??
      (program === undefined ? programs.at(0) : undefined)
    );
  }

  /** Every context in which a module applies. */
  placed(module: SymbolModule): PlacedModule[] {
    if (module.role === 'xen') return [{ module, space: { kind: 'xen' } }];
    const el = module.role === 'kernel' ? 1 : 0;
    return module.domains.map((domain) => ({ module, space: { kind: 'guest', domain, el } as const }));
  }
}

/** True when a task's executable file, by its name without path, is the module's. */
export function isProgram(module: SymbolModule, program: string): boolean {
  return module.guestPath?.split('/').at(-1) === program || module.name === program;
}
