import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { TEST_TOOLS } from '../pack/node/tools.ts';
import { fromSummaryLine, fromVitest } from './tally.ts';

describe('counting tests', () => {
  it('takes the numbers of the report, names what failed, and each file that could not be loaded', () => {
    const failed = { status: 'failed', fullName: 'adds up', failureMessages: ['expected 2 to be 3'] };
    const testResults = [
      { name: 'a.test.ts', status: 'passed', assertionResults: [{ status: 'passed' }] },
      { name: 'b.test.ts', status: 'failed', assertionResults: [failed, { status: 'passed' }, failed] },
      { name: 'c.test.ts', status: 'failed', message: 'no such file', assertionResults: [] },
    ];
    const tally = fromVitest(JSON.stringify({ numPassedTests: 7, testResults }));
    expect(tally).toMatchObject({ passed: 7, failed: 3 });
    expect(tally.failures[0]).toMatch(/b\.test\.ts: adds up\n.*expected 2 to be 3/);
    expect(tally.failures[2]).toBe('c.test.ts: no such file');
  });

  it("takes a runner's own summary, and the names of what failed", () => {
    const output = '1 passed, 0 failed\nmore\n  FAILED  three walk (2.0 s)\n12 passed, 1 failed\n';
    const failures = ['walks: three walk (2.0 s)'];
    expect(fromSummaryLine('walks', output, false)).toEqual({ passed: 12, failed: 1, failures });
  });

  it('counts a runner without a summary as one test', () => {
    expect(fromSummaryLine('walks', '', true)).toEqual({ passed: 1, failed: 0, failures: [] });
    expect(fromSummaryLine('walks', '', false)).toEqual({ passed: 0, failed: 1, failures: ['walks'] });
  });

  it('does not believe in success when the runner ended badly', () => {
    const tally = fromSummaryLine('walks', '5 passed, 0 failed\n', false);
    expect(tally).toEqual({ passed: 5, failed: 1, failures: ['walks'] });
  });
});

describe('the script for a fresh machine', () => {
  it('installs everything the tests need', () => {
    const script = readFileSync(join(import.meta.dirname, '../../.ci/run'), 'utf8');
    const words = new Set(script.split(/[\s\\]+/));
    expect(TEST_TOOLS.map(([, name]) => name).filter((name) => !words.has(name))).toEqual([]);
  });
});
