import { beforeEach, describe, expect, it } from 'vitest';
import { TraceKind } from '../base/trace-record.ts';
import { ESR_HYPERCALL, ESR_SVC, exception, exceptionReturn, traceRecords } from '../testing/trace-records.ts';
import { Runstate } from './guest-lanes.ts';
import { vcpuKey } from './labels.ts';
import { distribution, type Statistics, statisticsOf } from './statistics.ts';
import { Timelines } from './timelines.ts';

const D1V0 = vcpuKey(1, 0);
const D2V0 = vcpuKey(2, 0);
const ESR_WFI = 0x0600_0000;

let timelines: Timelines;

/** d1v0 makes two hypercalls and a system call, then waits; d2v0 has been ready and runs. */
beforeEach(() => {
  timelines = new Timelines(1, {
    domidOf: (vmid) => vmid - 1,
    taskName: () => '',
    probeText: () => '',
    stopText: () => '',
  });
  timelines.expectsSwitches = true;
  timelines.begin([{ time: 0, el: 1, isAsleep: false, isPowered: true, vcpu: D1V0, mpidr: 0 }]);
  timelines.beginVcpu(D2V0, Runstate.blocked);
  timelines.add(
    traceRecords([
      ...exception({ time: 100, el: 1 }, 2, ESR_HYPERCALL, 17),
      exceptionReturn({ time: 110, el: 2 }, 1),
      ...exception({ time: 200, el: 1 }, 2, ESR_HYPERCALL, 17),
      { kind: TraceKind.runstate, time: 220, el: 2, low: D2V0, high: Runstate.runnable },
      exceptionReturn({ time: 230, el: 2 }, 1),
      exceptionReturn({ time: 300, el: 1 }, 0),
      ...exception({ time: 350, el: 0 }, 1, ESR_SVC, 63),
      ...exception({ time: 400, el: 1 }, 2, ESR_WFI),
      { kind: TraceKind.contextSwitch, time: 420, el: 2, low: D1V0, high: D2V0 },
      { kind: TraceKind.runstate, time: 420, el: 2, low: D1V0, high: Runstate.blocked },
      exceptionReturn({ time: 425, el: 2 }, 1),
    ]),
  );
  timelines.model.advance(1000);
});

const figures = (from = 0, to = 1000): Statistics => statisticsOf(timelines.model, from, to);

describe('statistics', () => {
  it('give each vCPU its time at each level and in each state', () => {
    const [d1, d2] = figures().vcpus;
    expect(d1).toMatchObject({ vcpu: 'd1v0', el0: 50, el1: 310, el2: 60, running: 420, blocked: 580, preempted: 0 });
    expect(d2).toMatchObject({ vcpu: 'd2v0', el0: 0, el1: 575, el2: 5, running: 580, runnable: 200, blocked: 220 });
  });

  it('count only what is within the stretch', () => {
    const { vcpus, cpus, exits } = figures(205, 325);
    expect(vcpus[0]).toMatchObject({ el0: 25, el1: 70, el2: 25, running: 120 });
    expect(cpus[0]).toMatchObject({ el0: 25, el1: 70, el2: 25, asleep: 0 });
    expect(exits).toEqual([]);
  });

  it('tell why the hypervisor was entered, how often and how long, and where the longest is', () => {
    const [version, wfi, arrival] = figures().exits;
    expect(version).toMatchObject({
      vcpu: 'd1v0',
      reason: 'xen_version',
      count: 2,
      mean: 20,
      p50: 10,
      p99: 30,
      max: 30,
    });
    expect(version.place).toEqual({ track: 0, from: 200, to: 230 });
    expect(wfi).toMatchObject({ vcpu: 'd1v0', reason: 'WFI', count: 1, total: 20 });
    expect(arrival).toMatchObject({ vcpu: 'd2v0', reason: 'context switch', total: 5 });
  });

  it('tell how long a vCPU waited for a pCPU', () => {
    const waits = figures().latencies.filter(({ kind }) => kind === 'scheduling');
    expect(waits).toMatchObject([{ vcpu: 'd2v0', subject: 'wake-up', count: 1, max: 200, maxAt: 220 }]);
  });

  it('count whole turns by the clock of who schedules', () => {
    timelines.add(
      traceRecords([
        { kind: TraceKind.turnEnd, time: 430, el: 2, low: 7_000 },
        { kind: TraceKind.turnBegin, time: 430, el: 2, low: 7_000 },
        { kind: TraceKind.taskSwitch, time: 440, el: 1, low: 9 },
        { kind: TraceKind.turnBegin, time: 440, el: 1, low: 500, high: 1 },
        { kind: TraceKind.taskSwitch, time: 460, el: 1, low: 0 },
        { kind: TraceKind.turnEnd, time: 460, el: 1, low: 523, high: 1 },
        { kind: TraceKind.contextSwitch, time: 480, el: 2, low: D2V0, high: D1V0 },
        { kind: TraceKind.runstate, time: 480, el: 2, low: D2V0, high: Runstate.blocked },
        { kind: TraceKind.turnEnd, time: 480, el: 2, low: 7_055 },
        { kind: TraceKind.turnBegin, time: 480, el: 2, low: 7_055 },
      ]),
    );
    const { vcpus, tasks } = figures();
    // d1v0's first turn began before the recording, its second is not over.
    expect(vcpus[0]).toMatchObject({ vcpu: 'd1v0', running: 940, account: 940, turns: 0 });
    expect(vcpus[1]).toMatchObject({ vcpu: 'd2v0', running: 60, account: 65, turns: 1 });
    expect(tasks).toEqual([{ domid: 2, pid: 9, name: ' 9', running: 20, account: 23, turns: 1 }]);
    expect(figures(0, 450).tasks).toMatchObject([{ running: 10, account: 10, turns: 0 }]);
  });

  it('give the hypervisor its share of each domain', () => {
    const [d1] = figures().domains;
    expect(d1).toMatchObject({ domid: 1, exits: 3 });
    expect(d1.overhead).toBeCloseTo(60 / 420);
  });

  it('account for every nanosecond of every pCPU', () => {
    const { cpus, vcpus } = figures();
    const cpuTotal = cpus.reduce((sum, { el0, el1, el2, asleep, off }) => sum + el0 + el1 + el2 + asleep + off, 0);
    const vcpuTotal = vcpus.reduce((sum, { el0, el1, el2 }) => sum + el0 + el1 + el2, 0);
    expect([cpuTotal, vcpuTotal]).toEqual([1000, 1000]);
  });
});

describe('a distribution', () => {
  it('has the percentile that so many do not exceed', () => {
    const values = Array.from({ length: 200 }, (_, i) => 200 - i);
    const result = distribution(values, values);
    expect([result.p50, result.p99, result.max, result.mean]).toEqual([100, 198, 200, 100.5]);
  });

  it('of nothing is zero', () => {
    expect(distribution([], [])).toMatchObject({ count: 0, mean: 0, p99: 0, max: 0 });
  });
});
