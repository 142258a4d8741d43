/** A CPU without a core: real memory, state, exceptions and MMU, so that tests can make single accesses. */
import { Access } from '../../emulator/cpu/cpu.ts';
import type { Cpu, CpuHost } from '../../emulator/cpu/cpu.ts';
import { CpuState, EL, PC } from '../../emulator/cpu/state.ts';
import { Reg } from '../../emulator/cpu/system-registers/offsets.ts';
import { CPU_COUNT, MEMORY_PAGES, PAGE_FLAGS, PageFlag, pageIndex, ramOffset } from '../../emulator/memory-layout.ts';
import { MemoryManagementUnit } from '../../emulator/mmu/mmu.ts';
import type { RegimeRegisterName } from '../../emulator/mmu/regime.ts';

export type RegisterValues = Partial<Record<RegimeRegisterName, bigint>>;

/** A bus access that the MMU made. */
interface BusEvent {
  readonly pa: number;
  readonly width: number;
  /** Undefined for reads. */
  readonly value: number | undefined;
}

/** Four CPUs over one memory; `cpu` is the one that tests use. */
export interface MmuBench {
  readonly memory: ArrayBuffer;
  readonly mmu: MemoryManagementUnit;
  readonly cpus: readonly Cpu[];
  readonly cpu: Cpu;
  readonly bus: BusEvent[];
  /** Linear addresses of pages whose code was dropped. */
  readonly invalidated: number[];
  /** What bus reads answer. */
  busValue: number;
  poke(pa: number, value: bigint): void;
  peek(pa: number): bigint;
  /** Writes system registers of a CPU and its exception level, as MSR and ERET would. */
  set(el: 0 | 1 | 2, registers?: RegisterValues, cpu?: Cpu): void;
}

export function createMmuBench(): MmuBench {
  const memory = new WebAssembly.Memory({ initial: MEMORY_PAGES, maximum: MEMORY_PAGES }).buffer;
  const view = new DataView(memory);
  const flags = new Uint8Array(memory);
  const mmu = new MemoryManagementUnit(memory);
  const cpus: Cpu[] = [];
  const at = (pa: number) => {
    const offset = ramOffset(pa);
    if (offset === 0) throw new RangeError(`PA 0x${pa.toString(16)} is not RAM`);
    return offset;
  };
  const bench: MmuBench = {
    memory,
    mmu,
    cpus,
    get cpu() {
      return cpus[0];
    },
    bus: [],
    invalidated: [],
    busValue: 0,
    poke: (pa, value) => view.setBigUint64(at(pa), value, true),
    peek: (pa) => view.getBigUint64(at(pa), true),
    set: (el, registers = {}, cpu = cpus[0]) => {
      for (const [name, value] of Object.entries(registers)) cpu.state.set64(Reg[name as RegimeRegisterName], value);
      cpu.state.set(EL, el);
      mmu.selectContext(cpu);
    },
  };
  const host = {
    cpus,
    busRead: (_cpu: Cpu, pa: number, width: number) => {
      bench.bus.push({ pa, width, value: undefined });
      return bench.busValue;
    },
    busWrite: (_cpu: Cpu, pa: number, width: number, value: number) => void bench.bus.push({ pa, width, value }),
    codeWritten: (linear: number) => {
      bench.invalidated.push((linear & ~0xfff) >>> 0);
      flags[PAGE_FLAGS + pageIndex(linear)] &= ~PageFlag.hasCode;
    },
    trace: () => {},
    now: () => 0,
    unmodelled: () => {},
  } as unknown as CpuHost;
  for (let index = 0; index < CPU_COUNT; index++) {
    const state = new CpuState(memory, index);
    state.set64(Reg.HCR_EL2, 1n << 31n);
    state.set(EL, 2);
    cpus.push({ index, state, memory, mmu, host } as unknown as Cpu);
  }
  mmu.reset(cpus);
  return bench;
}

/** `info` of a 64-bit LDR into X3, and of a 64-bit STR of X0. */
export const LOAD_X3 = 3 | (3 << Access.srtShift) | Access.sf;
export const STORE_X0 = 3 | Access.write | Access.sf;

/** Makes a data access at `va` and tells what came of it: `ok`, or `EL:ESR,FAR[,HPFAR]` of the abort. */
export function access(bench: MmuBench, va: bigint, info: number, cpu: Cpu = bench.cpu): string {
  const linear = bench.mmu.data(cpu, Number(va & 0xffff_ffffn), Number((va >> 32n) & 0xffff_ffffn), info);
  return linear === 0 ? abortOutcome(cpu) : 'ok';
}

/** Fetches an instruction at `va`. */
export function fetchAt(bench: MmuBench, va: bigint, cpu: Cpu = bench.cpu): string {
  cpu.state.set64(PC, va);
  return bench.mmu.fetch(cpu) === 0 ? abortOutcome(cpu) : 'ok';
}

/** The abort just taken, as `EL:ESR,FAR` and for EL2 also `,HPFAR`, in hexadecimal. */
export function abortOutcome(cpu: Cpu): string {
  const { state } = cpu;
  const hex = (register: number) => state.get64(register).toString(16);
  if (state.el === 1) return `1:${hex(Reg.ESR_EL1)},${hex(Reg.FAR_EL1)}`;
  return `2:${hex(Reg.ESR_EL2)},${hex(Reg.FAR_EL2)},${hex(Reg.HPFAR_EL2)}`;
}

/** Makes an AT instruction and returns PAR_EL1. */
export function addressTranslate(bench: MmuBench, op1: number, op2: number, va: bigint, cpu: Cpu = bench.cpu): bigint {
  cpu.state.setX(0, va);
  bench.mmu.sys(cpu, sysEncoding(op1, 7, 8, op2), 0);
  return cpu.state.get64(Reg.PAR_EL1);
}

/** op0 = 1. */
export function sysEncoding(op1: number, crn: number, crm: number, op2: number): number {
  return (1 << 14) | (op1 << 11) | (crn << 7) | (crm << 3) | op2;
}
