/** A CPU whose memory is RAM at virtual = physical address (top byte ignored): runs single instructions and small programs without MMU, machine or devices. */
import { sysregEncoding } from '../arch/sysregs.ts';
import { Access, Status, type Cpu, type CpuHost, type Exceptions, type Mmu } from '../emulator/cpu/cpu.ts';
import { Interpreter } from '../emulator/cpu/interpreter.ts';
import { RECORD_SIZE } from '../emulator/cpu/records.ts';
import { Translator } from '../emulator/cpu/translator.ts';
import { BUDGET, CpuState, EL, FETCH_ENTRIES, FETCH_TLB, PC, SPSEL, TLB, TLB_USER } from '../emulator/cpu/state.ts';
import { fetchOffset } from '../emulator/mmu/fetch-entries.ts';
import { Sctlr } from '../emulator/cpu/system-registers/bits.ts';
import { Reg } from '../emulator/cpu/system-registers/offsets.ts';
import { resetCpuState } from '../emulator/cpu/system-registers/reset.ts';
import { systemRegisters } from '../emulator/cpu/system-registers/system-registers.ts';
import { TLB_MASK } from '../emulator/cpu/uops/context.ts';
import { updateFpTrap } from '../emulator/cpu/fp-access.ts';
import {
  DRAM_BASE,
  FETCH_BASE,
  MEMORY_PAGES,
  ramOffset,
  SCRATCH,
  TLB_BASE,
  TLB_CONTEXT_SIZE,
} from '../emulator/memory-layout.ts';

/** What stopped a run early. */
export type Stop = {
  readonly kind: 'undefined' | 'svc' | 'brk' | 'abort' | 'unaligned' | 'other';
  readonly value: number;
};

const DC_ZVA = sysregEncoding(1, 3, 7, 4, 1);

/** An address of the lower range without its top byte, which is ignored as under Linux (TCR_EL1.TBI0). */
const untagged = (va: bigint): bigint => ((va >> 55n) & 1n ? va : va & 0xff_ffff_ffff_ffffn);

export class FlatCpu {
  readonly memory = new WebAssembly.Memory({ initial: MEMORY_PAGES, maximum: MEMORY_PAGES });
  readonly u8 = new Uint8Array(this.memory.buffer);
  readonly view = new DataView(this.memory.buffer);
  readonly state = new CpuState(this.memory.buffer, 0);
  readonly interpreter: Interpreter;
  readonly translator: Translator;
  readonly cpu: Cpu;
  stop: Stop | undefined;
  /** Instructions that the last run retired, with the one that stopped it. */
  retired = 0;
  /** The soft TLB keeps the pages that are accessed; else every access takes the slow path. */
  keepsPages = false;
  #count = 0n;

  /** `translates`: code is translated where a run begins, and wherever the main loop takes a sample; else all is interpreted. */
  constructor(private readonly translates = false) {
    this.cpu = this.#makeCpu();
    this.interpreter = new Interpreter(this.memory, {
      cpus: [this.cpu],
      fetch: () => this.#fetch(),
      decoding: () => {},
      hasBreakpoint: () => false,
      breakpoint: () => false,
      guestBreakpoint: () => false,
      sample: (record) => this.translator.sample(record),
    });
    this.translator = new Translator(this.interpreter, { hasBreakpoint: () => false });
    this.translator.threshold = translates ? 1 : Infinity;
    this.#enterEl0();
    this.state.set(TLB, TLB_BASE);
    this.state.set(TLB_USER, TLB_BASE);
    this.state.set(FETCH_TLB, FETCH_BASE);
    this.u8.fill(0xff, TLB_BASE, TLB_BASE + TLB_CONTEXT_SIZE);
    this.forgetCode();
  }

