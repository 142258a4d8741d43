/**
 * Layout of one CPU's state block in linear memory, and typed access to it from TypeScript.
 *
 * Wasm code takes the block's base address as its first parameter and uses these offsets as immediates. Registers are addressed
 * by *slot*: 0-30 are X0-X30, 31 always reads zero, 32 is the SP in use, 33 swallows writes to XZR.
 */
import { CPU_STATE, CPU_STATE_STRIDE } from '../memory-layout.ts';

/** General register slots beyond X30. */
export const SLOT_ZERO = 31;
export const SLOT_SP = 32;
export const SLOT_SINK = 33;

/** Byte offsets within the block. 64-bit unless said otherwise. */
export const X = 0x000;
export const PC = 0x110;
/** 32-bit, condition flags unpacked: N is the sign bit of NF, Z is set when ZF is 0, C is CF (0 or 1), V is the sign bit of VF. */
export const NF = 0x118;
export const ZF = 0x11c;
export const CF = 0x120;
export const VF = 0x124;
/** 32-bit: PSTATE.DAIF in bits 9:6 as in SPSR. */
export const DAIF = 0x128;
/** 32-bit: PSTATE.EL (0-3), PSTATE.SP, PSTATE.IL, PSTATE.SS. */
export const EL = 0x12c;
export const SPSEL = 0x130;
export const IL = 0x134;
export const SS = 0x138;
/** 32-bit: interrupt signals now asserted to this CPU: `Line` bits. Non-zero makes DAIF writes and ERET leave the wasm loop to be looked at. */
export const LINES = 0x13c;
/** 32-bit: instructions this run may still retire. Exact whenever TypeScript runs (helpers are called after it was written back). */
export const BUDGET = 0x144;
/** 32-bit: 1 while the CPU sleeps in WFI, 2 in WFE. */
export const SLEEP = 0x14c;
/** 32-bit: the event register (WFE). */
export const EVENT = 0x150;
/** 32-bit linear addresses: data TLB of the current context, and the one for unprivileged accesses (LDTR, STTR). */
export const TLB = 0x158;
export const TLB_USER = 0x15c;
/** 32-bit linear address: fetch TLB of the current context. */
export const FETCH_TLB = 0x170;
/** 32-bit: 1 while FP and SIMD instructions trap at this EL (CPACR_EL1.FPEN, CPTR_EL2.TFP): then they ask `checkFpAccess` first. */
export const FP_TRAP = 0x154;
/** Exclusive monitor: 32-bit size in bytes (0: open), and the 64-bit virtual address it was set with. */
export const EXCLUSIVE_SIZE = 0x160;
export const EXCLUSIVE_VA = 0x180;
/** 32-bit: MPIDR affinity / CPU number. */
export const INDEX = 0x168;
/** SIMD and FP registers, 16 bytes each. */
export const V = 0x200;
/** 32-bit. */
export const FPCR = 0x400;
export const FPSR = 0x404;
/** System registers, 8 bytes each; the index is assigned by `system-registers/`. */
export const SYSREG = 0x800;
/** Where system registers end. */
export const SYSREG_END = 0x2000;
/** Entries of a context's fetch TLB, 16 bytes each, see `mmu/fetch-entries.ts`. */
export const FETCH_ENTRIES = 1024;
/** Picks an entry's offset out of the PC shifted right by 8, exclusive or by `FETCH_FOLD`: code that lies 4 MiB apart must not meet. */
export const FETCH_MASK = (FETCH_ENTRIES - 1) << 4;
export const FETCH_FOLD = 15;

/** Interrupt signals into a CPU. */
export const Line = { IRQ: 1, FIQ: 2, vIRQ: 4, vFIQ: 8 } as const;

/** Typed access to one CPU's block. The views must be made anew when the memory is replaced (it never grows). */
export class CpuState {
  readonly base: number;
  readonly u32: Uint32Array;
  readonly i32: Int32Array;
  readonly u64: BigUint64Array;
  readonly u8: Uint8Array;

  constructor(
    memory: ArrayBuffer,
    readonly index: number,
  ) {
    this.base = CPU_STATE + index * CPU_STATE_STRIDE;
    this.u32 = new Uint32Array(memory, this.base, CPU_STATE_STRIDE >>> 2);
    this.i32 = new Int32Array(memory, this.base, CPU_STATE_STRIDE >>> 2);
    this.u64 = new BigUint64Array(memory, this.base, CPU_STATE_STRIDE >>> 3);
    this.u8 = new Uint8Array(memory, this.base, CPU_STATE_STRIDE);
  }

  /** 32-bit word at byte offset `offset` (unsigned). */
  get(offset: number): number {
    return this.u32[offset >>> 2];
  }
  set(offset: number, value: number): void {
    this.u32[offset >>> 2] = value;
  }
  /** 64-bit word at byte offset `offset`. */
  get64(offset: number): bigint {
    return this.u64[offset >>> 3];
  }
  set64(offset: number, value: bigint): void {
    this.u64[offset >>> 3] = value;
  }
  /** X register by slot (31 reads zero, 32 is SP). */
  x(slot: number): bigint {
    return this.u64[slot];
  }
  setX(slot: number, value: bigint): void {
    this.u64[slot === SLOT_ZERO ? SLOT_SINK : slot] = value;
  }
  get pc(): bigint {
    return this.u64[PC >>> 3];
  }
  set pc(va: bigint) {
    this.u64[PC >>> 3] = va;
  }
  get el(): number {
    return this.u32[EL >>> 2];
  }
  /** PSTATE.NZCV in bits 31:28. */
  get nzcv(): number {
    const u = this.u32;
    const n = u[NF >>> 2] & 0x8000_0000;
    const z = u[ZF >>> 2] === 0 ? 0x4000_0000 : 0;
    return (n | z | (u[CF >>> 2] << 29) | ((u[VF >>> 2] & 0x8000_0000) >>> 3)) >>> 0;
  }
  set nzcv(value: number) {
    const u = this.u32;
    u[NF >>> 2] = value & 0x8000_0000;
    u[ZF >>> 2] = value & 0x4000_0000 ? 0 : 1;
    u[CF >>> 2] = (value >>> 29) & 1;
    u[VF >>> 2] = (value << 3) & 0x8000_0000;
  }
}
