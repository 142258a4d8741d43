/** Figures of a stretch of time: who used the pCPUs at which level, why the hypervisor was entered and what that cost, who waited how long. */
import { NO_TURNS, type TaskTimes, taskTimes, turnSums } from './accounts.ts';
import { interruptName } from './exit-reasons.ts';
import type { LatencyLog } from './exits.ts';
import { CATEGORIES, type Category, domidOf, isGuest, isIdle, NO_VCPU, type VcpuKey, vcpuName } from './labels.ts';
import type { CpuTracks, TimelineModel } from './model.ts';

/** Distribution of durations, ns. */
export interface Distribution {
  readonly count: number;
  readonly total: number;
  readonly mean: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  /** When the longest began, ns of virtual time. */
  readonly maxAt: number;
}

/** Where a row is to be looked for on the timeline. */
export interface Place {
  readonly track: number;
  /** ns. */
  readonly from: number;
  readonly to: number;
}

/** Time of a vCPU, or of Xen for nobody, ns. */
export interface VcpuTimes {
  /** `d1v0`, `idle` for all idle vCPUs together, `xen` before there are any. */
  readonly vcpu: string;
  /** Null for Xen's own. */
  readonly domid: number | null;
  readonly el0: number;
  readonly el1: number;
  readonly el2: number;
  /** On a pCPU that slept meanwhile: in WFE. With the three levels it makes up a guest's `running`. */
  readonly asleep: number;
  readonly running: number;
  /** `running` as Xen accounts for it: whole turns by the clock that Xen reads when it begins to schedule. */
  readonly account: number;
  /** Whole turns. */
  readonly turns: number;
  readonly runnable: number;
  readonly preempted: number;
  readonly blocked: number;
  readonly offline: number;
}

/** Time of a pCPU, ns. */
export interface CpuTimes {
  readonly cpu: number;
  readonly el0: number;
  readonly el1: number;
  readonly el2: number;
  readonly asleep: number;
  readonly off: number;
}

/** Visits to the hypervisor for one reason on behalf of one vCPU. */
export interface ExitRow extends Distribution {
  readonly vcpu: string;
  readonly domid: number | null;
  readonly reason: string;
  /** The longest. */
  readonly place: Place;
}

const LATENCY_KINDS = ['scheduling', 'interrupt to hypervisor', 'interrupt to guest'] as const;
export type LatencyKind = (typeof LATENCY_KINDS)[number];

/** Waiting of one kind. */
export interface LatencyRow extends Distribution {
  readonly kind: LatencyKind;
  /** `wake-up`, `preemption`, or the interrupt. */
  readonly subject: string;
  readonly vcpu: string;
  readonly domid: number | null;
  readonly place: Place;
}

/** Sums over a domain's vCPUs. */
export interface DomainTimes {
  readonly domid: number;
  readonly el0: number;
  readonly el1: number;
  readonly el2: number;
  /** Visits to the hypervisor. */
  readonly exits: number;
  /** Part of its time on pCPUs that the hypervisor took, 0 to 1. */
  readonly overhead: number;
}

export interface Statistics {
  readonly from: number;
  readonly to: number;
  readonly cpus: readonly CpuTimes[];
  readonly domains: readonly DomainTimes[];
  readonly vcpus: readonly VcpuTimes[];
  readonly tasks: readonly TaskTimes[];
  readonly exits: readonly ExitRow[];
  readonly latencies: readonly LatencyRow[];
}

/** Figures from `from` up to `to` (ns): exits and latencies count where they began. */
export function statisticsOf(model: TimelineModel, from: number, to: number): Statistics {
  const byLabel = labelTimes(model, from, to);
  const vcpus = vcpuTimes(model, byLabel, from, to);
  const exits = exitRows(model, from, to);
  return {
    from,
    to,
    cpus: model.cpus.map((tracks) => cpuTimes(tracks, from, to)),
    domains: domainTimes(vcpus, exits),
    vcpus,
    tasks: taskTimes(model, from, to),
    exits,
    latencies: latencyRows(model, from, to),
  };
}

