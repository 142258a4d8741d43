import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { TraceKind } from '../base/trace-record.ts';
import {
  ESR_HYPERCALL,
  ESR_SVC,
  exception,
  exceptionReturn,
  type RecordParts,
  traceRecords,
} from '../testing/trace-records.ts';
import { Runstate } from './guest-lanes.ts';
import { FLOW_KINDS, IDLE_DOMID, NO_VCPU, vcpuKey } from './labels.ts';
import type { SliceTrack } from './slice-track.ts';
import { MOST_LABELS, Timelines } from './timelines.ts';

const D1V0 = vcpuKey(1, 0);
const D2V0 = vcpuKey(2, 0);
const IDLE0 = vcpuKey(IDLE_DOMID, 0);
const IDLE1 = vcpuKey(IDLE_DOMID, 1);
const TASKS = ['sh', 'cat'];

let timelines: Timelines;

beforeEach(renew);

function renew(): void {
  timelines = new Timelines(2, {
    domidOf: (vmid) => (vmid > 0 ? vmid - 1 : undefined),
    taskName: (number) => TASKS[number],
    probeText: (probe, values) => `f${probe}(${values.join(',')})`,
    stopText: (cause) => `stop ${cause}`,
  });
}

/** CPU 0 runs d1v0 at EL1, CPU 1 sleeps in Xen's idle loop. */
function begin(): void {
  timelines.begin([
    { time: 0, el: 1, isAsleep: false, isPowered: true, vcpu: D1V0, mpidr: 0 },
    { time: 0, el: 2, isAsleep: true, isPowered: true, vcpu: IDLE1, mpidr: 0 },
  ]);
}

function add(...list: readonly (RecordParts | readonly RecordParts[])[]): void {
  timelines.add(traceRecords(list.flat()));
}

/** `start text` of each slice. */
function slices(track: SliceTrack): string[] {
  return Array.from({ length: track.count }, (_, i) => {
    const { text } = timelines.model.labels.get(track.labels.values[i]);
    return `${track.starts.values[i]} ${text}`;
  });
}

const levels = (cpu = 0): string[] => slices(timelines.model.cpus[cpu].levels);

