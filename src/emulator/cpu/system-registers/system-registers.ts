/** MRS, MSR and SYS as the CPU core sees them. PC is the instruction itself on entry. */
import { ExceptionClass, systemRegisterIss } from '../../../arch/esr.ts';
import { genericName, isImplementationDefined, sysregEncoding } from '../../../arch/sysregs.ts';
import { type Cpu, Status, type SystemRegisters } from '../cpu.ts';
import { exceptions, undefinedInstruction } from '../exceptions.ts';
import { selectStack, takeSynchronous } from '../exceptions-entry.ts';
import { DAIF, EL, SLOT_SINK, SLOT_ZERO } from '../state.ts';
import { Outcome, trapToEl1 } from './access.ts';
import { afterMasks } from './behaviours.ts';
import { Hcr, Sctlr } from './bits.ts';
import { type Handler, handlers } from './handlers.ts';
import { sysInstruction } from './instructions.ts';
import { Reg } from './offsets.ts';

const EL_WORD = EL >>> 2;
const XZR = 31;

function trap(cpu: Cpu, target: number, encoding: number, rt: number, isRead: boolean): Status {
  const iss = systemRegisterIss(encoding, rt === SLOT_SINK ? XZR : rt, isRead);
  return takeSynchronous(cpu, target, ExceptionClass.systemRegister, iss);
}

/** An encoding that is nothing: HCR_EL2.TIDCP may trap it, else it is UNDEFINED. */
function unallocated(cpu: Cpu, encoding: number, rt: number, isRead: boolean): Status {
  if (isImplementationDefined(encoding)) {
    const u = cpu.state.u32;
    if (u[EL_WORD] === 1 && (u[Reg.HCR_EL2 >>> 2] & Hcr.TIDCP) !== 0) return trap(cpu, 2, encoding, rt, isRead);
    if (u[EL_WORD] !== 0) cpu.host.unmodelled(cpu, `system register ${genericName(encoding)}`);
  }
  return undefinedInstruction(cpu);
}

/** Carries out what a check said about an access that is not simply allowed; `next` when it may go on. */
function refuse(cpu: Cpu, outcome: Outcome, encoding: number, rt: number, isRead: boolean): Status {
  if (outcome === Outcome.undefined) return undefinedInstruction(cpu);
  if (outcome === Outcome.fp) return exceptions.checkFpAccess(cpu);
  return trap(cpu, outcome, encoding, rt, isRead);
}

function isTrappedImplementationDefined(cpu: Cpu, encoding: number, el: number): boolean {
  return el === 1 && isImplementationDefined(encoding) && (cpu.state.u32[Reg.HCR_EL2 >>> 2] & Hcr.TIDCP) !== 0;
}

/** Level, IMPLEMENTATION DEFINED traps and the register's own controls, in this order. `next`: go on. */
function checkAccess(cpu: Cpu, handler: Handler, encoding: number, rt: number, isRead: boolean): Status {
  const el = cpu.state.u32[EL_WORD];
  if (isTrappedImplementationDefined(cpu, encoding, el)) return trap(cpu, 2, encoding, rt, isRead);
  if (el < (isRead ? handler.readEl : handler.writeEl)) return undefinedInstruction(cpu);
  if (handler.check === undefined) return Status.next;
  const outcome = handler.check(cpu, el, isRead);
  return outcome === Outcome.allowed ? Status.next : refuse(cpu, outcome, encoding, rt, isRead);
}

function mrs(cpu: Cpu, encoding: number, rt: number): Status {
  const handler = handlers[encoding];
  if (handler === undefined) return unallocated(cpu, encoding, rt, true);
  const status = checkAccess(cpu, handler, encoding, rt, true);
  if (status !== Status.next) return status;
  const u = cpu.state.u32;
  const rtWord = 2 * (rt === SLOT_ZERO ? SLOT_SINK : rt);
  if (handler.read !== undefined) {
    handler.read(cpu, rtWord);
  } else {
    u[rtWord] = u[handler.word];
    u[rtWord + 1] = u[handler.word + 1];
  }
  return Status.next;
}

function msr(cpu: Cpu, encoding: number, rt: number): Status {
  const handler = handlers[encoding];
  if (handler === undefined) return unallocated(cpu, encoding, rt, false);
  const status = checkAccess(cpu, handler, encoding, rt, false);
  if (status !== Status.next) return status;
  const u = cpu.state.u32;
  const rtWord = 2 * (rt === SLOT_SINK ? SLOT_ZERO : rt);
  const low = ((u[rtWord] & handler.writableLow) | handler.fixedLow) >>> 0;
  const high = (u[rtWord + 1] & handler.writableHigh) >>> 0;
  if (handler.write !== undefined) return handler.write(cpu, low, high);
  u[handler.word] = low;
  u[handler.word + 1] = high;
  return Status.next;
}

/** op1 and op2 of MSR (immediate), as op1 << 3 | op2. */
const SPSEL = 0o05;
const DAIF_SET = 0o36;
const DAIF_CLEAR = 0o37;

function msrDaif(cpu: Cpu, op1op2: number, crm: number): Status {
  const u = cpu.state.u32;
  if (u[EL_WORD] === 0 && (u[Reg.SCTLR_EL1 >>> 2] & Sctlr.UMA) === 0) {
    const encoding = sysregEncoding(0, op1op2 >>> 3, 4, crm, op1op2 & 7);
    return trap(cpu, trapToEl1(cpu), encoding, XZR, false);
  }
  const mask = crm << 6;
  u[DAIF >>> 2] = op1op2 === DAIF_SET ? u[DAIF >>> 2] | mask : u[DAIF >>> 2] & ~mask;
  return afterMasks(cpu);
}

function msrImmediate(cpu: Cpu, encoding: number, crm: number): Status {
  const op1op2 = ((encoding >>> 8) & 0o70) | (encoding & 7);
  if (op1op2 === DAIF_SET || op1op2 === DAIF_CLEAR) return msrDaif(cpu, op1op2, crm);
  const el = cpu.state.u32[EL_WORD];
  if (op1op2 !== SPSEL || el === 0) return undefinedInstruction(cpu);
  selectStack(cpu.state, el, crm & 1);
  return Status.next;
}

/** SYS and SYSL. No SYSL is allocated in Armv8.0. */
function sys(cpu: Cpu, encoding: number, rt: number, isLoad: number): Status {
  const instruction = isLoad === 0 ? sysInstruction(encoding) : undefined;
  if (instruction === undefined) return unallocated(cpu, encoding, rt, isLoad !== 0);
  const el = cpu.state.u32[EL_WORD];
  if (el < instruction.lowestEl) return undefinedInstruction(cpu);
  const outcome = instruction.check?.(cpu, el, false) ?? Outcome.allowed;
  if (outcome !== Outcome.allowed) return refuse(cpu, outcome, encoding, rt, false);
  return cpu.mmu.sys(cpu, encoding, rt);
}

/** System registers of the CPU core. */
export const systemRegisters: SystemRegisters = { mrs, msr, msrImmediate, sys };
