/** The tracks of a recording in the order in which they are shown and exported. */
import { partitionPoint } from '../base/partition-point.ts';
import { domidOf, vcpuName } from './labels.ts';
import { COUNTER_IDS, type CpuTracks, type TimelineModel, type VcpuTracks } from './model.ts';
import type { SliceTrack } from './slice-track.ts';
import type { SpanTrack } from './span-track.ts';

/** What a counter counts in a stretch of time. */
export type CounterKind = keyof typeof COUNTER_IDS;

export type TrackData =
  | { readonly kind: 'slices'; readonly track: SliceTrack }
  | { readonly kind: 'spans'; readonly track: SpanTrack }
  | { readonly kind: 'markers'; readonly track: SpanTrack }
  | { readonly kind: 'counter'; readonly counter: CounterKind };

export interface TrackEntry {
  readonly id: number;
  /** `Hypervisor`, `d1`, `Counters`, `Marks`. */
  readonly group: string;
  readonly domid: number | null;
  readonly name: string;
  readonly data: TrackData;
}

const COUNTERS: readonly (readonly [CounterKind, string])[] = [
  ['hypervisorShare', 'Hypervisor (%)'],
  ['interrupts', 'Interrupts per ms'],
  ['hypercalls', 'Hypercalls per ms'],
];

/** All tracks that have something to show. */
export function trackList(model: TimelineModel): TrackEntry[] {
  const marks: TrackEntry = {
    id: model.markersId,
    group: 'Marks',
    domid: null,
    name: 'Marks',
    data: { kind: 'markers', track: model.markers },
  };
  return [
    ...model.cpus.flatMap(cpuEntries),
    ...[...model.vcpus.values()].filter(({ key }) => key < 0 || domidOf(key) === 0x7fff).flatMap(hypervisorEntries),
    ...model.guestVcpus.flatMap(vcpuEntries),
    ...COUNTERS.map(([counter, name]) => counterEntry(counter, name)),
    ...(model.markers.count > 0 ? [marks] : []),
  ];
}

/** Value of a counter between two times (ns): percent, or events per millisecond. */
export function counterValue(model: TimelineModel, counter: CounterKind, from: number, to: number): number {
  if (to <= from) return 0;
  if (counter === 'hypervisorShare') return hypervisorShare(model, from, to);
  const { times } = counter === 'interrupts' ? model.interrupts : model.hypercalls;
  const count = indexAfter(times.values, times.length, to) - indexAfter(times.values, times.length, from);
  return (count * 1e6) / (to - from);
}

function indexAfter(values: Float64Array, length: number, time: number): number {
  return partitionPoint(0, length, (i) => values[i] < time);
}

const EL2_CATEGORY = 2;

function hypervisorShare(model: TimelineModel, from: number, to: number): number {
  const shares = new Float64Array(32);
  for (const { levels } of model.cpus) levels.addShares(from, to, shares);
  return (100 * shares[EL2_CATEGORY]) / (model.cpus.length * (to - from));
}

function counterEntry(counter: CounterKind, name: string): TrackEntry {
  return { id: COUNTER_IDS[counter], group: 'Counters', domid: null, name, data: { kind: 'counter', counter } };
}

function cpuEntries({ cpu, levels, vcpus, levelsId, vcpusId }: CpuTracks): TrackEntry[] {
  const common = { group: 'Hypervisor', domid: null };
  return [
    { ...common, id: levelsId, name: `pCPU ${cpu}`, data: { kind: 'slices', track: levels } },
    { ...common, id: vcpusId, name: `pCPU ${cpu} vCPU`, data: { kind: 'slices', track: vcpus } },
  ];
}

function hypervisorEntries({ key, hypervisorFunctions, hypervisorFunctionsId }: VcpuTracks): TrackEntry[] {
  if (hypervisorFunctions.count === 0) return [];
  const name = `${vcpuName(key)} Xen functions`;
  const data = { kind: 'spans', track: hypervisorFunctions } as const;
  return [{ id: hypervisorFunctionsId, group: 'Hypervisor', domid: null, name, data }];
}

function vcpuEntries(tracks: VcpuTracks): TrackEntry[] {
  const domid = domidOf(tracks.key);
  const name = vcpuName(tracks.key);
  const entry = (id: number, what: string, data: TrackData): TrackEntry => {
    return { id, group: `d${domid}`, domid, name: what === '' ? name : `${name} ${what}`, data };
  };
  const { states, tasks, syscalls, functions, hypervisorFunctions, interrupts } = tracks;
  const list = [entry(tracks.statesId, '', { kind: 'slices', track: states })];
  if (tasks.count > 1) list.push(entry(tracks.tasksId, 'tasks', { kind: 'slices', track: tasks }));
  if (syscalls.count > 1) list.push(entry(tracks.syscallsId, 'system calls', { kind: 'slices', track: syscalls }));
  if (interrupts.count > 0) list.push(entry(tracks.interruptsId, 'interrupts', { kind: 'spans', track: interrupts }));
  if (functions.count > 0) list.push(entry(tracks.functionsId, 'functions', { kind: 'spans', track: functions }));
  if (hypervisorFunctions.count > 0) {
    list.push(entry(tracks.hypervisorFunctionsId, 'Xen functions', { kind: 'spans', track: hypervisorFunctions }));
  }
  return list;
}
