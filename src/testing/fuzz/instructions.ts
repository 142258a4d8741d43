/** Random instructions for the fuzzer, drawn from the encoding table. */
import { SYSTEM_REGISTERS, type SystemRegister, encodingParts } from '../../arch/sysregs.ts';
import { encode, fieldsOf, type Encoding, type Fields } from '../../arch/a64/encoding.ts';
import { encodingNamed, ENCODINGS } from '../../arch/a64/table.ts';
import { wordsOf } from '../a64-words.ts';
import { hasBase } from '../instructions/effective-address.ts';

export type Random = () => number;
export const pick = <T>(from: readonly T[], random: Random): T => from[random() % from.length];

/** Registers with addresses in the window, an aligned one, a small offset; the stack pointer too is in the window. */
const BASES = [16, 17, 19, 31] as const;
const OFFSET = 18;

const isSystem = (row: Encoding): boolean =>
  /^(system|pstate|exception|branch|.*branch|hints|barriers)/.test(row.group);
const memoryRows = ENCODINGS.filter((row) => hasBase(row) || row.group === 'loadlit');
const vectorRows = ENCODINGS.filter((row) => /^(asi[ms]d[^l]|float|crypto)/.test(row.group));
const generalRows = ENCODINGS.filter(
  (row) => ![memoryRows, vectorRows].some((rows) => rows.includes(row)) && !isSystem(row),
);

/** The word of a row, its fields changed by `change` as far as the row has them. */
function draw(row: Encoding, random: Random, change: (fields: Fields) => void): number {
  for (;;) {
    const [word] = wordsOf(row, 1, random);
    const fields = fieldsOf(row, word);
    change(fields);
    if (row.where?.(fields) ?? true) return encode(row, fields);
  }
}

/** Mostly writes registers that are no addresses. */
function calmDestination(fields: Fields, random: Random): void {
  if (fields['Rd'] !== undefined && random() % 16) fields['Rd'] %= 16;
}

/** Arithmetic, logic, SIMD, floating point, crypto. */
export function dataWord(random: Random): number {
  const row = pick(random() % 2 ? generalRows : vectorRows, random);
  return draw(row, random, (fields) => calmDestination(fields, random));
}

/** Loads and stores, mostly within the window. */
export function memoryWord(random: Random): number {
  const row = pick(memoryRows, random);
  return draw(row, random, (fields) => {
    if (random() % 16 === 0) return;
    if (fields['Rn'] !== undefined) fields['Rn'] = pick(BASES, random);
    if (fields['Rm'] !== undefined) fields['Rm'] = OFFSET;
    if (fields['imm12'] !== undefined && random() % 4) fields['imm12'] &= 15;
    if (fields['imm19'] !== undefined) fields['imm19'] = ((random() % 64) - 32) & 0x7ffff;
    for (const name of ['Rt', 'Rt2', 'Rs']) if (fields[name] !== undefined && random() % 8) fields[name] %= 16;
  });
}

/** A branch by less than `reach` words either way; not by register. */
export function branchWord(random: Random, reach: number): number {
  const names = ['B_branch_imm', 'BL_branch_imm', 'B_cond_condbranch', 'B_cond_condbranch', 'CBZ_compbranch', 'CBNZ_compbranch', 'TBZ_testbranch', 'TBNZ_testbranch']; // prettier-ignore
  const distance = random() % 6 ? 1 + (random() % reach) : -(random() % reach);
  return draw(encodingNamed(pick(names, random)), random, (fields) => {
    for (const [name, width] of [
      ['imm26', 26],
      ['imm19', 19],
      ['imm14', 14],
    ] as const)
      // prettier-ignore
      if (fields[name] !== undefined) fields[name] = distance & (2 ** width - 1);
  });
}

/** Registers that the monitor lives by. */
const KEPT =
  /^(SCTLR|TCR|TTBR0|VBAR|MAIR|HCR|ACTLR|SP|TPIDR|CNTHP\w*|RMR|CNTHCTL|MDCR|CNTVOFF)_EL2$|_EL3$|^OSLAR|^OSDLR|^DBGPRCR|^DBGCLAIM/;
const writable = SYSTEM_REGISTERS.filter(({ name, writeEl }) => writeEl < 3 && !KEPT.test(name));
const readable = SYSTEM_REGISTERS.filter(({ readEl }) => readEl < 3);
/** Writes to these change what EL1 and EL0 can do at all. */
const RADICAL = /^(SCTLR|TCR|TTBR\d|VBAR|MAIR|DBG\w+|MDSCR)_EL1$/;

function systemMove(name: string, register: SystemRegister, Rt: number): number {
  const { op0, op1, crn, crm, op2 } = encodingParts(register.encoding);
  return encode(encodingNamed(name), { o0: op0 & 1, op1, CRn: crn, CRm: crm, op2, Rt });
}

/** op1, CRn, CRm, op2 of cache, translation and TLB operations. */
const OPERATIONS: readonly (readonly number[])[] = [
  ...[4, 5, 10, 11, 14].map((CRm) => [3, 7, CRm, 1]),
  ...[1, 5].map((CRm) => [0, 7, CRm, 0]),
  ...[0, 1, 2, 3].map((op2) => [0, 7, 8, op2]),
  ...[0, 1, 4, 5, 6, 7].map((op2) => [4, 7, 8, op2]),
  ...[0, 1, 2, 3, 5, 7].flatMap((op2) => [[0, 8, 7, op2], [0, 8, 3, op2]]),
  ...[1, 5].flatMap((op2) => [[4, 8, 0, op2], [4, 8, 4, op2]]),
  ...[0, 1, 4, 5, 6].flatMap((op2) => [[4, 8, 7, op2], [4, 8, 3, op2]]),
]; // prettier-ignore

/** MRS, MSR, DC, IC, AT, TLBI, PSTATE, hints, barriers. */
export function systemWord(random: Random): number {
  const Rt = random() % 4 ? pick([16, 17, 19], random) : random() % 16;
  switch (random() % 8) {
    case 0:
    case 1:
      return systemMove('MRS_systemmove', pick(readable, random), random() % 16);
    case 2:
    case 3: {
      const register = pick(writable, random);
      if (RADICAL.test(register.name) && random() % 8) return systemMove('MRS_systemmove', register, random() % 16);
      return systemMove('MSR_systemmove', register, random() % 16);
    }
    case 4: {
      const [op1, CRn, CRm, op2] = pick(OPERATIONS, random);
      return encode(encodingNamed('SYS_systeminstrs'), { op1, CRn, CRm, op2, Rt });
    }
    case 5: {
      const [op1, op2] = pick([[0, 5], [3, 6], [3, 7], [3, 7]], random); // prettier-ignore
      return encode(encodingNamed('MSR_pstate'), { op1, op2, CRm: random() % 16 });
    }
    case 6:
      return wordsOf(encodingNamed('HINT_hints'), 1, random)[0];
    default:
      return wordsOf(encodingNamed(pick(['CLREX', 'DSB', 'DMB', 'ISB'], random) + '_barriers'), 1, random)[0];
  }
}

/** Calls to higher levels, breakpoints, what is UNDEFINED, and any word at all. */
export function exceptionWord(random: Random): number {
  const choice = random() % 6;
  if (choice === 5) return random();
  const imm16 = random() % 0x100;
  return encode(encodingNamed(`${['SVC', 'HVC', 'SMC', 'BRK', 'HLT'][choice]}_exception`), { imm16 });
}
