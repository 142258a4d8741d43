/** Stretches of the recorded past, at the detail of a screen. */

/** What slices are coloured and counted by. */
export const SLICE_CATEGORIES = [
  'el0',
  'el1',
  'el2',
  'asleep',
  'off',
  'running',
  'runnable',
  'preempted',
  'blocked',
  'offline',
  'task',
  'idle-task',
  'syscall',
  'function',
  'none',
] as const;
export type SliceCategory = (typeof SLICE_CATEGORIES)[number];

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
  readonly slices: TimelineSlices | null;
  /** Of a counter: one value for each pixel. */
  readonly values: Float64Array | null;
}

/** A name of slices, and whose they are. */
export interface TimelineLabel {
  readonly text: string;
  /** Domain whose vCPU it is; `xen` for the hypervisor's own, null for idle. */
  readonly owner: number | 'xen' | null;
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
  readonly from: number;
  readonly to: number;
}

/** Time of a vCPU between two times, nanoseconds. */
export interface VcpuTimeRow {
  readonly vcpu: string;
  readonly domid: number | null;
  readonly el0: number;
  readonly el1: number;
  readonly el2: number;
  readonly running: number;
  readonly runnable: number;
  readonly preempted: number;
  readonly blocked: number;
}

/** Figures of a stretch of time. */
export interface TimelineStatistics {
  readonly from: number;
  readonly to: number;
  readonly vcpus: readonly VcpuTimeRow[];
  readonly exits: readonly StatisticsRow[];
  readonly latencies: readonly StatisticsRow[];
  /** Share of each domain's time on pCPUs that the hypervisor took, 0 to 1. */
  readonly overhead: readonly { readonly domid: number; readonly share: number; readonly exits: number }[];
}

/** A function whose calls are recorded. */
export interface ProbeInfo {
  readonly id: number;
  readonly name: string;
}

/** Files that a recording can be saved as. */
export type TimelineFormat = 'perfetto' | 'chrome' | 'csv';
