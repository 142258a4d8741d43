/**
 * `npm run bench -- --only lookups`: how long questions to the symbol files of the default pack take that have not been asked before, and asked again. Rejects when most of
 * them take longer than a person should notice.
 */
import { openSymbolFile } from '../../pack/symbols.ts';
import { loadPack } from '../../pack/load.ts';
import { FolderFiles } from '../../pack/node/folder-files.ts';
import type { SymbolFile } from '../../debugger/symbols/symbol-file.ts';
import { bytesAccess } from '../../base/random-access.ts';
import { DEFAULT_PACK } from '../busy-system.ts';
import { type Lookup, randomLookups } from '../lookups.ts';

const COUNT = 1000;
/** Milliseconds that 95 of 100 look-ups may take. */
const MAX_COLD = 50;
const MAX_WARM = 1;

/** Milliseconds. */
interface Times {
  readonly cold: number[];
  readonly warm: number[];
}

export async function benchLookups(): Promise<void> {
  const pack = await loadPack(new FolderFiles(DEFAULT_PACK));
  const slow: string[] = [];
  for (const entry of pack.manifest.symbols) {
    const began = performance.now();
    const file = await openSymbolFile(pack, entry);
    const opened = performance.now() - began;
    console.log(`${entry.file}: opened in ${opened.toFixed(0)} ms, ${rss()} MB resident`);
    if (!file.hasIndex) await makeIndex(file);
    // The questions are drawn from another copy: this one must not have been asked anything.
    for (const [kind, lookups] of await randomLookups(await openSymbolFile(pack, entry), COUNT, 5)) {
      const { cold, warm } = await measure(file, lookups);
      console.log(`  ${kind.padEnd(16)} cold ${percentiles(cold)}   warm ${percentiles(warm)}`);
      if (percentile(cold, 0.95) > MAX_COLD || percentile(warm, 0.95) > MAX_WARM) slow.push(`${entry.file}: ${kind}`);
    }
    console.log(`  ${rss()} MB resident`);
  }
  if (slow.length > 0) throw new Error(`too slow: ${slow.join(', ')}`);
}

async function makeIndex(file: SymbolFile): Promise<void> {
  const began = performance.now();
  const bytes = await file.makeIndex(() => Promise.resolve());
  await file.useIndex(bytesAccess(bytes));
  const size = (bytes.length / 2 ** 20).toFixed(1);
  console.log(`  the pack has no index of it: made one of ${size} MB in ${(performance.now() - began).toFixed(0)} ms`);
}

async function measure(file: SymbolFile, lookups: readonly Lookup[]): Promise<Times> {
  const times: Times = { cold: [], warm: [] };
  for (const { ask } of lookups) {
    for (const kind of ['cold', 'warm'] as const) {
      const began = performance.now();
      await ask(file);
      times[kind].push(performance.now() - began);
    }
  }
  return times;
}

function percentiles(times: readonly number[]): string {
  const shown = [0.5, 0.95, 1].map((part) => percentile(times, part).toFixed(2).padStart(7));
  return `p50 ${shown[0]} p95 ${shown[1]} max ${shown[2]} ms`;
}

function percentile(times: readonly number[], part: number): number {
  const sorted = times.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}

function rss(): number {
  return process.memoryUsage().rss >> 20;
}
