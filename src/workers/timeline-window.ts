/** Cuts a window out of a recording, with no more slices than a screen has pixels for. */
import { CATEGORIES, domidOf, isGuest, isIdle, NO_VCPU, type VcpuKey, vcpuName } from '../trace/labels.ts';
import type { TimelineModel } from '../trace/model.ts';
import { forEachFlow } from '../trace/seek.ts';
import { SliceTrack } from '../trace/slice-track.ts';
import type { SpanTrack } from '../trace/span-track.ts';
import { type ExitRow, type Statistics, statisticsOf } from '../trace/statistics.ts';
import { counterValue, type TrackEntry, trackList } from '../trace/track-list.ts';
import { longestWaits, type Wait } from '../trace/waits.ts';
import type {
  OverheadRow,
  ReasonRow,
  StatisticsRow,
  TimelineFlows,
  TimelineLabel,
  TimelineRequest,
  TimelineSlices,
  TimelineStatistics,
  TimelineTrack,
  TimelineWindow,
  WaitRow,
} from '../protocol/timeline.ts';

/** Slices for each pixel up to which every one is sent. */
const DETAIL = 2;
/** Slices for each pixel from which sums need not end exactly at its edges. */
const DENSE = 1024;
/** Pixels of one value of a counter. */
const COUNTER_PIXELS = 3;
/** Arrows that can be told apart. */
const MOST_FLOWS = 400;
/** Pixels a window may have. */
const MOST_PIXELS = 8000;
/** Rows of the list of waits. */
const WAITS = 40;
const FULL = 255;

/** How the categories of one pixel are piled up, from the bottom: what costs first. What is not here leaves the pixel empty. */
const PILE = (
  [
    'el2',
    'el1',
    'el0',
    'running',
    'preempted',
    'runnable',
    'blocked',
    'asleep',
    'task',
    'idle-task',
    'syscall',
  ] as const
).map((category) => CATEGORIES.indexOf(category));

/** Collects slices. */
class Slices {
  readonly starts: number[] = [];
  readonly ends: number[] = [];
  readonly labels: number[] = [];
  readonly categories: number[] = [];
  readonly depths: number[] = [];
  readonly counts: number[] = [];
  readonly lows: number[] = [];
  readonly highs: number[] = [];

  add(start: number, end: number, label: number, category: number, depth = 0, count = 1, low = 0, high = FULL): void {
    this.starts.push(start);
    this.ends.push(end);
    this.labels.push(label);
    this.categories.push(category);
    this.depths.push(depth);
    this.counts.push(count);
    this.lows.push(low);
    this.highs.push(high);
  }

  /** Goes on with the last slice when this pixel is just like it. */
  extend(start: number, end: number, label: number, category: number, count: number): void {
    const last = this.starts.length - 1;
    const isSame =
      last >= 0 &&
      this.labels[last] === label &&
      this.categories[last] === category &&
      this.highs[last] - this.lows[last] === FULL &&
      this.ends[last] === start;
    if (!isSame) {
      this.add(start, end, label, category, 0, count);
      return;
    }
    this.ends[last] = end;
    this.counts[last] += count;
  }

  finish(): TimelineSlices {
    return {
      starts: Float64Array.from(this.starts),
      ends: Float64Array.from(this.ends),
      labels: Uint32Array.from(this.labels),
      categories: Uint8Array.from(this.categories),
      depths: Uint8Array.from(this.depths),
      counts: Uint32Array.from(this.counts),
      lows: Uint8Array.from(this.lows),
      highs: Uint8Array.from(this.highs),
    };
  }
}

/** One window of a model. */
class Cutter {
  readonly #labels = new Map<number, number>();
  readonly labels: TimelineLabel[] = [];
  readonly #pixels: number;
  readonly #step: number;
  readonly #wanted: ReadonlySet<number> | null;

  constructor(
    private readonly model: TimelineModel,
    private readonly request: TimelineRequest,
  ) {
    this.#pixels = Math.max(1, Math.min(request.pixels, MOST_PIXELS));
    this.#step = (request.to - request.from) / this.#pixels;
    this.#wanted = request.tracks && new Set(request.tracks);
  }

