/** What the parts of the MMU share: the memory, the walker with its stage-2 cache, and the TLB contexts of every CPU. */
import type { Cpu } from '../cpu/cpu.ts';
import { CPU_COUNT, PAGE_FLAGS, PageFlag, pageIndex, ramOffset } from '../memory-layout.ts';
import { ContextSet } from './contexts.ts';
import { isDevice } from './memory-attributes.ts';
import { type Fault, Fsc } from './fault.ts';
import { Stage2Cache } from './stage2-cache.ts';
import { Entry, NOT_GLOBAL } from './tlb.ts';
import type { TlbContext } from './tlb.ts';
import { WriterIndex } from './writer-index.ts';
import { Permission, Walker, Want } from './translation-table-walk.ts';

/** Answers of `MmuCore.locate` that are not a linear address. */
export const Located = { notRam: 0, fault: -1 } as const;

/** Called before an access of `bytes` bytes to a page that has the `watched` flag; `linear` is where in guest RAM. */
export type WatchHook = (cpu: Cpu, vaLo: number, vaHi: number, info: number, linear: number, bytes: number) => void;

/** Watchpoints of a guest's own on one CPU. */
export interface PageGuard {
  /** Must accesses to a page come here? */
  covers(vaLo: number, vaHi: number): boolean;
  /** The address, for FAR, at which an access (`info` as in `Access`) hits. */
  hit(vaLo: number, vaHi: number, bytes: number, info: number): bigint | undefined;
}

/** `linear` is where in guest RAM the virtual address lies. */
export type MissHook = (cpu: Cpu, vaLo: number, vaHi: number, linear: number) => void;

export class MmuCore {
  readonly words: Uint32Array;
  readonly bytes: Uint8Array;
  readonly cache = new Stage2Cache();
  readonly walker: Walker;
  readonly sets: readonly ContextSet[];
  onWatched: WatchHook | undefined;
  /** Called when an access to RAM had to be translated anew, before the page may enter the TLB. */
  onMiss: MissHook | undefined;
  /** Those of the CPUs that have watchpoints. */
  readonly guards: (PageGuard | undefined)[] = [];
  #watched: bigint | undefined;
  readonly #writers: WriterIndex;

  constructor(memory: ArrayBuffer) {
    this.words = new Uint32Array(memory);
    this.bytes = new Uint8Array(memory);
    this.#writers = new WriterIndex(this.words);
    this.walker = new Walker(this.words, this.cache);
    this.sets = Array.from({ length: CPU_COUNT }, (_, cpu) => new ContextSet(this.words, cpu));
  }