/** The distribution of durations; `starts` has when each began. */
export function distribution(durations: readonly number[], starts: readonly number[]): Distribution {
  const sorted = Float64Array.from(durations).sort();
  const count = sorted.length;
  const total = sorted.reduce((sum, duration) => sum + duration, 0);
  const max = count === 0 ? 0 : sorted[count - 1];
  return {
    count,
    total,
    mean: count === 0 ? 0 : total / count,
    p50: percentile(sorted, 0.5),
    p99: percentile(sorted, 0.99),
    max,
    maxAt: starts[durations.indexOf(max)] ?? 0,
  };
}

/** The smallest value that is not exceeded by that part of them. */
function percentile(sorted: Float64Array, part: number): number {
  return sorted.length === 0 ? 0 : sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)];
}

/** Nanoseconds of each label on the pCPUs' level tracks. */
function labelTimes(model: TimelineModel, from: number, to: number): Float64Array {
  const times = new Float64Array(model.labels.labels.length);
  for (const { levels } of model.cpus) {
    const last = levels.indexAt(to);
    for (let i = Math.max(0, levels.indexAt(from)); i <= last; i++) {
      const start = Math.max(from, levels.starts.values[i]);
      times[levels.labels.values[i]] += Math.max(0, Math.min(to, levels.endOf(i)) - start);
    }
  }
  return times;
}

/** Categories that each label of the levels' tracks has one of, while somebody's vCPU has the pCPU. */
const LEVELS = ['el0', 'el1', 'el2', 'asleep'] as const;
type LevelTimes = Record<(typeof LEVELS)[number], number>;
const isLevel = (category: Category): category is (typeof LEVELS)[number] => LEVELS.some((level) => level === category);

/** One line for all of Xen's own. */
const ownerOf = (key: VcpuKey): VcpuKey => (isGuest(key) ? key : NO_VCPU);

function vcpuTimes(model: TimelineModel, byLabel: Float64Array, from: number, to: number): VcpuTimes[] {
  const levels = new Map<VcpuKey, LevelTimes>();
  for (const [id, { category, vcpu }] of model.labels.labels.entries()) {
    if (byLabel[id] === 0 || !isLevel(category)) continue;
    const owner = ownerOf(vcpu);
    const times = levels.get(owner) ?? { el0: 0, el1: 0, el2: 0, asleep: 0 };
    times[category] += byLabel[id];
    levels.set(owner, times);
  }
  const guests = model.guestVcpus.map(({ key }) => key);
  const keys = new Set([...guests, ...[...levels.keys()].sort((a, b) => a - b)]);
  const accounts = turnSums(model.vcpuTurns, from, to, (start, end) => end - start);
  return [...keys].map((key) => {
    const states = stateTimes(model, key, from, to);
    const own = accounts.get(key) ?? NO_TURNS;
    return {
      vcpu: vcpuName(key),
      domid: isGuest(key) ? domidOf(key) : null,
      ...(levels.get(key) ?? { el0: 0, el1: 0, el2: 0, asleep: 0 }),
      ...states,
      account: states.running + own.difference,
      turns: own.turns,
    };
  });
}

function stateTimes(model: TimelineModel, key: VcpuKey, from: number, to: number) {
  const shares = new Float64Array(CATEGORIES.length);
  model.vcpus.get(key)?.states.addShares(from, to, shares);
  const of = (category: Category): number => shares[CATEGORIES.indexOf(category)];
  return {
    running: of('running'),
    runnable: of('runnable'),
    preempted: of('preempted'),
    blocked: of('blocked'),
    offline: of('offline'),
  };
}

function cpuTimes({ cpu, levels }: CpuTracks, from: number, to: number): CpuTimes {
  const shares = new Float64Array(CATEGORIES.length);
  levels.addShares(from, to, shares);
  const of = (category: Category): number => shares[CATEGORIES.indexOf(category)];
  return { cpu, el0: of('el0'), el1: of('el1'), el2: of('el2'), asleep: of('asleep'), off: of('off') };
}

