/** Results of the bench: medians, the table, the committed figures to compare with. */
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { chromiumVersion } from '../chromium.ts';
import type { Timing } from './measured.ts';
import type { Engine } from './our-machine.ts';

/** One workload. */
export interface Result {
  readonly name: string;
  readonly engine: Engine;
  readonly oursSeconds: number;
  readonly qemuSeconds: number;
  /** Ours to QEMU's. */
  readonly ratio: number;
  readonly instructions: number;
  /** Million instructions per second of ours. */
  readonly mips: number;
}

/** What is committed: the last run of each kind of machine. */
type Committed = Readonly<Record<string, readonly Result[]>>;

const RESULTS = join(import.meta.dirname, 'results.json');

/** Names processor, number of cores and the engines: only runs of the same kind can be compared. */
export function machineKind(): string {
  const all = cpus();
  const node = `V8 ${process.versions.v8.split('.').slice(0, 2).join('.')}`;
  return [`${all[0]?.model.trim() ?? 'unknown'} x${all.length}`, node, chromiumVersion()].join(', ');
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

export function committedResults(): readonly Result[] {
  return readAll()[machineKind()] ?? [];
}

/** Replaces what is committed of these workloads for this kind of machine. */
export function commitResults(results: readonly Result[]): void {
  const isSame = (a: Result, b: Result): boolean => a.name === b.name && a.engine === b.engine;
  const kept = committedResults().filter((old) => !results.some((result) => isSame(old, result)));
  writeFileSync(RESULTS, `${JSON.stringify({ ...readAll(), [machineKind()]: [...kept, ...results] }, null, 2)}\n`);
}

function readAll(): Committed {
  try {
    return JSON.parse(readFileSync(RESULTS, 'utf8')) as Committed;
  } catch {
    return {};
  }
}

export function makeResult(name: string, engine: Engine, ours: readonly Timing[], qemu: readonly Timing[]): Result {
  const seconds = (timings: readonly Timing[]): number => median(timings.map((timing) => timing.seconds));
  const oursSeconds = seconds(ours);
  const qemuSeconds = seconds(qemu);
  const instructions = median(ours.map((timing) => timing.instructions ?? 0));
  const mips = instructions / oursSeconds / 1e6;
  return { name, engine, oursSeconds, qemuSeconds, ratio: oursSeconds / qemuSeconds, instructions, mips };
}

export const HEADING =
  'workload         engine       ours s   QEMU s   ratio    million    MIPS   last committed ratio';

export function line(result: Result, committed: readonly Result[]): string {
  const before = committed.find(({ name, engine }) => name === result.name && engine === result.engine);
  const cells = [
    result.name.padEnd(17),
    result.engine.padEnd(10),
    result.oursSeconds.toFixed(2).padStart(9),
    result.qemuSeconds.toFixed(2).padStart(9),
    result.ratio.toFixed(2).padStart(8),
    (result.instructions / 1e6).toFixed(0).padStart(11),
    result.mips.toFixed(0).padStart(8),
    before ? `   ${before.ratio.toFixed(2)}` : '   -',
  ];
  return cells.join('');
}
