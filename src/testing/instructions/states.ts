/** Register states for instruction tests: special values where instructions look, anything elsewhere (tests only). */
import { fieldsOf, type Encoding, type Fields } from '../../arch/a64/encoding.ts';
import { fpOperand, fpVector, type RandomBits } from '../fp-operands.ts';
import { CODE, CODE_SIZE, DATA, DATA_SIZE, FPSR_BITS, SEA, SEA_SIZE, Word } from './case.ts';
import { accessOffset, hasBase, isExclusive } from './effective-address.ts';

const BRANCHES_TO_REGISTER = /^(BR|BLR|RET)_branch_reg$/;
const FLOATING = /^(F(?!MOV_asimdimm)|[SU]CVTF|URECPE|URSQRTE)/;
const QC = 0x0800_0000n;
const IXC = 0x10n;

const specials = (bits: number): bigint[] => {
  const half = 1n << BigInt(bits - 1);
  return [0n, 1n, 2n, -1n, -2n, half, half - 1n, half + 1n, half >> 1n, BigInt(bits), BigInt(bits - 1), -BigInt(bits)];
};
const SPECIALS: Readonly<Record<number, bigint[]>> = {
  8: specials(8),
  16: specials(16),
  32: specials(32),
  64: specials(64),
};

/** A number of `bits` bits: special, near a power of two, small, or anything. */
function integer(random: RandomBits, bits: 8 | 16 | 32 | 64): bigint {
  const any = random.next();
  switch (random.below(5)) {
    case 0:
      return BigInt.asUintN(bits, random.pick(SPECIALS[bits]));
    case 1:
      return BigInt.asUintN(bits, (1n << BigInt(random.below(bits))) + (any & 3n) - 1n);
    case 2:
      return BigInt.asUintN(bits, BigInt.asIntN(64, any) >> BigInt(random.below(64)));
    default:
      return BigInt.asUintN(bits, any);
  }
}

/** A general register: also 32-bit special values with anything above. */
function general(random: RandomBits): bigint {
  if (random.below(3)) return integer(random, 64);
  return integer(random, 32) | (random.below(2) ? (random.next() >> 32n) << 32n : 0n);
}

function integerVector(random: RandomBits): bigint {
  const bits = random.pick([8, 16, 32, 64] as const);
  let value = 0n;
  for (let at = 0; at < 128; at += bits) value |= integer(random, bits) << BigInt(at);
  return value;
}

function vector(random: RandomBits, isFloating: boolean): bigint {
  if (random.below(8) === (isFloating ? 0 : 1)) return integerVector(random);
  if (!isFloating) return random.below(8) ? integerVector(random) : random.next() | (random.next() << 64n);
  if (random.below(6)) return fpVector(random, random.pick([32, 64, 32, 64, 16] as const));
  const size = random.pick([32, 64] as const);
  return fpOperand(random, size);
}

function setVector(state: BigUint64Array, n: number, value: bigint): void {
  state[Word.v + 2 * n] = BigInt.asUintN(64, value);
  state[Word.v + 2 * n + 1] = value >> 64n;
}

/** Numbers of the registers that an instruction names, with the rest of its lists. */
function registersOf(row: Encoding, fields: Fields): number[] {
  const named = ['Rn', 'Rm', 'Ra', 'Rd', 'Rt', 'Rt2', 'Rs'].filter((name) => fields[name] !== undefined);
  const list = row.group.startsWith('asisdls') ? fields['Rt'] : row.group === 'asimdtbl' ? fields['Rn'] : undefined;
  const more = list === undefined ? [] : [1, 2, 3].map((n) => (list + n) % 32);
  return [...named.map((name) => fields[name]), ...more];
}

/** Anything in all registers. */
export function anyState(random: RandomBits): BigUint64Array {
  const state = BigUint64Array.from({ length: Word.count }, (_, i) => (i < Word.sp ? general(random) : random.next()));
  for (let n = 0; n < 32; n += 1) setVector(state, n, vector(random, n % 2 === 0));
  drawStatus(state, random);
  return state;
}

function drawStatus(state: BigUint64Array, random: RandomBits): void {
  state[Word.nzcv] = BigInt(random.below(16)) << 28n;
  state[Word.fpcr] = BigInt(random.below(2) ? 0 : random.below(32) << 22);
  state[Word.fpsr] = random.pick([0n, 0n, IXC, QC, random.next() & BigInt(FPSR_BITS)]);
  state[Word.seed] = random.next();
}

/** Where an access goes in the window of memory: anywhere, often across the end of the page. */
function place(row: Encoding, random: RandomBits): number {
  const middle = 0x400;
  const offset = random.below(3) ? 64 + random.below(DATA_SIZE - 256) : middle - random.below(72);
  return DATA + (isExclusive(row) && random.below(6) ? offset & ~15 : offset);
}

function branchTarget(random: RandomBits): bigint {
  const target = random.below(4) ? CODE + CODE_SIZE + random.below(0x8000) : SEA + random.below(SEA_SIZE / 2) * 2;
  return BigInt(random.below(8) ? target & ~3 : target);
}

/** Now and then something in the top byte, which EL0's addresses ignore. */
const tagged = (va: bigint, random: RandomBits): bigint =>
  random.below(8) ? va : va | (BigInt(random.below(256)) << 56n);

/** Registers by which an instruction finds its memory or its target. */
function aim(row: Encoding, word: number, fields: Fields, state: BigUint64Array, random: RandomBits): void {
  if (hasBase(row)) {
    const rm = fields['Rm'] === 31 ? 0n : state[Word.x + (fields['Rm'] ?? 0)];
    state[Word.x + fields['Rn']] = BigInt.asUintN(
      64,
      tagged(BigInt(place(row, random)), random) - accessOffset(row, word, rm),
    );
  }
  if (row.group === 'systeminstrs') state[Word.x + fields['Rt']] = BigInt(place(row, random));
  if (BRANCHES_TO_REGISTER.test(row.name)) state[Word.x + fields['Rn']] = tagged(branchTarget(random), random);
}

/** A state like `base` but for what the instruction looks at. */
export function stateFor(row: Encoding, word: number, base: BigUint64Array, random: RandomBits): BigUint64Array {
  const fields = fieldsOf(row, word);
  const state = base.slice();
  const numbers = registersOf(row, fields);
  const isFloating = FLOATING.test(row.name);
  const same = random.below(8) === 0 ? [general(random), vector(random, isFloating)] : undefined;
  for (const n of numbers) {
    state[Word.x + n] = same?.[0] ?? general(random);
    setVector(state, n, same?.[1] ?? vector(random, isFloating));
  }
  drawStatus(state, random);
  aim(row, word, fields, state, random);
  return state;
}
