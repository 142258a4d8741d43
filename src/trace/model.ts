/** Everything a recording is shown and counted by: tracks, logs of exits and latencies, flows. Filled by `timelines.ts`. */
import { Column } from './columns.ts';
import { ExitLog, LatencyLog } from './exits.ts';
import { CATEGORIES, domidOf, FLOW_KINDS, type FlowKind, isIdle, LabelTable, NO_VCPU, type VcpuKey } from './labels.ts';
import { SliceTrack } from './slice-track.ts';
import { SpanTrack } from './span-track.ts';
import { TurnLog } from './turns.ts';

/** Arrows from a time on a track to a later time on another. */
class FlowLog {
  readonly kinds = new Column(Uint8Array);
  readonly fromTracks = new Column(Uint32Array);
  readonly fromTimes = new Column(Float64Array);
  readonly toTracks = new Column(Uint32Array);
  readonly toTimes = new Column(Float64Array);

  get count(): number {
    return this.kinds.length;
  }

  add(kind: FlowKind, fromTrack: number, fromTime: number, toTrack: number, toTime: number): void {
    this.kinds.push(FLOW_KINDS.indexOf(kind));
    this.fromTracks.push(fromTrack);
    this.fromTimes.push(fromTime);
    this.toTracks.push(toTrack);
    this.toTimes.push(Math.max(fromTime, toTime));
  }

  trim(time: number): void {
    let count = 0;
    while (count < this.count && this.toTimes.values[count] < time) count++;
    if (count === 0) return;
    for (const column of [this.kinds, this.fromTracks, this.fromTimes, this.toTracks, this.toTimes]) column.drop(count);
  }
}

/** Times at which something happened, ascending. */
class TickLog {
  readonly times = new Column(Float64Array);

  add(time: number): void {
    const { length, values } = this.times;
    this.times.push(length === 0 ? time : Math.max(time, values[length - 1]));
  }
}

/** What is shown of one pCPU. */
export interface CpuTracks {
  readonly cpu: number;
  readonly levels: SliceTrack;
  readonly vcpus: SliceTrack;
  readonly exits: ExitLog;
  readonly levelsId: number;
  readonly vcpusId: number;
}

/** What is shown of one vCPU. */
export interface VcpuTracks {
  readonly key: VcpuKey;
  readonly states: SliceTrack;
  readonly tasks: SliceTrack;
  readonly syscalls: SliceTrack;
  readonly functions: SpanTrack;
  readonly hypervisorFunctions: SpanTrack;
  /** Interrupts from the guest's acknowledge to its end of them. */
  readonly interrupts: SpanTrack;
  readonly statesId: number;
  readonly tasksId: number;
  readonly syscallsId: number;
  readonly functionsId: number;
  readonly hypervisorFunctionsId: number;
  readonly interruptsId: number;
}

/** Ids of a vCPU's tracks and of those that belong to nobody. */
const TRACKS_PER_VCPU = 6;
const MARKERS_ID = 100;
export const COUNTER_IDS = { hypervisorShare: 101, interrupts: 102, hypercalls: 103 } as const;
const FIRST_VCPU_ID = 200;
const VCPUS_PER_DOMAIN = 1024;

/** Id of the first of a vCPU's tracks: the same in every recording. Nobody's come first, then those of the idle domain, then those of domain 0. */
function firstTrackId(key: VcpuKey): number {
  const domain = isIdle(key) ? 1 : domidOf(key) + 2;
  const rank = key === NO_VCPU ? 0 : domain * VCPUS_PER_DOMAIN + (key & 0xffff);
  return FIRST_VCPU_ID + rank * TRACKS_PER_VCPU;
}

export class TimelineModel {
  readonly labels = new LabelTable();
  readonly cpus: readonly CpuTracks[];
  readonly vcpus = new Map<VcpuKey, VcpuTracks>();
  readonly markers = new SpanTrack();
  readonly markersId = MARKERS_ID;
  readonly flows = new FlowLog();
  /** vCPU runnable until it runs; the subject is 1 when it had been running before. */
  readonly schedulingLatency = new LatencyLog();
  /** Interrupt line until the hypervisor's acknowledge; the subject is the INTID. */
  readonly physicalLatency = new LatencyLog();
  /** Interrupt line (or, for interrupts of software, the list register) until the guest's acknowledge; the subject is the virtual INTID. */
  readonly virtualLatency = new LatencyLog();
  /** As Xen accounts for vCPUs, and kernels for their tasks. */
  readonly vcpuTurns = new TurnLog();
  readonly taskTurns = new TurnLog();
  /** The task (`taskKey`) that a label of a task track names. */
  readonly taskOf = new Map<number, number>();
  readonly interrupts = new TickLog();
  readonly hypercalls = new TickLog();
  /** The time that was recorded, ns. */
  start = 0;
  end = 0;

  constructor(cpuCount: number) {
    this.cpus = Array.from({ length: cpuCount }, (_, cpu) => ({
      cpu,
      levels: this.sliceTrack(),
      vcpus: this.sliceTrack(),
      exits: new ExitLog(),
      levelsId: 2 * cpu,
      vcpusId: 2 * cpu + 1,
    }));
  }

  vcpu(key: VcpuKey): VcpuTracks {
    const known = this.vcpus.get(key);
    if (known) return known;
    const first = firstTrackId(key);
    const fresh: VcpuTracks = {
      key,
      states: this.sliceTrack(),
      tasks: this.sliceTrack(),
      syscalls: this.sliceTrack(),
      functions: new SpanTrack(),
      hypervisorFunctions: new SpanTrack(),
      interrupts: new SpanTrack(),
      statesId: first,
      tasksId: first + 1,
      syscallsId: first + 2,
      functionsId: first + 3,
      hypervisorFunctionsId: first + 4,
      interruptsId: first + 5,
    };
    this.vcpus.set(key, fresh);
    return fresh;
  }

  /** vCPUs of guests, in order. */
  get guestVcpus(): VcpuTracks[] {
    return [...this.vcpus.values()].filter(({ key }) => key !== NO_VCPU && !isIdle(key)).sort((a, b) => a.key - b.key);
  }

  /** All that tiles the recorded time. */
  *sliceTracks(): Iterable<SliceTrack> {
    for (const { levels, vcpus } of this.cpus) yield* [levels, vcpus];
    for (const { states, tasks, syscalls } of this.vcpus.values()) yield* [states, tasks, syscalls];
  }

  *spanTracks(): Iterable<SpanTrack> {
    yield this.markers;
    for (const { functions, hypervisorFunctions, interrupts } of this.vcpus.values()) {
      yield* [functions, hypervisorFunctions, interrupts];
    }
  }

  /** Everything is known until `time`. */
  advance(time: number): void {
    this.end = Math.max(this.end, time);
    for (const track of this.sliceTracks()) if (track.count > 0) track.advance(time);
  }

  /** Forgets what ended before `time`. */
  trim(time: number): void {
    this.start = Math.max(this.start, time);
    for (const track of this.sliceTracks()) track.trim(time);
    for (const track of this.spanTracks()) track.trim(time);
    for (const { exits } of this.cpus) exits.trim(time);
    for (const log of [this.schedulingLatency, this.physicalLatency, this.virtualLatency, this.flows]) log.trim(time);
    for (const log of [this.vcpuTurns, this.taskTurns]) log.trim(time);
  }

  private sliceTrack(): SliceTrack {
    return new SliceTrack(this.labels.categories, CATEGORIES.length);
  }
}
