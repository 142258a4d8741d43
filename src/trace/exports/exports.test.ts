import { beforeAll, describe, expect, it } from 'vitest';
import { TraceKind } from '../../base/trace-record.ts';
import { type Message, readMessage, type Schema } from '../../testing/protobuf-reader.ts';
import { ESR_HYPERCALL, exception, exceptionReturn, traceRecords } from '../../testing/trace-records.ts';
import { Runstate } from '../guest-lanes.ts';
import { vcpuKey } from '../labels.ts';
import { statisticsOf } from '../statistics.ts';
import { Timelines } from '../timelines.ts';
import { trackList } from '../track-list.ts';
import { chromeTrace } from './chrome.ts';
import { statisticsCsv } from './csv.ts';
import { perfettoTrace } from './perfetto.ts';

/** The messages of Perfetto's schema that a trace of ours may have. */
const SCHEMA: Schema = {
  Trace: { 1: { name: 'packet', type: { message: 'TracePacket' }, isRepeated: true } },
  TracePacket: {
    8: { name: 'timestamp', type: 'uint' },
    10: { name: 'trusted_packet_sequence_id', type: 'uint' },
    11: { name: 'track_event', type: { message: 'TrackEvent' } },
    12: { name: 'interned_data', type: { message: 'InternedData' } },
    13: { name: 'sequence_flags', type: 'uint' },
    60: { name: 'track_descriptor', type: { message: 'TrackDescriptor' } },
  },
  TrackDescriptor: {
    1: { name: 'uuid', type: 'uint' },
    2: { name: 'name', type: 'string' },
    5: { name: 'parent_uuid', type: 'uint' },
    8: { name: 'counter', type: { message: 'CounterDescriptor' } },
    11: { name: 'child_ordering', type: 'uint' },
    12: { name: 'sibling_order_rank', type: 'uint' },
  },
  CounterDescriptor: {},
  TrackEvent: {
    9: { name: 'type', type: 'uint' },
    10: { name: 'name_iid', type: 'uint' },
    11: { name: 'track_uuid', type: 'uint' },
    44: { name: 'double_counter_value', type: 'double' },
    47: { name: 'flow_ids', type: 'fixed64', isRepeated: true },
    48: { name: 'terminating_flow_ids', type: 'fixed64', isRepeated: true },
  },
  InternedData: { 2: { name: 'event_names', type: { message: 'EventName' }, isRepeated: true } },
  EventName: { 1: { name: 'iid', type: 'uint' }, 2: { name: 'name', type: 'string' } },
};

const D1V0 = vcpuKey(1, 0);
const D2V0 = vcpuKey(2, 0);

let timelines: Timelines;

beforeAll(() => {
  timelines = new Timelines(1, {
    domidOf: (vmid) => vmid - 1,
    taskName: () => 'sh "x", y',
    probeText: (probe) => `f${probe}`,
    stopText: () => 'breakpoint 1',
  });
  timelines.expectsSwitches = true;
  const time = 2 ** 33;
  timelines.begin([{ time, el: 1, isAsleep: false, isPowered: true, vcpu: D1V0, mpidr: 0 }]);
  timelines.beginVcpu(D2V0, Runstate.blocked);
  timelines.add(
    traceRecords([
      { kind: TraceKind.taskSwitch, time: time + 5, el: 1, low: 7 },
      { kind: TraceKind.probeEntry, time: time + 10, el: 1, low: 1 },
      { kind: TraceKind.probeEntry, time: time + 20, el: 1, low: 2 },
      { kind: TraceKind.probeReturn, time: time + 30, el: 1, low: 2 },
      ...exception({ time: time + 40, el: 1 }, 2, ESR_HYPERCALL, 32, 4),
      { kind: TraceKind.runstate, time: time + 45, el: 2, low: D2V0, high: Runstate.runnable },
      exceptionReturn({ time: time + 50, el: 2 }, 1),
      { kind: TraceKind.probeReturn, time: time + 60, el: 1, low: 1 },
      { kind: TraceKind.stop, time: time + 70, el: 1 },
      { kind: TraceKind.contextSwitch, time: time + 80, el: 2, low: D1V0, high: D2V0 },
      { kind: TraceKind.runstate, time: time + 80, el: 2, low: D1V0, high: Runstate.blocked },
    ]),
  );
  timelines.model.advance(time + 100);
});

/** `track: start-end name` of everything our tracks hold. */
function ourSlices(): string[] {
  const { model } = timelines;
  return trackList(model).flatMap(({ name, data }) => {
    if (data.kind === 'counter' || data.kind === 'markers') return [];
    const { track } = data;
    return Array.from({ length: track.count }, (_, i) => i)
      .filter((i) => model.labels.get(track.labels.values[i]).category !== 'none')
      .map((i) => {
        const end = data.kind === 'slices' ? data.track.endOf(i) : data.track.ends.values[i];
        return `${name}: ${track.starts.values[i]}-${end} ${model.labels.get(track.labels.values[i]).text}`;
      });
  });
}

function perfettoPackets(): Message[] {
  const pieces = perfettoTrace(timelines.model);
  return pieces.flatMap((piece) => readMessage(SCHEMA, 'Trace', piece).packet as Message[]);
}

