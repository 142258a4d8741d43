/** From a failed translation to the exception it causes: which level takes it and what its syndrome says. */
import { Access } from '../cpu/cpu.ts';
import type { Cpu } from '../cpu/cpu.ts';
import { abortTarget, dataAbort, instructionAbort } from '../cpu/exceptions-abort.ts';
import { takeWatchpoint } from '../cpu/exceptions-debug.ts';
import type { Fault } from './fault.ts';

/** With the bits of `Access`: a cache maintenance or address translation instruction (ISS.CM). */
export const CACHE_MAINTENANCE = 1 << 20;

/** Takes a data abort; `info` is as in `Access`, or has `CACHE_MAINTENANCE`. */
export function raiseDataAbort(cpu: Cpu, fault: Fault, vaLo: number, vaHi: number, info: number): void {
  const cm = (info & CACHE_MAINTENANCE) !== 0;
  if (fault.watched !== undefined) {
    takeWatchpoint(cpu, fault.watched, cm || (info & Access.write) !== 0, cm);
    return;
  }
  dataAbort(
    cpu,
    {
      vaLo,
      vaHi,
      ipa: fault.stage2 ? fault.ipa : undefined,
      fsc: fault.fsc,
      write: (info & Access.write) !== 0,
      s1ptw: fault.s1ptw,
      cm,
      iss: instructionSyndrome(fault, info),
    },
    abortTarget(cpu, fault.stage2),
  );
}

/** ISS bits 24:14 (ISV, SAS, SSE, SRT, SF, AR): valid for stage-2 aborts of single-register accesses only. */
function instructionSyndrome(fault: Fault, info: number): number {
  if (!fault.stage2 || fault.s1ptw || (info & (Access.noSyndrome | CACHE_MAINTENANCE)) !== 0) return 0;
  const flag = (bit: number, place: number) => ((info & bit) === 0 ? 0 : 1 << place);
  const sas = (info & Access.sizeMask & 3) << 22;
  const srt = ((info >>> Access.srtShift) & 31) << 16;
  return (1 << 24) | sas | flag(Access.sse, 21) | srt | flag(Access.sf, 15) | flag(Access.ar, 14);
}

/** Takes an instruction abort for the instruction at PC. */
export function raiseInstructionAbort(cpu: Cpu, fault: Fault, vaLo: number, vaHi: number): void {
  const { fsc, s1ptw, stage2 } = fault;
  instructionAbort(
    cpu,
    { vaLo, vaHi, ipa: stage2 ? fault.ipa : undefined, fsc, s1ptw },
    abortTarget(cpu, fault.stage2),
  );
}
