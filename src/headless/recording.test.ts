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
import { CATEGORIES, vcpuName } from '../trace/labels.ts';
import type { SliceTrack } from '../trace/slice-track.ts';
import { GuestConsoles } from '../workers/guest-consoles.ts';
import { TIMELINE_FORMATS, type TimelineFormat, Tracing } from '../workers/tracing.ts';
import { openSymbols } from './symbols.ts';

const PACK = join(import.meta.dirname, '../../public/packs/default');
const INSTRUCTIONS = 120_000_000;
const SLICE = 5_000_000;

/** Seconds that each vCPU has run, by Xen's own accounting. */
type Times = ReadonlyMap<string, number>;

interface Run {
  readonly tracing: Tracing;
  readonly xenBefore: Times;
  readonly xenAfter: Times;
  readonly kernels: Schedule;
  readonly records: Uint32Array;
  readonly switches: Switches;
  /** Xen's accounts; only with stops. */
  readonly vcpus: Schedule;
}

function xenTimes(system: System): Times {
  const vcpus = (system.hypervisor?.domains() ?? []).flatMap((domain) => domain.vcpus);
  return new Map(vcpus.map(({ label, time }) => [label, time]));
}

/** What the kernel has counted for a task, or Xen for a vCPU, when it was switched away from: ns of running, and when that was. */
interface Account {
  readonly time: number;
  readonly runtime: number;
}

/** A task or vCPU between its first and its last account. */
interface Accounts {
  readonly first: Account;
  last: Account;
  switches: number;
  /** ns that the scheduler's own clock went on while it had its turns. */
  byClock: number;
}

/** By `d1 pid 7` or `d1v0`. */
type Schedule = Map<string, Accounts>;

const functionOf = ({ file }: SymbolModule, name: string): bigint => file.symbols.named(name)[0].value;

/** `pCPU: previous -> next`, a vCPU being `domid << 16 | vcpu`. */
type Switches = string[];

/** Has the machine stop at each `context_switch(prev, next)`; the answer tells which one it stopped at, and keeps Xen's accounts. */
async function stopAtSwitches(port: DebugPort, xen: SymbolModule, vcpus: Schedule): Promise<(cpu: number) => string> {
  const members = { id: 'vcpu_id', domain: 'domain', entry: 'runstate.state_entry_time', times: 'runstate.time' };
  const vcpu = await Layout.of(xen.file, 'struct vcpu', members);
  const domain = await Layout.of(xen.file, 'struct domain', { domid: 'domain_id' });
  const turns = new Map<string, number>();
  port.addBreakpoint({ address: functionOf(xen, 'context_switch'), space: 'va', filter: { el: 2 } });
  return (cpu) => {
    const reader = new MemoryReader(port, () => ({ kind: 'va', view: port.view(cpu, 2) }));
    const [previous, next] = ['X0', 'X1'].map((name) => {
      const address = port.readRegister(cpu, name) ?? 0n;
      const domid = domain.number(reader, vcpu.read(reader, address, 'domain'), 'domid');
      return { address, key: (domid << 16) | vcpu.number(reader, address, 'id') };
    });
    const clock = vcpu.number(reader, previous.address, 'entry');
    const name = vcpuName(previous.key);
    const runtime = Number(reader.unsigned(previous.address + vcpu.offset('times'), 8));
    account(vcpus, name, { time: port.time(cpu), runtime }, clock - (turns.get(name) ?? 0));
    turns.set(vcpuName(next.key), clock);
    return `${cpu}: ${previous.key} -> ${next.key}`;
  };
}

/** Reads a task's account whenever the kernel switches away from it: then it has just been brought up to date. */
async function watchTasks(port: DebugPort, system: System, kernel: SymbolModule): Promise<Schedule> {
  const task = await Layout.of(kernel.file, 'struct task_struct', { pid: 'pid', runtime: 'se.sum_exec_runtime' });
  const queue = await Layout.of(kernel.file, 'struct rq', { clock: 'clock_task' });
  const view: Schedule = new Map();
  const queues = new Map<string, bigint>();
  const turns = new Map<string, number>();
  const vcpu = (cpu: number): string => {
    const current = system.hypervisor?.currentVcpu(cpu);
    return `d${current?.domid}v${current?.vcpu}`;
  };
  const watch = (name: string, seen: (cpu: number) => void): void => {
    const accept = (cpu: number): boolean => {
      seen(cpu);
      return false;
    };
    port.addBreakpoint({ address: functionOf(kernel, name), space: 'va', filter: { el: 1, accept } });
  };
  watch('update_rq_clock', (cpu) => queues.set(vcpu(cpu), port.x(cpu, 0)));
  watch('__switch_to', (cpu) => {
    const reader = new MemoryReader(port, () => ({ kind: 'va', view: port.view(cpu, 1) }));
    const who = vcpu(cpu);
    const clock = queue.number(reader, queues.get(who) ?? 0n, 'clock');
    const time = port.time(cpu);
    const nameOf = (address: bigint): string => `${who.slice(0, 2)} pid ${task.number(reader, address, 'pid')}`;
    const name = nameOf(port.x(cpu, 0));
    account(
      view,
      name,
      { time, runtime: task.number(reader, port.x(cpu, 0), 'runtime') },
      clock - (turns.get(name) ?? 0),
    );
    turns.set(nameOf(port.x(cpu, 1)), clock);
  });
  return view;
}

