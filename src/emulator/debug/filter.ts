/** In whose execution a breakpoint counts. */
import type { Cpu } from '../cpu/cpu.ts';
import { EL } from '../cpu/state.ts';
import { Reg } from '../cpu/system-registers/offsets.ts';

/** Every part given must fit; a part that is left out fits always. */
export interface ContextFilter {
  /** Exception level, one or several. */
  readonly el?: number | readonly number[];
  /** VMID; says nothing of EL2, where the register may hold any guest's. */
  readonly vmid?: number;
  readonly asid?: number;
  /** Index of the pCPU. */
  readonly cpu?: number;
  /** Anything else, asked last. It may read the machine but not change it. */
  readonly accept?: (cpu: number) => boolean;
}

/** VTTBR_EL2.VMID. */
export function vmidOf(cpu: Cpu): number {
  return (cpu.state.get(Reg.VTTBR_EL2 + 4) >>> 16) & 0xff;
}

/** The ASID that TCR_EL1.A1 selects. */
export function asidOf(cpu: Cpu): number {
  const { state } = cpu;
  const isTtbr1 = (state.get(Reg.TCR_EL1) & (1 << 22)) !== 0;
  const isWide = (state.get(Reg.TCR_EL1 + 4) & (1 << 4)) !== 0;
  const high = state.get((isTtbr1 ? Reg.TTBR1_EL1 : Reg.TTBR0_EL1) + 4);
  return (high >>> 16) & (isWide ? 0xffff : 0xff);
}

function fitsLevel(wanted: ContextFilter['el'], el: number): boolean {
  if (wanted === undefined) return true;
  return typeof wanted === 'number' ? wanted === el : wanted.includes(el);
}

/** True when `cpu`, as it is now, is in the context that `filter` asks for. */
export function fits(filter: ContextFilter, cpu: Cpu): boolean {
  if (!fitsLevel(filter.el, cpu.state.get(EL))) return false;
  if (filter.cpu !== undefined && filter.cpu !== cpu.index) return false;
  if (filter.vmid !== undefined && filter.vmid !== vmidOf(cpu)) return false;
  if (filter.asid !== undefined && filter.asid !== asidOf(cpu)) return false;
  return filter.accept === undefined || filter.accept(cpu.index);
}