  track({ id, group, domid, name, data }: TrackEntry): TimelineTrack {
    const depth = data.kind === 'spans' ? data.track.maxDepth + 1 : 1;
    const base = { id, group, domid, name, kind: data.kind, depth, slices: null, values: null };
    if (this.#wanted?.has(id) === false) return base;
    if (data.kind === 'counter') return { ...base, values: this.#counter(data.counter) };
    return { ...base, slices: data.kind === 'slices' ? this.#slices(data.track) : this.#spans(data.track) };
  }

  /** Index of a label among those that are sent. */
  #label(label: number): number {
    const known = this.#labels.get(label);
    if (known !== undefined) return known;
    const { text, vcpu } = this.model.labels.labels[label];
    this.#labels.set(label, this.labels.length);
    this.labels.push({ text, owner: ownerOf(vcpu) });
    return this.labels.length - 1;
  }

  #slices(track: SliceTrack): TimelineSlices {
    const slices = new Slices();
    const { from, to } = this.request;
    const first = Math.max(0, track.indexAt(from));
    const last = track.indexAt(to);
    if (track.count > 0 && last - first < this.#pixels * DETAIL) {
      for (let index = first; index <= last; index += 1) this.#slice(track, index, slices);
    } else if (track.count > 0) this.#summary(track, slices);
    return slices.finish();
  }

  #slice(track: SliceTrack, index: number, into: Slices): void {
    const label = track.labels.values[index];
    into.add(track.starts.values[index], track.endOf(index), this.#label(label), this.model.labels.categories[label]);
  }

  /**
   * For each pixel what its time was spent with, piled up; in the colour of the longest slice. Where a pixel has very many slices, its edges are moved to where sums
   * are kept: every slice is still in one pixel.
   */
  #summary(track: SliceTrack, into: Slices): void {
    const { from, to } = this.request;
    let before = new Float64Array(CATEGORIES.length);
    let after = new Float64Array(CATEGORIES.length);
    let first = track.indexAt(from);
    const isDense = track.indexAt(to) - first > this.#pixels * DENSE;
    let since = from;
    track.sharesUntil(first, from, before);
    for (let pixel = 0; pixel < this.#pixels; pixel += 1) {
      const start = from + pixel * this.#step;
      const end = from + (pixel + 1) * this.#step;
      const exact = track.indexAt(end);
      const isSnapped = isDense && exact - first > DENSE / 2;
      const last = isSnapped ? SliceTrack.blockStart(exact) : exact;
      const until = isSnapped ? track.starts.values[last] : end;
      track.sharesUntil(last, until, after);
      if (last >= 0) this.#pixel(track, Math.max(0, first), last, start, end, until - since, before, after, into);
      [before, after] = [after, before];
      first = last;
      since = until;
    }
  }

  #pixel(
    track: SliceTrack,
    first: number,
    last: number,
    start: number,
    end: number,
    length: number,
    before: Float64Array,
    after: Float64Array,
    into: Slices,
  ): void {
    const { labels } = this.model;
    if (first === last) {
      const label = track.labels.values[first];
      into.extend(start, end, this.#label(label), labels.categories[label], 1);
      return;
    }
    const label = this.#label(track.labels.values[track.longestIn(first, last)]);
    const count = last - first + 1;
    let low = 0;
    for (const category of PILE) {
      const share = (after[category] - before[category]) / length;
      if (share <= 0) continue;
      const high = Math.min(FULL, low + Math.max(1, Math.round(share * FULL)));
      if (share > 0.996) into.extend(start, end, label, category, count);
      else if (high > low) into.add(start, end, label, category, 0, count, low, high);
      low = high;
    }
  }

  /** Spans that are too short to see are drawn together with the one before them. */
  #spans(track: SpanTrack): TimelineSlices {
    const slices = new Slices();
    const step = this.#step;
    const { from, to } = this.request;
    const lastEnds: number[] = [];
    const lastIndex: number[] = [];
    const add = (start: number, end: number, label: number, depth: number, count: number): void => {
      if (end - start < step && start < (lastEnds[depth] ?? -Infinity) + step) {
        const at = lastIndex[depth];
        slices.counts[at] += count;
        slices.ends[at] = Math.max(slices.ends[at], end);
      } else {
        lastIndex[depth] = slices.starts.length;
        slices.add(start, end, this.#label(label), this.model.labels.categories[label], depth, count);
      }
      lastEnds[depth] = end;
    };
    const { starts, ends, labels, depths } = track;
    track.forEachVisible(
      from,
      to,
      step,
      (i) => add(starts.values[i], Math.min(ends.values[i], this.model.end), labels.values[i], depths.values[i], 1),
      (longest, start, end, depth, count) => {
        for (let level = 0; level <= depth; level++) add(start, end, labels.values[longest], level, count);
      },
    );
    return slices.finish();
  }

  #counter(counter: Parameters<typeof counterValue>[1]): Float64Array {
    const { from } = this.request;
    const count = Math.ceil(this.#pixels / COUNTER_PIXELS);
    const step = (this.request.to - from) / count;
    return Float64Array.from({ length: count }, (_, index) => {
      return counterValue(this.model, counter, from + index * step, from + (index + 1) * step);
    });
  }
}

