/** What slices are called and how they are counted: interned, so that a slice is one number. */

/** Kinds of slices; what colours and statistics go by. */
export const CATEGORIES = [
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
  'interrupt',
  'stop',
  'step',
  'breakpoint',
  'logpoint',
  'stimulus',
] as const;
export type Category = (typeof CATEGORIES)[number];

/** Kinds of arrows. */
export const FLOW_KINDS = [
  'wake-up',
  'event channel',
  'injection',
  'software interrupt',
  'interrupt line',
  'hypercall',
] as const;
export type FlowKind = (typeof FLOW_KINDS)[number];

/** What a marker is of; in the high half of a `stop` event's argument. */
export const MARKER_KINDS = ['stop', 'step', 'breakpoint', 'logpoint'] as const satisfies readonly Category[];
export type MarkerKind = (typeof MARKER_KINDS)[number];

/** A vCPU as one number: `domid << 16 | vcpu`. */
export type VcpuKey = number;
/** Nobody's: Xen before its domains run. */
export const NO_VCPU: VcpuKey = -1;
/** Xen's idle domain (public/xen.h: DOMID_IDLE). */
export const IDLE_DOMID = 0x7fff;

export const vcpuKey = (domid: number, vcpu: number): VcpuKey => (domid << 16) | vcpu;
export const domidOf = (key: VcpuKey): number => key >>> 16;
export const isIdle = (key: VcpuKey): boolean => key !== NO_VCPU && domidOf(key) === IDLE_DOMID;
/** A guest's. */
export const isGuest = (key: VcpuKey): boolean => key !== NO_VCPU && domidOf(key) !== IDLE_DOMID;

/** `d1v0` as Xen's `%pv` prints it, `idle2`, or `xen`. */
export function vcpuName(key: VcpuKey): string {
  if (key === NO_VCPU) return 'xen';
  return isIdle(key) ? `idle${key & 0xffff}` : `d${domidOf(key)}v${key & 0xffff}`;
}

/** A name of slices. */
export interface Label {
  readonly text: string;
  readonly category: Category;
  /** Whose time it is. */
  readonly vcpu: VcpuKey;
}

export class LabelTable {
  readonly labels: Label[] = [];
  /** Index into `CATEGORIES` by label. */
  readonly categories: number[] = [];
  private readonly known = new Map<string, number>();

  /** Whether there is such a label already. */
  has(text: string, category: Category, vcpu: VcpuKey): boolean {
    return this.known.has(`${category}:${vcpu}:${text}`);
  }

  intern(text: string, category: Category, vcpu: VcpuKey): number {
    const key = `${category}:${vcpu}:${text}`;
    const found = this.known.get(key);
    if (found !== undefined) return found;
    const id = this.labels.length;
    this.known.set(key, id);
    this.labels.push({ text, category, vcpu });
    this.categories.push(CATEGORIES.indexOf(category));
    return id;
  }

  get(id: number): Label {
    return this.labels[id];
  }
}
