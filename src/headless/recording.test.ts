/** The recording of the booted machine at work, compared with what Xen and Linux count themselves. Needs the default pack. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { attachDebugger } from '../awareness/attach.ts';
import type { System } from '../debugger/contexts/system.ts';
import { Layout } from '../debugger/contexts/layout.ts';
import { MemoryReader } from '../debugger/contexts/reader.ts';
import type { SymbolModule } from '../debugger/contexts/modules.ts';
import { RECORD_WORDS, TraceKind, TraceRecord } from '../base/trace-record.ts';
import { DebugPort } from '../emulator/debug-port.ts';
import { loadMachine } from '../emulator/machine-state.ts';
import { Machine } from '../emulator/machine.ts';
import { loadPack } from '../pack/load.ts';
import { FolderFiles } from '../pack/node/folder-files.ts';
import { CATEGORIES, isGuest, vcpuName } from '../trace/labels.ts';
import type { TimelineModel } from '../trace/model.ts';
import { statisticsOf } from '../trace/statistics.ts';
import { taskKey, TASKS_PER_DOMAIN, type TurnLog } from '../trace/turns.ts';
import type { SliceTrack } from '../trace/slice-track.ts';
import { GuestConsoles } from '../workers/guest-consoles.ts';
import { TIMELINE_FORMATS, type TimelineFormat, Tracing } from '../workers/tracing.ts';
import { openSymbols } from './symbols.ts';

const PACK = join(import.meta.dirname, '../../public/packs/default');
const INSTRUCTIONS = 120_000_000;
const SLICE = 5_000_000;
/** A stop is before its instruction, a probe's event with it: ns. */
const STOP = 1;
/** Of virtual time in which CPUs take turns, ns. */
const WINDOW = 10_000;

interface Run {
  readonly tracing: Tracing;
  readonly kernels: Schedule;
  readonly records: Uint32Array;
  readonly switches: Switches;
  /** Xen's accounts; only with stops. */
  readonly vcpus: Schedule;
}

/** What the kernel has counted for a task, or Xen for a vCPU, when it was switched away from: ns of running, and when that was. */
interface Account {
  readonly time: number;
  readonly runtime: number;
}

/** A task's or vCPU's first and last account. */
interface Accounts {
  readonly first: Account;
  last: Account;
}

/** By task (`taskKey`) or vCPU. */
type Schedule = Map<number, Accounts>;

function account(schedule: Schedule, key: number, last: Account): void {
  const known = schedule.get(key);
  if (known) known.last = last;
  else schedule.set(key, { first: last, last });
}

const functionOf = ({ file }: SymbolModule, name: string): bigint => file.symbols.named(name)[0].value;

/** `pCPU: previous -> next`, a vCPU being `domid << 16 | vcpu`. */
type Switches = string[];

/** Has the machine stop at each `context_switch(prev, next)`; the answer tells which one it stopped at, and keeps Xen's accounts. */
async function stopAtSwitches(port: DebugPort, xen: SymbolModule, vcpus: Schedule): Promise<(cpu: number) => string> {
  const members = { id: 'vcpu_id', domain: 'domain', times: 'runstate.time' };
  const vcpu = await Layout.of(xen.file, 'struct vcpu', members);
  const domain = await Layout.of(xen.file, 'struct domain', { domid: 'domain_id' });
  port.addBreakpoint({ address: functionOf(xen, 'context_switch'), space: 'va', filter: { el: 2 } });
  return (cpu) => {
    const reader = new MemoryReader(port, () => ({ kind: 'va', view: port.view(cpu, 2) }));
    const [previous, next] = ['X0', 'X1'].map((name) => {
      const address = port.readRegister(cpu, name) ?? 0n;
      const domid = domain.number(reader, vcpu.read(reader, address, 'domain'), 'domid');
      return { address, key: (domid << 16) | vcpu.number(reader, address, 'id') };
    });
    const runtime = Number(reader.unsigned(previous.address + vcpu.offset('times'), 8));
    if (isGuest(previous.key)) account(vcpus, previous.key, { time: port.time(cpu), runtime });
    return `${cpu}: ${previous.key} -> ${next.key}`;
  };
}

/** Reads a task's account whenever the kernel switches away from it: then it has just been brought up to date. */
async function watchTasks(port: DebugPort, system: System, kernel: SymbolModule): Promise<Schedule> {
  const task = await Layout.of(kernel.file, 'struct task_struct', { pid: 'pid', runtime: 'se.sum_exec_runtime' });
  const view: Schedule = new Map();
  const accept = (cpu: number): boolean => {
    const reader = new MemoryReader(port, () => ({ kind: 'va', view: port.view(cpu, 1) }));
    const domid = system.hypervisor?.currentVcpu(cpu)?.domid ?? -1;
    const previous = port.x(cpu, 0);
    const runtime = task.number(reader, previous, 'runtime');
    const pid = task.number(reader, previous, 'pid');
    if (pid > 0) account(view, taskKey(domid, pid), { time: port.time(cpu), runtime });
    return false;
  };
  port.addBreakpoint({ address: functionOf(kernel, '__switch_to'), space: 'va', filter: { el: 1, accept } });
  return view;
}

