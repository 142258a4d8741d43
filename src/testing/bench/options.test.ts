import { describe, expect, it } from 'vitest';
import { readOptions } from './options.ts';

const read = (...words: string[]): ReturnType<typeof readOptions> => readOptions(words, ['boot', 'fork'], ['fuzz']);

describe('the command line of the bench', () => {
  it('measures everything in both engines three times when nothing is said', () => {
    expect(read()).toEqual({ json: false, only: [], engines: ['chromium', 'node'], runs: 3, commit: false });
  });

  it('takes several names, of both kinds', () => {
    expect(read('--only', 'fork', '--only', 'fuzz').only).toEqual(['fork', 'fuzz']);
  });

  it('takes one engine, a number of runs, and what is done with the results', () => {
    const options = read('--engine', 'node', '--runs', '5', '--json', '--commit');
    expect(options).toEqual({ json: true, only: [], engines: ['node'], runs: 5, commit: true });
  });

  it.each([
    ['--only', 'spoon'],
    ['--engine', 'spidermonkey'],
    ['--runs', '0'],
    ['--fast', ''],
  ])('does not take %s %s', (...words) => {
    expect(() => read(...words)).toThrow(/not understood\nUsage/);
  });
});
