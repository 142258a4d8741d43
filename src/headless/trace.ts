/** `--trace`: records a run and writes what was recorded to a file. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { attachDebugger } from '../awareness/attach.ts';
import { DebugPort } from '../emulator/debug-port.ts';
import type { Pack } from '../pack/load.ts';
import { Tracing } from '../workers/tracing.ts';
import type { TraceRequest } from './arguments.ts';
import type { Runner } from './runner.ts';
import { openSymbols } from './symbols.ts';

/** A recording under way. */
export interface TraceRun {
  /** The machine's state was replaced. */
  begin(): void;
  /** Writes the file. */
  finish(): void;
}

/** Begins to record. Rejects with `ProbeError` when a probe cannot be set. */
export async function startTrace(runner: Runner, pack: Pack, request: TraceRequest): Promise<TraceRun> {
  const domains = new Map(pack.manifest.domains.map(({ vmid, domid }) => [vmid, domid]));
  const port = new DebugPort(runner.machine, (count) => runner.run(count, true));
  const tracing = new Tracing(runner.machine, (vmid) => domains.get(vmid));
  const modules = await openSymbols(pack, ['xen', 'kernel', 'program']);
  const { system } = await attachDebugger(port, modules);
  await tracing.attach(system, modules);
  for (const probe of request.probes) await tracing.addProbe(probe);
  return {
    begin: () => tracing.begin(),
    finish: () => {
      writePieces(request.file, tracing.export(request.format));
      const { count, dropped } = tracing.recording.store;
      const lost = dropped > 0 ? `, the oldest ${dropped} of them lost (budget)` : '';
      process.stderr.write(`trace: ${count + dropped} events${lost}; ${request.format} in ${request.file}\n`);
    },
  };
}

function writePieces(file: string, pieces: readonly (string | Uint8Array)[]): void {
  const fd = openSync(file, 'w');
  try {
    let waiting: string[] = [];
    const flush = (): void => {
      if (waiting.length > 0) writeSync(fd, waiting.join(''));
      waiting = [];
    };
    for (const piece of pieces) {
      if (typeof piece === 'string') waiting.push(piece);
      else {
        flush();
        writeSync(fd, piece);
      }
      if (waiting.length > 10_000) flush();
    }
    flush();
  } finally {
    closeSync(fd);
  }
}
