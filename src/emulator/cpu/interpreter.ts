/**
 * The interpreter: a wasm loop over decoded records. Frequent uop variants are cases of one `br_table`; all others are functions in a table,
 * each generated the first time an instruction needs it.
 */
import { decode } from '../../arch/a64/decode.ts';
import type { FunctionBuilder, Label } from '../../wasm/function.ts';
import { ModuleBuilder, type FunctionRef } from '../../wasm/module.ts';
import { i32, i64 } from '../../wasm/ops.ts';
import type { Signature } from '../../wasm/types.ts';
import { CPU_STATE, CPU_STATE_STRIDE, MEMORY_PAGES } from '../memory-layout.ts';
import { Status, type Cpu } from './cpu.ts';
import { allHelpers } from './helpers.ts';
import { CaseContext, FunctionContext, type HelperRefs, type MainLoop } from './interpreter-context.ts';
import { OP_BREAK, OP_PAGE_END, OP_UNDECODED, RECORD_SIZE, RecordPool } from './records.ts';
import { BUDGET, FETCH_TLB, FP_TRAP, PC } from './state.ts';
import type { Operands, UopContext } from './uops/context.ts';
import { allDefinitions, definitionOf, variantKey, type UopDefinition } from './uops/define.ts';
import './uops/all.ts';

const FUNCTION_SIGNATURE: Signature = { params: ['i32', 'i32'], result: 'i32' };
const TABLE_SIZE = 16384;
const FIRST_VARIANT = 3;

/** What the machine does for the interpreter. */
export interface InterpreterHost {
  readonly cpus: readonly Cpu[];
  /** Finds the records for PC: linear address of the page's records, or 0 when an exception was taken. Fills the fetch TLB. */
  fetch(cpu: Cpu): number;
  /** Records of a RAM page (linear address) are about to be written: writes to the page must come to notice. */
  decoding(page: number): void;
  /** True when an instruction has a breakpoint. */
  hasBreakpoint(page: number, word: number): boolean;
  /** An instruction with a breakpoint is about to run: true to stop before it. */
  breakpoint(cpu: Cpu, page: number, word: number): boolean;
}

/** A decoded instruction: what goes into a record. */
interface Decoding {
  readonly op: number;
  readonly operands: Operands;
}

export class Interpreter {
  readonly pool: RecordPool;
  readonly #ops = new Map<string, number>();
  readonly #decodings = new Map<number, Decoding>();
  readonly #table = new WebAssembly.Table({ element: 'anyfunc', initial: TABLE_SIZE, maximum: TABLE_SIZE });
  readonly #imports: Record<string, unknown>;
  readonly #run: (cpu: number) => void;
  readonly #words: Uint32Array;
  #nextOp: number;

  constructor(
    readonly memory: WebAssembly.Memory,
    readonly host: InterpreterHost,
  ) {
    this.pool = new RecordPool(memory.buffer);
    this.#words = new Uint32Array(memory.buffer);
    this.#imports = { memory, table: this.#table, ...this.#helperFunctions(host) };
    const hot = hotVariants();
    hot.forEach(({ key }, i) => this.#ops.set(key, FIRST_VARIANT + i));
    this.#nextOp = FIRST_VARIANT + hot.length;
    this.#run = this.#instantiate((m, refs, table) => defineMainLoop(m, refs, table, hot));
  }

  /** Runs a CPU until its BUDGET is used up or a helper asks to leave. */
  run(cpu: Cpu): void {
    this.#run(cpu.state.base);
  }

  /** Decodes the instruction a record stands for. */
  #decodeRecord(record: number): void {
    const { page, word } = this.pool.locate(record);
    this.host.decoding(page);
    const { op, operands } = this.#decode(this.#words[(page >>> 2) + word]);
    this.pool.write(record, this.host.hasBreakpoint(page, word) ? OP_BREAK : op, operands);
  }

