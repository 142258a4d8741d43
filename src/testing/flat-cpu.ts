/** A CPU whose memory is RAM at virtual = physical address: runs single instructions and small programs without MMU, machine or devices. */
import { Access, Status, type Cpu, type CpuHost, type Exceptions, type Mmu, type SystemRegisters } from '../emulator/cpu/cpu.ts';
import { Interpreter } from '../emulator/cpu/interpreter.ts';
import { BUDGET, CpuState, EL, FETCH_TLB, PC, TLB, TLB_USER } from '../emulator/cpu/state.ts';
import { MEMORY_PAGES, ramOffset, SCRATCH, TLB_BASE } from '../emulator/memory-layout.ts';

/** What stopped a run early. */
export type Stop = { readonly kind: 'undefined' | 'svc' | 'brk' | 'abort' | 'other'; readonly value: number };

export class FlatCpu {
  readonly memory = new WebAssembly.Memory({ initial: MEMORY_PAGES, maximum: MEMORY_PAGES });
  readonly u8 = new Uint8Array(this.memory.buffer);
  readonly view = new DataView(this.memory.buffer);
  readonly state = new CpuState(this.memory.buffer, 0);
  readonly interpreter: Interpreter;
  readonly cpu: Cpu;
  stop: Stop | undefined;

  constructor() {
    this.cpu = this.#makeCpu();
    this.interpreter = new Interpreter(this.memory, {
      cpus: [this.cpu],
      fetch: () => this.#fetch(),
      decoding: () => {},
      hasBreakpoint: () => false,
      breakpoint: () => false,
    });
    this.state.set(TLB, TLB_BASE);
    this.state.set(TLB_USER, TLB_BASE);
    this.u8.fill(0xff, TLB_BASE, TLB_BASE + 0x2000);
    this.forgetCode();
    this.state.set(EL, 0);
  }

  /** Makes changed code visible. */
  forgetCode(): void {
    this.u8.fill(0xff, this.state.base + FETCH_TLB, this.state.base + FETCH_TLB + 1024);
    this.interpreter.pool.reset();
  }

  /** Runs at most `count` instructions from PC and tells what stopped it before that. */
  run(count: number): Stop | undefined {
    this.stop = undefined;
    this.state.set(BUDGET, count);
    this.interpreter.run(this.cpu);
    return this.stop;
  }

  /** Places instruction words at a physical address. */
  write(pa: number, words: readonly number[]): void {
    words.forEach((word, i) => this.view.setUint32(ramOffset(pa) + 4 * i, word, true));
  }

  #fetch(): number {
    const pc = this.state.pc;
    const page = ramOffset(Number(pc & ~0xfffn));
    const records = this.interpreter.pool.find(page) || this.interpreter.pool.allocate(page);
    const entry = this.state.base + FETCH_TLB + (Number((pc >> 12n) & 63n) << 4);
    this.view.setBigUint64(entry, pc & ~0xfffn, true);
    this.view.setUint32(entry + 8, records, true);
    return records;
  }

  #halt(kind: Stop['kind'], value = 0): Status {
    this.stop = { kind, value };
    return Status.leave;
  }

  #makeCpu(): Cpu {
    const halt = (kind: Stop['kind']) => (_cpu: Cpu, value = 0) => this.#halt(kind, value);
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
      sys: () => Status.next,
    };
    const sys: SystemRegisters = {
      mrs: halt('other'),
      msr: halt('other'),
      msrImmediate: halt('other'),
      sys: halt('other'),
    };
    const host = { cpus: [], trace: () => {} } as unknown as CpuHost;
    return { index: 0, state: this.state, memory: this.memory.buffer, mmu, sys, exceptions, host };
  }

  #data(lo: number, hi: number, info: number): number {
    const bytes = 1 << (info & Access.sizeMask);
    const offset = hi === 0 ? ramOffset(lo) : 0;
    if (offset === 0 || ramOffset(lo + bytes - 1) === 0) {
      this.#halt('abort');
      this.state.set(BUDGET, 0);
      return 0;
    }
    if (info & Access.write) {
      this.u8.copyWithin(offset, SCRATCH, SCRATCH + bytes);
      return SCRATCH;
    }
    return offset;
  }

  /** PC as a number; the block keeps it exact between runs. */
  get pc(): number {
    return Number(this.state.get64(PC));
  }
}
