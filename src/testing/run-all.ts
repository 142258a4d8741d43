/** `npm test`: everything. The last line is `N passed, N failed`; the exit status is 0 when nothing failed. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseManifest } from '../pack/manifest.ts';
import { BuildError } from '../pack/node/build-error.ts';
import { DEFAULT_PACK } from '../pack/node/build-pack.ts';
import { Progress } from '../pack/node/progress.ts';
import { ensureTools, TEST_TOOLS } from '../pack/node/tools.ts';
import { add, fromSummaryLine, fromVitest, NOTHING, one, type Tally } from './tally.ts';

const ROOT = join(import.meta.dirname, '../..');
const KEPT_OUTPUT = 1_000_000;

/** What a program that was run came to. */
interface Outcome {
  readonly isOk: boolean;
  /** The end of what it printed. */
  readonly output: string;
}

/** Runs a program in the checkout with its output shown. */
function show(command: string, args: readonly string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      process.stdout.write(text);
      output = (output + text).slice(-KEPT_OUTPUT);
    });
    child.on('error', (error) => resolve({ isOk: false, output: error.message }));
    child.on('close', (code) => resolve({ isOk: code === 0, output }));
  });
}

const npm = (script: string, ...args: readonly string[]): Promise<Outcome> =>
  show('npm', ['run', '-s', script, ...(args.length > 0 ? ['--', ...args] : [])]);

/** Without the tools to compare with, tests would be left out in silence. As root what is missing is installed. */
async function tools(): Promise<Tally> {
  await ensureTools(TEST_TOOLS, new Progress(1));
  return one('tools', true);
}

async function unitTests(): Promise<Tally> {
  const folder = mkdtempSync(join(tmpdir(), 'trapline-test-'));
  try {
    const report = join(folder, 'report.json');
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
    const outcome = await show(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', ...reporters]);
    if (!existsSync(report)) return one('unit tests wrote no report', false);
    const tally = fromVitest(readFileSync(report, 'utf8'));
    return tally.failed === 0 && !outcome.isOk ? add(tally, one('unit tests ended badly', false)) : tally;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function endToEnd(): Promise<Tally> {
  const hasTests = readdirSync(join(ROOT, 'e2e'), { encoding: 'utf8' }).some((name) => name.endsWith('.ts'));
  if (!hasTests) return NOTHING;
  const outcome = await npm('e2e');
  return fromSummaryLine('end to end', outcome.output, outcome.isOk);
}

/** From the boot snapshot: a DomU that is typed at asks Xen for its version. Then a cold boot must end in the very state of the snapshot. */
async function headless(): Promise<Tally> {
  const command = 'cat /sys/hypervisor/version/major\\n';
  const warm = await npm('headless', '--quiet', '--type', 'd1', command, '--until', 'd1', '4\\s+domU1 # ', '--json');
  const { snapshot, domains } = parseManifest(readFileSync(join(DEFAULT_PACK, 'manifest.json'), 'utf8'));
  const untils = domains.flatMap(({ domid, hostname }) => ['--until', `d${domid}`, `${hostname} # `]);
  const cold = await npm('headless', '--quiet', '--cold', ...untils, '--hash', '--json');
  const isSame = snapshot !== undefined && cold.output.includes(`"hash":"${snapshot.hash}"`);
  if (!isSame) console.error('The cold boot did not end in the state of the boot snapshot.');
  return add(one('a boot from the snapshot', warm.isOk), one('a cold boot', cold.isOk && isSame));
}

/** A step that cannot even be done counts as one failed test. */
function asFailure(error: unknown): Tally {
  console.error(error instanceof BuildError ? error.message : error);
  return one(error instanceof Error ? error.message : String(error), false);
}

type Step = readonly [title: string, action: () => Promise<Tally>];

/** Where one of these fails, the others would only fail for the same reason. */
const PREREQUISITES: readonly Step[] = [
  ['Tools', tools],
  ['Guest pack', async () => one('npm run pack', (await npm('pack')).isOk)],
];

const TESTS: readonly Step[] = [
  ['Types, format, lint, layers, dead code', async () => one('npm run check', (await npm('check')).isOk)],
  ['Unit tests', unitTests],
  ['Headless boot', headless],
  ['End to end', endToEnd],
];

async function runStep([title, action]: Step): Promise<Tally> {
  console.log(`\n=== ${title}`);
  const begin = performance.now();
  const tally = await action().catch(asFailure);
  const seconds = ((performance.now() - begin) / 1000).toFixed(0);
  console.log(`=== ${title}: ${tally.passed} passed, ${tally.failed} failed (${seconds} s)`);
  return tally;
}

async function runAll(): Promise<Tally> {
  let sum = NOTHING;
  for (const step of PREREQUISITES) {
    sum = add(sum, await runStep(step));
    if (sum.failed > 0) return sum;
  }
  for (const step of TESTS) sum = add(sum, await runStep(step));
  return sum;
}

const sum = await runAll();
process.exitCode = sum.failed === 0 ? 0 : 1;
// Last, where whoever sees only the end of the output finds it.
for (const failure of sum.failures) console.log(`\nFAILED ${failure}`);
console.log(`\n${sum.passed} passed, ${sum.failed} failed`);
