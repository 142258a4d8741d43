import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { TEST_TOOLS } from '../pack/node/tools.ts';
import { fromSummaryLine, fromVitest } from './tally.ts';

describe('counting tests', () => {
  it('takes the numbers of the report, and each file that could not be loaded', () => {
    const testResults = [
      { status: 'passed', assertionResults: [{ status: 'passed' }] },
      { status: 'failed', assertionResults: [{ status: 'failed' }] },
      { status: 'failed', assertionResults: [] },
    ];
    const report = JSON.stringify({ numPassedTests: 7, numFailedTests: 2, testResults });
    expect(fromVitest(report)).toEqual({ passed: 7, failed: 3 });
  });

  it("takes a runner's own summary", () => {
    expect(fromSummaryLine('1 passed, 0 failed\nmore\n12 passed, 3 failed\n', false)).toEqual({
      passed: 12,
      failed: 3,
    });
  });

  it('counts a runner without a summary as one test', () => {
    expect(fromSummaryLine('', true)).toEqual({ passed: 1, failed: 0 });
    expect(fromSummaryLine('', false)).toEqual({ passed: 0, failed: 1 });
  });

  it('does not believe in success when the runner ended badly', () => {
    expect(fromSummaryLine('5 passed, 0 failed\n', false)).toEqual({ passed: 5, failed: 1 });
  });
});

describe('the script for a fresh machine', () => {
  it('installs everything the tests need', () => {
    const script = readFileSync(join(import.meta.dirname, '../../.ci/run'), 'utf8');
    const words = new Set(script.split(/[\s\\]+/));
    expect(TEST_TOOLS.map(([, name]) => name).filter((name) => !words.has(name))).toEqual([]);
  });
});
