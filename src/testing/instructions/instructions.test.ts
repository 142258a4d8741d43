import { describe, expect, it } from 'vitest';
import type { Encoding } from '../../arch/a64/encoding.ts';
import { encodingNamed, ENCODINGS } from '../../arch/a64/table.ts';
import { randomWords } from '../a64-words.ts';
import { FlatCpu } from '../flat-cpu.ts';
import { RandomBits } from '../fp-operands.ts';
import {
  ALIGNMENT_ACTIONS,
  ALIGNMENT_PROGRAM,
  EXCEPTION_ACTIONS,
  EXCEPTION_PROGRAM,
} from '../bare-metal/instruction-cases.ts';
import type { Job } from './case.ts';
import { compareWithQemu } from './compare.ts';
import { Coverage, rowsByGroup } from './coverage.ts';
import { hasBase, isLiteral } from './effective-address.ts';
import { FlatRunner } from './flat-runner.ts';
import { anyState, stateFor } from './states.ts';
import { lineDifferences, linesOf, runOnBoth } from './system-rows.ts';
import { drawWords, SYSTEM_ROWS, variantOf } from './words.ts';

/** The long run takes more words of each row, more states for each word, and other seeds. */
const WORDS = Number(process.env['INSTRUCTION_WORDS'] ?? 10);
const STATES = Number(process.env['INSTRUCTION_STATES'] ?? 8);
const SEED = Number(process.env['INSTRUCTION_SEED'] ?? 1);

const coverage = new Coverage();
const interpreting = new FlatRunner();
const translating = new FlatRunner({ flat: new FlatCpu(true) });

function jobsOf(row: Encoding): Job[] {
  const random = new RandomBits(SEED * 7919 + row.value);
  const memory = hasBase(row) || isLiteral(row) || row.group === 'systeminstrs';
  return drawWords(row, WORDS, randomWords((row.value ^ SEED) | 1)).map((word) => {
    const base = anyState(random);
    const states = Array.from({ length: STATES }, () => stateFor(row, word, base, random));
    return { name: row.name, words: [word], memory, states };
  });
}

describe('every instruction that EL0 has', { timeout: 3_600_000 }, () => {
  const rows = ENCODINGS.filter(({ name }) => !SYSTEM_ROWS.includes(name));

  it.each(rowsByGroup(rows))('%s', (_, members) => {
    const jobs = members.flatMap(jobsOf);
    const { differences } = compareWithQemu(jobs, interpreting, translating);
    for (const { name, words, states } of jobs) {
      coverage.add(name, states.length);
      coverage.variants.add(variantOf(encodingNamed(name), words[0]));
    }
    expect(differences.slice(0, 5)).toEqual([]);
  });
});

describe('instructions that need more than EL0', { timeout: 120_000 }, () => {
  it.each([
    ['exceptions, returns and PSTATE', EXCEPTION_PROGRAM, EXCEPTION_ACTIONS],
    ['alignment checks', ALIGNMENT_PROGRAM, ALIGNMENT_ACTIONS],
  ] as const)('%s', (_, program, actions) => {
    const run = runOnBoth(program);
    for (const action of actions) coverage.add(action.row, linesOf(run.ours, action).length);
    expect(run.ours.at(-1)).toBe('END');
    expect(lineDifferences(run)).toEqual([]);
  });
});

describe('the encoding table', () => {
  it('is tested row by row', () => {
    console.log(coverage.toString());
    expect(coverage.missing).toEqual([]);
  });
});