/** The same from a Perfetto trace, matching begins and ends as its importer does. */
function perfettoSlices(packets: readonly Message[]): string[] {
  const names = new Map<unknown, unknown>();
  const tracks = new Map<unknown, unknown>();
  const open = new Map<unknown, [unknown, unknown][]>();
  const slices: string[] = [];
  for (const {
    timestamp,
    track_event: event,
    interned_data: data,
    track_descriptor: track,
  } of packets as unknown as Packet[]) {
    for (const { iid, name } of data?.event_names ?? []) names.set(iid, name);
    if (track) tracks.set(track.uuid, track.name);
    if (event?.type === 1) {
      const stack = open.get(event.track_uuid) ?? [];
      open.set(event.track_uuid, [...stack, [timestamp, names.get(event.name_iid)]]);
    } else if (event?.type === 2) {
      const [start, name] = open.get(event.track_uuid)?.pop() ?? ['?', '?'];
      slices.push(`${String(tracks.get(event.track_uuid))}: ${String(start)}-${timestamp} ${String(name)}`);
    }
  }
  return slices;
}

interface Packet {
  readonly timestamp: number;
  readonly track_event?: Message;
  readonly interned_data?: { readonly event_names: readonly Message[] };
  readonly track_descriptor?: Message;
}

describe('the Perfetto export', () => {
  it('holds our tracks, names and durations, and nothing that its schema does not know', () => {
    expect(ourSlices().length).toBeGreaterThan(8);
    expect(perfettoSlices(perfettoPackets()).toSorted()).toEqual(ourSlices().toSorted());
  });

  it('has every track in a group, and packets in the order of time within a track', () => {
    const packets = perfettoPackets() as unknown as Packet[];
    const described = packets.flatMap(({ track_descriptor: track }) => (track ? [track] : []));
    const groups = described.filter((track) => !('parent_uuid' in track)).map(({ name }) => name);
    expect(groups).toEqual(['Hypervisor', 'd1', 'd2', 'Counters', 'Marks']);
    const last = new Map<unknown, number>();
    for (const { timestamp, track_event: event } of packets) {
      if (!event || 'flow_ids' in event || 'terminating_flow_ids' in event) continue;
      expect(timestamp).toBeGreaterThanOrEqual(last.get(event.track_uuid) ?? 0);
      last.set(event.track_uuid, timestamp);
    }
  });

  it('leads arrows from cause to effect', () => {
    const packets = perfettoPackets() as unknown as Packet[];
    const ends = packets.flatMap(({ timestamp, track_event: event }) => {
      const ids = (event?.flow_ids ?? event?.terminating_flow_ids ?? []) as number[];
      return ids.map((id) => [id, 'flow_ids' in (event ?? {}) ? 'from' : 'to', timestamp - 2 ** 33]);
    });
    expect(ends).toEqual([
      [1, 'from', 40],
      [1, 'to', 40],
      [2, 'from', 40],
      [2, 'to', 45],
      [3, 'from', 45],
      [3, 'to', 80],
    ]);
  });
});

/** One sample of each: 10 of 100 ns in the hypervisor, and one hypercall in them. */
const COUNTERS = ['Hypervisor (%): 10', 'Hypercalls per ms: 10000', 'Interrupts per ms: 0'];

describe('the counters', () => {
  it('are tracks of the Perfetto export', () => {
    const packets = perfettoPackets() as unknown as Packet[];
    const names = new Map(packets.map(({ track_descriptor: track }) => [track?.uuid, track]));
    const samples = packets.flatMap(({ track_event: event }) => {
      if (event?.type !== 4) return [];
      const track = names.get(event.track_uuid);
      expect(track).toHaveProperty('counter');
      return `${track?.name as string}: ${Number(event.double_counter_value)}`;
    });
    expect(samples.toSorted()).toEqual(COUNTERS.toSorted());
  });

  it('are counters of the Chrome export', () => {
    const text = [...chromeTrace(timelines.model)].join('');
    const { traceEvents } = JSON.parse(text) as { traceEvents: Record<string, never>[] };
    const samples = traceEvents.flatMap(({ ph, name, args }) =>
      ph === 'C' ? `${String(name)}: ${Number(Object.values(args)[0])}` : [],
    );
    expect(samples.toSorted()).toEqual(COUNTERS.toSorted());
  });
});

describe('the Chrome export', () => {
  it('holds the same slices', () => {
    const text = [...chromeTrace(timelines.model)].join('');
    const { traceEvents } = JSON.parse(text) as { traceEvents: Record<string, never>[] };
    const names = new Map(
      traceEvents.filter(({ name }) => name === 'thread_name').map(({ tid, args }) => [tid, args['name']]),
    );
    const slices = traceEvents
      .filter(({ ph }) => ph === 'X')
      .map(({ tid, ts, dur, name }) => {
        const start = Math.round(ts * 1000);
        return `${String(names.get(tid))}: ${start}-${start + Math.round(dur * 1000)} ${String(name)}`;
      });
    expect(slices.toSorted()).toEqual(ourSlices().toSorted());
  });
});

describe('the CSV export', () => {
  it('has a row for each figure, quoted where needed', () => {
    const text = statisticsCsv(statisticsOf(timelines.model, 2 ** 33, 2 ** 33 + 100));
    const lines = text.split('\r\n');
    expect(lines[0]).toBe('table,domain,vcpu,name,count,total_ns,mean_ns,p50_ns,p99_ns,max_ns,max_at_ns');
    expect(lines).toContain('vcpu,1,d1v0,el2,,10');
    expect(lines).toContain(`exit,1,d1v0,event_channel_op(send),1,10,10,10,10,10,${2 ** 33 + 40}`);
    expect(lines).toContain(`scheduling,2,d2v0,wake-up,1,35,35,35,35,35,${2 ** 33 + 45}`);
  });
});
