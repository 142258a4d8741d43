/** The user land: busybox, one static program with debug information, so that `cat` has source too. */
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cached, type Cached, contentKey } from './cache.ts';
import type { StepProgress } from './progress.ts';
import { run } from './run.ts';
import { unpackSource } from './xen.ts';

/** The compilation directory that the debug information names. */
export const BUSYBOX_SOURCE_PREFIX = '/usr/src/busybox';

/** About how many lines `make` prints. */
const EXPECTED_LINES = 330;
const MAKE_ARGS = ['ARCH=arm64', 'CROSS_COMPILE=aarch64-linux-gnu-', 'SKIP_STRIP=y'];

/** A folder with `busybox` (with DWARF), `busybox.stripped`, `busybox.links` and `source/`. `config` is the path of our configuration. */
export async function buildBusybox(
  downloads: string,
  files: unknown,
  config: string,
  step: StepProgress,
): Promise<Cached> {
  const recipe = await contentKey([fileURLToPath(import.meta.url), config]);
  return cached('busybox', { recipe, files }, async (folder) => {
    const source = join(folder, 'source');
    await unpackSource(downloads, source);
    const env = await timestamp(source);
    await configure(source, await readFile(config, 'utf8'), env);
    await compile(source, env, step);
    await copyFile(join(source, 'busybox_unstripped'), join(folder, 'busybox'));
    await copyFile(join(source, 'busybox.links'), join(folder, 'busybox.links'));
    await run('aarch64-linux-gnu-strip', ['-s', '-o', join(folder, 'busybox.stripped'), join(folder, 'busybox')]);
  });
}

type Environment = Readonly<Record<string, string>>;

/** The program holds a time: that of the package, so that each build gives the same bytes. */
async function timestamp(source: string): Promise<Environment> {
  const changelog = await run('dpkg-parsechangelog', ['-l', join(source, 'debian/changelog')]);
  return { SOURCE_DATE_EPOCH: /^Timestamp: (\d+)$/m.exec(changelog)?.[1] ?? '0' };
}

/** `allnoconfig`, then our settings, then defaults for what they bring with them. */
async function configure(source: string, settings: string, env: Environment): Promise<void> {
  await run('make', ['allnoconfig', ...MAKE_ARGS], { cwd: source, env });
  const chosen = new Map(
    settings
      .split('\n')
      .filter((line) => line.startsWith('CONFIG_'))
      .map(splitSetting),
  );
  const path = join(source, '.config');
  const kept = (await readFile(path, 'utf8')).split('\n').filter((line) => !chosen.has(nameOf(line)));
  const lines = [...chosen].map(([name, value]) => (value === 'n' ? `# ${name} is not set` : `${name}=${value}`));
  await writeFile(path, [...kept, ...lines, ''].join('\n'));
  await run('make', ['oldconfig', ...MAKE_ARGS], { cwd: source, env, input: '\n'.repeat(2000) });
}

function splitSetting(line: string): readonly [string, string] {
  const at = line.indexOf('=');
  return [line.slice(0, at), line.slice(at + 1)];
}

function nameOf(line: string): string {
  return /CONFIG_\w+/.exec(line)?.[0] ?? '';
}

async function compile(source: string, env: Environment, step: StepProgress): Promise<void> {
  const flags = `EXTRA_CFLAGS=-ffile-prefix-map=${source}=${BUSYBOX_SOURCE_PREFIX}`;
  let lines = 0;
  const onLine = (): void => step.at(++lines, EXPECTED_LINES, 'compiling');
  await run('make', [`-j${availableParallelism()}`, ...MAKE_ARGS, flags], { cwd: source, env, onLine });
  await run('make', ['busybox.links', ...MAKE_ARGS, flags], { cwd: source, env });
}
