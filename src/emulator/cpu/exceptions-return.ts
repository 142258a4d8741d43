/** Exception return (Arm ARM D1.11, pseudocode AArch64.ExceptionReturn). */
import { Spsr } from '../../arch/spsr.ts';
import { TraceKind } from '../trace-events.ts';
import { type Cpu, Status } from './cpu.ts';
import { updateFpTrap } from './fp-access.ts';
import { selectStack } from './exceptions-entry.ts';
import { returnedSs, StepState, stepState } from './exceptions-debug.ts';
import { deliverableInterrupt } from './exceptions-interrupt.ts';
import { DAIF, EL, EVENT, EXCLUSIVE_SIZE, IL, PC, SS } from './state.ts';
import { Hcr } from './system-registers/bits.ts';
import { Reg } from './system-registers/offsets.ts';
import { countEvent, Event, syncPmuBeforeLevel } from './system-registers/pmu.ts';

const TCR_EL2_TBI = 1 << 20;

/** AArch32 states, EL3, reserved modes, a higher level, and EL1 under HCR_EL2.TGE cannot be returned to. */
function isIllegalReturn(cpu: Cpu, spsr: number): boolean {
  const u = cpu.state.u32;
  const target = (spsr >>> 2) & 3;
  if ((spsr & (Spsr.nRW | 2)) !== 0 || target > u[EL >>> 2]) return true;
  if (target === 0) return (spsr & 1) !== 0;
  return target === 1 && (u[Reg.HCR_EL2 >>> 2] & Hcr.TGE) !== 0;
}

/** Bits 63:56 of a branch target where the top byte is ignored (pseudocode AArch64.BranchAddr), given bits 63:32. */
function branchHigh(cpu: Cpu, el: number, high: number): number {
  const u = cpu.state.u32;
  if (el === 2) return (u[Reg.TCR_EL2 >>> 2] & TCR_EL2_TBI) === 0 ? high : high & 0xff_ffff;
  const isUpper = (high & 0x80_0000) !== 0;
  const tbi = u[(Reg.TCR_EL1 >>> 2) + 1] & (isUpper ? 1 << 6 : 1 << 5);
  if (tbi === 0) return high;
  return isUpper ? (high | 0xff00_0000) >>> 0 : high & 0xff_ffff;
}

function restorePstate(cpu: Cpu, spsr: number, illegal: boolean): void {
  const u = cpu.state.u32;
  const el = illegal ? u[EL >>> 2] : (spsr >>> 2) & 3;
  u[SS >>> 2] = returnedSs(cpu, spsr, el);
  u[IL >>> 2] = illegal ? 1 : (spsr >>> 20) & 1;
  u[DAIF >>> 2] = spsr & Spsr.DAIF;
  cpu.state.nzcv = spsr & 0xf000_0000;
  if (!illegal) selectStack(cpu.state, el, spsr & 1);
}

function traceReturn(cpu: Cpu, low: number, high: number, target: number, illegal: boolean): void {
  const top = (high & 0xff_ffff) | (target << 24);
  cpu.host.trace(cpu, TraceKind.exceptionReturn, low, illegal ? top | 0x8000_0000 : top);
}

/** Must `takeDue` be asked before the next instruction? */
function isDue(cpu: Cpu): boolean {
  return cpu.state.u32[IL >>> 2] !== 0 || deliverableInterrupt(cpu) !== 0 || stepState(cpu) !== StepState.inactive;
}

/** ERET at EL1 or EL2. Answers `leave` when an interrupt, a software step or an Illegal Execution state is due at once. */
export function exceptionReturn(cpu: Cpu): Status {
  const u = cpu.state.u32;
  const from = u[EL >>> 2];
  const spsr = u[(from === 2 ? Reg.SPSR_EL2 : Reg.SPSR_EL1) >>> 2];
  const elr = (from === 2 ? Reg.ELR_EL2 : Reg.ELR_EL1) >>> 2;
  const illegal = isIllegalReturn(cpu, spsr);
  const target = illegal ? from : (spsr >>> 2) & 3;
  traceReturn(cpu, u[elr], u[elr + 1], target, illegal);
  if (target !== from) syncPmuBeforeLevel(cpu);
  countEvent(cpu, Event.EXC_RETURN);
  restorePstate(cpu, spsr, illegal);
  u[PC >>> 2] = u[elr];
  u[(PC >>> 2) + 1] = branchHigh(cpu, target, u[elr + 1]);
  u[EVENT >>> 2] = 1;
  u[EXCLUSIVE_SIZE >>> 2] = 0;
  if (target !== from) {
    updateFpTrap(cpu.state);
    cpu.mmu.selectContext(cpu);
  }
  return isDue(cpu) ? Status.leave : Status.resync;
}