describe('the track of a pCPU', () => {
  it('names a visit to the hypervisor by the hypercall', () => {
    begin();
    add(exception({ time: 100, el: 1 }, 2, ESR_HYPERCALL, 17, 0), exceptionReturn({ time: 180, el: 2, vmid: 2 }, 1));
    expect(levels()).toEqual(['0 EL1', '100 xen_version', '180 EL1']);
  });

  it('names an interrupt when the hypervisor has acknowledged it', () => {
    begin();
    add(
      { kind: TraceKind.interruptEntry, time: 50, el: 1, high: 2 },
      { kind: TraceKind.interruptAcknowledge, time: 60, el: 2, low: 27 },
      { kind: TraceKind.interruptAcknowledge, time: 90, el: 2, low: 1023 },
      exceptionReturn({ time: 99, el: 2, vmid: 2 }, 1),
    );
    expect(levels()).toEqual(['0 EL1', '50 IRQ 27 virtual timer', '99 EL1']);
  });

  it('returns to what an interrupt within the hypervisor interrupted', () => {
    begin();
    add(
      exception({ time: 10, el: 1 }, 2, 0x9300_0047, 0x0300_1f00, 0),
      { kind: TraceKind.interruptEntry, time: 20, el: 2, high: 2 },
      { kind: TraceKind.interruptAcknowledge, time: 21, el: 2, low: 26 },
      exceptionReturn({ time: 30, el: 2 }, 2),
      exceptionReturn({ time: 40, el: 2, vmid: 2 }, 1),
    );
    const fault = 'stage-2 fault write IPA 0x3001000';
    expect(levels()).toEqual(['0 EL1', `10 ${fault}`, '20 IRQ 26 hypervisor timer', `30 ${fault}`, '40 EL1']);
    const { exits } = timelines.model.cpus[0];
    expect([exits.count, exits.starts.values[0], exits.durations.values[0]]).toEqual([1, 10, 30]);
  });

  it('names a fault by the device that is emulated there', () => {
    timelines = new Timelines(1, {
      domidOf: () => 1,
      taskName: () => '',
      probeText: () => '',
      stopText: () => '',
      deviceAt: (domid, ipa) => (domid === 1 && ipa === 0x3001000 ? 'vgic_v2_distr' : undefined),
    });
    timelines.begin([{ time: 0, el: 1, isAsleep: false, isPowered: true, vcpu: D1V0, mpidr: 0 }]);
    add(exception({ time: 10, el: 1 }, 2, 0x9300_0047, 0x0300_1f00), exceptionReturn({ time: 40, el: 2, vmid: 2 }, 1));
    add(exception({ time: 50, el: 1 }, 2, 0x9300_0007, 0x0400_0000), exceptionReturn({ time: 60, el: 2, vmid: 2 }, 1));
    expect(levels()).toEqual([
      '0 EL1',
      '10 stage-2 fault write IPA 0x3001000 vgic_v2_distr',
      '40 EL1',
      '50 stage-2 fault read IPA 0x4000000',
      '60 EL1',
    ]);
  });

  it('stops telling calls apart by their arguments when there are very many', () => {
    begin();
    const call = (time: number, low: number): RecordParts[] => [
      { kind: TraceKind.probeEntry, time, el: 1, low: 3, high: 1 },
      { kind: TraceKind.probeArgument, time, el: 1, low },
      { kind: TraceKind.probeReturn, time, el: 1, low: 3 },
    ];
    for (let n = 0; n < MOST_LABELS + 100; n++) add(call(n, n));
    add(call(200_000, 5));
    const { labels, vcpus } = timelines.model;
    const names = vcpus.get(D1V0)?.functions.labels;
    const last = [...(names?.values.subarray(0, names.length) ?? [])].slice(-2).map((label) => labels.get(label).text);
    expect(last).toEqual([`f3()(…)`, 'f3(5)']);
    expect(labels.labels.length).toBeLessThanOrEqual(MOST_LABELS + 1);
  });

  it('gives tracks ids that do not depend on who came first', () => {
    const ids = (first: number, second: number): readonly number[] => {
      renew();
      const { model } = timelines;
      return [first, second].map((key) => model.vcpu(key).statesId).toSorted((a, b) => a - b);
    };
    expect(ids(D1V0, D2V0)).toEqual(ids(D2V0, D1V0));
    const keys = [NO_VCPU, IDLE0, IDLE1, vcpuKey(0, 0), D1V0, vcpuKey(1, 1), D2V0];
    expect(new Set(keys.map((key) => timelines.model.vcpu(key).statesId)).size).toBe(keys.length);
  });

  it('tells the levels of a guest apart, and names trapped registers', () => {
    begin();
    const msr = 0x6000_0000 | (3 << 20) | (1 << 17) | (3 << 14) | (14 << 10) | (2 << 1);
    add(exceptionReturn({ time: 5, el: 1, vmid: 2 }, 0), exception({ time: 9, el: 0 }, 1, ESR_SVC, 63, 0), {
      kind: TraceKind.exceptionEntry,
      time: 12,
      el: 1,
      low: msr,
      high: 2,
    });
    expect(levels()).toEqual(['0 EL1', '5 EL0', '9 EL1', '12 MSR CNTP_CTL_EL0']);
  });

  it('tiles the recorded time whatever comes', () => {
    const kinds = [
      1, 2, 3, 8, 10, 12, 13, 15, 17, 18, 20, 21, 22, 24, 27, 28, 29, 30, 31, 32, 33, 35, 36,
    ] as TraceKind[];
    const anyRecord = fc.record({
      kind: fc.constantFrom(...kinds),
      after: fc.integer({ min: 0, max: 500 }),
      cpu: fc.integer({ min: 0, max: 1 }),
      el: fc.integer({ min: 0, max: 2 }),
      vmid: fc.integer({ min: 0, max: 3 }),
      low: fc.constantFrom(0, 1, 2, 27, D1V0, D2V0, IDLE0, ESR_SVC, ESR_HYPERCALL, 0x1_0000),
      high: fc.constantFrom(0, 1, 2, D1V0, D2V0, 0x0100_0000, 0x0200_0000),
    });
    fc.assert(
      fc.property(fc.array(anyRecord, { maxLength: 120 }), (records) => {
        renew();
        begin();
        const times = [0, 0];
        add(...records.map((parts) => ({ ...parts, time: (times[parts.cpu] += parts.after) })));
        const end = Math.max(...times) + 1;
        timelines.model.advance(end);
        for (const track of timelines.model.sliceTracks()) expect(faultsOf(track, end)).toEqual([]);
      }),
    );
  });
});