function ownerOf(vcpu: VcpuKey): TimelineLabel['owner'] {
  if (vcpu === NO_VCPU) return 'xen';
  return isIdle(vcpu) ? null : domidOf(vcpu);
}

const NO_FLOWS: TimelineFlows = {
  kinds: [],
  fromTracks: [],
  fromTimes: [],
  toTracks: [],
  toTimes: [],
  isTooMany: false,
};

function flowsBetween(model: TimelineModel, from: number, to: number): TimelineFlows {
  const found: { kind: number; fromTrack: number; fromTime: number; toTrack: number; toTime: number }[] = [];
  forEachFlow(model, from, to, (flow) => {
    found.push(flow);
    return found.length > MOST_FLOWS;
  });
  if (found.length > MOST_FLOWS) return { ...NO_FLOWS, isTooMany: true };
  return {
    kinds: found.map(({ kind }) => kind),
    fromTracks: found.map(({ fromTrack }) => fromTrack),
    fromTimes: found.map(({ fromTime }) => fromTime),
    toTracks: found.map(({ toTrack }) => toTrack),
    toTimes: found.map(({ toTime }) => toTime),
    isTooMany: false,
  };
}

/** What is to be seen of a recording. */
export function cutWindow(model: TimelineModel, lost: number, request: TimelineRequest): TimelineWindow {
  const { from, to } = request;
  const cutter = new Cutter(model, request);
  const tracks = trackList(model).map((entry) => cutter.track(entry));
  const flows = flowsBetween(model, from, to);
  return { from, to, recordedFrom: model.start, recordedTo: model.end, lost, tracks, labels: cutter.labels, flows };
}

/** Figures between two times (ns). */
export function windowStatistics(model: TimelineModel, from: number, to: number): TimelineStatistics {
  const statistics = statisticsOf(model, from, to);
  const { vcpus, tasks, exits, latencies } = statistics;
  return {
    from,
    to,
    vcpus,
    tasks,
    exits: exits.map(({ reason, place, ...row }): StatisticsRow => ({ ...row, what: reason, place })),
    latencies: latencies.map(({ kind, subject, place, ...row }): StatisticsRow => {
      return { ...row, what: `${kind}: ${subject}`, place };
    }),
    overhead: overheadRows(statistics),
    reasons: reasonRows(exits),
    waits: longestWaits(model, from, to, WAITS).map(waitRow),
  };
}

function overheadRows({ domains, exits }: Statistics): OverheadRow[] {
  return domains.map(({ domid, el0, el1, el2, overhead, exits: count }) => {
    const top = reasonRows(exits.filter((row) => row.domid === domid)).at(0);
    const { reason, total: reasonTotal, place } = top ?? { reason: '', total: 0, place: null };
    return { domid, el0, el1, el2, share: overhead, exits: count, reason, reasonTotal, place };
  });
}

/** Exits by reason alone, what cost most first. */
function reasonRows(exits: readonly ExitRow[]): ReasonRow[] {
  const all = exits.reduce((sum, { total }) => sum + total, 0);
  const groups = new Map<string, ExitRow[]>();
  for (const row of exits) groups.set(row.reason, [...(groups.get(row.reason) ?? []), row]);
  const rows = [...groups].map(([reason, own]): ReasonRow => {
    const sum = (of: 'count' | 'total'): number => own.reduce((total, row) => total + row[of], 0);
    const [count, total] = [sum('count'), sum('total')];
    const longest = own.reduce((best, row) => (row.max > best.max ? row : best));
    const share = all === 0 ? 0 : total / all;
    return { reason, count, total, mean: total / count, max: longest.max, share, place: longest.place };
  });
  return rows.sort((a, b) => b.total - a.total);
}

function waitRow({ vcpu, track, from, to, wasPreempted, cpu, blame }: Wait): WaitRow {
  return {
    vcpu: vcpuName(vcpu),
    domid: domidOf(vcpu),
    duration: to - from,
    cause: wasPreempted ? 'preempted' : 'woken',
    cpu,
    blame: blame.map(({ vcpu: who, time }) => ({
      name: isIdle(who) ? 'idle' : vcpuName(who),
      domid: isGuest(who) ? domidOf(who) : null,
      time,
    })),
    place: { track, from, to },
  };
}
