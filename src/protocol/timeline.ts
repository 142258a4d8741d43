/** Stretches of the recorded past, at the detail of a screen. */
import type { Location } from './address.ts';
import type { TaskTimes as TaskTimeRow } from '../trace/accounts.ts';
import type { Place as TimelinePlace, VcpuTimes as VcpuTimeRow } from '../trace/statistics.ts';
import type { Target } from './target.ts';

export {
  CATEGORIES as SLICE_CATEGORIES,
  type Category as SliceCategory,
  FLOW_KINDS as TIMELINE_FLOW_KINDS,
} from '../trace/labels.ts';
export type { TaskTimeRow, TimelinePlace, VcpuTimeRow };

/** Slices of one track, one element for each in every array. */
export interface TimelineSlices {
  /** Nanoseconds of virtual time. */
  readonly starts: Float64Array;
  readonly ends: Float64Array;
  /** Index into `TimelineWindow.labels`; where many slices share a pixel, of the one that begins it. */
  readonly labels: Uint32Array;
  /** Index into `SLICE_CATEGORIES`: of the category that holds most of the time. */
  readonly categories: Uint8Array;
  /** Nesting, 0 outermost. */
  readonly depths: Uint8Array;
  /** How many slices were drawn together, 1 for a slice of its own. */
  readonly counts: Uint32Array;
  /** Where many share a pixel, the part of it that the category takes: 0 (bottom) to 255. A slice of its own has 0 and 255. */
  readonly lows: Uint8Array;
  readonly highs: Uint8Array;
}

/** One row of the timeline. */
export interface TimelineTrack {
  readonly id: number;
  /** `Hypervisor`, `d1`, `Counters`, `Marks`. */
  readonly group: string;
  readonly domid: number | null;
  readonly name: string;
  readonly kind: 'slices' | 'spans' | 'markers' | 'counter';
  /** Rows of nesting. */
  readonly depth: number;
  /** Null of a track that was not asked for, and of a counter. */
  readonly slices: TimelineSlices | null;
  /** Of a counter: values of stretches of equal length that fill the window. */
  readonly values: Float64Array | null;
}

/** A name of slices, and whose they are. */
export interface TimelineLabel {
  readonly text: string;
  /** Domain whose vCPU it is; `xen` for the hypervisor's own, null for idle. */
  readonly owner: number | 'xen' | null;
}

/** What is asked for. */
export interface TimelineRequest {
  /** Nanoseconds. */
  readonly from: number;
  readonly to: number;
  readonly pixels: number;
  /** Tracks whose slices are wanted, by id; null for all. */
  readonly tracks: readonly number[] | null;
}

/** Arrows, one element for each in every array. */
export interface TimelineFlows {
  /** Index into `TIMELINE_FLOW_KINDS`. */
  readonly kinds: readonly number[];
  readonly fromTracks: readonly number[];
  readonly fromTimes: readonly number[];
  readonly toTracks: readonly number[];
  readonly toTimes: readonly number[];
  /** There are more than a person can tell apart: none is given. */
  readonly isTooMany: boolean;
}

/** What was recorded between two times. */
export interface TimelineWindow {
  readonly from: number;
  readonly to: number;
  /** The whole recording, nanoseconds. */
  readonly recordedFrom: number;
  readonly recordedTo: number;
  /** Events that had to be dropped because the budget was used up. */
  readonly lost: number;
  readonly tracks: readonly TimelineTrack[];
  readonly labels: readonly TimelineLabel[];
  readonly flows: TimelineFlows;
}

/** A row of a statistics table that leads somewhere on the timeline. */
export interface StatisticsRow {
  readonly vcpu: string;
  readonly domid: number | null;
  /** Exit reason, or kind of waiting. */
  readonly what: string;
  readonly count: number;
  /** Nanoseconds. */
  readonly total: number;
  readonly mean: number;
  readonly p99: number;
  readonly max: number;
  /** The longest, on the timeline. */
  readonly place: TimelinePlace;
}

