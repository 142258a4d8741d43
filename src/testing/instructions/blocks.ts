/**
 * Random blocks of code whose instructions use each other's results: arithmetic, SIMD and floating point, loads and stores, exclusive pairs, forward branches and
 * counted loops (tests only). Any two executions of the same block on the same state must agree: interpreter, translator, QEMU.
 */
import { encode, fieldsOf, type Encoding, type Fields } from '../../arch/a64/encoding.ts';
import { encodingNamed, ENCODINGS } from '../../arch/a64/table.ts';
import { wordsOf } from '../a64-words.ts';
import type { RandomBits } from '../fp-operands.ts';
import { DATA, type Job, Word } from './case.ts';
import { hasBase, isExclusive } from './effective-address.ts';
import { anyState } from './states.ts';
import type { Random } from './words.ts';

/** Registers that no instruction of a block writes but by writeback: bases in the window, a small offset, an aligned base, a target, the loop's counter. */
const BASES = [16, 17, 31];
const OFFSET = 18;
const ALIGNED = 19;
const TARGET = 20;
const COUNTER = 21;

/** Instructions that a branch cannot enter or leave in between. */
type Unit = readonly number[] | { readonly branch: (distance: number) => readonly number[]; readonly to: number };

const pick = <T>(from: readonly T[], random: Random): T => from[random() % from.length];
const isMemory = (row: Encoding): boolean => (hasBase(row) && !isExclusive(row)) || row.group === 'loadlit';
const isBranch = (row: Encoding): boolean => /branch/.test(row.group);
const isSystem = (row: Encoding): boolean => /^(system|pstate|exception)/.test(row.group);

const memoryRows = ENCODINGS.filter(isMemory);
const plainRows = ENCODINGS.filter((row) => ![isMemory, isExclusive, isBranch, isSystem].some((is) => is(row)));
const vectorRows = plainRows.filter((row) => /^(asi|float|crypto)/.test(row.group));
const generalRows = plainRows.filter((row) => !vectorRows.includes(row));
/** Rows whose register 31 as a destination is SP. */
const isStackWrite = (row: Encoding): boolean => /^(addsub_(imm|ext)|log_imm)$/.test(row.group);

/** Small offsets, so that no writeback leaves the window. */
function nearFields(fields: Fields): void {
  if (fields['imm9'] !== undefined) fields['imm9'] = ((fields['imm9'] & 63) - 32) & 0x1ff;
  if (fields['imm7'] !== undefined) fields['imm7'] = ((fields['imm7'] & 3) - 2) & 0x7f;
  if (fields['imm12'] !== undefined) fields['imm12'] &= 3;
}

function memoryFields(row: Encoding, fields: Fields, random: Random): void {
  nearFields(fields);
  if (fields['Rn'] !== undefined) fields['Rn'] = pick(BASES, random);
  if (fields['Rm'] !== undefined) fields['Rm'] = row.group === 'ldst_regoff' || random() % 2 ? OFFSET : 31;
  fields['Rt'] %= 4;
  if (fields['Rt2'] !== undefined) fields['Rt2'] = 4 + (fields['Rt2'] % 4);
}

/** Registers 0-7, now and then 31. */
function plainFields(row: Encoding, fields: Fields, random: Random): void {
  for (const name of ['Rd', 'Rn', 'Rm', 'Ra', 'Rt'])
    if (fields[name] !== undefined) fields[name] = random() % 10 ? fields[name] % 8 : 31;
  if (fields['Rd'] === 31 && isStackWrite(row)) fields['Rd'] = 7;
  if (fields['M'] !== undefined && row.group.endsWith('elem')) fields['M'] = 0;
}

function drawWord(row: Encoding, random: Random): number {
  for (;;) {
    const [word] = wordsOf(row, 1, random);
    const fields = fieldsOf(row, word);
    if (isMemory(row)) memoryFields(row, fields, random);
    else plainFields(row, fields, random);
    if (row.where?.(fields) ?? true) return encode(row, fields);
  }
}

/**
 * Load-exclusive, something in between, and one or two store-exclusives of the same size, status in X0 and X1. The second always fails; so does the first after
 * CLREX or 16 bytes further on.
 */
function exclusivePair(random: Random): Unit {
  const suffix = pick(['B', 'H', '', 'P'], random);
  const isPair = suffix === 'P';
  const loads = isPair ? ['LDXP', 'LDAXP'] : [`LDXR${suffix}`, `LDAXR${suffix}`];
  const stores = isPair ? ['STXP', 'STLXP'] : [`STXR${suffix}`, `STLXR${suffix}`];
  const fields = { sz: random() % 2, Rs: 31, Rt2: isPair ? 3 : 31, Rt: 2 };
  const word = (names: readonly string[], more: Fields) =>
    encode(encodingNamed(`${pick(names, random)}_ldstexcl`), { ...fields, Rn: ALIGNED, ...more });
  const store = (more: Fields) => word(stores, { Rt: 4 + (random() % 4), ...more });
  const load = word(loads, {});
  const further = encode(encodingNamed('ADD_addsub_imm'), { sf: 1, imm12: 16, Rn: ALIGNED, Rd: TARGET });
  switch (random() % 5) {
    case 0:
      return [load, encode(encodingNamed('CLREX_barriers'), {}), store({ Rs: 0 })];
    case 1:
      return [load, further, store({ Rs: 0, Rn: TARGET }), store({ Rs: 1 })];
    case 2:
      return [load, store({ Rs: 0 }), store({ Rs: 1 })];
    default:
      return [load, drawWord(pick(generalRows, random), random), store({ Rs: 0 })];
  }
}