function domainTimes(vcpus: readonly VcpuTimes[], exits: readonly ExitRow[]): DomainTimes[] {
  const domids = [...new Set(vcpus.map(({ domid }) => domid))].filter((domid) => domid !== null);
  return domids.map((domid) => {
    const own = vcpus.filter((row) => row.domid === domid);
    const sum = (level: 'el0' | 'el1' | 'el2'): number => own.reduce((total, row) => total + row[level], 0);
    const [el0, el1, el2] = [sum('el0'), sum('el1'), sum('el2')];
    const total = el0 + el1 + el2;
    const count = exits.filter((row) => row.domid === domid).reduce((all, row) => all + row.count, 0);
    return { domid, el0, el1, el2, exits: count, overhead: total === 0 ? 0 : el2 / total };
  });
}

/** Durations of one group, while they are gathered. */
interface Group {
  readonly durations: number[];
  readonly starts: number[];
  readonly tracks: number[];
}

function gather<K>(groups: Map<K, Group>, key: K, start: number, duration: number, track: number): void {
  let group = groups.get(key);
  if (!group) groups.set(key, (group = { durations: [], starts: [], tracks: [] }));
  group.durations.push(duration);
  group.starts.push(start);
  group.tracks.push(track);
}

/** The distribution of a group, and the place of its longest. */
function describe(group: Group): Distribution & { readonly place: Place } {
  const figures = distribution(group.durations, group.starts);
  const track = group.tracks[group.durations.indexOf(figures.max)];
  return { ...figures, place: { track, from: figures.maxAt, to: figures.maxAt + figures.max } };
}

function exitRows(model: TimelineModel, from: number, to: number): ExitRow[] {
  const groups = new Map<number, Group>();
  for (const { exits, levelsId } of model.cpus) {
    for (let i = 0; i < exits.count; i++) {
      const start = exits.starts.values[i];
      if (start < from || start >= to) continue;
      gather(groups, exits.labels.values[i], start, exits.durations.values[i], levelsId);
    }
  }
  const rows = [...groups].map(([id, group]) => {
    const { text, vcpu } = model.labels.get(id);
    return { vcpu: vcpuName(vcpu), domid: isGuest(vcpu) ? domidOf(vcpu) : null, reason: text, ...describe(group) };
  });
  return rows.sort((a, b) => b.total - a.total);
}

function latencyRows(model: TimelineModel, from: number, to: number): LatencyRow[] {
  const trackOf = (vcpu: VcpuKey): number => model.vcpu(vcpu).statesId;
  const rows = [
    ...rowsOf('scheduling', model.schedulingLatency, from, to, (it) => (it === 0 ? 'wake-up' : 'preemption'), trackOf),
    ...rowsOf('interrupt to hypervisor', model.physicalLatency, from, to, interruptName, () => 0),
    ...rowsOf('interrupt to guest', model.virtualLatency, from, to, interruptName, trackOf),
  ];
  return rows.sort((a, b) => b.max - a.max);
}

function rowsOf(
  kind: LatencyKind,
  log: LatencyLog,
  from: number,
  to: number,
  subjectText: (subject: number) => string,
  trackOf: (vcpu: VcpuKey) => number,
): LatencyRow[] {
  const groups = new Map<string, Group & { readonly subject: number; readonly vcpu: VcpuKey }>();
  for (let i = 0; i < log.count; i++) {
    const start = log.starts.values[i];
    if (start < from || start >= to) continue;
    const [subject, vcpu] = [log.subjects.values[i], ownerOf(log.vcpus.values[i])];
    const key = `${subject}:${vcpu}`;
    if (!groups.has(key)) groups.set(key, { subject, vcpu, durations: [], starts: [], tracks: [] });
    gather(groups, key, start, log.durations.values[i], vcpu === NO_VCPU ? 0 : trackOf(vcpu));
  }
  return [...groups.values()].map((group) => ({
    kind,
    subject: subjectText(group.subject),
    vcpu: vcpuName(group.vcpu),
    domid: isGuest(group.vcpu) && !isIdle(group.vcpu) ? domidOf(group.vcpu) : null,
    ...describe(group),
  }));
}
