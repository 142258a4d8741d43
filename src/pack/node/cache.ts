/** Results of build steps, kept outside of the checkout under a key made of everything they depend on. */
import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, utimes } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Older results of a step are dropped once this many are there. */
const KEPT_RESULTS = 3;

/** `$XDG_CACHE_HOME/trapline`. */
export function cacheFolder(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'trapline');
}

/** 16 hexadecimal digits that stand for `inputs`. */
export function keyOf(inputs: unknown): string {
  return createHash('sha256').update(JSON.stringify(inputs)).digest('hex').slice(0, 16);
}

/** A key of the contents of files and of all files below folders; tests, and paths that are not there, are left out. */
export async function contentKey(paths: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const path of (await Promise.all(paths.map(filesBelow))).flat()) hash.update(await readFile(path));
  return hash.digest('hex').slice(0, 16);
}

async function filesBelow(path: string): Promise<string[]> {
  if (!existsSync(path)) return [];
  if (statSync(path).isFile()) return [path];
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && !/\.test\.tsx?$/.test(entry.name));
  return files.map((entry) => join(entry.parentPath, entry.name)).sort();
}

/** A step's folder of results. */
export interface Cached {
  readonly folder: string;
  /** It was there already. */
  readonly isReused: boolean;
}

/**
 * The folder with the results of step `name` for `inputs`. When it is not there, `build` fills a new one, which gets its name only when `build` has ended
 * well: an interrupted build never leaves half a result.
 */
export async function cached(name: string, inputs: unknown, build: (folder: string) => Promise<void>): Promise<Cached> {
  const steps = join(cacheFolder(), 'steps');
  const folder = join(steps, `${name}-${keyOf(inputs)}`);
  if (existsSync(folder)) {
    const now = new Date();
    await utimes(folder, now, now);
    return { folder, isReused: true };
  }
  const unfinished = `${folder}.part-${process.pid}`;
  await dropUnfinished(steps, name);
  await mkdir(unfinished, { recursive: true });
  await build(unfinished);
  await rename(unfinished, folder);
  await dropOld(steps, name);
  return { folder, isReused: false };
}

async function resultsOf(steps: string, name: string): Promise<string[]> {
  const entries = await readdir(steps).catch(() => []);
  return entries.filter((entry) => entry.startsWith(`${name}-`)).map((entry) => join(steps, entry));
}

/** Removes what processes that are gone have left behind. */
async function dropUnfinished(steps: string, name: string): Promise<void> {
  for (const path of await resultsOf(steps, name)) {
    const owner = /\.part-(\d+)$/.exec(path)?.[1];
    if (owner !== undefined && !isAlive(Number(owner))) await rm(path, { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function dropOld(steps: string, name: string): Promise<void> {
  const finished = (await resultsOf(steps, name)).filter((path) => /-[0-9a-f]{16}$/.test(path));
  const byAge = finished.sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
  for (const path of byAge.slice(KEPT_RESULTS)) await rm(path, { recursive: true, force: true });
}
