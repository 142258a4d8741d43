/** What all generated modules share: the memory, the tables, and the TypeScript functions they import. */
import { ModuleBuilder, type FunctionRef } from '../../wasm/module.ts';
import { i32, i64 } from '../../wasm/ops.ts';
import type { Signature } from '../../wasm/types.ts';
import { CPU_STATE, CPU_STATE_STRIDE, MEMORY_PAGES } from '../memory-layout.ts';
import type { Cpu } from './cpu.ts';
import { allHelpers, type Helper } from './helpers.ts';
import type { Profile } from '../profile.ts';
import type { HelperRefs } from './interpreter-context.ts';

/** Functions of uop variants, by op. */
export const VARIANT_TABLE_SIZE = 16384;
/** Translated regions, by table index; 0 is none. */
export const REGION_TABLE_SIZE = 65536;

/** What a builder of a module gets. */
export interface ModuleParts {
  readonly module: ModuleBuilder;
  /** Imported helpers by name; `data` takes a whole virtual address. */
  readonly helpers: HelperRefs;
  /** Indices of the tables; only the interpreter's main loop has them: every other user would make each change of an element dearer. */
  readonly variants: number;
  readonly regions: number;
  readonly chain?: FunctionRef;
}

/** What a module imports beside the memory. Fewer imports make instances cheaper. */
interface Imports {
  readonly tables?: boolean;
  /** Names of helpers; all when absent. */
  readonly helpers?: ReadonlySet<string>;
  /** `chain`, by which a region goes on to another. */
  readonly chain?: boolean;
}

/** `(cpu, va, budget) -> Exit`: runs the translation at an address, or returns to the main loop with PC there. */
export const CHAIN_SIGNATURE: Signature = { params: ['i32', 'i64', 'i32'], result: 'i32' };

export class Linker {
  readonly variants = new WebAssembly.Table({ element: 'anyfunc', initial: VARIANT_TABLE_SIZE });
  readonly regions = new WebAssembly.Table({ element: 'anyfunc', initial: REGION_TABLE_SIZE });
  readonly #signatures: readonly (readonly [string, Signature])[];
  readonly #imports: Record<string, unknown>;

  /** `own` are helpers beside the registered ones. */
  constructor(
    readonly memory: WebAssembly.Memory,
    cpus: () => readonly Cpu[],
    own: Readonly<Record<string, Helper>>,
    profile?: Profile,
  ) {
    const helpers = [...Object.entries(own), ...allHelpers()];
    this.#signatures = helpers.map(([name, h]) => [name, { params: ['i32', ...h.params], result: h.result }]);
    this.#imports = { memory, variants: this.variants, regions: this.regions };
    for (const [name, helper] of helpers) {
      const bound = bind(helper, cpus);
      this.#imports[name] = profile ? profile.wrap(name, bound) : bound;
    }
  }

  /** For code that is generated and thrown away. */
  dryParts(): ModuleParts {
    return this.#parts({});
  }

  /** Builds a module around one exported function and gives it. */
  instantiate(imports: Imports, build: (parts: ModuleParts) => FunctionRef): unknown {
    return this.instantiateAll(imports, (parts) => [build(parts)])[0];
  }

  /** Builds a module around several exported functions and gives them. One module for many costs far less than one for each. */
  instantiateAll(imports: Imports, build: (parts: ModuleParts) => readonly FunctionRef[]): readonly unknown[] {
    const parts = this.#parts(imports);
    const { module } = parts;
    const names = build(parts).map((ref, i) => {
      module.export(`f${i}`, ref);
      return `f${i}`;
    });
    const compiled = new WebAssembly.Module(module.finish());
    const { exports } = new WebAssembly.Instance(compiled, { env: this.#imports as Record<string, never> });
    return names.map((name) => exports[name]);
  }

  /** The function that modules import as `chain`: another module's. */
  setChain(chain: unknown): void {
    this.#imports.chain = chain;
  }

  #parts({ tables = false, helpers, chain = false }: Imports): ModuleParts {
    const module = new ModuleBuilder();
    module.importMemory('env', 'memory', MEMORY_PAGES, MEMORY_PAGES);
    const variants = tables ? module.importTable('env', 'variants', VARIANT_TABLE_SIZE) : -1;
    const regions = tables ? module.importTable('env', 'regions', REGION_TABLE_SIZE) : -1;
    const link = chain ? module.importFunction('env', 'chain', CHAIN_SIGNATURE) : undefined;
    return { module, helpers: this.#importHelpers(module, helpers), variants, regions, chain: link };
  }

  #importHelpers(module: ModuleBuilder, wanted?: ReadonlySet<string>): Map<string, FunctionRef> {
    const refs = new Map<string, FunctionRef>();
    for (const [name, signature] of this.#signatures)
      if (!wanted || wanted.has(name)) refs.set(name, module.importFunction('env', name, signature));
    const data = refs.get('data');
    if (data) refs.set('data', splitAddress(module, data));
    return refs;
  }
}

/** Helpers are called with a state block's address; they are written for a `Cpu`. Fixed arities are much faster than rest arguments. */
function bind({ run, params }: Helper, cpus: () => readonly Cpu[]): (base: number, ...args: number[]) => number | void {
  const at = (base: number): Cpu => cpus()[(base - CPU_STATE) / CPU_STATE_STRIDE];
  switch (params.length) {
    case 0:
      return (base) => run(at(base));
    case 1:
      return (base, a) => run(at(base), a);
    case 2:
      return (base, a, b) => run(at(base), a, b);
    case 3:
      return (base, a, b, c) => run(at(base), a, b, c);
    default:
      return (base, ...args) => run(at(base), ...args);
  }
}

/** Uops pass a whole virtual address; the boundary to TypeScript takes halves, which need no BigInt. */
function splitAddress(module: ModuleBuilder, whole: FunctionRef): FunctionRef {
  return module.define({ params: ['i32', 'i64', 'i32'], result: 'i32' }, (f) => {
    const [cpu, va, info] = f.params;
    f.return(whole.call(cpu.get, i32.wrap_i64(va.get), i32.wrap_i64(i64.shr_u(va.get, 32n)), info.get));
    f.unreachable();
  });
}
