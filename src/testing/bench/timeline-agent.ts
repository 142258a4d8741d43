/** The worker behind the page of `timeline.ts`: the session as it is, with a recording of ten million slices in place of its own. */
import { createBirpc } from 'birpc';
import { TraceKind } from '../../base/trace-record.ts';
import { HttpFiles } from '../../pack/files.ts';
import { loadPack } from '../../pack/load.ts';
import type { PackSource } from '../../protocol/pack.ts';
import { SESSION_EVENT_NAMES, type SessionEvents, type SessionFunctions } from '../../protocol/session.ts';
import { vcpuKey } from '../../trace/labels.ts';
import { Timelines } from '../../trace/timelines.ts';
import { createSession } from '../../workers/session/session.ts';
import { cutWindow, windowStatistics } from '../../workers/timeline-window.ts';
import {
  ESR_HYPERCALL,
  ESR_SVC,
  exception,
  exceptionReturn,
  type RecordParts,
  traceRecords,
} from '../trace-records.ts';

const SLICES = 10_000_000;
const CPUS = 4;
/** System calls between two switches of vCPUs. */
const PERIOD = 50;
const RUNNABLE = 1;

interface WorkerScope {
  postMessage(data: unknown): void;
  addEventListener(type: 'message', listener: (event: { readonly data: readonly unknown[] }) => void): void;
  /** Milliseconds that each answer took; the page's driver reads them. */
  answers: number[];
  slices: number;
}

const scope = globalThis as unknown as WorkerScope;

/** A system call that makes a hypercall, and now and then a switch to another domain: 1000 to 1900 ns. */
function turn(cpu: number, n: number, time: number): RecordParts[] {
  const vmid = 1 + ((cpu + Math.floor(n / PERIOD)) % 3);
  const where = { cpu, vmid };
  const length = 1000 + ((n * 7919) % 900);
  const events = [
    ...exception({ ...where, time, el: 0 }, 1, ESR_SVC, 63 + (n % 5)),
    ...exception({ ...where, time: time + length * 0.3, el: 1 }, 2, ESR_HYPERCALL, 17 + (n % 3), 0),
    exceptionReturn({ ...where, time: time + length * 0.5, el: 2 }, 1),
    exceptionReturn({ ...where, time: time + length * 0.8, el: 1 }, 0),
  ];
  if (n % PERIOD > 0) return events;
  const [low, high] = [vcpuKey((vmid + 1) % 3, cpu), vcpuKey(vmid - 1, cpu)];
  return [
    { ...where, kind: TraceKind.contextSwitch, time, el: 2, low, high },
    { ...where, kind: TraceKind.runstate, time, el: 2, low, high: RUNNABLE },
    ...events,
  ];
}

function countSlices({ model }: Timelines): number {
  let count = 0;
  for (const track of model.sliceTracks()) count += track.count;
  return count;
}

function manySlices(): Timelines {
  const timelines = new Timelines(CPUS, {
    domidOf: (vmid) => vmid - 1,
    taskName: () => 'task',
    probeText: () => 'function',
    stopText: () => 'stop',
  });
  timelines.expectsSwitches = true;
  const start = { time: 0, el: 0, isAsleep: false, isPowered: true, mpidr: 0 };
  timelines.begin(Array.from({ length: CPUS }, (_, cpu) => ({ ...start, vcpu: vcpuKey(0, cpu) })));
  for (let n = 0; countSlices(timelines) < SLICES; n++) {
    const list = Array.from({ length: CPUS }, (_, cpu) => turn(cpu, n, n * 2000)).flat();
    timelines.add(traceRecords(list.map((parts) => ({ ...parts, time: Math.floor(parts.time) }))));
    timelines.model.advance((n + 1) * 2000);
  }
  return timelines;
}

/** The machine stays at the boot snapshot, and the past is `timelines`. */
function past({ model }: Timelines): Pick<SessionFunctions, 'resume' | 'timeline' | 'timelineStatistics'> {
  return {
    resume: async () => {},
    timeline: async (request) => {
      const start = performance.now();
      const window = cutWindow(model, 0, request);
      scope.answers.push(performance.now() - start);
      return window;
    },
    timelineStatistics: async (from, to) => windowStatistics(model, from, to),
  };
}

function openPack(source: PackSource): ReturnType<typeof loadPack> {
  if (source.kind !== 'url') throw new Error('the bench opens packs by their address');
  return loadPack(new HttpFiles(source.url));
}

scope.answers = [];
const events = {} as SessionEvents;
const timelines = manySlices();
scope.slices = countSlices(timelines);
const session = createSession(events, {
  openPack,
  yield: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
  now: () => performance.now(),
});

const rpc = createBirpc<SessionEvents, SessionFunctions>(
  { ...session, ...past(timelines) },
  {
    // Batches of one: how soon an answer comes is what is measured.
    post: (data) => scope.postMessage([data]),
    on: (receive) =>
      scope.addEventListener('message', ({ data }) => {
        for (const message of data) void receive(message);
      }),
    eventNames: [...SESSION_EVENT_NAMES],
    timeout: -1,
  },
);
for (const name of SESSION_EVENT_NAMES) Object.assign(events, { [name]: rpc[name] });
