import { describe, expect, it } from 'vitest';
import { decode } from '../../arch/a64/decode.ts';
import { ENCODINGS } from '../../arch/a64/table.ts';
import { randomWords, wordsOf } from '../a64-words.ts';
import { FlatCpu } from '../flat-cpu.ts';
import { RandomBits } from '../fp-operands.ts';
import { type Job, Stop, Word } from './case.ts';
import { compareWithQemu } from './compare.ts';
import { FlatRunner } from './flat-runner.ts';
import { anyState } from './states.ts';

/** The long run takes more. */
const COUNT = Number(process.env['UNDEFINED_WORDS'] ?? 20_000);
const random = randomWords(Number(process.env['UNDEFINED_SEED'] ?? 41));

/** Words anywhere that are no instruction of Armv8.0. */
function randomUndefined(count: number): number[] {
  const words: number[] = [];
  while (words.length < count) {
    const word = random();
    if (decode(word) === undefined) words.push(word);
  }
  return words;
}

/** A word with one to three bits other than they were. */
function flip(word: number): number {
  const bits = 1 + (random() % 3);
  return Array.from({ length: bits }, () => 1 << (random() % 32)).reduce((flipped, bit) => flipped ^ bit, word) >>> 0;
}

/** Words that are nearly instructions: beside each row of the table. */
function nearlyInstructions(count: number): number[] {
  const perRow = Math.ceil(count / ENCODINGS.length);
  return ENCODINGS.flatMap((row) =>
    wordsOf(row, 12 * perRow, random)
      .map(flip)
      .filter((word) => decode(word) === undefined)
      .slice(0, perRow),
  );
}

describe('words that are no instruction', { timeout: 600_000 }, () => {
  const state = anyState(new RandomBits(43));
  const jobOf = (word: number): Job => ({ name: 'UNDEFINED', words: [word], memory: false, states: [state] });

  it.each([
    ['anywhere', randomUndefined(COUNT)],
    ['beside the rows of the table', nearlyInstructions(COUNT)],
  ])('are UNDEFINED: %s', (_, words) => {
    expect(words.length).toBeGreaterThan(COUNT / 2);
    const translating = new FlatRunner({ flat: new FlatCpu(true) });
    const { cases, differences } = compareWithQemu(words.map(jobOf), new FlatRunner(), translating);
    expect(differences.slice(0, 20)).toEqual([]);
    expect(cases).toBe(words.length);
  });

  it('change nothing but where execution goes on', () => {
    const runner = new FlatRunner();
    const before = state.slice();
    before[Word.pc] = 0x2000_0000n;
    const after = runner.run(before);
    expect(after[Word.stop]).toBe(Stop.undefined);
    expect([...after].filter((value, i) => i !== Word.stop && value !== before[i])).toEqual([]);
  });
});