/** Figures of a stretch of time. */
export interface TimelineStatistics {
  readonly from: number;
  readonly to: number;
  readonly vcpus: readonly VcpuTimeRow[];
  readonly tasks: readonly TaskTimeRow[];
  readonly exits: readonly StatisticsRow[];
  readonly latencies: readonly StatisticsRow[];
  readonly overhead: readonly OverheadRow[];
  /** Exits of all vCPUs by reason. */
  readonly reasons: readonly ReasonRow[];
  /** The longest waits for a pCPU. */
  readonly waits: readonly WaitRow[];
}

/** What the hypervisor cost a domain. Times in nanoseconds. */
export interface OverheadRow {
  readonly domid: number;
  readonly el0: number;
  readonly el1: number;
  readonly el2: number;
  /** Part of its time on pCPUs that the hypervisor took, 0 to 1. */
  readonly share: number;
  readonly exits: number;
  /** The reason that cost most, and its part of `el2`. */
  readonly reason: string;
  readonly reasonTotal: number;
  /** The longest visit for that reason. */
  readonly place: TimelinePlace | null;
}

export interface ReasonRow {
  readonly reason: string;
  readonly count: number;
  readonly total: number;
  readonly mean: number;
  readonly max: number;
  /** Part of all time in exits, 0 to 1. */
  readonly share: number;
  readonly place: TimelinePlace;
}

/** A time in which a vCPU could have run and did not. */
export interface WaitRow {
  readonly vcpu: string;
  readonly domid: number;
  readonly duration: number;
  readonly cause: 'preempted' | 'woken';
  /** The pCPU that it got in the end; null while it waits. */
  readonly cpu: number | null;
  /** Who had that pCPU meanwhile, longest first: `d2v0`, `xen`, `idle`. */
  readonly blame: readonly { readonly name: string; readonly domid: number | null; readonly time: number }[];
  readonly place: TimelinePlace;
}

/** A slice to go to. */
export interface TimelineSlice {
  readonly track: number;
  readonly trackName: string;
  /** ns */
  readonly from: number;
  readonly to: number;
  readonly depth: number;
  readonly text: string;
}

/** Where to look for a slice. `direction` 1 is forward in time. */
export type TimelineSeek =
  | { readonly kind: 'at'; readonly track: number; readonly time: number; readonly depth: number }
  | {
      readonly kind: 'neighbour';
      readonly track: number;
      readonly time: number;
      readonly depth: number;
      readonly direction: 1 | -1;
    }
  /** The other ends of the arrows that leave (1) or reach (-1) the track between two times. */
  | {
      readonly kind: 'flow';
      readonly track: number;
      readonly from: number;
      readonly to: number;
      readonly direction: 1 | -1;
    }
  | {
      readonly kind: 'search';
      readonly text: string;
      readonly track: number | null;
      readonly time: number;
      readonly direction: 1 | -1;
    };

/** One row of the stack of an event, as far as the recording knows it. */
export interface EventFrame {
  readonly kind: 'frame' | 'boundary' | 'note';
  readonly text: string;
  readonly location: Location | null;
  readonly source: { readonly path: string; readonly line: number } | null;
}

/** What is known of an event. */
export interface TimelineEvent {
  readonly slice: TimelineSlice;
  readonly facts: readonly { readonly name: string; readonly value: string }[];
  /** Innermost first. */
  readonly stack: readonly EventFrame[];
  readonly target: Target | null;
  readonly cpu: number | null;
}

/** A function whose calls are recorded. */
export interface ProbeInfo {
  readonly id: number;
  readonly name: string;
}

/** What awareness watches while it is switched on. */
export const PROBE_SOURCES = ['vcpu switches', 'tasks'] as const;
export type ProbeSource = (typeof PROBE_SOURCES)[number];

/** Everything that is recorded by probes. */
export interface ProbeState {
  readonly functions: readonly ProbeInfo[];
  /** Those that this pack's symbols allow. */
  readonly sources: readonly { readonly source: ProbeSource; readonly isOn: boolean }[];
}

/** Files that a recording can be saved as. */
export type TimelineFormat = 'perfetto' | 'chrome' | 'csv' | 'events';
