/** Who waited for a pCPU, for how long, and who had it meanwhile. */
import { CATEGORIES, isGuest, isIdle, NO_VCPU, type VcpuKey } from './labels.ts';
import type { TimelineModel, VcpuTracks } from './model.ts';

/** Time that somebody had a pCPU. */
export interface Blame {
  /** `NO_VCPU` for Xen's own work, an idle vCPU for nobody. */
  readonly vcpu: VcpuKey;
  /** ns. */
  readonly time: number;
}

/** A time in which a vCPU could have run and did not. */
export interface Wait {
  readonly vcpu: VcpuKey;
  readonly track: number;
  /** ns. */
  readonly from: number;
  readonly to: number;
  /** It had been running before; otherwise it was woken. */
  readonly wasPreempted: boolean;
  /** The pCPU that it got in the end; null while it waits. */
  readonly cpu: number | null;
  /** Who had that pCPU meanwhile, longest first. */
  readonly blame: readonly Blame[];
}

const RUNNABLE = CATEGORIES.indexOf('runnable');
const PREEMPTED = CATEGORIES.indexOf('preempted');

/** The longest waits that begin between two times. */
export function longestWaits(model: TimelineModel, from: number, to: number, count: number): Wait[] {
  const waits: { readonly tracks: VcpuTracks; readonly index: number; readonly length: number }[] = [];
  for (const tracks of model.guestVcpus) {
    const { states } = tracks;
    const last = states.indexAt(to);
    for (let index = Math.max(0, states.indexAt(from)); index <= last; index++) {
      const category = model.labels.categories[states.labels.values[index]];
      if (category !== RUNNABLE && category !== PREEMPTED) continue;
      waits.push({ tracks, index, length: states.endOf(index) - states.starts.values[index] });
    }
  }
  waits.sort((a, b) => b.length - a.length);
  return waits.slice(0, count).map(({ tracks, index }) => describeWait(model, tracks, index));
}

function describeWait(model: TimelineModel, { key, states, statesId }: VcpuTracks, index: number): Wait {
  const [from, to] = [states.starts.values[index], states.endOf(index)];
  const cpu = cpuAt(model, key, to);
  const wasPreempted = model.labels.categories[states.labels.values[index]] === PREEMPTED;
  return {
    vcpu: key,
    track: statesId,
    from,
    to,
    wasPreempted,
    cpu,
    blame: cpu === null ? [] : blame(model, cpu, from, to),
  };
}

/** The pCPU that a vCPU has at a time. */
function cpuAt(model: TimelineModel, key: VcpuKey, time: number): number | null {
  const found = model.cpus.find(({ vcpus }) => {
    const index = vcpus.indexAt(time);
    return index >= 0 && model.labels.get(vcpus.labels.values[index]).vcpu === key;
  });
  return found?.cpu ?? null;
}

/** Who had a pCPU between two times. Nobody's and Xen's own time are one entry each. */
function blame(model: TimelineModel, cpu: number, from: number, to: number): Blame[] {
  const { vcpus } = model.cpus[cpu];
  const times = new Map<VcpuKey, number>();
  const last = vcpus.indexAt(to);
  for (let i = Math.max(0, vcpus.indexAt(from)); i <= last; i++) {
    const time = Math.min(to, vcpus.endOf(i)) - Math.max(from, vcpus.starts.values[i]);
    const { vcpu } = model.labels.get(vcpus.labels.values[i]);
    const owner = isGuest(vcpu) || isIdle(vcpu) ? vcpu : NO_VCPU;
    if (time > 0) times.set(owner, (times.get(owner) ?? 0) + time);
  }
  return [...times].map(([vcpu, time]) => ({ vcpu, time })).sort((a, b) => b.time - a.time);
}