/** What keeps a track from tiling the time from 0 to `end`. */
function faultsOf(track: SliceTrack, end: number): string[] {
  if (track.count === 0) return [];
  const faults = track.start === 0 ? [] : [`begins at ${track.start}`];
  for (let i = 0; i < track.count; i++) {
    if (track.endOf(i) <= track.starts.values[i]) faults.push(`slice ${i} has no length`);
  }
  const shares = new Float64Array(20);
  track.addShares(0, end, shares);
  const total = shares.reduce((sum, share) => sum + share, 0);
  if (total !== end) faults.push(`${total} of ${end} ns`);
  return faults;
}

describe('the tracks of a vCPU', () => {
  const state = (key: number): string[] => slices(timelines.model.vcpu(key).states);

  it('show it running, preempted and blocked by what the scheduler did', () => {
    begin();
    timelines.beginVcpu(D2V0, Runstate.blocked);
    add(
      exception({ time: 100, el: 1 }, 2, ESR_HYPERCALL, 32, 4),
      { kind: TraceKind.runstate, time: 110, el: 2, low: D2V0, high: Runstate.runnable },
      { kind: TraceKind.contextSwitch, time: 150, el: 2, low: D1V0, high: D2V0 },
      { kind: TraceKind.runstate, time: 150, el: 2, low: D1V0, high: Runstate.runnable },
      exceptionReturn({ time: 170, el: 2, vmid: 3 }, 1),
      { kind: TraceKind.contextSwitch, time: 400, el: 2, low: D2V0, high: D1V0 },
      { kind: TraceKind.runstate, time: 400, el: 2, low: D2V0, high: Runstate.blocked },
    );
    expect(state(D1V0)).toEqual(['0 pCPU 0', '150 preempted', '400 pCPU 0']);
    expect(state(D2V0)).toEqual(['0 blocked', '110 runnable', '150 pCPU 0', '400 blocked']);
    expect(slices(timelines.model.cpus[0].vcpus)).toEqual(['0 d1v0', '150 d2v0', '400 d1v0']);
  });

  it('give the waiting its length and its cause', () => {
    begin();
    timelines.beginVcpu(D2V0, Runstate.blocked);
    add(
      exception({ time: 100, el: 1 }, 2, ESR_HYPERCALL, 32, 4),
      { kind: TraceKind.runstate, time: 110, el: 2, low: D2V0, high: Runstate.runnable },
      { kind: TraceKind.contextSwitch, time: 900, cpu: 1, el: 2, low: IDLE1, high: D2V0 },
    );
    const { schedulingLatency, flows } = timelines.model;
    expect([schedulingLatency.starts.values[0], schedulingLatency.durations.values[0]]).toEqual([110, 790]);
    expect(schedulingLatency.vcpus.values[0]).toBe(D2V0);
    const kinds = [...flows.kinds.values.subarray(0, flows.count)].map((kind) => FLOW_KINDS[kind]);
    expect(kinds).toEqual(['hypercall', 'event channel', 'wake-up']);
    expect([...flows.fromTimes.values.subarray(0, 3)]).toEqual([100, 100, 110]);
  });

  it('charge each vCPU only with its own part of a visit to the hypervisor', () => {
    begin();
    add(
      exception({ time: 100, el: 1 }, 2, 0x0600_0000),
      { kind: TraceKind.contextSwitch, time: 130, el: 2, low: D1V0, high: D2V0 },
      exceptionReturn({ time: 145, el: 2, vmid: 3 }, 1),
    );
    const { exits } = timelines.model.cpus[0];
    const { labels } = timelines.model;
    const list = Array.from({ length: exits.count }, (_, i) => {
      const { text, vcpu } = labels.get(exits.labels.values[i]);
      return [text, vcpu, exits.durations.values[i]];
    });
    expect(list).toEqual([
      ['WFI', D1V0, 30],
      ['context switch', D2V0, 15],
    ]);
  });

  it('follow a system call through task switches', () => {
    begin();
    add(
      { kind: TraceKind.taskSwitch, time: 1, el: 1, low: 101, high: 0 },
      exceptionReturn({ time: 2, el: 1, vmid: 2 }, 0),
      exception({ time: 10, el: 0 }, 1, ESR_SVC, 63),
      { kind: TraceKind.taskSwitch, time: 20, el: 1, low: 102, high: 1 },
      exceptionReturn({ time: 25, el: 1, vmid: 2 }, 0),
      exception({ time: 30, el: 0 }, 1, ESR_SVC, 64),
      { kind: TraceKind.taskSwitch, time: 40, el: 1, low: 101, high: 0 },
      exceptionReturn({ time: 50, el: 1, vmid: 2 }, 0),
    );
    const { tasks, syscalls } = timelines.model.vcpu(D1V0);
    expect(slices(tasks)).toEqual(['0 ', '1 sh 101', '20 cat 102', '40 sh 101']);
    expect(slices(syscalls)).toEqual(['0 ', '10 read', '20 ', '30 write', '40 read', '50 ']);
  });

  it('nest probed functions, with their arguments', () => {
    begin();
    add(
      { kind: TraceKind.probeEntry, time: 10, el: 1, low: 1, high: 1 },
      { kind: TraceKind.probeArgument, time: 10, el: 1, low: 5 },
      { kind: TraceKind.probeEntry, time: 20, el: 1, low: 2, high: 0 },
      { kind: TraceKind.probeReturn, time: 30, el: 1, low: 2 },
      { kind: TraceKind.probeReturn, time: 40, el: 1, low: 1 },
    );
    const { functions } = timelines.model.vcpu(D1V0);
    const list = Array.from({ length: functions.count }, (_, i) => [
      timelines.model.labels.get(functions.labels.values[i]).text,
      functions.depths.values[i],
      functions.starts.values[i],
      functions.ends.values[i],
    ]);
    expect(list).toEqual([
      ['f1(5)', 0, 10, 40],
      ['f2()', 1, 20, 30],
    ]);
  });

  it('show a function only while its task is there', () => {
    begin();
    add(
      { kind: TraceKind.taskSwitch, time: 1, el: 1, low: 101, high: 0 },
      { kind: TraceKind.probeEntry, time: 10, el: 1, low: 1, high: 0 },
      { kind: TraceKind.taskSwitch, time: 20, el: 1, low: 102, high: 1 },
      { kind: TraceKind.probeReturn, time: 25, el: 1, low: 1 },
      { kind: TraceKind.taskSwitch, time: 40, el: 1, low: 101, high: 0 },
      { kind: TraceKind.probeReturn, time: 50, el: 1, low: 1 },
    );
    const { functions } = timelines.model.vcpu(D1V0);
    const list = Array.from({ length: functions.count }, (_, i) => [
      functions.starts.values[i],
      functions.ends.values[i],
    ]);
    expect(list).toEqual([
      [10, 20],
      [40, 50],
    ]);
  });

  it('are inferred from VTTBR and VMPIDR when the scheduler is not watched', () => {
    begin();
    add(
      { kind: TraceKind.interruptEntry, time: 50, el: 1, high: 2 },
      { kind: TraceKind.vmpidrWrite, time: 60, el: 2, low: 0x8000_0001 },
      exceptionReturn({ time: 70, el: 2, vmid: 3 }, 1),
    );
    expect(slices(timelines.model.cpus[0].vcpus)).toEqual(['0 d1v0', '70 d2v1']);
  });
});

