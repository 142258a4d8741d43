/** ESR_ELx: exception classes and what their syndromes say (Arm ARM D13.2.37, Armv8.0). */
import { genericName, sysregAt, sysregEncoding } from './sysregs.ts';

/** ESR_ELx.EC values that AArch64 state of an Armv8.0 implementation can report. */
export const ExceptionClass = {
  unknown: 0x00,
  wfx: 0x01,
  fpAccess: 0x07,
  illegalState: 0x0e,
  svc: 0x15,
  hvc: 0x16,
  smc: 0x17,
  systemRegister: 0x18,
  instructionAbortLower: 0x20,
  instructionAbortSame: 0x21,
  pcAlignment: 0x22,
  dataAbortLower: 0x24,
  dataAbortSame: 0x25,
  spAlignment: 0x26,
  fpException: 0x2c,
  serror: 0x2f,
  breakpointLower: 0x30,
  breakpointSame: 0x31,
  softwareStepLower: 0x32,
  softwareStepSame: 0x33,
  watchpointLower: 0x34,
  watchpointSame: 0x35,
  brk: 0x3c,
} as const;

/** ESR_ELx.IL: the instruction was 32 bits long (or the length is not meaningful). */
const ESR_IL = 1 << 25;

/** Puts EC, IL = 1 and ISS together, unsigned. */
export function makeEsr(exceptionClass: number, iss: number): number {
  return ((exceptionClass << 26) | ESR_IL | iss) >>> 0;
}

const CLASS_NAMES: Readonly<Record<number, string>> = {
  0x00: 'Unknown reason',
  0x01: 'Trapped WFI or WFE',
  0x03: 'Trapped MCR or MRC (coproc 15)',
  0x04: 'Trapped MCRR or MRRC (coproc 15)',
  0x05: 'Trapped MCR or MRC (coproc 14)',
  0x06: 'Trapped LDC or STC',
  0x07: 'Trapped SIMD or floating point',
  0x08: 'Trapped VMRS',
  0x0c: 'Trapped MRRC (coproc 14)',
  0x0e: 'Illegal execution state',
  0x11: 'SVC (AArch32)',
  0x12: 'HVC (AArch32)',
  0x13: 'SMC (AArch32)',
  0x15: 'SVC',
  0x16: 'HVC',
  0x17: 'SMC',
  0x18: 'Trapped MSR, MRS or system instruction',
  0x20: 'Instruction abort, lower EL',
  0x21: 'Instruction abort, same EL',
  0x22: 'PC alignment fault',
  0x24: 'Data abort, lower EL',
  0x25: 'Data abort, same EL',
  0x26: 'SP alignment fault',
  0x28: 'Floating-point exception (AArch32)',
  0x2c: 'Floating-point exception',
  0x2f: 'SError interrupt',
  0x30: 'Breakpoint, lower EL',
  0x31: 'Breakpoint, same EL',
  0x32: 'Software step, lower EL',
  0x33: 'Software step, same EL',
  0x34: 'Watchpoint, lower EL',
  0x35: 'Watchpoint, same EL',
  0x38: 'BKPT (AArch32)',
  0x3a: 'Vector catch (AArch32)',
  0x3c: 'BRK',
};

/** Name of an exception class. */
export function exceptionClassName(exceptionClass: number): string {
  return CLASS_NAMES[exceptionClass] ?? `Reserved class 0x${exceptionClass.toString(16)}`;
}

const FAULT_KINDS: Readonly<Record<number, string>> = {
  0b0000: 'Address size fault',
  0b0001: 'Translation fault',
  0b0010: 'Access flag fault',
  0b0011: 'Permission fault',
};

const FAULT_CODES: Readonly<Record<number, string>> = {
  0b010000: 'Synchronous external abort',
  0b010001: 'Asynchronous SError interrupt',
  0b011000: 'Synchronous parity error',
  0b100001: 'Alignment fault',
  0b110000: 'TLB conflict abort',
  0b110100: 'Lockdown fault',
  0b110101: 'Unsupported exclusive access',
};