function moduleOf(modules: readonly SymbolModule[], role: SymbolModule['role']): SymbolModule {
  const found = modules.find((module) => module.role === role);
  if (!found) throw new Error(`the pack has no symbols of ${role}`);
  return found;
}

/** Three domains that compute, print and wait, recorded. `threshold` decides what is translated; with `stops` the machine stops at every switch of vCPUs. */
async function record(threshold: number | undefined, stops: boolean): Promise<Run> {
  const machine = new Machine();
  if (threshold !== undefined) machine.translator.threshold = threshold;
  const consoles = new GuestConsoles(machine, () => {});
  const port = new DebugPort(machine, (count) => consoles.run(count));
  const pack = await loadPack(new FolderFiles(PACK));
  consoles.restore(loadMachine(machine, (await pack.snapshot()) ?? new Uint8Array(), true));
  const modules = await openSymbols(pack, ['xen', 'kernel']);
  const { system } = await attachDebugger(port, modules);
  const tracing = new Tracing(machine, () => undefined);
  await tracing.attach(system, modules);
  consoles.type('d0', 'while true; do cat /proc/uptime > /dev/null; done\n');
  consoles.type('d1', 'i=0; while true; do i=$((i+1)); cat /sys/hypervisor/version/major; done\n');
  consoles.type('d2', 'while true; do j=0; while [ $j -lt 500 ]; do j=$((j+1)); done; cat /dev/null; done\n');
  const kernels = await watchTasks(port, system, moduleOf(modules, 'kernel'));
  const vcpus: Schedule = new Map();
  const describeSwitch = stops ? await stopAtSwitches(port, moduleOf(modules, 'xen'), vcpus) : undefined;
  const switches: Switches = [];
  for (const end = machine.instructions + INSTRUCTIONS; machine.instructions < end;) {
    const { reason, cpu } = port.run(Math.min(SLICE, end - machine.instructions));
    if (reason === 'breakpoint' && describeSwitch) switches.push(describeSwitch(cpu));
    else tracing.recording.update();
  }
  return { switches, vcpus, tracing, kernels, records: allRecords(tracing) };
}

