/** The built site: made when its sources have changed, and served with the packs beside it. */
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { contentKey } from './cache.ts';
import { run } from './run.ts';
import { serve } from './static-server.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const DIST = join(ROOT, 'dist');
/** What the built site depends on. */
const SITE_SOURCES = ['src', 'index.html', 'vite.config.ts', 'package-lock.json'].map((path) => join(ROOT, path));

/** Builds the site unless `dist` was built from the same sources. */
export async function ensureSite(): Promise<void> {
  const key = await contentKey(SITE_SOURCES);
  const stamp = join(DIST, '.built-by');
  const isBuilt = existsSync(join(DIST, 'index.html')) && (await readFile(stamp, 'utf8').catch(() => '')) === key;
  if (isBuilt) return;
  console.error('Building the site ...');
  await run(process.execPath, [join(ROOT, 'node_modules/vite/bin/vite.js'), 'build'], { cwd: ROOT });
  await writeFile(stamp, key);
}

/** Serves the site and `public/packs`. Port 0 takes a free one. */
export function serveSite(port: number, host: string): Promise<Server> {
  const mounts = [
    { path: '/packs/', folder: join(ROOT, 'public/packs') },
    { path: '/', folder: DIST },
  ];
  return serve(mounts, port, host);
}