/** Meaning of a six-bit DFSC or IFSC. */
function faultStatusName(fsc: number): string {
  const kind = FAULT_KINDS[fsc >>> 2];
  if (kind !== undefined) return `${kind}, level ${fsc & 3}`;
  if ((fsc & 0x3c) === 0x14) return `Synchronous external abort on table walk, level ${fsc & 3}`;
  if ((fsc & 0x3c) === 0x1c) return `Synchronous parity error on table walk, level ${fsc & 3}`;
  return FAULT_CODES[fsc] ?? `Reserved fault status 0x${fsc.toString(16)}`;
}

/** One part of a syndrome, ready to show. */
export interface SyndromeField {
  readonly name: string;
  readonly high: number;
  readonly low: number;
  readonly value: number;
  readonly meaning?: string;
}

type Described = readonly [name: string, high: number, low: number, meaning?: (value: number) => string];

const flag = (yes: string, no: string) => (value: number) => (value === 1 ? yes : no);
const hex = (value: number) => `0x${value.toString(16)}`;
const condition: readonly Described[] = [
  ['CV', 24, 24],
  ['COND', 23, 20],
];
const immediate: readonly Described[] = [['imm16', 15, 0, hex]];

const abort: readonly Described[] = [
  ['FnV', 10, 10, flag('FAR is not valid', 'FAR is valid')],
  ['EA', 9, 9],
];

const dataAbort: readonly Described[] = [
  ['ISV', 24, 24, flag('bits 23:14 describe the instruction', 'no instruction syndrome')],
  ['SAS', 23, 22, (value) => `${8 << value}-bit`],
  ['SSE', 21, 21, flag('sign-extending load', 'zero-extending')],
  ['SRT', 20, 16, (value) => `X${value}`],
  ['SF', 15, 15, flag('64-bit register', '32-bit register')],
  ['AR', 14, 14, flag('acquire/release', 'ordinary')],
  ...abort,
  ['CM', 8, 8, flag('cache maintenance or AT', 'load or store')],
  ['S1PTW', 7, 7, flag('stage 2 fault on a stage 1 table walk', 'not on a table walk')],
  ['WnR', 6, 6, flag('write', 'read')],
  ['DFSC', 5, 0, faultStatusName],
];

const instructionAbort: readonly Described[] = [
  ...abort,
  ['S1PTW', 7, 7, flag('stage 2 fault on a stage 1 table walk', 'not on a table walk')],
  ['IFSC', 5, 0, faultStatusName],
];

const systemRegister: readonly Described[] = [
  ['Op0', 21, 20],
  ['Op2', 19, 17],
  ['Op1', 16, 14],
  ['CRn', 13, 10],
  ['Rt', 9, 5, (value) => (value === 31 ? 'XZR' : `X${value}`)],
  ['CRm', 4, 1],
  ['Direction', 0, 0, flag('read (MRS)', 'write (MSR)')],
];

const softwareStep: readonly Described[] = [
  ['ISV', 24, 24],
  ['EX', 6, 6, flag('a load-exclusive was stepped', 'not a load-exclusive')],
  ['IFSC', 5, 0],
];

const watchpoint: readonly Described[] = [
  ['CM', 8, 8],
  ['WnR', 6, 6, flag('write', 'read')],
  ['DFSC', 5, 0],
];

