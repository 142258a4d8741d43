/** The parts of one CPU and how they reach each other. Each part is its own file; this is the only place that knows all of them. */
import type { CpuState } from './state.ts';

/**
 * What a helper called from wasm code tells its caller.
 * `next`: go on with the following instruction. `resync`: PC, PSTATE or the translation regime changed (an exception was taken, ERET,
 * an ISB-like change): fetch again from `PC`. `leave`: the instruction is complete and PC is already past it, but the machine must look at events first.
 */
export const Status = { next: 0, resync: 1, leave: 2 } as const;
export type Status = (typeof Status)[keyof typeof Status];

/** `info` of a data access, as wasm code passes it: log2 of the size in bits 2:0 (0-4), then flags. */
export const Access = {
  sizeMask: 7,
  write: 8,
  /** LDTR/STTR: translated as EL0. */
  unprivileged: 16,
  /** Must be naturally aligned whatever SCTLR.A says (exclusives, acquire/release). */
  aligned: 32,
  /** Load-exclusive or store-exclusive (syndrome only). */
  exclusive: 64,
  /** Not reported with ISV = 1 (pairs, SIMD, writeback, DC ZVA). When absent, `iss` fields are in bits 8 and up. */
  noSyndrome: 128,
  /** With a valid syndrome: bits 12:8 SRT, bit 13 SSE (sign-extending), bit 14 SF (64-bit register), bit 15 AR (acquire/release). */
  srtShift: 8,
  sse: 1 << 13,
  sf: 1 << 14,
  ar: 1 << 15,
  /** Bits 18:16: log2 of the parts of an access that need natural alignment each. A pair has two halves, a structure its elements. */
  partsShift: 16,
  partsMask: 7,
  pair: 1 << 16,
} as const;

/** Memory management as the CPU core sees it. Implemented in `mmu/`. Addresses are passed as 32-bit halves: no BigInt on slow paths that are hot. */
export interface Mmu {
  /**
   * A data access that missed the inline soft TLB, which only the interpreter makes: translated code leaves such instructions to it. Returns the linear address wasm code must access instead: guest RAM (the TLB has been filled when that is
   * allowed) or the bounce buffer `SCRATCH` (MMIO, page-crossing, watched pages). For writes the value already stands in `SCRATCH`, and when the
   * result is `SCRATCH` the write has been carried out. 0: an abort was taken (PC is at the vector). PC and BUDGET are exact on entry.
   */
  data(cpu: Cpu, vaLo: number, vaHi: number, info: number): number;
  /** Linear address of the RAM page that holds the instruction at PC, or 0 when an abort was taken. Code in MMIO space aborts. */
  fetch(cpu: Cpu): number;
  /** The regime, VMID, ASID or EL changed: points TLB, TLB_USER and the fetch TLB at the right cached contexts. O(1) when the context is cached. */
  selectContext(cpu: Cpu): void;
  /** SYS instructions of the IC, DC, AT and TLBI spaces, and DC ZVA; `encoding` is op0:op1:CRn:CRm:op2 (16 bits). Already checked for traps. */
  sys(cpu: Cpu, encoding: number, rt: number): Status;
}

/** System registers as the CPU core sees them. Implemented in `cpu/system-registers/`. `encoding` is op0:op1:CRn:CRm:op2, 16 bits; `rt` a register slot. */
export interface SystemRegisters {
  /** MRS: access checks, traps, then X[rt]. */
  mrs(cpu: Cpu, encoding: number, rt: number): Status;
  /** MSR (register). */
  msr(cpu: Cpu, encoding: number, rt: number): Status;
  /** MSR (immediate): `encoding` holds op1 and op2 in their places, `crm` the immediate. */
  msrImmediate(cpu: Cpu, encoding: number, crm: number): Status;
  /** SYS and SYSL (`isLoad`): access checks, traps, then the operation. */
  sys(cpu: Cpu, encoding: number, rt: number, isLoad: number): Status;
}

