/** Counting tests over several runners. */
import { z } from 'zod';

/** How many tests there were. */
export interface Tally {
  readonly passed: number;
  readonly failed: number;
}

export function add(a: Tally, b: Tally): Tally {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed };
}

const reportSchema = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  testResults: z.array(z.object({ status: z.string(), assertionResults: z.array(z.object({ status: z.string() })) })),
});

/** Counts the report of vitest's JSON reporter. A file that failed without a failed test (it could not be loaded) counts as one. */
export function fromVitest(json: string): Tally {
  const { numPassedTests, numFailedTests, testResults } = reportSchema.parse(JSON.parse(json));
  const broken = testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && !assertionResults.some((assertion) => assertion.status === 'failed'),
  );
  return { passed: numPassedTests, failed: numFailedTests + broken.length };
}

/** Takes the last `N passed, N failed` of a runner's output; without one, the runner counts as one test. */
export function fromSummaryLine(output: string, isOk: boolean): Tally {
  const last = [...output.matchAll(/^(\d+) passed, (\d+) failed$/gm)].at(-1);
  const tally = { passed: Number(last?.[1] ?? (isOk ? 1 : 0)), failed: Number(last?.[2] ?? 0) };
  return !isOk && tally.failed === 0 ? { ...tally, failed: 1 } : tally;
}
