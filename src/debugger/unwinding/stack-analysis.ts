/**
 * Finds callers in code without call frame information: follows a function's instructions from its entry along every branch and
 * notes, for each of them, where the stack pointer is and where preserved registers have gone. Unlike a look at the prologue alone
 * this holds at any instruction: in epilogues, in shrink-wrapped code, in parts moved away as cold.
 */
import type { Range } from '../../formats/dwarf/debug-rnglists.ts';
import { applyInstruction } from './a64-effects.ts';
import { StackState, type StackSummary } from './stack-state.ts';

/** A run of instruction words starting at `start`. */
export interface Code {
  readonly start: bigint;
  readonly words: Uint32Array;
}

/** No function has more instructions than this; a damaged symbol may claim so. */
const MAX_INSTRUCTIONS = 100_000;

/** Stack states by instruction address. */
export type StackTable = ReadonlyMap<bigint, StackSummary>;

/** Analyses one function. `code[0]` begins at its entry; further parts are what the compiler moved elsewhere. */
export function analyseStack(code: readonly Code[]): StackTable {
  const analysis = new Analysis(code);
  analysis.follow(code[0].start, StackState.atEntry());
  analysis.fillUnreached();
  return analysis.table;
}

/** Bytes of `range` as instruction words. */
export function codeOf(range: Range, bytes: Uint8Array): Code {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = Math.min(bytes.byteLength >>> 2, MAX_INSTRUCTIONS);
  return { start: range.start, words: Uint32Array.from({ length: count }, (_, i) => view.getUint32(i * 4, true)) };
}

/** States only ever lose knowledge, so this is far more than any function needs. */
const MAX_VISITS_PER_INSTRUCTION = 40;

class Analysis {
  readonly table = new Map<bigint, StackSummary>();
  readonly #seen = new Set<bigint>();
  /** Addresses that branches lead to, and what is known there. */
  readonly #leaders: ReadonlySet<bigint>;
  readonly #states = new Map<bigint, StackState>();
  readonly #pending: bigint[] = [];
  /** A call may not return, so what follows it is looked at when nothing else is left. */
  readonly #afterCalls: bigint[] = [];
  /** Branch targets reached so far only by a call's return just before them: when the call does not return, they never are. */
  readonly #doubtful = new Set<bigint>();
  readonly #afterBranches = new Map<bigint, StackState>();
  #atIndirect: StackState | undefined;
  #visits: number;

  constructor(private readonly code: readonly Code[]) {
    this.#leaders = findLeaders(code);
    this.#visits = code.reduce((sum, part) => sum + part.words.length, 0) * MAX_VISITS_PER_INSTRUCTION;
  }

  follow(at: bigint, state: StackState): void {
    this.#arrive(at, state, this.#pending);
    for (;;) {
      const next = this.#pending.pop() ?? this.#afterCalls.shift();
      if (next === undefined) return;
      this.#run(next, this.#states.get(next)!.copy());
    }
  }

  /**
   * Targets of jump tables are not followed; the code there finds the stack as the jump left it. Code that is skipped by a branch which a kernel
   * patches away finds it as the branch does.
   */
  fillUnreached(): void {
    for (const { start, words } of this.code) {
      for (let i = 0; i < words.length; i++) {
        const at = start + BigInt(i * 4);
        const state = this.#atIndirect ?? this.#afterBranches.get(at);
        if (!this.#seen.has(at) && state) this.follow(at, state);
      }
    }
  }

  /** Notes that control reaches `at` with `state`; it is looked at (again) when that is news. */
  #arrive(at: bigint, state: StackState, queue: bigint[]): void {
    const known = this.#states.get(at);
    if (!known || this.#doubtful.delete(at)) this.#states.set(at, state.copy());
    else if (!known.meet(state)) return;
    queue.push(at);
  }

  #returnTo(at: bigint, state: StackState): void {
    const isKnown = this.#states.has(at) && !this.#doubtful.has(at);
    const isTarget = this.#leaders.has(at);
    if (isTarget && isKnown) return;
    this.#doubtful.delete(at);
    this.#arrive(at, state, this.#afterCalls);
    if (isTarget) this.#doubtful.add(at);
  }

  #run(from: bigint, state: StackState): void {
    for (let at = from; this.#visits > 0; at += 4n) {
      const word = this.#word(at);
      if (word === undefined) return;
      if (at !== from && this.#leaders.has(at)) return this.#arrive(at, state, this.#pending);
      this.#visits--;
      this.#note(at, state);
      const flow = applyInstruction(word, at, state);
      if (flow.kind === 'indirect') this.#noteIndirect(state);
      if (flow.kind === 'call') this.#returnTo(at + 4n, state);
      if (flow.target !== undefined && this.#word(flow.target) !== undefined) {
        if (flow.kind === 'branch') this.#afterBranches.set(at + 4n, state.copy());
        this.#arrive(flow.target, state, this.#pending);
      }
      if (flow.kind !== 'next' && flow.kind !== 'conditional') return;
    }
  }

  /** A jump with the stack as it was at entry may be a tail call: one with a frame tells more. */
  #noteIndirect(state: StackState): void {
    if (!this.#atIndirect?.hasFrame) this.#atIndirect = state.copy();
  }

  #note(at: bigint, state: StackState): void {
    this.#seen.add(at);
    const summary = state.summary();
    if (summary) this.table.set(at, summary);
    else this.table.delete(at);
  }

  #word(at: bigint): number | undefined {
    for (const { start, words } of this.code) {
      const index = Number(at - start) / 4;
      if (index >= 0 && index < words.length) return words[index];
    }
    return undefined;
  }
}

/** Where branches lead. */
function findLeaders(code: readonly Code[]): ReadonlySet<bigint> {
  const leaders = new Set<bigint>();
  const scratch = StackState.atEntry();
  for (const { start, words } of code) {
    words.forEach((word, i) => {
      const at = start + BigInt(i * 4);
      const flow = applyInstruction(word, at, scratch);
      if (flow.target !== undefined) leaders.add(flow.target);
    });
  }
  return leaders;
}
