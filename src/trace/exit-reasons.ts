/** Why the hypervisor was entered, in words. */
import { ExceptionClass, exceptionClassName } from '../arch/esr.ts';
import { genericName, sysregAt, sysregEncoding } from '../arch/sysregs.ts';
import { firmwareFunctionName, hypercallName, XEN_HYPERCALL_TAG } from '../awareness/xen/hypercalls.ts';

const PAGE_MASK = 0xffff_f000;
/** Spurious: nothing was pending. */
export const SPURIOUS_INTID = 1023;

/** Interrupts that every ZynqMP has for the same purpose. */
const PRIVATE_INTERRUPTS: Readonly<Record<number, string>> = {
  25: 'GIC maintenance',
  26: 'hypervisor timer',
  27: 'virtual timer',
  29: 'secure timer',
  30: 'physical timer',
  31: 'event channel',
};

/** `IRQ 27 virtual timer`, `SGI 1`, `IRQ 53 SPI 21`. */
export function interruptName(intid: number): string {
  if (intid < 16) return `SGI ${intid}`;
  if (intid >= 32) return `IRQ ${intid} SPI ${intid - 32}`;
  const name = PRIVATE_INTERRUPTS[intid];
  return name === undefined ? `IRQ ${intid}` : `IRQ ${intid} ${name}`;
}

/** The system register access that a syndrome of class 0x18 describes: `MSR ICC_SGI1R_EL1`. */
function trappedAccess(esr: number): string {
  const field = (low: number, width: number): number => (esr >>> low) & ((1 << width) - 1);
  const encoding = sysregEncoding(field(20, 2), field(14, 3), field(10, 4), field(1, 4), field(17, 3));
  const name = sysregAt(encoding)?.name ?? genericName(encoding);
  return `${(esr & 1) === 0 ? 'MSR' : 'MRS'} ${name}`;
}

/** An address as a number from its halves. */
const join = (low: number, high: number): number => (low >>> 0) + high * 2 ** 32;

/** The page that a stage-2 fault was on, from its `exceptionDetail`; undefined for another exception. */
export function faultAddress(esr: number, low: number, high: number): number | undefined {
  const kind = esr >>> 26;
  const isAbort = kind === ExceptionClass.dataAbortLower || kind === ExceptionClass.instructionAbortLower;
  return isAbort ? join(low & PAGE_MASK, high) : undefined;
}

function faultName(esr: number, low: number, high: number): string {
  const isFetch = esr >>> 26 === ExceptionClass.instructionAbortLower;
  const access = isFetch ? 'fetch' : (esr & 0x40) === 0 ? 'read' : 'write';
  return `stage-2 fault ${access} IPA 0x${join(low & PAGE_MASK, high).toString(16)}`;
}

function callName(esr: number, low: number, high: number): string {
  const immediate = esr & 0xffff;
  if (immediate === XEN_HYPERCALL_TAG) return hypercallName(low, high);
  return immediate === 0 ? firmwareFunctionName(high) : `HVC #0x${immediate.toString(16)}`;
}

/** Name of a synchronous exception taken to EL2 from below. `low` and `high` are the halves of its `exceptionDetail`. */
export function exitReason(esr: number, low: number, high: number): string {
  switch (esr >>> 26) {
    case ExceptionClass.hvc:
      return callName(esr, low, high);
    case ExceptionClass.smc:
      return `SMC ${firmwareFunctionName(low)}`;
    case ExceptionClass.wfx:
      return (esr & 1) === 0 ? 'WFI' : 'WFE';
    case ExceptionClass.systemRegister:
      return trappedAccess(esr);
    case ExceptionClass.dataAbortLower:
    case ExceptionClass.instructionAbortLower:
      return faultName(esr, low, high);
    default:
      return exceptionClassName(esr >>> 26);
  }
}
