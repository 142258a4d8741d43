/** Data and instruction aborts (Arm ARM D1.10.4, D13.2.37; HPFAR_EL2 D13.2.48). Called by the MMU. */
import { ExceptionClass } from '../../arch/esr.ts';
import { type Cpu, type Status } from './cpu.ts';
import { setFar, synchronousTarget, takeSynchronous } from './exceptions-entry.ts';
import { EL } from './state.ts';
import { Reg } from './system-registers/offsets.ts';

/** What the MMU knows about a fault. */
export interface Abort {
  /** Faulting virtual address, for FAR_ELx. */
  readonly vaLo: number;
  readonly vaHi: number;
  /** DFSC or IFSC, six bits: fault kind and level. */
  readonly fsc: number;
  /**
   * Faulting intermediate physical address (a number below 2^48). Give it when HPFAR_EL2 is to be written: translation, access flag and address
   * size faults at stage 2, and every stage 2 fault on a stage 1 walk.
   */
  readonly ipa?: number;
  /** Stage 2 fault on a stage 1 table walk. */
  readonly s1ptw?: boolean;
  /** External abort type. */
  readonly ea?: boolean;
}

/** What is only known of data accesses. */
export interface DataAbort extends Abort {
  readonly write?: boolean;
  /** Cache maintenance or address translation instruction; WnR is then 1. */
  readonly cm?: boolean;
  /** ISV, SAS, SSE, SRT, SF, AR in ISS bits 24:14 (0 when ISV = 0). Only stage 2 faults that are not on a stage 1 walk have them. */
  readonly iss?: number;
}

/** Exception level an abort goes to: stage 2 faults to EL2, others where the level's own faults go. */
export function abortTarget(cpu: Cpu, isStage2: boolean): number {
  return isStage2 ? 2 : synchronousTarget(cpu);
}

function setHpfar(cpu: Cpu, ipa: number): void {
  const page = Math.floor(ipa / 4096) * 16;
  cpu.state.u32[Reg.HPFAR_EL2 >>> 2] = page % 2 ** 32;
  cpu.state.u32[(Reg.HPFAR_EL2 >>> 2) + 1] = Math.floor(page / 2 ** 32);
}

function takeAbort(cpu: Cpu, target: number, lowerClass: number, abort: Abort, iss: number): Status {
  const fromLower = target > cpu.state.u32[EL >>> 2];
  setFar(cpu, target, abort.vaLo, abort.vaHi);
  if (target === 2 && abort.ipa !== undefined) setHpfar(cpu, abort.ipa);
  const common = (abort.ea === true ? 0x200 : 0) | (abort.s1ptw === true ? 0x80 : 0) | abort.fsc;
  return takeSynchronous(cpu, target, fromLower ? lowerClass : lowerClass + 1, iss | common);
}

/** Takes a data abort to `target`. PC is the aborting instruction. */
export function dataAbort(cpu: Cpu, abort: DataAbort, target: number): Status {
  const isCm = abort.cm === true;
  const wnr = isCm || abort.write === true ? 0x40 : 0;
  const iss = (abort.iss ?? 0) | (isCm ? 0x100 : 0) | wnr;
  return takeAbort(cpu, target, ExceptionClass.dataAbortLower, abort, iss);
}

/** Takes an instruction abort to `target`. PC is the instruction that could not be fetched. */
export function instructionAbort(cpu: Cpu, abort: Abort, target: number): Status {
  return takeAbort(cpu, target, ExceptionClass.instructionAbortLower, abort, 0);
}