const LAYOUTS: Readonly<Record<number, readonly Described[]>> = {
  [ExceptionClass.wfx]: [...condition, ['TI', 0, 0, flag('WFE', 'WFI')]],
  [ExceptionClass.fpAccess]: condition,
  [ExceptionClass.svc]: immediate,
  [ExceptionClass.hvc]: immediate,
  [ExceptionClass.smc]: immediate,
  [ExceptionClass.systemRegister]: systemRegister,
  [ExceptionClass.instructionAbortLower]: instructionAbort,
  [ExceptionClass.instructionAbortSame]: instructionAbort,
  [ExceptionClass.dataAbortLower]: dataAbort,
  [ExceptionClass.dataAbortSame]: dataAbort,
  [ExceptionClass.serror]: [
    ['IDS', 24, 24],
    ['ISS', 23, 0, hex],
  ],
  [ExceptionClass.softwareStepLower]: softwareStep,
  [ExceptionClass.softwareStepSame]: softwareStep,
  [ExceptionClass.breakpointLower]: [['IFSC', 5, 0]],
  [ExceptionClass.breakpointSame]: [['IFSC', 5, 0]],
  [ExceptionClass.watchpointLower]: watchpoint,
  [ExceptionClass.watchpointSame]: watchpoint,
  [ExceptionClass.brk]: immediate,
};

function extract(value: number, high: number, low: number): number {
  return (value >>> low) & (2 ** (high - low + 1) - 1);
}

/** Splits ISS into named fields. Fields that ISV = 0 makes RES0 are left out. */
export function syndromeFields(esr: number): readonly SyndromeField[] {
  const layout = LAYOUTS[esr >>> 26] ?? [];
  const isAbort = layout === dataAbort;
  const valid = extract(esr, 24, 24) === 1;
  return layout
    .filter(([, high, low]) => !isAbort || valid || high < 14 || low === 24)
    .map(([name, high, low, meaning]) => {
      const value = extract(esr, high, low);
      return { name, high, low, value, meaning: meaning?.(value) };
    });
}

/** The system register or instruction that a syndrome of class 0x18 names, as a packed encoding. */
function trappedEncoding(esr: number): number {
  return sysregEncoding(
    extract(esr, 21, 20),
    extract(esr, 16, 14),
    extract(esr, 13, 10),
    extract(esr, 4, 1),
    extract(esr, 19, 17),
  );
}

/** ISS of class 0x18 for an access to `encoding` with X`rt`. */
export function systemRegisterIss(encoding: number, rt: number, isRead: boolean): number {
  const op0 = encoding >>> 14;
  const op1 = (encoding >>> 11) & 7;
  const crn = (encoding >>> 7) & 15;
  const crm = (encoding >>> 3) & 15;
  const op2 = encoding & 7;
  return (op0 << 20) | (op2 << 17) | (op1 << 14) | (crn << 10) | (rt << 5) | (crm << 1) | (isRead ? 1 : 0);
}

function trapText(esr: number): string {
  const encoding = trappedEncoding(esr);
  const name = sysregAt(encoding)?.name ?? genericName(encoding);
  const rt = extract(esr, 9, 5);
  const register = rt === 31 ? 'XZR' : `X${rt}`;
  return extract(esr, 0, 0) === 1 ? `MRS ${register}, ${name}` : `MSR ${name}, ${register}`;
}

/** One line that says what happened: `Data abort, lower EL: write, Translation fault, level 3`. */
export function describeEsr(esr: number): string {
  const exceptionClass = esr >>> 26;
  const name = exceptionClassName(exceptionClass);
  if (exceptionClass === ExceptionClass.systemRegister) return `${name}: ${trapText(esr)}`;
  const layout = LAYOUTS[exceptionClass];
  if (layout === immediate) return `${name} #0x${extract(esr, 15, 0).toString(16)}`;
  if (layout === instructionAbort) return `${name}: ${faultStatusName(esr & 63)}`;
  if (layout === dataAbort) return `${name}: ${(esr & 64) === 0 ? 'read' : 'write'}, ${faultStatusName(esr & 63)}`;
  if (layout === undefined) return name;
  return exceptionClass === ExceptionClass.wfx ? `${name}: ${(esr & 1) === 0 ? 'WFI' : 'WFE'}` : name;
}
