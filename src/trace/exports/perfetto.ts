/**
 * Perfetto's trace format: TrackEvents on tracks of our own (perfetto/protos/perfetto/trace/trace_packet.proto, track_event/track_event.proto,
 * track_event/track_descriptor.proto, interned_data/interned_data.proto).
 */
import type { LabelTable } from '../labels.ts';
import { FLOW_KINDS } from '../labels.ts';
import type { TimelineModel } from '../model.ts';
import type { SliceTrack } from '../slice-track.ts';
import type { SpanTrack } from '../span-track.ts';
import { type CounterKind, counterValue, type TrackEntry, trackList } from '../track-list.ts';
import { ProtobufWriter } from './protobuf.ts';

/** Field numbers, by message. */
const PERFETTO = {
  Trace: { packet: 1 },
  TracePacket: {
    timestamp: 8,
    trusted_packet_sequence_id: 10,
    track_event: 11,
    interned_data: 12,
    sequence_flags: 13,
    track_descriptor: 60,
  },
  TrackDescriptor: { uuid: 1, name: 2, parent_uuid: 5, counter: 8, child_ordering: 11, sibling_order_rank: 12 },
  CounterDescriptor: { unit_name: 6 },
  TrackEvent: {
    type: 9,
    name_iid: 10,
    track_uuid: 11,
    double_counter_value: 44,
    flow_ids: 47,
    terminating_flow_ids: 48,
  },
  InternedData: { event_names: 2 },
  EventName: { iid: 1, name: 2 },
} as const;

const { TracePacket, TrackDescriptor, TrackEvent } = PERFETTO;

/** TrackEvent.Type. */
const EventType = { sliceBegin: 1, sliceEnd: 2, instant: 3, counter: 4 } as const;
const SEQ_INCREMENTAL_STATE_CLEARED = 1;
const SEQ_NEEDS_INCREMENTAL_STATE = 2;
/** TrackDescriptor.ChildTracksOrdering: by sibling_order_rank. */
const EXPLICIT = 3;
const SEQUENCE = 1;
/** Tracks have their id and this; groups count from 1. */
const FIRST_TRACK_UUID = 1000;
const COUNTER_STEP = 1e6;

/** A model as one Perfetto trace. */
export function perfettoTrace(model: TimelineModel): Uint8Array[] {
  return new PerfettoWriter(model).write();
}

class PerfettoWriter {
  private readonly pieces: Uint8Array[] = [];
  private readonly packet = new ProtobufWriter();
  private readonly event = new ProtobufWriter();
  private readonly trace = new ProtobufWriter();
  private readonly names = new Map<string, number>();
  private readonly groups = new Map<string, number>();
  private isFirst = true;

  constructor(private readonly model: TimelineModel) {}

  write(): Uint8Array[] {
    for (const [rank, entry] of trackList(this.model).entries()) {
      this.describe(entry, rank);
      this.events(entry);
    }
    this.flows();
    this.flush();
    return this.pieces;
  }

  private describe(entry: TrackEntry, rank: number): void {
    const descriptor = new ProtobufWriter()
      .uint(TrackDescriptor.uuid, FIRST_TRACK_UUID + entry.id)
      .string(TrackDescriptor.name, entry.name)
      .uint(TrackDescriptor.parent_uuid, this.groupUuid(entry.group))
      .uint(TrackDescriptor.sibling_order_rank, rank);
    if (entry.data.kind === 'counter') descriptor.message(TrackDescriptor.counter, new ProtobufWriter());
    this.emit(this.packet.clear().message(TracePacket.track_descriptor, descriptor));
  }

  private groupUuid(name: string): number {
    const known = this.groups.get(name);
    if (known !== undefined) return known;
    const uuid = this.groups.size + 1;
    this.groups.set(name, uuid);
    const descriptor = new ProtobufWriter()
      .uint(TrackDescriptor.uuid, uuid)
      .string(TrackDescriptor.name, name)
      .uint(TrackDescriptor.child_ordering, EXPLICIT)
      .uint(TrackDescriptor.sibling_order_rank, uuid);
    this.emit(this.packet.clear().message(TracePacket.track_descriptor, descriptor));
    return uuid;
  }

  private events({ id, data }: TrackEntry): void {
    if (data.kind === 'slices') this.slices(id, data.track);
    else if (data.kind === 'spans') this.spans(id, data.track);
    else if (data.kind === 'markers') this.markers(id, data.track);
    else this.counter(id, data.counter);
  }

