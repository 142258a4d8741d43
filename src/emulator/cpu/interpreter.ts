/**
 * The interpreter: a wasm loop over decoded records. Frequent uop variants are cases of one `br_table`; all others are functions in a table,
 * each generated the first time an instruction needs it.
 */
import type { Expr } from '../../wasm/expr.ts';
import { decode } from '../../arch/a64/decode.ts';
import type { FunctionBuilder, Label, Local } from '../../wasm/function.ts';
import type { FunctionRef } from '../../wasm/module.ts';
import { i32, i64 } from '../../wasm/ops.ts';
import type { Signature } from '../../wasm/types.ts';
import { Status, type Cpu } from './cpu.ts';
import type { Helper } from './helpers.ts';
import { CaseContext, FunctionContext, type MainLoop, sampleRecord } from './interpreter-context.ts';
import { CHAIN_SIGNATURE, Linker, type ModuleParts, VARIANT_TABLE_SIZE } from './linker.ts';
import type { Profile } from '../profile.ts';
import {
  ENTRIES,
  OP_BREAK,
  OP_PAGE_END,
  OP_TRANSLATED,
  OP_UNDECODED,
  RECORD_SIZE,
  RecordPool,
  RECORDS_PER_PAGE,
} from './records.ts';
import { BUDGET, FETCH_FOLD, FETCH_MASK, FETCH_TLB, FP_TRAP, PC } from './state.ts';
import type { Operands, UopContext } from './uops/context.ts';
import { allDefinitions, definitionOf, variantKey, type UopDefinition } from './uops/define.ts';
import './uops/all.ts';

const FUNCTION_SIGNATURE: Signature = { params: ['i32', 'i32'], result: 'i32' };
const FIRST_VARIANT = 4;
/** No op. */
const BREAK_TAKEN = 0x1_0000;
/** Most records that are decoded at a time. */
const DECODED_AHEAD = 24;

/** A translated region: `(cpu, page VA, budget, block) -> Exit`. BUDGET and PC in the state block are exact when it returns. */
export const REGION_SIGNATURE: Signature = { params: ['i32', 'i64', 'i32', 'i32'], result: 'i32' };
/** Why a region returned. `resync`: go on at PC; `budget`: the next block is longer than the budget; `leave`: return to the machine; `interpret`: interpret the next instruction. */
export const Exit = { resync: 0, budget: 1, leave: 2, interpret: 3 } as const;

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
  /** As `breakpoint`, for those of the guest itself: true when their exception was taken. */
  guestBreakpoint(cpu: Cpu): boolean;
  /** A record that is about to run, taken now and then. */
  sample(record: number): void;
}

/** A decoded instruction. `op` and `operands` are what goes into a record. */
export interface Decoding {
  readonly op: number;
  readonly operands: Operands;
  readonly definition: UopDefinition;
  readonly statics: Record<string, number>;
}

export class Interpreter {
  readonly pool: RecordPool;
  readonly #ops = new Map<string, number>();
  readonly #decodings = new Map<number, Decoding>();
  readonly linker: Linker;
  readonly #run: (cpu: number) => void;
  readonly #words: Uint32Array;
  #nextOp: number;

  constructor(
    readonly memory: WebAssembly.Memory,
    readonly host: InterpreterHost,
    readonly profile?: Profile,
  ) {
    this.pool = new RecordPool(memory.buffer);
    this.#words = new Uint32Array(memory.buffer);
    this.linker = new Linker(memory, () => host.cpus, this.#ownHelpers(), profile);
    profile?.attach(memory.buffer, VARIANT_TABLE_SIZE);
    const hot = hotVariants();
    hot.forEach(({ key }, i) => this.#ops.set(key, FIRST_VARIANT + i));
    this.#nextOp = FIRST_VARIANT + hot.length;
    const [run, chain] = this.linker.instantiateAll({ tables: true }, (parts) => [
      defineMainLoop(parts, hot, profile),
      defineChain(parts, profile),
    ]);
    this.#run = run as (cpu: number) => void;
    this.linker.setChain(chain);
  }

  /** Runs a CPU until its BUDGET is used up or a helper asks to leave. */
  run(cpu: Cpu): void {
    this.#run(cpu.state.base);
  }

  /** Decodes the instruction a record stands for. */
  decodeRecord(record: number): void {
    const { page, word } = this.pool.locate(record);
    this.host.decoding(page);
    this.#write(record, page, word);
  }

  /** Decodes a record and those after it to the end of its block: what runs next. */
  #decodeBlock(record: number): void {
    const { pool } = this;
    const { page, word } = pool.locate(record);
    this.host.decoding(page);
    const end = Math.min(word + DECODED_AHEAD, RECORDS_PER_PAGE);
    for (let at = record, next = word; next < end && pool.op(at) === OP_UNDECODED; at += RECORD_SIZE) {
      if (this.#write(at, page, next++).ends) return;
    }
  }

  #write(record: number, page: number, word: number): UopDefinition {
    const { op, operands, definition } = this.decode(page, word);
    this.pool.write(record, this.host.hasBreakpoint(page, word) ? OP_BREAK : op, operands);
    return definition;
  }

  /** At a breakpoint: 0 to stop, `BREAK_TAKEN` after the guest's own breakpoint exception, else the op to go on with. */
  #breakOp(cpu: Cpu, record: number): number {
    const { page, word } = this.pool.locate(record);
    if (this.host.breakpoint(cpu, page, word)) return 0;
    if (this.host.guestBreakpoint(cpu)) return BREAK_TAKEN;
    return this.decode(page, word).op;
  }

