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
import { EventStore } from '../trace/event-store.ts';
import { vcpuKey } from '../trace/labels.ts';
import { Timelines } from '../trace/timelines.ts';
import { describeEvent, type EventSource } from './timeline-event.ts';

const D1V0 = vcpuKey(1, 0);
const SVC_PC = 0x40_1000n;
const HVC_PC = 0xffff_8000_0802_8ca4n;

let source: EventSource;

/** Every address is in a function that is named by its space. */
const view = {
  lookup: (space: { readonly kind: string }) =>
    Promise.resolve({ symbol: `${space.kind}_function`, offset: 4n, frames: [{ name: 'f', file: 'f.c', line: 7 }] }),
} as unknown as Parameters<typeof describeEvent>[1];

function record(parts: readonly RecordParts[]): void {
  const words = traceRecords(parts);
  source.store.add(words);
  source.timelines.add(words);
  source.timelines.model.advance(10_000);
}

const at = (list: readonly RecordParts[], pc: bigint): RecordParts[] => list.map((parts) => ({ ...parts, pc }));

beforeEach(() => {
  const timelines = new Timelines(2, {
    domidOf: (vmid) => vmid - 1,
    taskName: () => 'cat',
    probeText: () => 'vfs_read(0x1)',
    stopText: () => 'breakpoint major_show',
  });
  timelines.expectsSwitches = true;
  timelines.begin([
    { time: 0, el: 0, isAsleep: false, isPowered: true, vcpu: D1V0, mpidr: 0 },
    { time: 0, el: 1, isAsleep: false, isPowered: true, vcpu: vcpuKey(2, 0), mpidr: 0 },
  ]);
  source = { timelines, store: new EventStore(), domidOf: (vmid) => vmid - 1 };
});

/** `cat` reads, the kernel asks Xen; meanwhile the other pCPU does something else. */
function systemCall(): void {
  record([
    { kind: TraceKind.taskSwitch, time: 50, el: 1, vmid: 2, low: 42 },
    ...at(exception({ time: 100, el: 0, vmid: 2 }, 1, ESR_SVC, 63), SVC_PC),
    ...at(exception({ time: 150, el: 0, vmid: 3, cpu: 1 }, 1, ESR_SVC, 64), 0x123n),
    { kind: TraceKind.probeEntry, time: 200, el: 1, vmid: 2, low: 0, high: 0, pc: 0x77n },
    ...at(exception({ time: 300, el: 1, vmid: 2 }, 2, ESR_HYPERCALL, 17), HVC_PC),
    exceptionReturn({ time: 400, el: 2, vmid: 2 }, 1),
  ]);
}

const LEVELS = 0;

describe('an event', () => {
  it('has a stack across the exception levels, as far as exceptions tell it', async () => {
    systemCall();
    const event = await describeEvent(source, view, LEVELS, 350, 0);
    expect(event?.stack.map(({ kind, text }) => `${kind} ${text}`)).toEqual([
      'boundary xen_version: EL1 → EL2',
      'frame guest_function+0x4',
      'note in vfs_read(0x1) (probed)',
      'boundary SVC read: EL0 → EL1',
      'frame guest_function+0x4',
      'note task cat 42',
    ]);
    expect(event?.stack.flatMap(({ location }) => location ?? [])).toEqual([
      { space: { kind: 'guest', domain: 1, el: 1 }, address: HVC_PC },
      { space: { kind: 'guest', domain: 1, el: 0 }, address: SVC_PC },
    ]);
    expect(event?.stack[1].source).toEqual({ path: 'f.c', line: 7 });
  });

  it('has its syndrome, field by field, and its context', async () => {
    systemCall();
    const event = await describeEvent(source, view, LEVELS, 300, 0);
    const facts = event?.facts.map(({ name, value }) => `${name}: ${value}`);
    expect(facts).toContain('ESR_EL2: 0x5a000ea1 HVC #0xea1');
    expect(facts?.find((fact) => fact.startsWith('call'))).toMatch(/^call: X16 0x11, X0 0x/);
    expect(facts?.find((fact) => fact.startsWith('exception to EL2'))).toContain('d1:EL1:0xffff800008028ca4, VMID 2');
    expect(event).toMatchObject({
      target: { kind: 'vcpu', domain: 1, vcpu: 0 },
      cpu: 0,
      slice: { text: 'xen_version' },
    });
  });

  it('forgets exceptions that have been returned from', async () => {
    systemCall();
    record([exceptionReturn({ time: 500, el: 1, vmid: 2 }, 0)]);
    const event = await describeEvent(source, view, LEVELS, 500, 0);
    expect(event?.stack.filter(({ kind }) => kind === 'boundary')).toEqual([]);
    expect(event?.slice.text).toBe('EL0');
  });

  it('that is a marker is where the debugger stopped', async () => {
    systemCall();
    record([{ kind: TraceKind.stop, time: 600, el: 1, vmid: 2, pc: 0xabcn }]);
    const { markersId } = source.timelines.model;
    const event = await describeEvent(source, view, markersId, 600, 0);
    const target = { kind: 'vcpu', domain: 1, vcpu: 0 };
    expect(event).toMatchObject({ cpu: 0, target, slice: { text: 'breakpoint major_show', from: 600 } });
    expect(event?.stack[0].location).toEqual({ space: { kind: 'guest', domain: 1, el: 1 }, address: 0xabcn });
  });

  it('that never was is none', async () => {
    expect(await describeEvent(source, view, 4711, 0, 0)).toBeNull();
  });
});
