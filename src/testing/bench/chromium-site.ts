/** A page with nothing but the agent's worker, served beside the pack by our own server. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'vite';
import { DEFAULT_PACK } from '../../pack/node/build-pack.ts';
import { serve } from '../../pack/node/static-server.ts';

const ROOT = join(import.meta.dirname, '../../..');

const PAGE = '<!doctype html><title>bench</title><script src="page.js"></script>';
/** One question at a time. */
const SCRIPT = `
const worker = new Worker('worker.js');
globalThis.ask = (message) => new Promise((resolve) => {
  worker.onmessage = ({ data }) => resolve(data);
  worker.onerror = ({ message: error }) => resolve({ error });
  worker.postMessage(message);
});
`;

async function bundleInto(outDir: string): Promise<void> {
  const entry = join(import.meta.dirname, 'worker-agent.ts');
  const lib = { entry, name: 'worker', formats: ['iife' as const], fileName: () => 'worker.js' };
  const config = { configFile: false as const, logLevel: 'error' as const, root: ROOT, publicDir: false as const };
  await build({ ...config, build: { outDir, emptyOutDir: true, target: 'es2023', lib } });
  writeFileSync(join(outDir, 'index.html'), PAGE);
  writeFileSync(join(outDir, 'page.js'), SCRIPT);
}

/** Bundles the worker and serves it on a free port until the server is closed. */
export async function serveAgent(pack = DEFAULT_PACK): Promise<Server> {
  const folder = mkdtempSync(join(tmpdir(), 'trapline-bench-'));
  await bundleInto(folder);
  const mounts = [
    { path: '/packs/default/', folder: pack },
    { path: '/', folder },
  ];
  const server = await serve(mounts, 0);
  return server.once('close', () => rmSync(folder, { recursive: true }));
}