function allRecords({ recording }: Tracing): Uint32Array {
  const words = new Uint32Array(recording.store.count * RECORD_WORDS);
  let at = 0;
  recording.store.forEachPiece((piece) => {
    words.set(piece, at);
    at += piece.length;
  });
  return words;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** Of a file that the recording becomes. */
function digest(tracing: Tracing, format: TimelineFormat): string {
  const hash = createHash('sha256');
  for (const piece of tracing.export(format)) hash.update(piece);
  return hash.digest('hex');
}

const taskName = (key: number): string => `d${Math.floor(key / TASKS_PER_DOMAIN)} pid ${key % TASKS_PER_DOMAIN}`;

function runningTime(states: SliceTrack, from: number, to: number): number {
  const shares = new Float64Array(CATEGORIES.length);
  states.addShares(from, to, shares);
  return shares[CATEGORIES.indexOf('running')];
}

describe.runIf(existsSync(join(PACK, 'boot.snapshot')))('the recording of three busy domains', () => {
  let run: Run;
  let second: Run;
  beforeAll(async () => {
    run = await record(undefined, false);
    second = await record(Infinity, true);
  }, 600_000);

  it('loses nothing and tiles the time of every pCPU', () => {
    const { recording } = run.tracing;
    expect(recording.store.dropped).toBe(0);
    const { model } = recording.timelines;
    for (const { levels, vcpus } of model.cpus) {
      for (const track of [levels, vcpus]) {
        expect([track.start, track.end]).toEqual([model.start, model.end]);
        const ends = Array.from({ length: track.count }, (_, i) => track.endOf(i));
        expect(ends.every((end, i) => end > track.starts.values[i])).toBe(true);
        expect(ends.slice(0, -1)).toEqual(Array.from(track.starts.values.subarray(1, track.count)));
      }
    }
  });

  /** Somebody's running time by the tracks, by the turns that were recorded, and by who schedules them. */
  interface Book {
    readonly name: string;
    turns: number;
    ours: number;
    byTurns: number;
    /** The greatest difference of a turn. */
    worst: number;
    readonly theirs: number;
  }

  /** Compares accounts with the turns that ended between the first and the last of them. */
  function books(log: TurnLog, accounts: Schedule, model: TimelineModel, nameOf: (subject: number) => string): Book[] {
    return [...accounts].map(([subject, { first, last }]) => {
      const book: Book = {
        name: nameOf(subject),
        turns: 0,
        ours: 0,
        byTurns: 0,
        worst: 0,
        theirs: last.runtime - first.runtime,
      };
      for (let i = 0; i < log.count; i++) {
        const [start, end] = [log.starts.values[i], log.ends.values[i]];
        if (log.subjects.values[i] !== subject || end <= first.time + STOP || end > last.time + STOP) continue;
        book.turns++;
        book.byTurns += log.lengths.values[i];
        const states = model.vcpus.get(log.vcpus.values[i])?.states;
        const ours = states ? runningTime(states, start, end) : 0;
        book.ours += ours;
        book.worst = Math.max(book.worst, Math.abs(ours - log.lengths.values[i]));
      }
      return book;
    });
  }

  /**
   * By the clock that the scheduler reads, to the nanosecond. By the machine's time each turn may differ by where that clock is read: before the switch, and,
   * as no CPU sees the counter go back, up to a window ahead of its CPU at either end; an interrupt on the way to the switch adds its own time. In turns that
   * are long enough for that not to tell, `part` is the most.
   */
  function expectBooks(rows: readonly Book[], part: number): void {
    expect(rows.filter(({ byTurns, theirs }) => byTurns !== theirs)).toEqual([]);
    expect(rows.filter(({ worst }) => worst > 5 * WINDOW)).toEqual([]);
    const long = rows.filter(({ theirs, turns }) => theirs > 1e6 && theirs > 20 * WINDOW * turns);
    expect(long.length).toBeGreaterThan(0);
    expect(long.filter(({ theirs, ours }) => Math.abs(ours - theirs) > part * theirs)).toEqual([]);
    const [theirs, ours] = [sum(rows.map((row) => row.theirs)), sum(rows.map((row) => row.ours))];
    expect(Math.abs(ours - theirs) / theirs).toBeLessThan(part);
  }

  it('has each vCPU running as long as Xen says', () => {
    const { model } = second.tracing.recording.timelines;
    const rows = books(model.vcpuTurns, second.vcpus, model, vcpuName);
    expect(rows.length).toBe(5);
    expectBooks(rows, 0.01);
  });

  it('has each task running as long as its kernel says', () => {
    const { model } = run.tracing.recording.timelines;
    const rows = books(model.taskTurns, run.kernels, model, taskName).filter(({ turns }) => turns > 0);
    expect(rows.length).toBeGreaterThan(5);
    expectBooks(rows, 0.02);
    // What one task is given, another lacks.
    for (const domid of [0, 1, 2]) {
      const own = rows.filter(({ name }) => name.startsWith(`d${domid} `));
      const [theirs, ours] = [sum(own.map((row) => row.theirs)), sum(own.map((row) => row.ours))];
      expect(Math.abs(ours - theirs) / theirs).toBeLessThan(0.02);
    }
  });

  it('tells in its tables what it compared here, and has the levels add up', () => {
    const { model } = run.tracing.recording.timelines;
    const { vcpus, tasks } = statisticsOf(model, model.start, model.end);
    const guests = vcpus.filter(({ domid }) => domid !== null);
    expect(guests.length).toBe(5);
    // A vCPU that changes its pCPU within a window is on both for a moment: each has its own time.
    const gaps = guests.map(({ el0, el1, el2, asleep, running }) => (el0 + el1 + el2 + asleep) / running - 1);
    expect(gaps.filter((gap) => Math.abs(gap) > 0.001)).toEqual([]);
    expect(sum(guests.map((row) => row.turns))).toBe(model.vcpuTurns.count);
    expect(sum(tasks.map((row) => row.turns))).toBe(model.taskTurns.count);
    // What the table adds to the time by the tracks is what the whole turns differ by.
    const { taskTurns } = model;
    const difference = Array.from({ length: taskTurns.count }, (_, i) => {
      const states = model.vcpus.get(taskTurns.vcpus.values[i])?.states;
      return (
        taskTurns.lengths.values[i] -
        (states ? runningTime(states, taskTurns.starts.values[i], taskTurns.ends.values[i]) : 0)
      );
    });
    expect(sum(tasks.map((row) => row.account - row.running))).toBe(sum(difference));
  });

  it('sees each switch that Xen makes as breakpoints see it', () => {
    const { records } = run;
    const recorded: Switches = [];
    for (let at = 0; at < records.length; at += RECORD_WORDS) {
      if (TraceRecord.kind(records, at) !== TraceKind.contextSwitch) continue;
      const [previous, next] = [TraceRecord.low(records, at), TraceRecord.high(records, at)];
      recorded.push(`${TraceRecord.cpu(records, at)}: ${previous} -> ${next}`);
    }
    expect(recorded.length).toBeGreaterThan(100);
    expect(second.switches).toEqual(recorded);
  });

  it('is the same in a second run, interpreted and with stops, as are timelines and tables', () => {
    expect(second.records.length).toBe(run.records.length);
    expect(second.records.findIndex((word, i) => word !== run.records[i])).toBe(-1);
    for (const format of TIMELINE_FORMATS) expect(digest(second.tracing, format)).toBe(digest(run.tracing, format));
  });
});