  /** At a breakpoint: 0 to stop, else the op to go on with. */
  #breakOp(cpu: Cpu, record: number): number {
    const { page, word } = this.pool.locate(record);
    if (this.host.breakpoint(cpu, page, word)) return 0;
    return this.#decode(this.#words[(page >>> 2) + word]).op;
  }

  #decode(word: number): Decoding {
    let known = this.#decodings.get(word);
    if (!known) {
      known = this.#bind(word);
      if (this.#decodings.size > 400_000) this.#decodings.clear();
      this.#decodings.set(word, known);
    }
    return known;
  }

  #bind(word: number): Decoding {
    const decoded = decode(word);
    const definition = decoded && definitionOf(decoded.row.name);
    if (!decoded || !definition) return { op: this.#opOf(undefinedInstruction, {}), operands: {} };
    const { fields } = decoded;
    return { op: this.#opOf(definition, definition.statics(fields)), operands: definition.operands(fields) };
  }

  #opOf(definition: UopDefinition, statics: Record<string, number>): number {
    const key = variantKey(definition, statics);
    const known = this.#ops.get(key);
    if (known !== undefined) return known;
    const op = this.#nextOp++;
    const run = this.#instantiate((m, refs) =>
      m.define(FUNCTION_SIGNATURE, (f) => {
        emitVariant(new FunctionContext(f, refs), definition, statics);
        f.return(Status.next);
        f.unreachable();
      }),
    );
    this.#table.set(op, run);
    this.#ops.set(key, op);
    return op;
  }

  #instantiate<T>(build: (m: ModuleBuilder, refs: HelperRefs, table: number) => FunctionRef): T {
    const module = new ModuleBuilder();
    module.importMemory('env', 'memory', MEMORY_PAGES, MEMORY_PAGES);
    const table = module.importTable('env', 'table', TABLE_SIZE);
    const refs = importHelpers(module);
    module.export('run', build(module, refs, table));
    const instance = new WebAssembly.Instance(new WebAssembly.Module(module.finish()), {
      env: this.#imports as Record<string, never>,
    });
    return instance.exports.run as T;
  }

  #helperFunctions(host: InterpreterHost): Record<string, unknown> {
    const cpuAt = (base: number): Cpu => host.cpus[(base - CPU_STATE) / CPU_STATE_STRIDE];
    const functions: Record<string, unknown> = {
      fetch: (base: number) => host.fetch(cpuAt(base)),
      break: (base: number, record: number) => this.#breakOp(cpuAt(base), record),
      decode: (_base: number, record: number) => this.#decodeRecord(record),
      data: (base: number, lo: number, hi: number, info: number) => {
        const cpu = cpuAt(base);
        return cpu.mmu.data(cpu, lo >>> 0, hi >>> 0, info);
      },
    };
    for (const [name, { run }] of allHelpers())
      functions[name] = (base: number, ...args: number[]) => run(cpuAt(base), ...args);
    return functions;
  }
}

const undefinedInstruction: UopDefinition = {
  name: 'undefined',
  statics: () => ({}),
  operands: () => ({}),
  emit: (c) => c.callStatus('undefined'),
};

function importHelpers(module: ModuleBuilder): Map<string, FunctionRef> {
  const refs = new Map<string, FunctionRef>();
  const declare = (name: string, signature: Signature) => refs.set(name, module.importFunction('env', name, signature));
  declare('fetch', { params: ['i32'], result: 'i32' });
  declare('decode', { params: ['i32', 'i32'] });
  declare('break', { params: ['i32', 'i32'], result: 'i32' });
  declare('data', { params: ['i32', 'i32', 'i32', 'i32'], result: 'i32' });
  for (const [name, helper] of allHelpers())
    declare(name, { params: ['i32', ...helper.params], result: helper.result });
  // Uops pass a whole virtual address; the boundary to TypeScript takes halves, which need no BigInt.
  const data = refs.get('data') as FunctionRef;
  const split = module.define({ params: ['i32', 'i64', 'i32'], result: 'i32' }, (f) => {
    const [cpu, va, info] = f.params;
    f.return(data.call(cpu.get, i32.wrap_i64(va.get), i32.wrap_i64(i64.shr_u(va.get, 32n)), info.get));
    f.unreachable();
  });
  refs.set('data', split);
  return refs;
}

interface Variant {
  readonly key: string;
  readonly definition: UopDefinition;
  readonly statics: Record<string, number>;
}

function hotVariants(): Variant[] {
  const list: Variant[] = [];
  for (const definition of allDefinitions())
    for (const statics of definition.hot ?? [])
      list.push({ key: variantKey(definition, statics), definition, statics });
  return list;
}

function emitVariant(c: UopContext, definition: UopDefinition, statics: Record<string, number>): void {
  if (definition.fp) c.f.if(c.word(FP_TRAP), () => c.callStatus('checkFpAccess'));
  definition.emit(c, statics);
}

function defineMainLoop(m: ModuleBuilder, refs: HelperRefs, table: number, hot: readonly Variant[]): FunctionRef {
  return m.define({ params: ['i32'] }, (f) => {
    const locals = {
      cpu: f.params[0],
      record: f.local('i32'),
      pageRecords: f.local('i32'),
      pageVa: f.local('i64'),
      budget: f.local('i32'),
    };
    f.set(locals.budget, i32.load(locals.cpu.get, BUDGET));
    f.block((exit) => {
      f.loop((resync) => {
        emitFetch(f, { ...locals, next: resync, resync, exit }, refs);
        f.loop((next) => emitDispatch(m, f, { ...locals, next, resync, exit }, refs, table, hot));
      });
    });
  });
}

