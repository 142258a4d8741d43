/** The recording of the booted machine at work, compared with what Xen and Linux count themselves. Needs the default pack. */
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
import { Tracing } from '../workers/tracing.ts';
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
  readonly accounts: Accounts;
  readonly records: Uint32Array;
}

function xenTimes(system: System): Times {
  const vcpus = (system.hypervisor?.domains() ?? []).flatMap((domain) => domain.vcpus);
  return new Map(vcpus.map(({ label, time }) => [label, time]));
}

/** What the kernel has counted for a task when it was switched away from: ns of running, and when that was. */
interface Account {
  readonly time: number;
  readonly runtime: number;
}

/** First and last accounts of `d1 pid 7`, and how often it was switched away from between them. */
type Accounts = Map<string, { readonly first: Account; readonly last: Account; readonly switches: number }>;

/** Reads a task's account whenever the kernel switches away from it: then it has just been brought up to date. */
async function watchTasks(port: DebugPort, system: System, { file }: SymbolModule): Promise<Accounts> {
  const layout = await Layout.of(file, 'struct task_struct', { pid: 'pid', runtime: 'se.sum_exec_runtime' });
  const [{ value: address }] = file.symbols.named('__switch_to');
  const accounts: Accounts = new Map();
  const accept = (cpu: number): boolean => {
    const reader = new MemoryReader(port, () => ({ kind: 'va', view: port.view(cpu, 1) }));
    const task = port.readRegister(cpu, 'X0') ?? 0n;
    const name = `d${system.hypervisor?.currentVcpu(cpu)?.domid} pid ${layout.number(reader, task, 'pid')}`;
    const last = { time: port.time(cpu), runtime: layout.number(reader, task, 'runtime') };
    const known = accounts.get(name);
    accounts.set(name, { first: known?.first ?? last, last, switches: known ? known.switches + 1 : 0 });
    return false;
  };
  port.addBreakpoint({ address, space: 'va', filter: { el: 1, accept } });
  return accounts;
}

/** Three domains that compute, print and wait, recorded. `threshold` decides what is translated. */
async function record(threshold: number | undefined): Promise<Run> {
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
  const kernel = modules.find(({ role }) => role === 'kernel');
  if (!kernel) throw new Error('the pack has no kernel symbols');
  consoles.type('d0', 'while true; do cat /proc/uptime > /dev/null; done\n');
  consoles.type('d1', 'i=0; while true; do i=$((i+1)); cat /sys/hypervisor/version/major; done\n');
  consoles.type('d2', 'while true; do j=0; while [ $j -lt 500 ]; do j=$((j+1)); done; cat /dev/null; done\n');
  const xenBefore = xenTimes(system);
  const accounts = await watchTasks(port, system, kernel);
  for (let done = 0; done < INSTRUCTIONS; done += SLICE) {
    port.run(SLICE);
    tracing.recording.update();
  }
  return { tracing, xenBefore, xenAfter: xenTimes(system), accounts, records: allRecords(tracing) };
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

function runningTime(states: SliceTrack, from: number, to: number): number {
  const shares = new Float64Array(CATEGORIES.length);
  states.addShares(from, to, shares);
  return shares[CATEGORIES.indexOf('running')];
}

describe.runIf(existsSync(join(PACK, 'boot.snapshot')))('the recording of three busy domains', () => {
  let run: Run;
  beforeAll(async () => {
    run = await record(undefined);
  }, 300_000);

  it('loses nothing and tiles the time of every pCPU', () => {
    const { recording } = run.tracing;
    expect(recording.store.dropped).toBe(0);
    const { model } = recording.timelines;
    for (const { levels, vcpus } of model.cpus) {
      for (const track of [levels, vcpus]) {
        expect([track.start, track.end]).toEqual([model.start, model.end]);
        const ends = Array.from({ length: track.count }, (_, i) => track.endOf(i));
        expect(ends.every((end, i) => end > track.starts.values[i])).toBe(true);
      }
    }
  });

  it('has each vCPU running as long as Xen says', () => {
    const { model } = run.tracing.recording.timelines;
    const differences = model.guestVcpus.map(({ key, states }) => {
      const name = vcpuName(key);
      const ours = runningTime(states, model.start, model.end);
      const theirs = ((run.xenAfter.get(name) ?? 0) - (run.xenBefore.get(name) ?? 0)) * 1e9;
      return { name, theirs, difference: Math.abs(ours - theirs) / Math.max(theirs, 1e6) };
    });
    expect(differences.length).toBe(5);
    expect(differences.filter(({ difference }) => difference > 0.01)).toEqual([]);
    expect(Math.max(...differences.map(({ theirs }) => theirs))).toBeGreaterThan(5e6);
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
    const rows = [...run.accounts].map(([name, { first, last, switches }]) => {
      return { name, switches, theirs: last.runtime - first.runtime, ours: ownTime(name, first.time, last.time) };
    });
    // The counter never goes back on any CPU, so within a window of 10 us it may be ahead of a CPU's own time, at each switch anew.
    const isLong = ({ theirs, switches }: (typeof rows)[number]): boolean => theirs > 200_000 * switches;
    const counted = rows.filter(({ name, switches }) => switches > 0 && !name.endsWith('pid 0'));
    const long = counted.filter(isLong);
    expect(long.length).toBeGreaterThan(2);
    expect(long.filter(({ theirs, ours }) => Math.abs(ours - theirs) / theirs > 0.02)).toEqual([]);
    expect(counted.filter(({ theirs, ours, switches }) => Math.abs(ours - theirs) > 11_000 * switches)).toEqual([]);
  });

  it('sees each switch that Xen makes, in its order', () => {
    const { records } = run;
    const current: (number | undefined)[] = [];
    let switches = 0;
    for (let at = 0; at < records.length; at += RECORD_WORDS) {
      if (TraceRecord.kind(records, at) !== TraceKind.contextSwitch) continue;
      const cpu = TraceRecord.cpu(records, at);
      expect(current[cpu] ?? TraceRecord.low(records, at)).toBe(TraceRecord.low(records, at));
      current[cpu] = TraceRecord.high(records, at);
      switches++;
    }
    expect(switches).toBeGreaterThan(20);
  });

  it('is the same in a second run, interpreted and translated', async () => {
    const interpreted = await record(Infinity);
    expect(interpreted.records.length).toBe(run.records.length);
    expect(interpreted.records.findIndex((word, i) => word !== run.records[i])).toBe(-1);
  }, 300_000);
});