const NZCV: Fields = { o0: 1, op1: 3, CRn: 4, CRm: 2, op2: 0 };
const FPSR: Fields = { ...NZCV, CRm: 4, op2: 1 };
const TPIDR_EL0: Fields = { ...NZCV, CRn: 13, CRm: 0, op2: 2 };

/** NZCV or TPIDR_EL0 to or from a register; FPSR to one (QEMU keeps bits 31:28 that are written, which only AArch32 has); DC ZVA. */
function systemInstruction(random: Random): Unit {
  const Rt = random() % 8;
  switch (random() % 8) {
    case 0:
      return [encode(encodingNamed('SYS_systeminstrs'), { op1: 3, CRn: 7, CRm: 4, op2: 1, Rt: ALIGNED })];
    case 1:
    case 2:
      return [encode(encodingNamed('MRS_systemmove'), { ...FPSR, Rt })];
    default: {
      const row = encodingNamed(pick(['MRS_systemmove', 'MSR_systemmove'], random));
      return [encode(row, { ...pick([NZCV, TPIDR_EL0], random), Rt })];
    }
  }
}

/** A branch over the next units, `to` of them. */
function forwardBranch(random: Random): Unit {
  const to = random() % 4;
  const direct = [
    'B_branch_imm',
    'BL_branch_imm',
    'B_cond_condbranch',
    'CBZ_compbranch',
    'CBNZ_compbranch',
    'TBZ_testbranch',
    'TBNZ_testbranch',
  ];
  const choice = random() % 10;
  const some = { cond: random() % 16, Rt: random() % 8, sf: random() % 2, b5: random() % 2, b40: random() % 32 };
  if (choice < 7) {
    const row = encodingNamed(direct[choice]);
    return { to, branch: (words) => [encode(row, { ...some, imm26: words, imm19: words, imm14: words })] };
  }
  const row = encodingNamed(['BR_branch_reg', 'BLR_branch_reg', 'RET_branch_reg'][choice - 7]);
  const adr = (words: number) => encode(encodingNamed('ADR_pcreladdr'), { immhi: words + 1, Rd: TARGET });
  return { to, branch: (words) => [adr(words), encode(row, { Rn: TARGET })] };
}

function drawUnit(random: Random): Unit {
  const choice = random() % 100;
  if (choice < 40) return [drawWord(pick(generalRows, random), random)];
  if (choice < 60) return [drawWord(pick(vectorRows, random), random)];
  if (choice < 80) return [drawWord(pick(memoryRows, random), random)];
  if (choice < 93) return forwardBranch(random);
  return choice < 97 ? exclusivePair(random) : systemInstruction(random);
}

/** Lays units out; branches go to the beginning of the unit `to` further on, or to the end. */
function layOut(units: readonly Unit[]): number[] {
  const lengths = units.map((unit) => ('branch' in unit ? unit.branch(0).length : unit.length));
  return units.flatMap((unit, i) => {
    if (!('branch' in unit)) return unit;
    const over = lengths.slice(i + 1, i + 1 + unit.to).reduce((sum, length) => sum + length, 0);
    return unit.branch(over + 1);
  });
}

/** Counts X21 down and goes back to the beginning while it is not 0. */
function loopEnd(length: number): number[] {
  const decrement = encode(encodingNamed('SUB_addsub_imm'), { sf: 1, imm12: 1, Rn: COUNTER, Rd: COUNTER });
  return [decrement, encode(encodingNamed('CBNZ_compbranch'), { sf: 1, Rt: COUNTER, imm19: -(length + 1) })];
}

/** 4 to 12 units; one block in three is a loop. */
function drawBlock(random: Random): number[] {
  const units = Array.from({ length: 4 + (random() % 9) }, () => drawUnit(random));
  const words = layOut(units);
  return random() % 3 ? words : [...words, ...loopEnd(words.length)];
}

function blockState(random: RandomBits): BigUint64Array {
  const state = anyState(random);
  for (const base of BASES) state[Word.x + base] = BigInt(DATA + 0x3c0 + random.below(128));
  state[Word.x + OFFSET] = BigInt(random.below(8));
  state[Word.x + ALIGNED] = BigInt(DATA + 0x200 + 16 * random.below(96));
  state[Word.x + COUNTER] = BigInt(1 + random.below(3));
  return state;
}

/** A block on some states. */
export function drawBlockJob(states: number, random: Random, bits: RandomBits): Job {
  return {
    name: 'block',
    words: drawBlock(random),
    memory: true,
    states: Array.from({ length: states }, () => blockState(bits)),
  };
}
