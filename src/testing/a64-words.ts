/** Instruction words for tests: drawn from a fixed seed, so that every run sees the same ones. */
import { decode } from '../arch/a64/decode.ts';
import type { Encoding } from '../arch/a64/encoding.ts';

/** A generator of unsigned 32-bit numbers (xorshift32). `seed` must not be 0. */
export function randomWords(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

/** A word of the row with random fields; now and then a field is all zeroes or all ones, where the special cases are. */
function candidate(row: Encoding, random: () => number): number {
  let word = (row.value | (random() & ~row.mask)) >>> 0;
  for (const { lsb, width } of row.fields) {
    const bits = (2 ** width - 1) << lsb;
    const choice = random() % 12;
    if (choice === 0) word &= ~bits;
    if (choice === 1) word |= bits;
  }
  return word >>> 0;
}

/** `count` words that decode to the row. */
export function wordsOf(row: Encoding, count: number, random: () => number): number[] {
  const words: number[] = [];
  for (let attempt = 0; words.length < count && attempt < count * 100; attempt += 1) {
    const word = candidate(row, random);
    if (decode(word)?.row === row) words.push(word);
  }
  return words;
}