/** Exception entry and return. Implemented in `cpu/exceptions.ts`. All of them leave PC where execution goes on. */
export interface Exceptions {
  svc(cpu: Cpu, imm16: number): Status;
  hvc(cpu: Cpu, imm16: number): Status;
  /** SMC: trapped to EL2 by HCR_EL2.TSC, else answered by the machine's firmware. */
  smc(cpu: Cpu, imm16: number): Status;
  brk(cpu: Cpu, imm16: number): Status;
  hlt(cpu: Cpu, imm16: number): Status;
  /** UNDEFINED: the preferred return address is the instruction itself. */
  undefined(cpu: Cpu): Status;
  eret(cpu: Cpu): Status;
  /** WFI (`isWfe` 0) and WFE (1): traps (HCR_EL2.TWI/TWE, SCTLR_EL1.nTWI/nTWE), else sleeps. */
  wait(cpu: Cpu, isWfe: number): Status;
  /** PC or SP alignment fault. */
  pcAlignment(cpu: Cpu): Status;
  spAlignment(cpu: Cpu): Status;
  /** FP/SIMD use while CPACR_EL1 or CPTR_EL2 says trap. Returns `next` when access is allowed. */
  checkFpAccess(cpu: Cpu): Status;
  illegalState(cpu: Cpu): Status;
  /** Takes the highest-priority interrupt in LINES that is not masked at this point; false when there is none. */
  takeInterrupt(cpu: Cpu): boolean;
}

/** Floating point, crypto and other helpers that wasm code calls have their own files; see `cpu/helpers.ts`. */

/** One CPU. */
export interface Cpu {
  readonly index: number;
  readonly state: CpuState;
  readonly memory: ArrayBuffer;
  readonly mmu: Mmu;
  readonly sys: SystemRegisters;
  readonly exceptions: Exceptions;
  readonly host: CpuHost;
}

/** What the machine offers to its CPUs. */
export interface CpuHost {
  readonly cpus: readonly Cpu[];
  /** Virtual time in ns as this CPU sees it now, exact to the instruction. */
  now(cpu: Cpu): number;
  /** Answers an SMC that reached EL3: reads and writes X0-X17 of the CPU (SMCCC). Implemented by `devices/psci.ts` and `devices/eemi.ts`. */
  firmware(cpu: Cpu): Status;
  /** Physical access outside RAM, 1, 2 or 4 bytes (wider ones are split by the caller). Unmodelled space reads 0 and is counted. */
  busRead(cpu: Cpu, pa: number, width: 1 | 2 | 4): number;
  busWrite(cpu: Cpu, pa: number, width: 1 | 2 | 4, value: number): void;
  /** Generic timer registers (`devices/generic-timer.ts`). */
  readonly timers: Timers;
  /** One event into the trace ring; cheap. `kind` is a `TraceKind`, the argument comes in its 32-bit halves. */
  trace(cpu: Cpu, kind: number, low: number, high: number): void;
  /**
   * A store is about to change a page that has decoded records or translations; `linear` is where in guest RAM it begins. Takes the page's `hasCode` flag
   * away when the page no longer is code.
   */
  codeWritten(linear: number): void;
  /** The performance monitors' interrupt of a CPU is at this level, and their next overflow may be at another time: the machine asks before another instruction retires. */
  pmuChanged(cpu: Cpu, interrupt: boolean): void;
  /** What a CPU's own breakpoints and watchpoints may match has changed; true when any are armed now or were. */
  debugChanged(cpu: Cpu): boolean;
  /** An address outside the model was touched, a register read that is not implemented, ...: counted and listed in the result. */
  unmodelled(cpu: Cpu, what: string): void;
}

/** Generic timers: `timer` 0 CNTP, 1 CNTV, 2 CNTHP, 3 CNTPS. Counter values are bigint ticks. */
export interface Timers {
  /** CNTPCT: monotonic over all CPUs. */
  count(cpu: Cpu): bigint;
  /** CNTVOFF of a CPU changed. */
  setOffset(cpu: Cpu, ticks: bigint): void;
  readControl(cpu: Cpu, timer: number): number;
  writeControl(cpu: Cpu, timer: number, value: number): void;
  readCompare(cpu: Cpu, timer: number): bigint;
  writeCompare(cpu: Cpu, timer: number, value: bigint): void;
}
