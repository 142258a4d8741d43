/**
 * Exceptions that instructions ask for, and the `Exceptions` table of the CPU core.
 *
 * On entry PC is the instruction itself. `next` leaves it there for the caller to advance; with `resync` and `leave` it already is where execution goes on.
 */
import { ExceptionClass } from '../../arch/esr.ts';
import { TraceKind } from '../trace-events.ts';
import { type Cpu, type Exceptions, Status } from './cpu.ts';
import { debugTarget, takePendingStep } from './exceptions-debug.ts';
import { noteStreamEvents } from './event-stream.ts';
import { advance, setFar, synchronousTarget, takeSynchronous } from './exceptions-entry.ts';
import { deliverableInterrupt, pendingInterrupts, takeInterrupt } from './exceptions-interrupt.ts';
import { cpacrTraps, cptrTraps } from './fp-access.ts';
import { exceptionReturn } from './exceptions-return.ts';
import { EL, EVENT, IL, PC, SLEEP, SS } from './state.ts';
import { Hcr, Sctlr } from './system-registers/bits.ts';
import { Reg } from './system-registers/offsets.ts';
import { syncPmuBeforeLevel } from './system-registers/pmu.ts';

export { finishStep, StepState, stepState } from './exceptions-debug.ts';
export { shouldWake, wake } from './exceptions-interrupt.ts';

/** ISS of a trap on a conditional-class instruction from AArch64: CV = 1, COND = always. */
const ISS_ALWAYS = 0x1e0_0000;

const level = (cpu: Cpu): number => cpu.state.u32[EL >>> 2];
const hcr = (cpu: Cpu): number => cpu.state.u32[Reg.HCR_EL2 >>> 2];

/** UNDEFINED: reported with EC 0, whatever the reason. */
export function undefinedInstruction(cpu: Cpu): Status {
  return takeSynchronous(cpu, synchronousTarget(cpu), ExceptionClass.unknown, 0);
}

/** SVC, HVC: the preferred return address is the next instruction, and a software step is complete (SSAdvance). */
function call(cpu: Cpu, target: number, exceptionClass: number, imm16: number): Status {
  advance(cpu);
  cpu.state.u32[SS >>> 2] = 0;
  return takeSynchronous(cpu, target, exceptionClass, imm16);
}

function smc(cpu: Cpu, imm16: number): Status {
  if (level(cpu) === 0) return undefinedInstruction(cpu);
  if (level(cpu) === 1 && (hcr(cpu) & Hcr.TSC) !== 0) return takeSynchronous(cpu, 2, ExceptionClass.smc, imm16);
  advance(cpu);
  cpu.state.u32[SS >>> 2] = 0;
  cpu.host.trace(cpu, TraceKind.firmwareCall, cpu.state.u32[0], 0);
  return cpu.host.firmware(cpu);
}

function brk(cpu: Cpu, imm16: number): Status {
  const target = level(cpu) === 2 ? 2 : debugTarget(cpu);
  return takeSynchronous(cpu, target, ExceptionClass.brk, imm16);
}

/** Level a WFI or WFE traps to, 0 for none (pseudocode AArch64.CheckForWFxTrap). */
function waitTrap(cpu: Cpu, isWfe: number): number {
  const el = level(cpu);
  const notTrapped = isWfe === 0 ? Sctlr.nTWI : Sctlr.nTWE;
  if (el === 0 && (cpu.state.u32[Reg.SCTLR_EL1 >>> 2] & notTrapped) === 0) return synchronousTarget(cpu);
  return el < 2 && (hcr(cpu) & (isWfe === 0 ? Hcr.TWI : Hcr.TWE)) !== 0 ? 2 : 0;
}

function completesAtOnce(cpu: Cpu, isWfe: number): boolean {
  const u = cpu.state.u32;
  if (isWfe === 0) return pendingInterrupts(cpu) !== 0;
  noteStreamEvents(cpu);
  if (u[EVENT >>> 2] === 0) return deliverableInterrupt(cpu) !== 0;
  u[EVENT >>> 2] = 0;
  return true;
}

function wait(cpu: Cpu, isWfe: number): Status {
  if (completesAtOnce(cpu, isWfe)) return Status.next;
  const target = waitTrap(cpu, isWfe);
  if (target !== 0) return takeSynchronous(cpu, target, ExceptionClass.wfx, ISS_ALWAYS | isWfe);
  syncPmuBeforeLevel(cpu);
  cpu.host.trace(cpu, isWfe === 0 ? TraceKind.wfi : TraceKind.wfe, 0, 0);
  advance(cpu);
  cpu.state.u32[SLEEP >>> 2] = 1 + isWfe;
  return Status.leave;
}

function pcAlignment(cpu: Cpu): Status {
  const target = synchronousTarget(cpu);
  setFar(cpu, target, cpu.state.u32[PC >>> 2], cpu.state.u32[(PC >>> 2) + 1]);
  return takeSynchronous(cpu, target, ExceptionClass.pcAlignment, 0);
}

function checkFpAccess(cpu: Cpu): Status {
  if (cpacrTraps(cpu.state)) {
    // Routed to EL2 by TGE, this trap is reported as an UNDEFINED instruction (pseudocode AArch64.AdvSIMDFPAccessTrap).
    if ((hcr(cpu) & Hcr.TGE) !== 0) return takeSynchronous(cpu, 2, ExceptionClass.unknown, 0);
    return takeSynchronous(cpu, 1, ExceptionClass.fpAccess, ISS_ALWAYS);
  }
  return cptrTraps(cpu.state) ? takeSynchronous(cpu, 2, ExceptionClass.fpAccess, ISS_ALWAYS) : Status.next;
}

/** Exception entry and return of the CPU core. */
export const exceptions: Exceptions = {
  svc: (cpu, imm16) => call(cpu, synchronousTarget(cpu), ExceptionClass.svc, imm16),
  hvc: (cpu, imm16) => (level(cpu) === 0 ? undefinedInstruction(cpu) : call(cpu, 2, ExceptionClass.hvc, imm16)),
  smc,
  brk,
  // Halting debug is never enabled (EDSCR.HDE = 0), so HLT is UNDEFINED.
  hlt: (cpu) => undefinedInstruction(cpu),
  undefined: undefinedInstruction,
  eret: (cpu) => (level(cpu) === 0 ? undefinedInstruction(cpu) : exceptionReturn(cpu)),
  wait,
  pcAlignment,
  spAlignment: (cpu) => takeSynchronous(cpu, synchronousTarget(cpu), ExceptionClass.spAlignment, 0),
  checkFpAccess,
  illegalState: (cpu) => takeSynchronous(cpu, synchronousTarget(cpu), ExceptionClass.illegalState, 0),
  takeInterrupt,
};

/**
 * Takes what is due before the next instruction: an interrupt (unless the lines are not to be looked at yet), the guest's own software step, an Illegal
 * Execution state. To be called before the wasm loop is entered; true when PC changed.
 */
export function takeDue(cpu: Cpu, withInterrupts: boolean): boolean {
  if (withInterrupts && takeInterrupt(cpu)) return true;
  if (takePendingStep(cpu)) return true;
  if (cpu.state.u32[IL >>> 2] === 0) return false;
  exceptions.illegalState(cpu);
  return true;
}
