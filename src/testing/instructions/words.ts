/** Instruction words for differential tests at EL0 (tests only). */
import { encode, fieldsOf, type Encoding, type Fields } from '../../arch/a64/encoding.ts';
import { definitionOf, variantKey } from '../../emulator/cpu/uops/define.ts';
import { wordsOf } from '../a64-words.ts';
import { hasBase, isExclusive } from './effective-address.ts';

export type Random = () => number;

/** op0 - 2, op1, CRn, CRm, op2 of what EL0 may read and whose value does not depend on time or host. */
const READABLE: readonly (readonly number[])[] = [
  [1, 3, 4, 2, 0], // NZCV
  [1, 3, 4, 4, 0], // FPCR
  [1, 3, 4, 4, 1], // FPSR
  [1, 3, 13, 0, 2], // TPIDR_EL0
  [1, 3, 13, 0, 3], // TPIDRRO_EL0
  [1, 3, 0, 0, 1], // CTR_EL0
  [1, 3, 0, 0, 7], // DCZID_EL0
];
const WRITABLE = READABLE.slice(0, 4);
/** op1, CRn, CRm, op2: DC ZVA, CVAC, CVAU, CIVAC; IC IVAU. */
const SYS: readonly (readonly number[])[] = [
  [3, 7, 4, 1],
  [3, 7, 4, 1],
  [3, 7, 10, 1],
  [3, 7, 11, 1],
  [3, 7, 14, 1],
  [3, 7, 5, 1],
];

/** Rows that are about more than EL0, or that would end a case by themselves: the bare-metal program runs them. */
export const SYSTEM_ROWS: readonly string[] = [
  'ERET_branch_reg',
  'DRPS_branch_reg',
  ...['SVC', 'HVC', 'SMC', 'BRK', 'HLT', 'DCPS1', 'DCPS2', 'DCPS3'].map((name) => `${name}_exception`),
  'MSR_pstate',
  'SYSL_systeminstrs',
];

/** X30, which BLR reads before it writes it. */
const LINK = 30;

const pick = <T>(from: readonly T[], random: Random): T => from[random() % from.length];

function systemFields(row: Encoding, fields: Fields, random: Random): void {
  if (row.group === 'systeminstrs') {
    [fields['op1'], fields['CRn'], fields['CRm'], fields['op2']] = pick(SYS, random);
    // XZR is address 0, where QEMU has no memory.
    fields['Rt'] %= 31;
    return;
  }
  const place = pick(row.name.startsWith('MRS') ? READABLE : WRITABLE, random);
  [fields['o0'], fields['op1'], fields['CRn'], fields['CRm'], fields['op2']] = place;
}

const another = (random: Random, taken: readonly number[]): number => {
  for (;;) {
    const number = random() % 32;
    if (!taken.includes(number)) return number;
  }
};

/** Registers that would make a load or store CONSTRAINED UNPREDICTABLE, or its address depend on itself, become others. */
function separate(row: Encoding, fields: Fields, random: Random): void {
  const { name } = row;
  const taken = [fields['Rn']];
  if (row.group === 'ldst_regoff' && fields['Rm'] === fields['Rn']) fields['Rm'] = another(random, taken);
  const isVector = name.includes('_V_');
  const writesBack = /_ldst(pair)?_?(imm)?(post|pre)$/.test(name);
  if (isVector) {
    if (fields['Rt2'] === fields['Rt']) fields['Rt2'] = another(random, [fields['Rt']]);
    return;
  }
  if (row.group.startsWith('asisdls')) return;
  if (writesBack && taken.includes(fields['Rt'])) fields['Rt'] = another(random, taken);
  taken.push(fields['Rt']);
  if (fields['Rt2'] !== undefined && taken.includes(fields['Rt2'])) fields['Rt2'] = another(random, taken);
  taken.push(fields['Rt2']);
  if (isExclusive(row) && taken.includes(fields['Rs'])) fields['Rs'] = another(random, taken);
}

/** A branch to itself would never end. */
function keepGoing(fields: Fields): void {
  for (const name of ['imm26', 'imm19', 'imm14']) if (fields[name] === 0) fields[name] = 1;
}

/** A word that a case can run at EL0, like `word`. */
function confine(row: Encoding, word: number, random: Random): number {
  const fields = fieldsOf(row, word);
  if (row.group === 'systemmove' || row.group === 'systeminstrs') systemFields(row, fields, random);
  keepGoing(fields);
  if (row.group === 'branch_reg' && random() % 4 === 0) fields['Rn'] = LINK;
  if (hasBase(row)) separate(row, fields, random);
  return encode(row, fields);
}

/** Which of the variants that the interpreter generates for a row a word needs. */
export function variantOf(row: Encoding, word: number): string {
  const definition = definitionOf(row.name);
  if (definition === undefined) throw new Error(`${row.name} has no definition`);
  return variantKey(definition, definition.statics(fieldsOf(row, word)));
}

/** Words to choose from for each that is wanted. */
const CHOICE = 30;

/** At least `count` words of a row that a case can run at EL0; each variant that turns up has one. */
export function drawWords(row: Encoding, count: number, random: Random): number[] {
  const words = wordsOf(row, CHOICE * count, random).map((word) => confine(row, word, random));
  const firstOfVariant = [...new Map(words.map((word) => [variantOf(row, word), word])).values()];
  return [...firstOfVariant, ...words.slice(0, Math.max(0, count - firstOfVariant.length))];
}
