/** Watchpoints: accesses to a range of memory, whichever way they reach it, and who may make them. */
import { Access, type Cpu } from '../cpu/cpu.ts';
import { PAGE_FLAGS, PageFlag, pageIndex } from '../memory-layout.ts';
import { type ContextFilter, fits } from './filter.ts';

/** `change` stops only when the value has become another one. */
export type WatchAccess = 'read' | 'write' | 'readWrite' | 'change';

/** Where the range is. */
export type WatchSpace =
  /** Virtual: `context` says in whose translation; accesses through other mappings of the same memory count too. */
  | { readonly kind: 'va'; readonly context: ContextFilter }
  /** Physical: what an IPA was translated to, or a PA. */
  | { readonly kind: 'pa' };

/** What to stop at. */
export interface WatchRequest {
  readonly space: WatchSpace;
  readonly address: bigint;
  /** Bytes; the range must not cross a page. */
  readonly size: number;
  readonly access: WatchAccess;
  /** Who makes the access. */
  readonly accessor: ContextFilter;
  /** Linear address that the range has now, when it is mapped. */
  readonly linear: number | undefined;
}

/** An access that hit. Values are little-endian numbers of the watched range. */
export interface WatchHit {
  readonly id: number;
  readonly isWrite: boolean;
  /** PC of the instruction that made the access. */
  readonly pc: bigint;
  /** Virtual address and bytes of the access itself. */
  readonly va: bigint;
  readonly accessSize: number;
  readonly before: bigint;
  readonly after: bigint;
}

interface Watchpoint extends WatchRequest {
  readonly id: number;
  bound: number | undefined;
}

interface Pending {
  readonly watchpoint: Watchpoint;
  readonly hit: Omit<WatchHit, 'after'>;
}

const PAGE_MASK = 0xfffn;

export class WatchpointTable {
  readonly #watchpoints = new Map<number, Watchpoint>();
  readonly #pending: Pending[] = [];

  /** `removeTags` makes accesses to a page (linear address; -1: all) come to the slow path; `stop` ends the run after the instruction. */
  constructor(
    private readonly bytes: Uint8Array,
    private readonly removeTags: (page: number) => void,
    private readonly stop: () => void,
  ) {}

  get isEmpty(): boolean {
    return this.#watchpoints.size === 0;
  }

  add(id: number, request: WatchRequest): void {
    const watchpoint: Watchpoint = { ...request, id, bound: undefined };
    this.#watchpoints.set(id, watchpoint);
    if (request.linear !== undefined) this.#bind(watchpoint, request.linear);
    // A page that others have mapped meanwhile must be translated anew to be noticed.
    if (request.space.kind === 'va') this.removeTags(-1);
  }

  remove(id: number): boolean {
    const watchpoint = this.#watchpoints.get(id);
    if (!watchpoint) return false;
    this.#watchpoints.delete(id);
    if (watchpoint.bound !== undefined) this.#unflag(watchpoint.bound);
    return true;
  }

  /** Another state was loaded: the flags of the pages are gone, and the TLBs may hold pages that are watched by virtual address. */
  restoreFlags(): void {
    if (this.#watchpoints.size > 0) this.removeTags(-1);
    for (const { bound } of this.#watchpoints.values()) if (bound !== undefined) this.#flag(bound);
  }

  /** A virtual address of a CPU was found to lie at `linear`. */
  missed(cpu: Cpu, vaLo: number, vaHi: number, linear: number): void {
    for (const watchpoint of this.#watchpoints.values()) {
      if (watchpoint.space.kind !== 'va' || !isSamePage(watchpoint.address, vaLo, vaHi)) continue;
      if (!fits(watchpoint.space.context, cpu)) continue;
      this.#bind(watchpoint, linear - (linear % 4096) + Number(watchpoint.address & PAGE_MASK));
    }
  }

  /** An access to a watched page is about to be made. */
  accessed(cpu: Cpu, vaLo: number, vaHi: number, info: number, linear: number, accessSize: number): void {
    const isWrite = (info & Access.write) !== 0;
    for (const watchpoint of this.#watchpoints.values()) {
      if (watchpoint.bound === undefined || !concerns(watchpoint.access, isWrite)) continue;
      if (watchpoint.bound >= linear + accessSize || watchpoint.bound + watchpoint.size <= linear) continue;
      if (!fits(watchpoint.accessor, cpu)) continue;
      const va = (BigInt(vaHi >>> 0) << 32n) | BigInt(vaLo >>> 0);
      const before = this.#value(watchpoint);
      const hit = { id: watchpoint.id, isWrite, pc: cpu.state.pc, va, accessSize, before };
      this.#pending.push({ watchpoint, hit });
      this.stop();
    }
  }

  /** The accesses of the last instruction that count, now that it is complete. */
  takeHits(): WatchHit[] {
    const hits = this.#pending.map(({ watchpoint, hit }) => ({ ...hit, after: this.#value(watchpoint) }));
    const counted = hits.filter(
      ({ before, after }, i) => this.#pending[i].watchpoint.access !== 'change' || before !== after,
    );
    this.#pending.length = 0;
    return counted;
  }

  #value({ bound, size }: Watchpoint): bigint {
    let value = 0n;
    for (let i = size - 1; i >= 0; i--) value = (value << 8n) | BigInt(this.bytes[(bound ?? 0) + i]);
    return value;
  }

  #bind(watchpoint: Watchpoint, linear: number): void {
    if (watchpoint.bound === linear) return;
    const old = watchpoint.bound;
    watchpoint.bound = linear;
    if (old !== undefined) this.#unflag(old);
    this.#flag(linear);
  }

  #flag(linear: number): void {
    this.bytes[PAGE_FLAGS + pageIndex(linear)] |= PageFlag.watched;
    this.removeTags(linear - (linear % 4096));
  }

  #unflag(linear: number): void {
    const page = linear >>> 12;
    const isStillWatched = [...this.#watchpoints.values()].some(
      ({ bound }) => bound !== undefined && bound >>> 12 === page,
    );
    if (!isStillWatched) this.bytes[PAGE_FLAGS + pageIndex(linear)] &= ~PageFlag.watched;
  }
}

function concerns(access: WatchAccess, isWrite: boolean): boolean {
  if (access === 'readWrite') return true;
  return access === 'read' ? !isWrite : isWrite;
}

function isSamePage(address: bigint, vaLo: number, vaHi: number): boolean {
  const lo = Number(address & 0xffff_f000n);
  const hi = Number((address >> 32n) & 0xffff_ffffn);
  return (vaLo & 0xffff_f000) >>> 0 === lo && vaHi >>> 0 === hi;
}
