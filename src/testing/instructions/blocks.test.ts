import { describe, expect, it } from 'vitest';
import { randomWords } from '../a64-words.ts';
import { FlatCpu } from '../flat-cpu.ts';
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

  it.each([
    ['all at once', undefined],
    ['one instruction at a time', 1],
    ['five instructions at a time', 5],
  ])('do the same translated, %s', (_, slice) => {
    const translating = new FlatRunner({ flat: new FlatCpu(true), slice });
    const { differences } = compareRunners(jobs, translating, new FlatRunner());
    expect(differences.slice(0, 5)).toEqual([]);
    expect(translating.flat.translator.made.regions).toBeGreaterThan(BLOCKS / 20);
  });

  it('do the same one instruction at a time', () => {
    const { differences } = compareRunners(jobs, new FlatRunner(), new FlatRunner({ slice: 1 }));
    expect(differences.slice(0, 5)).toEqual([]);
  });
});
