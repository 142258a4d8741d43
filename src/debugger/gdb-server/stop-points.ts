/** Breakpoints and watchpoints that GDB has set, each for one process. */
import type { DebugPort, PortSpace, PortStop, WatchAccess } from '../../emulator/debug-port.ts';
import type { Targets } from './targets.ts';
import type { ThreadId } from './threads.ts';

/** The types of `Z` packets. */
export type StopPointKind = 'software' | 'hardware' | 'write' | 'read' | 'access';
const KINDS: readonly StopPointKind[] = ['software', 'hardware', 'write', 'read', 'access'];
const ACCESS: Readonly<Record<'write' | 'read' | 'access', WatchAccess>> = {
  write: 'write',
  read: 'read',
  access: 'readWrite',
};
const PAGE = 4096n;
/** Larger ones are a mistake: GDB asks for what a few debug registers could watch. */
const MAX_SIZE = 1 << 20;

/** One that is set. */
export interface StopPoint {
  readonly pid: number;
  readonly kind: StopPointKind;
  readonly address: bigint;
  /** Bytes that are watched; the kind of breakpoint, which does not matter here. */
  readonly size: number;
  /** What it is to the port: one for each page it touches. */
  readonly ids: readonly number[];
}

/** Reads `type,address,kind`, which may be followed by conditions; undefined when that is not understood. */
export function parseStopPoint(text: string): Omit<StopPoint, 'pid' | 'ids'> | undefined {
  const match = /^([0-4]),([0-9a-f]{1,16}),([0-9a-f]{1,8})$/i.exec(text);
  if (!match) return undefined;
  return { kind: KINDS[Number(match[1])], address: BigInt(`0x${match[2]}`), size: parseInt(match[3], 16) };
}

export class StopPoints {
  readonly #all: StopPoint[] = [];

  constructor(
    private readonly port: DebugPort,
    private readonly targets: Targets,
  ) {}

  /** Sets one in the process of `thread`; setting it twice is the same as once. False when it cannot be. */
  set(thread: ThreadId, wanted: Omit<StopPoint, 'pid' | 'ids'>): boolean {
    const { pid } = thread;
    if (this.#index(pid, wanted) >= 0) return true;
    const { kind, address, size } = wanted;
    if (kind === 'software' || kind === 'hardware') {
      const id = this.port.addBreakpoint({ address, space: 'va', filter: this.targets.filter(pid) });
      this.#all.push({ ...wanted, pid, ids: [id] });
      return true;
    }
    if (size === 0 || size > MAX_SIZE) return false;
    const ids = this.#watch(pid, address, size, ACCESS[kind], this.targets.memory(thread));
    this.#all.push({ ...wanted, pid, ids });
    return true;
  }

  /** Takes one away; false when there is none. */
  clear(pid: number, wanted: Omit<StopPoint, 'pid' | 'ids'>): boolean {
    const index = this.#index(pid, wanted);
    if (index < 0) return false;
    for (const id of this.#all[index].ids) this.port.remove(id);
    this.#all.splice(index, 1);
    return true;
  }

  /** Takes those of one process away, or all. */
  clearAll(pid?: number): void {
    for (const point of this.#all.filter((it) => pid === undefined || it.pid === pid)) this.clear(point.pid, point);
  }

  /** The one that a stop of the port is about, if it is one of these. */
  hitBy(stop: PortStop): StopPoint | undefined {
    return this.#all.find(({ ids }) => ids.some((id) => stop.hits.includes(id)));
  }

  #index(pid: number, { kind, address, size }: Omit<StopPoint, 'pid' | 'ids'>): number {
    return this.#all.findIndex(
      (it) => it.pid === pid && it.kind === kind && it.address === address && it.size === size,
    );
  }

  #watch(pid: number, address: bigint, size: number, access: WatchAccess, memory: PortSpace): number[] {
    const context = this.targets.filter(pid);
    return pageParts(address, size).map((part) =>
      this.port.addWatchpoint({ ...part, space: { kind: 'va', context }, access, accessor: context }, memory),
    );
  }
}

/** A range cut at page boundaries. */
function pageParts(address: bigint, size: number): { address: bigint; size: number }[] {
  const end = address + BigInt(size);
  const parts: { address: bigint; size: number }[] = [];
  for (let at = address; at < end;) {
    const boundary = (at / PAGE + 1n) * PAGE;
    const next = boundary < end ? boundary : end;
    parts.push({ address: at, size: Number(next - at) });
    at = next;
  }
  return parts;
}
