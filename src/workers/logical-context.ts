/**
 * Who executes, in the sense that a step stays with it: in a guest's kernel the domain and the task's kernel stack, in a program the domain and its
 * address space, in Xen the vCPU's stack. It stays the same through interrupts, preemption and migration to another pCPU.
 */
import type { Cpu } from '../emulator/cpu/cpu.ts';
import { EL, SLOT_SP } from '../emulator/cpu/state.ts';
import { captureRegisters } from '../emulator/mmu/contexts.ts';
import { currentAsid, regimeRegisters } from '../emulator/mmu/regime.ts';
import { vmidOf } from './address-spaces.ts';

/** Bytes of a vCPU's stack in Xen on arm64 and of a task's in Linux; both are aligned to their size. */
const XEN_STACK = 0x8000n;
const LINUX_STACK = 0x4000n;

/** Equal for equal contexts. */
export function contextKey({ state }: Cpu): string {
  const el = state.get(EL);
  const sp = state.x(SLOT_SP);
  if (el === 2) return `xen ${sp / XEN_STACK}`;
  if (el === 1) return `${vmidOf(state)} kernel ${sp / LINUX_STACK}`;
  const registers = regimeRegisters({});
  captureRegisters(state, 1, registers);
  return `${vmidOf(state)} program ${currentAsid(registers)}`;
}