describe('an interrupt', () => {
  it('is followed from the device to the guest', () => {
    begin();
    add(
      { kind: TraceKind.interruptLine, time: 100, el: 1, low: 0x1_0000 | 53 },
      { kind: TraceKind.interruptEntry, time: 101, el: 1, high: 2 },
      { kind: TraceKind.interruptAcknowledge, time: 120, el: 2, low: 53 },
      { kind: TraceKind.listRegisterWrite, time: 140, el: 2, low: 0x9000_0000 | (53 << 10) | 53 },
      exceptionReturn({ time: 150, el: 2, vmid: 2 }, 1),
      { kind: TraceKind.guestAcknowledge, time: 170, el: 1, low: 53 },
      { kind: TraceKind.guestEnd, time: 230, el: 1, low: 53 },
    );
    const { physicalLatency, virtualLatency, flows } = timelines.model;
    expect([physicalLatency.starts.values[0], physicalLatency.durations.values[0]]).toEqual([100, 20]);
    expect([virtualLatency.starts.values[0], virtualLatency.durations.values[0]]).toEqual([100, 70]);
    const arrows = Array.from({ length: flows.count }, (_, i) => {
      return [FLOW_KINDS[flows.kinds.values[i]], flows.fromTimes.values[i], flows.toTimes.values[i]];
    });
    expect(arrows).toEqual([
      ['interrupt line', 100, 120],
      ['injection', 140, 170],
    ]);
    const { interrupts } = timelines.model.vcpu(D1V0);
    expect([interrupts.count, interrupts.starts.values[0], interrupts.ends.values[0]]).toEqual([1, 170, 230]);
    expect(timelines.model.labels.get(interrupts.labels.values[0]).text).toBe('IRQ 53 SPI 21');
  });

  it('handled within another lies within it', () => {
    begin();
    add(
      { kind: TraceKind.guestAcknowledge, time: 10, el: 1, low: 27 },
      { kind: TraceKind.guestAcknowledge, time: 20, el: 1, low: 31 },
      { kind: TraceKind.guestEnd, time: 30, el: 1, low: 31 },
      { kind: TraceKind.guestEnd, time: 40, el: 1, low: 27 },
      { kind: TraceKind.guestAcknowledge, time: 50, el: 1, low: 1023 },
    );
    const { interrupts } = timelines.model.vcpu(D1V0);
    expect([...interrupts.ends.values.subarray(0, interrupts.count)]).toEqual([40, 30]);
    expect([...interrupts.depths.values.subarray(0, interrupts.count)]).toEqual([0, 1]);
  });

  it('between pCPUs leads from who sent it', () => {
    begin();
    add(
      { kind: TraceKind.softwareInterrupt, time: 10, el: 2, low: (0b10 << 16) | 1 },
      { kind: TraceKind.interruptAcknowledge, time: 30, cpu: 1, el: 2, low: 1 },
    );
    const { flows, cpus } = timelines.model;
    expect([flows.fromTracks.values[0], flows.toTracks.values[0]]).toEqual([cpus[0].levelsId, cpus[1].levelsId]);
    expect([flows.fromTimes.values[0], flows.toTimes.values[0]]).toEqual([10, 30]);
  });
});
