/** `--trace`: records a run and writes what was recorded to a file. */
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { attachDebugger } from '../awareness/attach.ts';
import { DebugPort } from '../emulator/debug-port.ts';
import type { Pack } from '../pack/load.ts';
import { snapshotFiles } from '../trace/etm/snapshot.ts';
import { EventStore } from '../trace/event-store.ts';
import { stpSnapshotFiles, stpStream } from '../trace/stp/stimulus-events.ts';
import { InstructionTrace, watchInstructions } from '../workers/instruction-trace.ts';
import { type TimelineFormat, Tracing } from '../workers/tracing.ts';
import type { TraceRequest } from './arguments.ts';
import type { Runner } from './runner.ts';
import { openSymbols } from './symbols.ts';

/** A recording under way. */
export interface TraceRun {
  /** The machine's state was replaced. */
  begin(): void;
  /** Writes the file, and says so on standard error. */
  finish(): TraceSummary;
}

/** What became of a recording. */
export interface TraceSummary {
  /** Instructions or events that were recorded. */
  readonly recorded: number;
  /** How many of them are not in the file: the oldest, when the budget was used up. */
  readonly dropped: number;
}

/** Begins to record. Rejects with `ProbeError` when a probe cannot be set. */
export function startTrace(runner: Runner, pack: Pack, request: TraceRequest): Promise<TraceRun> {
  const { format, file, cpu } = request;
  if (format === 'etm') return Promise.resolve(startInstructionTrace(runner, file, cpu));
  if (format === 'stp') return Promise.resolve(startSoftwareTrace(runner, file, request.budget));
  return startTimelines(runner, pack, { ...request, format });
}

/** A folder with the instructions of one pCPU, for OpenCSD. */
function startInstructionTrace({ machine }: Runner, folder: string, cpu: number): TraceRun {
  let trace = new InstructionTrace();
  let stop = watchInstructions(machine, cpu, trace);
  return {
    begin: () => {
      stop();
      trace = new InstructionTrace();
      stop = watchInstructions(machine, cpu, trace);
    },
    finish: () => {
      stop();
      writeFolder(folder, snapshotFiles(trace.snapshot()));
      const note = trace.conflicts > 0 ? `, ${trace.conflicts} of them where other code had been` : '';
      process.stderr.write(`trace: ${trace.instructions} instructions of pCPU ${cpu}${note}; etm in ${folder}\n`);
      return { recorded: trace.instructions, dropped: 0 };
    },
  };
}

/** A folder with what software wrote to the System Trace Macrocell. */
function startSoftwareTrace({ machine }: Runner, folder: string, budget: number): TraceRun {
  const store = new EventStore(budget);
  const { traceRing } = machine;
  const drain = (): void => traceRing.drain((words) => void store.add(words));
  traceRing.onFull = drain;
  const begin = (): void => {
    traceRing.clear();
    store.clear();
  };
  begin();
  return {
    begin,
    finish: () => {
      drain();
      const stream = stpStream(store);
      writeFolder(folder, stpSnapshotFiles(stream));
      process.stderr.write(`trace: ${stream.length} bytes${lostText(store)}; stp in ${folder}\n`);
      return summaryOf(store);
    },
  };
}

const summaryOf = ({ count, dropped }: EventStore): TraceSummary => ({ recorded: count + dropped, dropped });

function lostText({ dropped }: EventStore): string {
  return dropped > 0 ? `, the oldest ${dropped} events of them dropped (--trace-budget)` : '';
}

function writeFolder(folder: string, files: ReadonlyMap<string, string | Uint8Array>): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, contents] of files) writeFileSync(join(folder, name), contents);
}

async function startTimelines(
  runner: Runner,
  pack: Pack,
  request: TraceRequest & { readonly format: TimelineFormat },
): Promise<TraceRun> {
  const domains = new Map(pack.manifest.domains.map(({ vmid, domid }) => [vmid, domid]));
  const port = new DebugPort(runner.machine, (count) => runner.run(count, true));
  const tracing = new Tracing(runner.machine, (vmid) => domains.get(vmid), request.budget);
  const modules = await openSymbols(pack, ['xen', 'kernel', 'program']);
  const { system } = await attachDebugger(port, modules);
  await tracing.attach(system, modules);
  for (const probe of request.probes) await tracing.addProbe(probe);
  return {
    begin: () => tracing.begin(),
    finish: () => {
      writePieces(request.file, tracing.export(request.format));
      const { store } = tracing.recording;
      const summary = summaryOf(store);
      const text = `${summary.recorded} events${lostText(store)}`;
      process.stderr.write(`trace: ${text}; ${request.format} in ${request.file}\n`);
      return summary;
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
