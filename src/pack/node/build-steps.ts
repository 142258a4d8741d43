/** Steps of building a pack, told on the terminal. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Manifest } from '../manifest.ts';
import { type Cached, keyOf } from './cache.ts';
import type { PackFolder } from './pack-folder.ts';
import type { Progress, StepProgress } from './progress.ts';
import { hasRunner, makeSnapshot } from './snapshot.ts';

/** Does `action` as a step of `progress`; `noteOf` says what came of it. */
export async function step<T>(
  progress: Progress,
  title: string,
  action: (step: StepProgress) => Promise<T>,
  noteOf: (result: T) => string = () => 'done',
): Promise<T> {
  const current = progress.step(title);
  try {
    const result = await action(current);
    current.end(noteOf(result));
    return result;
  } catch (error) {
    current.end('failed');
    throw error;
  }
}

/** The same for a step whose result is a folder of the cache. */
export async function cachedStep(
  progress: Progress,
  title: string,
  action: (step: StepProgress) => Promise<Cached>,
): Promise<string> {
  const { folder } = await step(progress, title, action, ({ isReused }) => (isReused ? 'from the cache' : 'done'));
  return folder;
}

/** Boots the pack until each console has printed its prompt (a regular expression), and puts the machine's state into it. */
export async function addSnapshot(
  folder: PackFolder,
  manifest: Manifest,
  prompts: ReadonlyMap<string, string>,
  progress: Progress,
): Promise<void> {
  if (!hasRunner()) {
    progress.note(
      'WARNING: the headless runner is missing, so the pack has no boot snapshot: the page can only boot cold.',
    );
    return;
  }
  const key = keyOf([manifest.images, manifest.entry, [...prompts]]);
  const made = await cachedStep(progress, 'Boot once for the snapshot', (current) =>
    makeSnapshot(folder.path, key, prompts, current),
  );
  const { instructions, hash } = JSON.parse(await readFile(join(made, 'facts.json'), 'utf8')) as Manifest['snapshot'] &
    object;
  const file = await folder.copy(join(made, 'boot.snapshot'), 'boot.snapshot');
  await folder.writeManifest({ ...manifest, snapshot: { ...file, instructions, hash } });
}