  /** Decodes word `index` of a RAM page. */
  decode(page: number, index: number): Decoding {
    const word = this.#words[(page >>> 2) + index];
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
    if (!decoded || !definition) return this.#decoding(undefinedInstruction, {}, {});
    return this.#decoding(definition, definition.statics(decoded.fields), definition.operands(decoded.fields));
  }

  #decoding(definition: UopDefinition, statics: Record<string, number>, operands: Operands): Decoding {
    return { op: this.#opOf(definition, statics), operands, definition, statics };
  }

  /** Name and static fields of every op that an instruction has needed, or that the main loop has a case for. */
  get opNames(): ReadonlyMap<number, string> {
    return new Map([...this.#ops].map(([key, op]) => [op, key]));
  }

  #opOf(definition: UopDefinition, statics: Record<string, number>): number {
    const key = variantKey(definition, statics);
    const known = this.#ops.get(key);
    if (known !== undefined) return known;
    const op = this.#nextOp++;
    const run = this.linker.instantiate({}, ({ module, helpers }) =>
      module.define(FUNCTION_SIGNATURE, (f) => {
        emitVariant(new FunctionContext(f, helpers), definition, statics);
        f.return(Status.next);
        f.unreachable();
      }),
    );
    this.linker.variants.set(op, run);
    this.#ops.set(key, op);
    return op;
  }

  #ownHelpers(): Record<string, Helper> {
    const { host } = this;
    return {
      fetch: { params: [], result: 'i32', run: (cpu) => host.fetch(cpu) },
      break: { params: ['i32'], result: 'i32', run: (cpu, record) => this.#breakOp(cpu, record) },
      decode: { params: ['i32'], run: (_cpu, record) => this.#decodeBlock(record) },
      sample: { params: ['i32'], run: (_cpu, record) => host.sample(record) },
      data: {
        params: ['i32', 'i32', 'i32'],
        result: 'i32',
        run: (cpu, lo, hi, info) => cpu.mmu.data(cpu, lo >>> 0, hi >>> 0, info),
      },
    };
  }
}

const undefinedInstruction: UopDefinition = {
  name: 'undefined',
  statics: () => ({}),
  operands: () => ({}),
  emit: (c) => c.callStatus('undefined'),
  ends: true,
};

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

/** Generates a variant, with the check that instructions using SIMD&FP registers need. */
export function emitVariant(c: UopContext, definition: UopDefinition, statics: Record<string, number>): void {
  if (definition.fp) c.f.if(c.word(FP_TRAP), () => c.callStatus('checkFpAccess'));
  definition.emit(c, statics);
}

/** Locals of the main loop that only translated code concerns. */
interface TranslationLocals {
  /** The budget is too short for the next block: interpret the rest of it. */
  readonly isShort: Local;
  /** Interpret the next instruction even where translated code begins. */
  readonly skip: Local;
  /** PC is no place that control goes to by itself. */
  readonly isMidway: Local;
}

function defineMainLoop(parts: ModuleParts, hot: readonly Variant[], profile?: Profile): FunctionRef {
  return parts.module.define({ params: ['i32'] }, (f) => {
    const locals = {
      cpu: f.params[0],
      record: f.local('i32'),
      pageRecords: f.local('i32'),
      pageVa: f.local('i64'),
      budget: f.local('i32'),
      samples: f.local('i32'),
    };
    const translation = { isShort: f.local('i32'), skip: f.local('i32'), isMidway: f.local('i32') };
    f.set(translation.isMidway, 1);
    f.set(locals.budget, i32.load(locals.cpu.get, BUDGET));
    f.block((exit) => {
      f.loop((resync) => {
        emitFetch(f, { ...locals, next: resync, resync, exit }, translation.isMidway, parts.helpers);
        f.loop((next) => emitDispatch(parts, f, { ...locals, next, resync, exit }, translation, hot, profile));
      });
    });
  });
}

/** Address of the fetch TLB's entry for the low half of a PC (`mmu/fetch-entries.ts`). */
function fetchEntry(cpu: Expr, low: Expr): Expr {
  const index = i32.and(i32.xor(i32.shr_u(low, 8), i32.shr_u(low, FETCH_FOLD)), FETCH_MASK);
  return i32.add(i32.load(cpu, FETCH_TLB), index);
}

/** Turns PC into a record pointer through the fetch TLB. */
function emitFetch(f: FunctionBuilder, main: MainLoop, isMidway: Local, refs: ModuleParts['helpers']): void {
  const { cpu, record, pageRecords, pageVa, budget } = main;
  f.scope(() => {
    const pc = f.let(i64.load(cpu.get, PC));
    const entry = f.let(fetchEntry(cpu.get, f.let(i32.wrap_i64(pc))));
    f.set(pageVa, i64.and(pc, -0x1000n));
    // A misaligned PC never equals a tag, so it reaches the slow path, which takes the exception.
    f.if(
      i64.eq(i64.and(pc, -0x1000n + 3n), i64.load(entry)),
      () => f.set(pageRecords, i32.load(entry, 8)),
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
    // Where a budget began or ended, or an instruction was left over, nothing begins that comes again.
    f.if(i32.eqz(isMidway.get), () => sampleRecord(f, main, refs));
    f.set(isMidway, 0);
  });
}

function emitDispatch(
  parts: ModuleParts,
  f: FunctionBuilder,
  main: MainLoop,
  translation: TranslationLocals,
  hot: readonly Variant[],
  profile?: Profile,
): void {
  const { helpers: refs } = parts;
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
    profile?.emitOp(f, op.get);
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
      f.if(i32.eq(op.get, BREAK_TAKEN), () => {
        c.reload();
        f.br(main.resync);
      });
      f.brIf(dispatch, op.get);
      f.do(i32.store(cpu.get, i32.add(budget.get, 1), BUDGET));
      f.br(main.exit);
    };
    cases[OP_TRANSLATED] = () =>
      emitEnter(
        parts,
        f,
        main,
        translation,
        () => {
          f.br(dispatch);
        },
        op,
        profile,
      );
    for (const { definition, statics } of hot)
      cases.push(() => {
        emitVariant(c, definition, statics);
        advance();
      });
    emitSwitch(f, op.get, cases, () => {
      c.sync();
      const status = f.let(parts.module.callIndirect(parts.variants, FUNCTION_SIGNATURE, op.get, cpu.get, record.get));
      c.reload();
      f.if(i32.eqz(status), advance);
      f.brIf(main.resync, i32.eq(status, Status.resync));
      f.br(main.exit);
    });
  });
}