/** Turns PC into a record pointer through the fetch TLB. */
function emitFetch(f: FunctionBuilder, main: MainLoop, refs: HelperRefs): void {
  const { cpu, record, pageRecords, pageVa, budget } = main;
  f.scope(() => {
    const pc = f.let(i64.load(cpu.get, PC));
    const entry = f.let(i32.add(cpu.get, i32.and(i32.shr_u(i32.wrap_i64(pc), 8), 63 << 4)));
    f.set(pageVa, i64.and(pc, -0x1000n));
    // A misaligned PC never equals a tag, so it reaches the slow path, which takes the exception.
    f.if(
      i64.eq(i64.and(pc, -0x1000n + 3n), i64.load(entry, FETCH_TLB)),
      () => f.set(pageRecords, i32.load(entry, FETCH_TLB + 8)),
      () => {
        f.do(i32.store(cpu.get, budget.get, BUDGET));
        f.set(pageRecords, (refs.get('fetch') as FunctionRef).call(cpu.get));
        f.set(budget, i32.load(cpu.get, BUDGET));
        f.if(i32.eqz(pageRecords.get), () => {
          // The abort counts as an instruction, so that a vector that cannot be fetched does not run for ever.
          f.set(budget, i32.sub(budget.get, 1));
          f.do(i32.store(cpu.get, budget.get, BUDGET));
          f.brIf(main.exit, i32.le_s(budget.get, 0));
          f.br(main.resync);
        });
      },
    );
    f.set(record, i32.add(pageRecords.get, i32.shl(i32.and(i32.wrap_i64(pc), 0xffc), 2)));
  });
}

function emitDispatch(
  m: ModuleBuilder,
  f: FunctionBuilder,
  main: MainLoop,
  refs: HelperRefs,
  table: number,
  hot: readonly Variant[],
): void {
  const { cpu, record, pageVa, budget } = main;
  const c = new CaseContext(f, main, refs);
  f.if(i32.le_s(budget.get, 0), () => {
    c.sync();
    f.br(main.exit);
  });
  f.set(budget, i32.sub(budget.get, 1));
  const op = f.local('i32');
  f.set(op, i32.load16_u(record.get));
  const advance = () => {
    f.set(record, i32.add(record.get, RECORD_SIZE));
    f.br(main.next);
  };
  f.loop((dispatch) => {
    const cases: (() => void)[] = [];
    cases[OP_UNDECODED] = () => {
      f.do((refs.get('decode') as FunctionRef).call(cpu.get, record.get));
      f.set(budget, i32.add(budget.get, 1));
      f.br(main.next);
    };
    cases[OP_PAGE_END] = () => {
      f.set(budget, i32.add(budget.get, 1));
      c.jump(i64.add(pageVa.get, 0x1000n));
    };
    cases[OP_BREAK] = () => {
      c.sync();
      f.set(op, (refs.get('break') as FunctionRef).call(cpu.get, record.get));
      f.brIf(dispatch, op.get);
      f.do(i32.store(cpu.get, i32.add(budget.get, 1), BUDGET));
      f.br(main.exit);
    };
    for (const { definition, statics } of hot)
      cases.push(() => {
        emitVariant(c, definition, statics);
        advance();
      });
    emitSwitch(f, op.get, cases, () => {
      c.sync();
      const status = f.let(m.callIndirect(table, FUNCTION_SIGNATURE, op.get, cpu.get, record.get));
      c.reload();
      f.if(i32.eqz(status), advance);
      f.brIf(main.resync, i32.eq(status, Status.resync));
      f.br(main.exit);
    });
  });
}

/** Nested blocks around one `br_table`; case bodies end by branching away. */
function emitSwitch(
  f: FunctionBuilder,
  selector: ReturnType<typeof i32.const>,
  cases: readonly (() => void)[],
  otherwise: () => void,
): void {
  const labels: Label[] = [];
  const nest = (depth: number): void => {
    if (depth < 0) {
      f.brTable(selector, labels.slice(0, -1), labels[cases.length]);
      return;
    }
    f.block((end) => {
      labels[depth] = end;
      nest(depth - 1);
    });
    f.scope(depth === cases.length ? otherwise : cases[depth]);
  };
  nest(cases.length);
}