  /** EL0 as Linux runs it: nothing traps but the masks. */
  #enterEl0(): void {
    const { state } = this;
    resetCpuState(state, 0n, 0n);
    state.set64(Reg.HCR_EL2, 1n << 31n);
    state.set(Reg.SCTLR_EL1, Sctlr.DZE | Sctlr.UCT | Sctlr.nTWI | Sctlr.nTWE | Sctlr.UCI);
    state.set(Reg.CPACR_EL1, 3 << 20);
    state.set(Reg.CNTKCTL_EL1, 3);
    state.set(Reg.CNTHCTL_EL2, 3);
    state.set(EL, 0);
    state.set(SPSEL, 0);
    updateFpTrap(state);
  }

  /** Makes changed code visible. */
  forgetCode(): void {
    this.u8.fill(0xff, FETCH_BASE, FETCH_BASE + 16 * FETCH_ENTRIES);
    this.translator.reset();
    this.interpreter.pool.reset();
  }

  /** Runs at most `count` instructions from PC and tells what stopped it before that. */
  run(count: number): Stop | undefined {
    this.stop = undefined;
    if (this.translates) this.#translateHere();
    this.state.set(BUDGET, count);
    this.interpreter.run(this.cpu);
    this.retired = count - (this.state.get(BUDGET) | 0);
    return this.stop;
  }

  #translateHere(): void {
    const { pc } = this.state;
    const record = this.#recordsOf(pc) + Number((pc & 0xfffn) >> 2n) * RECORD_SIZE;
    if ((pc & 3n) === 0n) this.translator.sample(record);
  }

  #recordsOf(pc: bigint): number {
    const page = ramOffset(Number(pc & ~0xfffn));
    const { pool } = this.interpreter;
    if (pool.isFull) this.forgetCode();
    return pool.find(page) || pool.allocate(page);
  }

  /** Places instruction words at a physical address. */
  write(pa: number, words: readonly number[]): void {
    words.forEach((word, i) => this.view.setUint32(ramOffset(pa) + 4 * i, word, true));
  }

  #fetch(): number {
    const pc = untagged(this.state.pc);
    if (pc !== this.state.pc) {
      this.state.pc = pc;
      return 0;
    }
    if ((pc & 3n) !== 0n) return this.#abort('unaligned');
    const records = this.#recordsOf(pc);
    const entry = FETCH_BASE + fetchOffset(Number(pc & 0xffff_ffffn));
    this.view.setBigUint64(entry, pc & ~0xfffn, true);
    this.view.setUint32(entry + 8, records, true);
    return records;
  }

  #halt(kind: Stop['kind'], value = 0): Status {
    this.stop = { kind, value };
    return Status.leave;
  }

  #abort(kind: 'abort' | 'unaligned'): 0 {
    this.#halt(kind);
    this.state.set(BUDGET, 0);
    return 0;
  }

  #makeCpu(): Cpu {
    const halt =
      (kind: Stop['kind']) =>
      (_cpu: Cpu, value = 0) =>
        this.#halt(kind, value);
    const exceptions: Exceptions = {
      svc: halt('svc'),
      hvc: halt('other'),
      smc: halt('other'),
      brk: halt('brk'),
      hlt: halt('other'),
      undefined: halt('undefined'),
      eret: halt('undefined'),
      wait: () => Status.next,
      pcAlignment: halt('abort'),
      spAlignment: () => Status.next,
      checkFpAccess: () => Status.next,
      illegalState: halt('other'),
      takeInterrupt: () => false,
    };
    const mmu: Mmu = {
      data: (_cpu, lo, hi, info) => this.#data(lo, hi, info),
      fetch: () => 0,
      selectContext: () => {},
      sys: (_cpu, encoding, rt) => this.#sys(encoding, rt),
    };
    const timers = { count: () => this.#count++ };
    const host = { cpus: [], trace: () => {}, timers } as unknown as CpuHost;
    return { index: 0, state: this.state, memory: this.memory.buffer, mmu, sys: systemRegisters, exceptions, host };
  }

  #data(lo: number, hi: number, info: number): number {
    const bytes = 1 << (info & Access.sizeMask);
    const offset = (hi & 0xff_ffff) === 0 ? ramOffset(lo) : 0;
    if (offset === 0 || ramOffset(lo + bytes - 1) === 0) return this.#abort('abort');
    if (info & Access.aligned && lo & (bytes - 1)) return this.#abort('unaligned');
    if (this.keepsPages || this.translates) this.#keep(lo & ~0xfff);
    if (info & Access.write) {
      this.u8.copyWithin(offset, SCRATCH, SCRATCH + bytes);
      return SCRATCH;
    }
    return offset;
  }

  /** The soft TLB knows a page of DRAM from now on. */
  #keep(page: number): void {
    const entry = TLB_BASE + ((page >>> 7) & TLB_MASK);
    this.view.setBigUint64(entry, BigInt(page), true);
    this.view.setBigUint64(entry + 8, BigInt(page), true);
    this.view.setUint32(entry + 16, DRAM_BASE, true);
  }

  /** DC ZVA is the only operation that changes anything. */
  #sys(encoding: number, rt: number): Status {
    if (encoding !== DC_ZVA) return Status.next;
    const block = Number(BigInt.asUintN(32, this.state.x(rt))) & ~63;
    this.u8.fill(0, ramOffset(block >>> 0), ramOffset(block >>> 0) + 64);
    return Status.next;
  }

  /** PC as a number; the block keeps it exact between runs. */
  get pc(): number {
    return Number(this.state.get64(PC));
  }
}