/** Calls the translated code that begins at the record, or goes on with the record's own op. */
function emitEnter(
  parts: ModuleParts,
  f: FunctionBuilder,
  main: MainLoop,
  { isShort, skip, isMidway }: TranslationLocals,
  dispatch: () => void,
  op: Local,
  profile?: Profile,
): void {
  const { cpu, record, pageRecords, pageVa, budget } = main;
  const offset = i32.shr_u(i32.sub(record.get, pageRecords.get), 1);
  const entry = f.let(i32.add(i32.add(pageRecords.get, ENTRIES), offset));
  f.if(i32.or(isShort.get, skip.get), () => {
    f.set(skip, 0);
    f.set(op, i32.load16_u(entry, 4));
    dispatch();
  });
  const exit = f.local('i32');
  f.set(budget, i32.add(budget.get, 1));
  profile?.emit(f, 'regionEntries');
  const args = [cpu.get, pageVa.get, budget.get, i32.load16_u(entry, 2)];
  f.set(exit, parts.module.callIndirect(parts.regions, REGION_SIGNATURE, i32.load16_u(entry), ...args));
  profile?.emit(f, 'regionInstructions', i64.extend_i32_u(i32.sub(budget.get, i32.load(cpu.get, BUDGET))));
  profile?.emitExit(f, exit.get);
  f.set(budget, i32.load(cpu.get, BUDGET));
  f.brIf(main.resync, i32.eqz(exit.get));
  f.brIf(main.exit, i32.eq(exit.get, Exit.leave));
  f.if(
    i32.eq(exit.get, Exit.budget),
    () => f.set(isShort, 1),
    () => f.set(skip, 1),
  );
  f.set(isMidway, 1);
  f.br(main.resync);
}

/** Goes on at an address: with the translation there, which the fetch TLB finds, as a tail call; else in the main loop. */
function defineChain({ module, regions }: ModuleParts, profile?: Profile): FunctionRef {
  return module.define(CHAIN_SIGNATURE, (f) => {
    const [cpu, va, budget] = f.params;
    const low = f.let(i32.wrap_i64(va.get));
    const fetch = f.let(fetchEntry(cpu.get, low));
    f.if(i64.eq(i64.and(va.get, -0x1000n + 3n), i64.load(fetch)), () => {
      const at = f.let(i32.add(i32.load(fetch, 8), i32.shl(i32.and(low, 0xffc), 1)));
      const index = f.let(i32.load16_u(at, ENTRIES));
      f.if(index, () => {
        profile?.emit(f, 'regionEntries');
        const args = [cpu.get, i64.and(va.get, -0x1000n), budget.get, i32.load16_u(at, ENTRIES + 2)];
        f.returnCall(module.callIndirect(regions, REGION_SIGNATURE, index, ...args));
      });
    });
    profile?.emit(f, 'exitUntranslated');
    f.do(i64.store(cpu.get, va.get, PC));
    f.do(i32.store(cpu.get, budget.get, BUDGET));
    f.return(Exit.resync);
    f.unreachable();
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
