/** Debug exceptions: routing, enabling and software step (Arm ARM D2.4, D2.8, D2.12). */
import { ExceptionClass } from '../../arch/esr.ts';
import { Spsr } from '../../arch/spsr.ts';
import type { Cpu, Status } from './cpu.ts';
import { setFar, takeSynchronous } from './exceptions-entry.ts';
import { DAIF, EL, EXCLUSIVE_SIZE, SS } from './state.ts';
import { Hcr, Mdcr, Mdscr } from './system-registers/bits.ts';
import { Reg } from './system-registers/offsets.ts';

const OSLSR_OSLK = 2;
const IFSC_DEBUG = 0x22;

/** Level debug exceptions from EL0 and EL1 go to: EL2 when MDCR_EL2.TDE or HCR_EL2.TGE is set. */
export function debugTarget(cpu: Cpu): number {
  const u = cpu.state.u32;
  return (u[Reg.MDCR_EL2 >>> 2] & Mdcr.TDE) !== 0 || (u[Reg.HCR_EL2 >>> 2] & Hcr.TGE) !== 0 ? 2 : 1;
}

/** The OS lock or the OS double lock keeps all debug exceptions (but BRK's) away. */
export function areDebugExceptionsOff(cpu: Cpu): boolean {
  const u = cpu.state.u32;
  return (u[Reg.OSLSR_EL1 >>> 2] & OSLSR_OSLK) !== 0 || (u[Reg.OSDLR_EL1 >>> 2] & 1) !== 0;
}

/** AArch64.GenerateDebugExceptionsFrom: would a debug exception from `el` with PSTATE.D = `masked` be taken? */
function debugEnabledFrom(cpu: Cpu, el: number, masked: boolean): boolean {
  const u = cpu.state.u32;
  if (areDebugExceptionsOff(cpu)) return false;
  const target = debugTarget(cpu);
  if (el !== target) return el < target;
  return (u[Reg.MDSCR_EL1 >>> 2] & Mdscr.KDE) !== 0 && !masked;
}

/** Would a debug exception be taken now? */
export function debugEnabled(cpu: Cpu): boolean {
  const u = cpu.state.u32;
  return debugEnabledFrom(cpu, u[EL >>> 2], (u[DAIF >>> 2] & Spsr.D) !== 0);
}

/** States of the software step machine (Arm ARM figure D2-2). */
export const StepState = { inactive: 0, activeNotPending: 1, activePending: 2 } as const;
export type StepState = (typeof StepState)[keyof typeof StepState];

/** Where the guest's own software step stands. While it is not inactive, the machine runs one instruction at a time. */
export function stepState(cpu: Cpu): StepState {
  const u = cpu.state.u32;
  if ((u[Reg.MDSCR_EL1 >>> 2] & Mdscr.SS) === 0 || !debugEnabled(cpu)) return StepState.inactive;
  return u[SS >>> 2] === 0 ? StepState.activePending : StepState.activeNotPending;
}

function takeDebug(cpu: Cpu, lowerClass: number, iss: number): Status {
  const target = debugTarget(cpu);
  const fromLower = target > cpu.state.u32[EL >>> 2];
  return takeSynchronous(cpu, target, fromLower ? lowerClass : lowerClass + 1, iss | IFSC_DEBUG);
}

/** Takes the breakpoint exception of the instruction at PC (D2.9). */
export function takeBreakpoint(cpu: Cpu): Status {
  return takeDebug(cpu, ExceptionClass.breakpointLower, 0);
}

/** Takes a watchpoint exception (D2.10): `address` goes into FAR; `isMaintenance` is ISS.CM. */
export function takeWatchpoint(cpu: Cpu, address: bigint, isWrite: boolean, isMaintenance: boolean): Status {
  setFar(cpu, debugTarget(cpu), Number(address & 0xffff_ffffn), Number((address >> 32n) & 0xffff_ffffn));
  return takeDebug(cpu, ExceptionClass.watchpointLower, (isMaintenance ? 0x100 : 0) | (isWrite ? 0x40 : 0));
}

/** Takes the software step exception. `stepped`: an instruction was just executed; `exclusive`: it was a load-exclusive. */
function takeSoftwareStep(cpu: Cpu, stepped: boolean, exclusive: boolean): Status {
  return takeDebug(cpu, ExceptionClass.softwareStepLower, stepped ? (1 << 24) | (exclusive ? 0x40 : 0) : 0);
}

/** Before an instruction: the step exception of a state that became active-pending without an instruction being stepped. True when taken. */
export function takePendingStep(cpu: Cpu): boolean {
  if (stepState(cpu) !== StepState.activePending) return false;
  takeSoftwareStep(cpu, false, false);
  return true;
}

/**
 * After one instruction in the active-not-pending state: the step exception, unless the instruction took an exception itself. ERET to this state opened
 * the exclusive monitor, so a closed one means that a load-exclusive was stepped.
 */
export function finishStep(cpu: Cpu): void {
  const u = cpu.state.u32;
  if (u[SS >>> 2] === 0) return;
  u[SS >>> 2] = 0;
  if (stepState(cpu) === StepState.activePending) takeSoftwareStep(cpu, true, u[EXCLUSIVE_SIZE >>> 2] !== 0);
}

/** PSTATE.SS after an exception return (pseudocode DebugExceptionReturnSS). */
export function returnedSs(cpu: Cpu, spsr: number, targetEl: number): number {
  if ((cpu.state.u32[Reg.MDSCR_EL1 >>> 2] & Mdscr.SS) === 0 || debugEnabled(cpu)) return 0;
  return debugEnabledFrom(cpu, targetEl, (spsr & Spsr.D) !== 0) ? (spsr >>> 21) & 1 : 0;
}
