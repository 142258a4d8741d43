import { describe, expect, it } from 'vitest';
import { randomWords } from '../a64-words.ts';
import { RandomBits } from '../fp-operands.ts';
import { drawBlockJob } from './blocks.ts';
import { compareRunners, compareWithQemu } from './compare.ts';
import { FlatRunner } from './flat-runner.ts';

/** The long run draws more blocks, from other seeds. */
const BLOCKS = Number(process.env['BLOCK_COUNT'] ?? 600);
const STATES = Number(process.env['BLOCK_STATES'] ?? 4);
const SEED = Number(process.env['BLOCK_SEED'] ?? 1);

const random = randomWords(SEED * 2_654_435 + 1);
const bits = new RandomBits(SEED);
const jobs = Array.from({ length: BLOCKS }, () => drawBlockJob(STATES, random, bits));

describe('random blocks', { timeout: 3_600_000 }, () => {
  it('do what QEMU does', () => {
    const { cases, differences } = compareWithQemu(jobs, new FlatRunner());
    expect(differences.slice(0, 5)).toEqual([]);
    expect(cases).toBe(BLOCKS * STATES);
  });

  it('do the same one instruction at a time', () => {
    const { differences } = compareRunners(jobs, new FlatRunner(), new FlatRunner({ slice: 1 }));
    expect(differences.slice(0, 5)).toEqual([]);
  });
});
