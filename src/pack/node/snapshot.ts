/** The boot snapshot: the machine with all prompts waiting, made by the headless runner. */
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { BuildError } from './build-error.ts';
import { cached, type Cached, contentKey } from './cache.ts';
import type { StepProgress } from './progress.ts';
import { run } from './run.ts';
import { sourceClosure } from './source-closure.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const RUNNER = join(ROOT, 'src/headless/main.ts');
/** What carries out the boot: the state of a booted machine depends on this and all it imports. */
const BOOT = join(ROOT, 'src/headless/runner.ts');

/** Every source that the state of a booted machine depends on besides the pack. */
export function machineSources(): Promise<readonly string[]> {
  return sourceClosure(BOOT);
}

/** Instructions after which a boot is given up: several times what it takes. */
const BOOT_LIMIT = 20e9;
/** About how many lines the consoles print until all prompts wait. */
const EXPECTED_LINES = 800;

const resultSchema = z.object({ instructions: z.number().int(), hash: z.string() });

/** What is known of a snapshot, besides the file itself. */
interface SnapshotFacts {
  readonly instructions: number;
  readonly hash: string;
}

/** Whether the headless runner is there. */
export function hasRunner(): boolean {
  return existsSync(RUNNER);
}

/** A folder with `boot.snapshot` and `facts.json`, made by a cold boot of the pack in `packFolder`, whose contents `packKey` stands for. */
export async function makeSnapshot(
  packFolder: string,
  packKey: string,
  prompts: ReadonlyMap<string, string>,
  step: StepProgress,
): Promise<Cached> {
  const machine = await contentKey(await machineSources());
  return cached('snapshot', { machine, packKey }, async (folder) => {
    const file = join(folder, 'boot.snapshot');
    const output = await runHeadless(packFolder, file, prompts, step);
    const facts = readFacts(output);
    if (!existsSync(file)) throw new BuildError('the headless runner ended well but wrote no snapshot');
    await writeFile(join(folder, 'facts.json'), JSON.stringify(facts));
  });
}

function runHeadless(
  pack: string,
  file: string,
  prompts: ReadonlyMap<string, string>,
  step: StepProgress,
): Promise<string> {
  let lines = 0;
  const onLine = (): void => step.at(++lines, EXPECTED_LINES, 'booting');
  const untils = [...prompts].flatMap(([terminal, prompt]) => ['--until', terminal, prompt]);
  const args = [
    RUNNER,
    '--pack',
    pack,
    '--cold',
    '--limit',
    String(BOOT_LIMIT),
    ...untils,
    '--save',
    file,
    '--hash',
    '--json',
    '--quiet',
  ];
  return run(process.execPath, ['--import', 'tsx', ...args], { cwd: ROOT, onLine });
}

function readFacts(output: string): SnapshotFacts {
  const last = output.trimEnd().split('\n').at(-1) ?? '';
  try {
    return resultSchema.parse(JSON.parse(last));
  } catch {
    throw new BuildError(`the headless runner's last line is not its result: ${last.slice(0, 200)}`);
  }
}
