/** Finds slices: the next on a track, the other end of an arrow, the next whose name matches. */
import type { TimelineModel } from './model.ts';
import { SliceTrack } from './slice-track.ts';
import { SpanTrack } from './span-track.ts';
import { lastNotAbove } from './columns.ts';
import { type TrackEntry, trackList } from './track-list.ts';

/** A slice on a track. */
export interface Found {
  readonly entry: TrackEntry;
  readonly index: number;
  /** ns. */
  readonly from: number;
  readonly to: number;
  readonly depth: number;
  readonly text: string;
}

export type Direction = 1 | -1;

type AnyTrack = SliceTrack | SpanTrack;

function trackOf({ data }: TrackEntry): AnyTrack | undefined {
  return data.kind === 'counter' ? undefined : data.track;
}

/** The track that has this id; undefined when nothing is on it yet. */
function trackEntry(model: TimelineModel, id: number): TrackEntry | undefined {
  return trackList(model).find((entry) => entry.id === id);
}

function endOf(model: TimelineModel, track: AnyTrack, index: number): number {
  return track instanceof SliceTrack ? track.endOf(index) : Math.min(track.ends.values[index], model.end);
}

/** Slice `index` of a track, in words. */
function found(model: TimelineModel, entry: TrackEntry, track: AnyTrack, index: number): Found {
  return {
    entry,
    index,
    from: track.starts.values[index],
    to: endOf(model, track, index),
    depth: track instanceof SpanTrack ? track.depths.values[index] : 0,
    text: model.labels.get(track.labels.values[index]).text,
  };
}

function isEmpty(model: TimelineModel, track: AnyTrack, index: number): boolean {
  return model.labels.get(track.labels.values[index]).category === 'none';
}

/** The slice at a time; of spans that of a depth, or else the innermost. */
export function sliceAt(model: TimelineModel, id: number, time: number, depth?: number): Found | undefined {
  const entry = trackEntry(model, id);
  const track = entry && trackOf(entry);
  if (!track) return undefined;
  const last = lastNotAbove(track.starts.values, track.count, time);
  for (let index = last; index >= 0 && last - index < 100_000; index--) {
    const end = endOf(model, track, index);
    if (end < time || (end === time && track.starts.values[index] < time)) {
      if (track instanceof SliceTrack) return undefined;
      continue;
    }
    if (track instanceof SpanTrack && depth !== undefined && track.depths.values[index] !== depth) continue;
    return found(model, entry, track, index);
  }
  return undefined;
}

/** The next slice on a track that begins after (before) `time`; of spans one of the same depth. */
export function neighbour(
  model: TimelineModel,
  id: number,
  time: number,
  depth: number,
  direction: Direction,
): Found | undefined {
  const entry = trackEntry(model, id);
  const track = entry && trackOf(entry);
  if (!track) return undefined;
  const { values } = track.starts;
  let index = lastNotAbove(values, track.count, time);
  while (direction < 0 && index >= 0 && values[index] >= time) index--;
  if (direction > 0) index++;
  for (; index >= 0 && index < track.count; index += direction) {
    if (isEmpty(model, track, index)) continue;
    if (track instanceof SpanTrack && entry.data.kind !== 'markers' && track.depths.values[index] !== depth) continue;
    return found(model, entry, track, index);
  }
  return undefined;
}

/** An arrow, by its ends. */
export interface FlowEnd {
  readonly kind: number;
  readonly fromTrack: number;
  readonly fromTime: number;
  readonly toTrack: number;
  readonly toTime: number;
}

/** pCPUs take turns: an arrow may be noted this much (ns) before one that ended earlier. */
const DISORDER = 50_000;

/** Calls `visit` for the arrows that are partly between two times, until it says that it has enough. */
export function forEachFlow(
  { flows }: TimelineModel,
  from: number,
  to: number,
  visit: (flow: FlowEnd) => boolean | void,
): void {
  const { kinds, fromTracks, fromTimes, toTracks, toTimes } = flows;
  const first = Math.max(0, lastNotAbove(toTimes.values, flows.count, from - DISORDER));
  for (let i = first; i < flows.count; i++) {
    const toTime = toTimes.values[i];
    const fromTime = fromTimes.values[i];
    if (fromTime > to && toTime > to + DISORDER && fromTime > to + DISORDER) return;
    if (fromTime > to || toTime < from) continue;
    const flow = {
      kind: kinds.values[i],
      fromTrack: fromTracks.values[i],
      fromTime,
      toTrack: toTracks.values[i],
      toTime,
    };
    if (visit(flow) === true) return;
  }
}

/** The arrows that leave (1) or reach (-1) a track between two times, and what is at their other ends. */
export function followFlows(model: TimelineModel, id: number, from: number, to: number, direction: Direction): Found[] {
  const ends: Found[] = [];
  forEachFlow(model, from, to, (flow) => {
    const [track, time] = direction > 0 ? [flow.fromTrack, flow.fromTime] : [flow.toTrack, flow.toTime];
    if (track !== id || time < from || time > to) return false;
    const other =
      direction > 0 ? sliceAt(model, flow.toTrack, flow.toTime) : sliceAt(model, flow.fromTrack, flow.fromTime);
    if (other) ends.push(other);
    return ends.length >= 100;
  });
  return ends;
}

/** Whether slice `index` comes after (before) the place where a search stands. */
interface SearchPlace {
  readonly time: number;
  /** Number of the track in their order; -1 before all. */
  readonly rank: number;
}

function firstMatch(
  track: AnyTrack,
  matches: Uint8Array,
  { time, rank }: SearchPlace,
  ownRank: number,
  direction: Direction,
): number {
  const { starts, labels, count } = track;
  const isBeyond = (index: number): boolean => {
    const start = starts.values[index];
    return direction > 0
      ? start > time || (start === time && ownRank > rank)
      : start < time || (start === time && ownRank < rank);
  };
  let index = lastNotAbove(starts.values, count, time);
  if (direction > 0) index = Math.max(0, index);
  for (; index >= 0 && index < count; index += direction) {
    if (matches[labels.values[index]] === 1 && isBeyond(index)) return index;
  }
  return -1;
}

/** The next slice whose name contains `text` (whatever the case), after or before `time` on the track `id`; in the order of time, then of tracks. */
export function search(
  model: TimelineModel,
  text: string,
  id: number | null,
  time: number,
  direction: Direction,
): Found | undefined {
  const wanted = text.toLowerCase();
  const matches = Uint8Array.from(model.labels.labels, (label) => {
    return label.category !== 'none' && label.text.toLowerCase().includes(wanted) ? 1 : 0;
  });
  const entries = trackList(model);
  const rank = entries.findIndex((entry) => entry.id === id);
  let best: Found | undefined;
  for (const [ownRank, entry] of entries.entries()) {
    const track = trackOf(entry);
    const index = track ? firstMatch(track, matches, { time, rank }, ownRank, direction) : -1;
    if (!track || index < 0) continue;
    const start = track.starts.values[index];
    if (!best || (direction > 0 ? start < best.from : start >= best.from)) best = found(model, entry, track, index);
  }
  return best;
}