function account(tasks: Schedule, name: string, last: Account, turn: number): void {
  const known = tasks.get(name);
  if (!known) tasks.set(name, { first: last, last, switches: 0, byClock: 0 });
  else Object.assign(known, { last, switches: known.switches + 1, byClock: known.byClock + turn });
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
  const xenBefore = xenTimes(system);
  const kernels = await watchTasks(port, system, moduleOf(modules, 'kernel'));
  const vcpus: Schedule = new Map();
  const describeSwitch = stops ? await stopAtSwitches(port, moduleOf(modules, 'xen'), vcpus) : undefined;
  const switches: Switches = [];
  for (const end = machine.instructions + INSTRUCTIONS; machine.instructions < end;) {
    const { reason, cpu } = port.run(Math.min(SLICE, end - machine.instructions));
    if (reason === 'breakpoint' && describeSwitch) switches.push(describeSwitch(cpu));
    else tracing.recording.update();
  }
  return { switches, vcpus, tracing, xenBefore, xenAfter: xenTimes(system), kernels, records: allRecords(tracing) };
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

  it('has each vCPU running as long as Xen says', () => {
    const { model } = run.tracing.recording.timelines;
    const rows = model.guestVcpus.map(({ key, states }) => {
      const name = vcpuName(key);
      const ours = runningTime(states, model.start, model.end);
      const theirs = ((run.xenAfter.get(name) ?? 0) - (run.xenBefore.get(name) ?? 0)) * 1e9;
      const turns = second.vcpus.get(name)?.switches ?? 0;
      return { name, ours, theirs, turns, difference: Math.abs(ours - theirs) / Math.max(theirs, 1e6) };
    });
    expect(rows.length).toBe(5);
    expect(Math.max(...rows.map(({ theirs }) => theirs))).toBeGreaterThan(5e6);
    // Xen counts by the clock it reads when it begins to schedule, and nothing else.
    for (const [name, { first, last, byClock, switches }] of second.vcpus) {
      expect([name, last.runtime - first.runtime]).toEqual([name, switches === 0 ? 0 : byClock]);
    }
    // That clock may be ahead of a CPU's own time by part of a window (see below), which tells in short turns.
    const long = rows.filter(({ theirs, turns }) => theirs > 100_000 * turns);
    expect(long.length).toBeGreaterThan(2);
    expect(long.filter(({ difference }) => difference > 0.01)).toEqual([]);
    expect(rows.filter(({ theirs, ours, turns }) => Math.abs(ours - theirs) > 5_000 * (turns + 1))).toEqual([]);
    const [theirs, ours] = [sum(rows.map((row) => row.theirs)), sum(rows.map((row) => row.ours))];
    expect(Math.abs(ours - theirs) / theirs).toBeLessThan(0.01);
  });

  it('has each task running as long as its kernel says', () => {
    const { model } = run.tracing.recording.timelines;
    const ownTime = (name: string, from: number, to: number): number => {
      let sum = 0;
      for (const { key, tasks, states } of model.guestVcpus) {
        for (let i = 0; i < tasks.count; i++) {
          const { text, category } = model.labels.get(tasks.labels.values[i]);
          if (category !== 'task' || `d${key >>> 16} pid ${text.split(' ').at(-1)}` !== name) continue;
          const [start, end] = [Math.max(from, tasks.starts.values[i]), Math.min(to, tasks.endOf(i))];
          sum += end > start ? runningTime(states, start, end) : 0;
        }
      }
      return sum;
    };
    const rows = [...run.kernels].map(([name, { first, last, switches, byClock }]) => {
      const [theirs, ours] = [last.runtime - first.runtime, ownTime(name, first.time, last.time)];
      return { name, switches, byClock, theirs, ours, difference: Math.abs(ours - theirs) / theirs };
    });
    const counted = rows.filter(({ name, switches }) => switches > 0 && !name.endsWith('pid 0'));
    // The kernel counts by the clock it reads when it begins to schedule, and nothing else.
    const byTheirClock = counted.filter(
      ({ theirs, byClock, switches }) => Math.abs(byClock - theirs) > 1000 * switches,
    );
    expect(byTheirClock).toEqual([]);
    // No CPU sees the counter go back: within a window of 10 us it may be ahead of a CPU's own time, at each switch anew. That tells in turns shorter than it.
    const long = counted.filter(({ theirs, switches }) => theirs > 200_000 * switches);
    expect(long.length).toBeGreaterThan(2);
    expect(long.filter(({ difference }) => difference > 0.02)).toEqual([]);
    expect(counted.filter(({ theirs, ours, switches }) => Math.abs(ours - theirs) > 11_000 * switches)).toEqual([]);
    // What one task is given, another lacks.
    for (const domain of ['d0', 'd1', 'd2']) {
      const all = counted.filter(({ name }) => name.startsWith(domain));
      const [theirs, ours] = [sum(all.map((row) => row.theirs)), sum(all.map((row) => row.ours))];
      expect(Math.abs(ours - theirs) / theirs).toBeLessThan(0.02);
    }
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
