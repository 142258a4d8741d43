/** Cuts a window out of a recording, with no more slices than a screen has pixels for. */
import { CATEGORIES, domidOf, isIdle, NO_VCPU, type VcpuKey } from '../trace/labels.ts';
import type { TimelineModel } from '../trace/model.ts';
import type { SliceTrack } from '../trace/slice-track.ts';
import type { SpanTrack } from '../trace/span-track.ts';
import { statisticsOf } from '../trace/statistics.ts';
import { counterValue, type TrackEntry, trackList } from '../trace/track-list.ts';
import type {
  StatisticsRow,
  TimelineLabel,
  TimelineSlices,
  TimelineStatistics,
  TimelineTrack,
  TimelineWindow,
} from '../protocol/timeline.ts';

/** Slices for each pixel up to which every one is sent. */
const DETAIL = 2;

/** Collects slices. */
class Slices {
  readonly starts: number[] = [];
  readonly ends: number[] = [];
  readonly labels: number[] = [];
  readonly categories: number[] = [];
  readonly depths: number[] = [];
  readonly counts: number[] = [];

  add(start: number, end: number, label: number, category: number, depth = 0, count = 1): void {
    this.starts.push(start);
    this.ends.push(end);
    this.labels.push(label);
    this.categories.push(category);
    this.depths.push(depth);
    this.counts.push(count);
  }

  finish(): TimelineSlices {
    return {
      starts: Float64Array.from(this.starts),
      ends: Float64Array.from(this.ends),
      labels: Uint32Array.from(this.labels),
      categories: Uint8Array.from(this.categories),
      depths: Uint8Array.from(this.depths),
      counts: Uint32Array.from(this.counts),
    };
  }
}

/** One window of a model. */
class Cutter {
  readonly #labels = new Map<number, number>();
  readonly labels: TimelineLabel[] = [];

  constructor(
    private readonly model: TimelineModel,
    private readonly from: number,
    private readonly to: number,
    private readonly pixels: number,
  ) {}

  track({ id, group, domid, name, data }: TrackEntry): TimelineTrack {
    const base = { id, group, domid, name, kind: data.kind, depth: 1, slices: null, values: null };
    if (data.kind === 'counter') return { ...base, values: this.#counter(data.counter) };
    if (data.kind === 'slices') return { ...base, slices: this.#slices(data.track) };
    return { ...base, depth: data.track.maxDepth + 1, slices: this.#spans(data.track) };
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
    const first = Math.max(0, track.indexAt(this.from));
    const last = track.indexAt(this.to);
    if (track.count > 0 && last - first < this.pixels * DETAIL) {
      for (let index = first; index <= last; index += 1) this.#slice(track, index, slices);
    } else if (track.count > 0) this.#summary(track, slices);
    return slices.finish();
  }

  #slice(track: SliceTrack, index: number, into: Slices): void {
    const label = track.labels.values[index];
    into.add(track.starts.values[index], track.endOf(index), this.#label(label), this.model.labels.categories[label]);
  }

  /** One slice for each pixel, of the category that has most of it. */
  #summary(track: SliceTrack, into: Slices): void {
    const step = (this.to - this.from) / this.pixels;
    for (let pixel = 0; pixel < this.pixels; pixel += 1) {
      const from = this.from + pixel * step;
      const first = track.indexAt(from);
      const last = track.indexAt(from + step);
      if (last < 0) continue;
      const label = track.labels.values[Math.max(0, first)];
      const shares = new Float64Array(CATEGORIES.length);
      track.addShares(from, from + step, shares);
      const category = shares.indexOf(Math.max(...shares));
      into.add(from, from + step, this.#label(label), category, 0, last - first + 1);
    }
  }

  /** Spans that are too short to see are drawn together with the one before them. */
  #spans(track: SpanTrack): TimelineSlices {
    const slices = new Slices();
    const step = (this.to - this.from) / this.pixels;
    const lastEnds: number[] = [];
    const lastIndex: number[] = [];
    track.forEach(this.from, this.to, (index) => {
      const start = track.starts.values[index];
      const end = Math.min(track.ends.values[index], this.model.end);
      const depth = track.depths.values[index];
      if (end - start < step && start < (lastEnds[depth] ?? -1) + step) {
        slices.counts[lastIndex[depth]] += 1;
        slices.ends[lastIndex[depth]] = Math.max(slices.ends[lastIndex[depth]], end);
      } else {
        lastIndex[depth] = slices.starts.length;
        const label = track.labels.values[index];
        slices.add(start, end, this.#label(label), this.model.labels.categories[label], depth);
      }
      lastEnds[depth] = end;
    });
    return slices.finish();
  }

  #counter(counter: Parameters<typeof counterValue>[1]): Float64Array {
    const step = (this.to - this.from) / this.pixels;
    return Float64Array.from({ length: this.pixels }, (_, pixel) => {
      return counterValue(this.model, counter, this.from + pixel * step, this.from + (pixel + 1) * step);
    });
  }
}

function ownerOf(vcpu: VcpuKey): TimelineLabel['owner'] {
  if (vcpu === NO_VCPU) return 'xen';
  return isIdle(vcpu) ? null : domidOf(vcpu);
}

/** The window between two times (ns), for a screen of `pixels`. */
export function cutWindow(
  model: TimelineModel,
  lost: number,
  from: number,
  to: number,
  pixels: number,
): TimelineWindow {
  const cutter = new Cutter(model, from, to, Math.max(1, Math.min(pixels, 4000)));
  const tracks = trackList(model).map((entry) => cutter.track(entry));
  return { from, to, recordedFrom: model.start, recordedTo: model.end, lost, tracks, labels: cutter.labels };
}

/** Figures between two times (ns). */
export function windowStatistics(model: TimelineModel, from: number, to: number): TimelineStatistics {
  const { vcpus, exits, latencies, domains } = statisticsOf(model, from, to);
  return {
    from,
    to,
    vcpus: vcpus.map(({ name, ...times }) => ({ vcpu: name, ...times })),
    exits: exits.map(({ reason, place, ...row }): StatisticsRow => ({
      ...row,
      what: reason,
      from: place.from,
      to: place.to,
    })),
    latencies: latencies.map(({ kind, subject, place, ...row }): StatisticsRow => {
      return { ...row, what: `${kind}: ${subject}`, from: place.from, to: place.to };
    }),
    overhead: domains.map(({ domid, overhead, exits: count }) => ({ domid, share: overhead, exits: count })),
  };
}
