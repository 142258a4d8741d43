/** Random operands for Advanced SIMD integer instructions, rich in the values where saturation and rounding happen (tests only). */
import { encode, fieldsOf, type Encoding } from '../arch/a64/encoding.ts';
import { wordsOf } from './a64-words.ts';
import type { UserState } from './user-oracle.ts';

type Random = () => number;

/** One lane of `bits` bits: an extreme, a small number, a shift amount or anything. */
function lane(random: Random, bits: number): bigint {
  const wide = (BigInt(random()) << 32n) | BigInt(random());
  const half = 1n << BigInt(bits - 1);
  const choices = [
    0n,
    1n,
    -1n,
    half,
    half - 1n,
    half + 1n,
    wide & 0xffn,
    BigInt(bits),
    -BigInt(bits),
    wide,
    wide,
    wide,
  ];
  return BigInt.asUintN(bits, choices[random() % choices.length]);
}

/** A 128-bit vector of lanes of one size. */
function simdVector(random: Random): bigint {
  const bits = 8 << (random() & 3);
  let value = 0n;
  for (let at = 0; at < 128; at += bits) value |= lane(random, bits) << BigInt(at);
  return value;
}

/** Start state with V0-V3 and X0-X2; sometimes two sources are equal, sometimes FPSR.QC is set already. */
export function simdState(random: Random): UserState {
  const v = (): bigint => simdVector(random);
  const first = v();
  return {
    v: [first, random() % 8 === 0 ? first : v(), v(), v()],
    x: [lane(random, 64), lane(random, 64), lane(random, 64)],
    nzcv: (random() & 0xf000_0000) >>> 0,
    fpcr: 0,
    fpsr: random() % 4 === 0 ? 1 << 27 : 0,
  };
}

/** General registers of the copies between register files. */
const GENERAL_REGISTER: Record<string, string> = {
  DUP_gen_asimdins: 'Rn',
  INS_gen_asimdins: 'Rn',
  UMOV_asimdins: 'Rd',
  SMOV_asimdins: 'Rd',
};

/** Moves register fields to the registers under control; a table stays within V0-V3. */
function confine(row: Encoding, word: number): number {
  const fields = fieldsOf(row, word);
  for (const name of ['Rd', 'Rn', 'Rm']) {
    if (fields[name] === undefined) continue;
    if (name === GENERAL_REGISTER[row.name]) fields[name] = [0, 1, 2, 31][fields[name] & 3];
    else fields[name] %= 4;
  }
  if (fields['M'] !== undefined && fields['size'] === 2) fields['M'] = 0;
  if (fields['len'] !== undefined) fields['Rn'] %= 4 - fields['len'];
  return encode(row, fields);
}

/** Words of a row that use only registers the oracle controls. */
export function confinedWords(row: Encoding, count: number, random: Random): number[] {
  return wordsOf(row, count, random).map((word) => confine(row, word));
}
