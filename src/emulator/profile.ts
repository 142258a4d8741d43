/**
 * Where time goes: what the generated code counts about itself in linear memory, and how often and how long TypeScript ran for it. A machine counts only when it was
 * made with a profile, so that the others pay nothing.
 */
import type { FunctionBuilder } from '../wasm/function.ts';
import type { Expr, Value } from '../wasm/expr.ts';
import { i32, i64 } from '../wasm/ops.ts';
import { PROFILE, PROFILE_OPS } from './memory-layout.ts';

/** Counters of the main loop, 8 bytes each, in this order. */
const COUNTERS = [
  /** Calls of translated regions from the main loop. */
  'regionEntries',
  /** Instructions that regions retired. */
  'regionInstructions',
  /** Returns of regions, by `Exit`. */
  'exitResync',
  'exitBudget',
  'exitLeave',
  'exitInterpret',
  /** Returns with `resync` to an address where no translation begins. */
  'exitUntranslated',
] as const;
export type Counter = (typeof COUNTERS)[number];

/** Calls of one function, and how long they took. */
export interface Spent {
  calls: number;
  milliseconds: number;
}

/** Adds to a 64-bit counter in memory. */
function add(f: FunctionBuilder, address: Expr, amount: Value): void {
  const at = f.let(address);
  f.do(i64.store(at, i64.add(i64.load(at), amount)));
}

export class Profile {
  /** By helper: TypeScript that generated code called. */
  readonly helpers = new Map<string, Spent>();
  #counters: BigUint64Array | undefined;
  #ops: BigUint64Array | undefined;

  /** `now`: milliseconds of any clock. */
  constructor(readonly now: () => number) {}

  /** Takes its place in a machine's memory. */
  attach(memory: ArrayBuffer, opCount: number): void {
    this.#counters = new BigUint64Array(memory, PROFILE, COUNTERS.length);
    this.#ops = new BigUint64Array(memory, PROFILE_OPS, opCount);
  }

  count(counter: Counter): number {
    return Number(this.#counters?.[COUNTERS.indexOf(counter)] ?? 0n);
  }

  /** How often the interpreter executed each op. */
  get ops(): readonly number[] {
    return Array.from(this.#ops ?? [], Number);
  }

  /** Generates code that adds to a counter. */
  emit(f: FunctionBuilder, counter: Counter, amount: Value = 1n): void {
    add(f, i32.const(PROFILE + 8 * COUNTERS.indexOf(counter)), amount);
  }
  /** Generates code that counts the return of a region by its `Exit`. */
  emitExit(f: FunctionBuilder, exit: Expr): void {
    add(f, i32.add(i32.shl(exit, 3), PROFILE + 8 * COUNTERS.indexOf('exitResync')), 1n);
  }
  /** Generates code that counts an interpreted op. */
  emitOp(f: FunctionBuilder, op: Expr): void {
    add(f, i32.add(i32.shl(op, 3), PROFILE_OPS), 1n);
  }

  /** A function that is counted and timed under a name. */
  wrap<A extends unknown[], R>(name: string, run: (...args: A) => R): (...args: A) => R {
    const spent = { calls: 0, milliseconds: 0 };
    this.helpers.set(name, spent);
    return (...args) => {
      const begin = this.now();
      try {
        return run(...args);
      } finally {
        spent.calls++;
        spent.milliseconds += this.now() - begin;
      }
    };
  }
}
