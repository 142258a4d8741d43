/** Runs placed cases on a CPU of ours (tests only). */
import { DRAM_BASE, TLB_BASE, TLB_CONTEXT_SIZE } from '../../emulator/memory-layout.ts';
import { EXCLUSIVE_SIZE, FPCR, FPSR, SLOT_SP, V } from '../../emulator/cpu/state.ts';
import { Reg } from '../../emulator/cpu/system-registers/offsets.ts';
import { FlatCpu, type Stop as FlatStop } from '../flat-cpu.ts';
import { CODE, DATA, DATA_WORDS, fillMemory, Stop, Word } from './case.ts';

/** How accesses find memory: `cold` through the slow path each time, `warm` through the soft TLB. */
export type TlbUse = 'cold' | 'warm';

/** More than any case retires before it stops. */
const LIMIT = 2000;

const STOPS: Readonly<Record<FlatStop['kind'], bigint>> = {
  undefined: Stop.undefined,
  brk: Stop.brk,
  abort: Stop.fault,
  unaligned: Stop.unaligned,
  svc: 0n,
  other: 0n,
};

export interface FlatRunnerOptions {
  readonly flat?: FlatCpu;
  /** Instructions the CPU may retire at a time; all when absent. */
  readonly slice?: number;
}

export class FlatRunner {
  readonly flat: FlatCpu;
  readonly #slice: number;
  readonly #memory: BigUint64Array;
  /** Instructions that the last case retired. */
  retired = 0;

  constructor({ flat = new FlatCpu(), slice = LIMIT }: FlatRunnerOptions = {}) {
    this.flat = flat;
    this.#slice = slice;
    this.#memory = new BigUint64Array(flat.memory.buffer, DRAM_BASE + DATA, DATA_WORDS);
  }

  /** Puts code at `CODE`. */
  load(code: Uint8Array): void {
    this.flat.u8.set(code, DRAM_BASE + CODE);
    this.flat.forgetCode();
  }

  /** Runs a case until it stops; the result has memory behind it when the case asks for it. */
  run(before: BigUint64Array, tlb: TlbUse = 'cold'): BigUint64Array {
    this.#load(before, tlb);
    const stop = this.#untilStop();
    return this.#store(before, stop === undefined ? 0n : STOPS[stop.kind]);
  }

  #untilStop(): FlatStop | undefined {
    const { flat } = this;
    for (this.retired = 0; this.retired < LIMIT;) {
      const stop = flat.run(Math.min(this.#slice, LIMIT - this.retired));
      this.retired += flat.retired;
      if (stop !== undefined) return stop;
    }
    return undefined;
  }

  #load(before: BigUint64Array, tlb: TlbUse): void {
    const { flat } = this;
    const { state } = flat;
    state.u64.set(before.subarray(Word.x, Word.sp), 0);
    state.setX(SLOT_SP, before[Word.sp]);
    state.u64.set(before.subarray(Word.v, Word.nzcv), V >>> 3);
    state.nzcv = Number(before[Word.nzcv]);
    state.set(FPCR, Number(before[Word.fpcr]));
    state.set(FPSR, Number(before[Word.fpsr]));
    state.set64(Reg.TPIDR_EL0, before[Word.tpidr]);
    state.pc = before[Word.pc];
    state.set(EXCLUSIVE_SIZE, 0);
    if (before[Word.stop] === 1n) fillMemory(this.#memory, before[Word.seed]);
    flat.keepsPages = tlb === 'warm';
    if (tlb === 'cold') flat.u8.fill(0xff, TLB_BASE, TLB_BASE + TLB_CONTEXT_SIZE);
  }

  #store(before: BigUint64Array, stop: bigint): BigUint64Array {
    const { state } = this.flat;
    const memory = before[Word.stop] === 1n;
    const after = new BigUint64Array(Word.count + (memory ? DATA_WORDS : 0));
    after.set(state.u64.subarray(0, 31), Word.x);
    after[Word.sp] = state.x(SLOT_SP);
    after.set(state.u64.subarray(V >>> 3, (V >>> 3) + 64), Word.v);
    after[Word.nzcv] = BigInt(state.nzcv);
    after[Word.fpcr] = BigInt(state.get(FPCR));
    after[Word.fpsr] = BigInt(state.get(FPSR));
    after[Word.tpidr] = state.get64(Reg.TPIDR_EL0);
    after[Word.pc] = state.pc;
    after[Word.stop] = stop;
    after[Word.seed] = before[Word.seed];
    if (memory) after.set(this.#memory, Word.count);
    return after;
  }
}
