/** Counting tests over several runners. */
import { z } from 'zod';

/** How many tests there were. */
export interface Tally {
  readonly passed: number;
  readonly failed: number;
  /** Names of those that failed, with why as far as their runner says it in few words. */
  readonly failures: readonly string[];
}

export const NOTHING: Tally = { passed: 0, failed: 0, failures: [] };

/** A single test that is not counted by a runner of its own. */
export const one = (name: string, isOk: boolean): Tally =>
  isOk ? { passed: 1, failed: 0, failures: [] } : { passed: 0, failed: 1, failures: [name] };

export function add(a: Tally, b: Tally): Tally {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, failures: [...a.failures, ...b.failures] };
}

const reportSchema = z.object({
  numPassedTests: z.number(),
  testResults: z.array(
    z.object({
      name: z.string().optional(),
      status: z.string(),
      message: z.string().optional(),
      assertionResults: z.array(
        z.object({
          status: z.string(),
          fullName: z.string().optional(),
          failureMessages: z.array(z.string()).optional(),
        }),
      ),
    }),
  ),
});

type FileReport = z.infer<typeof reportSchema>['testResults'][number];

/** The beginning of a message, in which the numbers and the place are. */
const brief = (text: string | undefined): string => (text ?? '').split('\n').slice(0, 12).join('\n    ');

/** What failed in a file. One that failed without a failed test (it could not be loaded) counts as one. */
function failuresIn({ name = 'a file', status, message, assertionResults }: FileReport): string[] {
  const failed = assertionResults.filter((assertion) => assertion.status === 'failed');
  if (status === 'failed' && failed.length === 0) return [`${name}: ${brief(message)}`];
  return failed.map(
    ({ fullName, failureMessages }) => `${name}: ${fullName ?? ''}\n    ${brief(failureMessages?.[0])}`,
  );
}

/** Counts the report of vitest's JSON reporter. */
export function fromVitest(json: string): Tally {
  const { numPassedTests, testResults } = reportSchema.parse(JSON.parse(json));
  const failures = testResults.flatMap(failuresIn);
  return { passed: numPassedTests, failed: failures.length, failures };
}

/** Takes the last `N passed, N failed` of a runner's output and its lines `FAILED  NAME`; without the first, the runner counts as one test. */
export function fromSummaryLine(name: string, output: string, isOk: boolean): Tally {
  const last = [...output.matchAll(/^(\d+) passed, (\d+) failed$/gm)].at(-1);
  if (!last) return one(name, isOk);
  const failures = [...output.matchAll(/^ +FAILED +(.*)$/gm)].map(([, what]) => `${name}: ${what}`);
  const tally = { passed: Number(last[1]), failed: Number(last[2]), failures };
  return !isOk && tally.failed === 0 ? add(tally, one(name, false)) : tally;
}
