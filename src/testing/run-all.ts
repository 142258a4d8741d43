/** `npm test`: everything. The last line is `N passed, N failed`; the exit status is 0 when nothing failed. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseManifest } from '../pack/manifest.ts';
import { DEFAULT_PACK } from '../pack/node/build-pack.ts';
import { installCommand, missingTools, TEST_TOOLS } from '../pack/node/tools.ts';
import { add, fromSummaryLine, fromVitest, type Tally } from './tally.ts';

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

const one = ({ isOk }: Outcome): Tally => ({ passed: isOk ? 1 : 0, failed: isOk ? 0 : 1 });

const npm = (script: string, ...args: readonly string[]): Promise<Outcome> =>
  show('npm', ['run', '-s', script, ...(args.length > 0 ? ['--', ...args] : [])]);

/** Without the tools to compare with, tests would be left out in silence. */
function tools(): Promise<Tally> {
  const missing = missingTools(TEST_TOOLS);
  if (missing.length > 0) {
    console.error(`Missing: ${missing.map(([tool]) => tool).join(', ')}. As root: ${installCommand(missing)}`);
  }
  return Promise.resolve(one({ isOk: missing.length === 0, output: '' }));
}

async function unitTests(): Promise<Tally> {
  const folder = mkdtempSync(join(tmpdir(), 'trapline-test-'));
  try {
    const report = join(folder, 'report.json');
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
    const outcome = await show(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', ...reporters]);
    if (!existsSync(report)) return { passed: 0, failed: 1 };
    const tally = fromVitest(readFileSync(report, 'utf8'));
    return tally.failed === 0 && !outcome.isOk ? add(tally, { passed: 0, failed: 1 }) : tally;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function endToEnd(): Promise<Tally> {
  const hasTests = readdirSync(join(ROOT, 'e2e'), { encoding: 'utf8' }).some((name) => name.endsWith('.ts'));
  if (!hasTests) return { passed: 0, failed: 0 };
  const outcome = await npm('e2e');
  return fromSummaryLine(outcome.output, outcome.isOk);
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
  return add(one(warm), one({ ...cold, isOk: cold.isOk && isSame }));
}

/** A step that cannot even be done counts as one failed test. */
function asFailure(error: unknown): Tally {
  console.error(error);
  return { passed: 0, failed: 1 };
}

const STEPS: readonly (readonly [title: string, action: () => Promise<Tally>])[] = [
  ['Tools', tools],
  ['Types, format, lint, layers, dead code', async () => one(await npm('check'))],
  ['Guest pack', async () => one(await npm('pack'))],
  ['Unit tests', unitTests],
  ['Headless boot', headless],
  ['End to end', endToEnd],
];

async function main(): Promise<void> {
  let sum: Tally = { passed: 0, failed: 0 };
  for (const [title, action] of STEPS) {
    console.log(`\n=== ${title}`);
    const begin = performance.now();
    const tally = await action().catch(asFailure);
    const seconds = ((performance.now() - begin) / 1000).toFixed(0);
    console.log(`=== ${title}: ${tally.passed} passed, ${tally.failed} failed (${seconds} s)`);
    sum = add(sum, tally);
  }
  process.exitCode = sum.failed === 0 ? 0 : 1;
  console.log(`\n${sum.passed} passed, ${sum.failed} failed`);
}

await main();