  /** Fault of the last failed translation. */
  get fault(): Fault {
    const { fsc, faultStage2, faultS1ptw, ipa } = this.walker;
    if (this.#watched !== undefined)
      return { fsc: Fsc.debug, stage2: false, s1ptw: false, ipa: 0, watched: this.#watched };
    return { fsc, stage2: faultStage2, s1ptw: faultS1ptw, ipa };
  }

  /** Stage-2 cache number of a context's stage 2. */
  owner(context: TlbContext): number {
    if (context.ownerEpoch !== this.cache.epoch) {
      context.owner = this.cache.owner(context.regime.table2, context.vmid);
      context.ownerEpoch = this.cache.epoch;
    }
    return context.owner;
  }

  /** Translates in a context; false leaves the fault in the walker. */
  translate(context: TlbContext, vaLo: number, vaHi: number, want: number): boolean {
    const level = context.el === 0 ? Want.el0 : 0;
    const owner = context.regime.stage2 ? this.owner(context) : -1;
    return this.walker.translate(context.regime, vaLo, vaHi, want | level, owner);
  }

  /**
   * Linear address for a data access of `bytes` bytes that stays within a page. `Located.notRam`: the walker holds the physical address;
   * `Located.fault`: it holds the fault. Fills the TLB where that is allowed; a write is announced to the page's flags.
   */
  locate(cpu: Cpu, context: TlbContext, vaLo: number, vaHi: number, want: number, info: number, bytes: number): number {
    let e = context.find(vaLo, vaHi);
    if (e >= 0 && (want & 3 & ~this.words[e + Entry.flags]) === 0) {
      if ((want & Want.write) !== 0) this.#noteWrite(cpu, context, e, this.words[e + Entry.page] + (vaLo & 0xfff));
      return this.words[e + Entry.page] + (vaLo & 0xfff);
    }
    this.#watched = undefined;
    if (!this.translate(context, vaLo, vaHi, want)) return Located.fault;
    if (this.isWatched(cpu, vaLo, vaHi, bytes, info)) return Located.fault;
    const linear = ramOffset(this.walker.pa);
    if (linear === 0) return Located.notRam;
    this.onMiss?.(cpu, vaLo, vaHi, linear);
    e = this.install(context, vaLo, vaHi, linear - (vaLo & 0xfff));
    if ((want & Want.write) !== 0) this.#noteWrite(cpu, context, e, linear);
    if ((this.bytes[PAGE_FLAGS + pageIndex(linear)] & PageFlag.watched) !== 0)
      this.onWatched?.(cpu, vaLo, vaHi, info, linear, bytes);
    return linear;
  }

  /** Does a watchpoint of the guest's own match an access that would not fault? Then `fault` says so. */
  isWatched(cpu: Cpu, vaLo: number, vaHi: number, bytes: number, info: number): boolean {
    this.#watched = this.guards[cpu.index]?.hit(vaLo, vaHi, bytes, info);
    return this.#watched !== undefined;
  }

  /** Sets a CPU's guard; what its TLBs hold may be guarded now. */
  guard(cpu: Cpu, guard: PageGuard | undefined): void {
    this.guards[cpu.index] = guard;
    for (const context of this.sets[cpu.index].contexts) context.removePage(-1, true);
  }

  /** Puts the page just translated into the TLB when inline accesses to it are harmless; the entry, or -1. */
  install(context: TlbContext, vaLo: number, vaHi: number, page: number): number {
    const { permissions, attributes, blockShift, notGlobal } = this.walker;
    context.noteBlockSize(blockShift);
    const watched = (this.bytes[PAGE_FLAGS + pageIndex(page)] & PageFlag.watched) !== 0;
    const readable = (permissions & Permission.read) !== 0;
    // Unaligned accesses to Device memory, or under SCTLR.A, must come to the slow path to fault.
    if (this.guards[context.cpu]?.covers(vaLo, vaHi)) return -1;
    if (watched || !readable || isDevice(attributes) || context.regime.alignmentCheck) return -1;
    const flags = notGlobal ? permissions | NOT_GLOBAL : permissions;
    return context.install(vaLo, vaHi, page, flags, blockShift);
  }

  #noteWrite(cpu: Cpu, context: TlbContext, e: number, linear: number): void {
    const index = pageIndex(linear);
    if ((this.bytes[PAGE_FLAGS + index] & PageFlag.hasCode) !== 0) cpu.host.codeWritten(linear);
    this.bytes[PAGE_FLAGS + index] |= PageFlag.dirty;
    const noticed = (this.bytes[PAGE_FLAGS + index] & (PageFlag.hasCode | PageFlag.watched)) !== 0;
    if (e >= 0 && !noticed) this.#allowWrite(context, e, linear);
  }

  #allowWrite(context: TlbContext, e: number, linear: number): void {
    const index = pageIndex(linear);
    this.bytes[PAGE_FLAGS + index] |= PageFlag.dirty;
    this.#writers.add(index, e, (linear & ~0xfff) >>> 0);
    context.allowWrite(e);
  }

  /** A RAM page (its linear address) became code: stores to it must come to the slow path. */
  removeWriteTags(page: number): void {
    if (!this.#writers.remove(pageIndex(page), page)) this.#removePage(page, false);
  }

  /** A RAM page became watched: all accesses must come to the slow path. */
  removeTags(page: number): void {
    this.#removePage(page, true);
  }

  /** Dirty flags were cleared: the next store to every page must set them again. */
  removeAllWriteTags(): void {
    this.#writers.clear();
    this.#removePage(-1, false);
  }

  #removePage(page: number, all: boolean): void {
    for (const set of this.sets) for (const context of set.contexts) context.removePage(page, all);
  }
}