  private slices(id: number, track: SliceTrack): void {
    const { labels } = this.model;
    for (let i = 0; i < track.count; i++) {
      const { text, category } = labels.get(track.labels.values[i]);
      if (category === 'none') continue;
      this.trackEvent(track.starts.values[i], EventType.sliceBegin, id, text);
      this.trackEvent(track.endOf(i), EventType.sliceEnd, id);
    }
  }

  /** Begins and ends in the order of time: what is innermost ends first. */
  private spans(id: number, track: SpanTrack): void {
    const open: number[] = [];
    const closeUntil = (time: number): void => {
      while (open.length > 0 && open[open.length - 1] <= time) this.trackEvent(open.pop() ?? 0, EventType.sliceEnd, id);
    };
    for (let i = 0; i < track.count; i++) {
      closeUntil(track.starts.values[i]);
      const end = Math.min(track.ends.values[i], this.model.end);
      this.trackEvent(track.starts.values[i], EventType.sliceBegin, id, labelText(this.model.labels, track, i));
      open.push(Math.min(end, open.at(-1) ?? Infinity));
    }
    closeUntil(Infinity);
  }

  private markers(id: number, track: SpanTrack): void {
    for (let i = 0; i < track.count; i++) {
      this.trackEvent(track.starts.values[i], EventType.instant, id, labelText(this.model.labels, track, i));
    }
  }

  private counter(id: number, counter: CounterKind): void {
    const { start, end } = this.model;
    for (let time = start; time < end; time += COUNTER_STEP) {
      const value = counterValue(this.model, counter, time, Math.min(end, time + COUNTER_STEP));
      this.beginEvent(EventType.counter, id).double(TrackEvent.double_counter_value, value);
      this.endEvent(time);
    }
  }

  private flows(): void {
    const { flows } = this.model;
    for (let i = 0; i < flows.count; i++) {
      const name = FLOW_KINDS[flows.kinds.values[i]];
      this.flowEnd(flows.fromTracks.values[i], flows.fromTimes.values[i], name, TrackEvent.flow_ids, i + 1);
      this.flowEnd(flows.toTracks.values[i], flows.toTimes.values[i], name, TrackEvent.terminating_flow_ids, i + 1);
    }
  }

  private flowEnd(track: number, time: number, name: string, field: number, flow: number): void {
    const iid = this.nameId(name);
    this.beginEvent(EventType.instant, track).uint(TrackEvent.name_iid, iid).fixed64(field, flow);
    this.endEvent(time);
  }

  private trackEvent(time: number, type: number, track: number, name?: string): void {
    const iid = name === undefined ? 0 : this.nameId(name);
    const event = this.beginEvent(type, track);
    if (iid > 0) event.uint(TrackEvent.name_iid, iid);
    this.endEvent(time);
  }

  private beginEvent(type: number, track: number): ProtobufWriter {
    return this.event
      .clear()
      .uint(TrackEvent.type, type)
      .uint(TrackEvent.track_uuid, FIRST_TRACK_UUID + track);
  }

  private endEvent(time: number): void {
    const packet = this.packet
      .clear()
      .uint(TracePacket.timestamp, time)
      .uint(TracePacket.trusted_packet_sequence_id, SEQUENCE)
      .message(TracePacket.track_event, this.event);
    this.emit(packet.uint(TracePacket.sequence_flags, SEQ_NEEDS_INCREMENTAL_STATE));
  }

  /** Number of a name; new names are told in a packet of their own. */
  private nameId(name: string): number {
    const known = this.names.get(name);
    if (known !== undefined) return known;
    const iid = this.names.size + 1;
    this.names.set(name, iid);
    const { EventName, InternedData } = PERFETTO;
    const entry = new ProtobufWriter().uint(EventName.iid, iid).string(EventName.name, name);
    const data = new ProtobufWriter().message(InternedData.event_names, entry);
    const packet = new ProtobufWriter()
      .uint(TracePacket.trusted_packet_sequence_id, SEQUENCE)
      .message(TracePacket.interned_data, data)
      .uint(TracePacket.sequence_flags, this.isFirst ? SEQ_INCREMENTAL_STATE_CLEARED : SEQ_NEEDS_INCREMENTAL_STATE);
    this.isFirst = false;
    this.emit(packet);
    return iid;
  }

  private emit(packet: ProtobufWriter): void {
    this.trace.message(PERFETTO.Trace.packet, packet);
    if (this.trace.finish().length > 1 << 20) this.flush();
  }

  private flush(): void {
    this.pieces.push(this.trace.finish().slice());
    this.trace.clear();
  }
}

function labelText(labels: LabelTable, track: SpanTrack, index: number): string {
  return labels.get(track.labels.values[index]).text;
}
