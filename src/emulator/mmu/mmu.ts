/** The MMU of the four CPUs: slow paths of memory accesses, context selection, and the SYS instructions of memory management. */
import { Access, Status } from '../cpu/cpu.ts';
import type { Cpu, Mmu } from '../cpu/cpu.ts';
import type { Plain } from '../devices/device.ts';
import { EL, FETCH_TLB, PC, TLB, TLB_USER } from '../cpu/state.ts';
import { ramOffset, SCRATCH } from '../memory-layout.ts';
import { raiseDataAbort, raiseInstructionAbort } from './abort.ts';
import { addressTranslation } from './address-translation.ts';
import { busAccess } from './bus-access.ts';
import { cacheMaintenance } from './cache-maintenance.ts';
import { Located, MmuCore } from './core.ts';
import type { WatchHook } from './core.ts';
import type { ContextSet } from './contexts.ts';
import { Fsc } from './fault.ts';
import type { Fault } from './fault.ts';
import { crossingAccess } from './page-crossing.ts';
import type { TlbContext } from './tlb.ts';
import { Want } from './translation-table-walk.ts';
import { restoreTranslations, saveTranslations } from './saved-translations.ts';
import { tlbMaintenance } from './tlb-maintenance.ts';

/** A fault that stage 1 reports without a walk. */
const ALIGNMENT_FAULT: Fault = { fsc: Fsc.alignment, stage2: false, s1ptw: false, ipa: 0 };
const EXTERNAL_ABORT: Fault = { fsc: Fsc.syncExternal, stage2: false, s1ptw: false, ipa: 0 };

const CRN = (encoding: number) => (encoding >>> 7) & 15;
const CRM = (encoding: number) => (encoding >>> 3) & 15;

export class MemoryManagementUnit implements Mmu {
  readonly core: MmuCore;

  constructor(memory: ArrayBuffer) {
    this.core = new MmuCore(memory);
  }

  data(cpu: Cpu, vaLo: number, vaHi: number, info: number): number {
    const set = this.core.sets[cpu.index];
    const context = (info & Access.unprivileged) !== 0 ? this.userContext(cpu, set) : set.current;
    const size = 1 << (info & Access.sizeMask);
    const alignment = size >>> ((info >>> Access.partsShift) & Access.partsMask);
    const unaligned = (vaLo & (alignment - 1)) !== 0;
    if (unaligned && ((info & Access.aligned) !== 0 || context.regime.alignmentCheck)) {
      raiseDataAbort(cpu, ALIGNMENT_FAULT, vaLo, vaHi, info);
      return 0;
    }
    const want = ((info & Access.write) !== 0 ? Want.write : Want.read) | (unaligned ? Want.unaligned : 0);
    if ((vaLo & 0xfff) + size > 4096) return crossingAccess(this.core, cpu, context, vaLo, vaHi, want, info);
    const linear = this.core.locate(cpu, context, vaLo, vaHi, want, info, size);
    if (linear > 0) return linear;
    if (linear === Located.fault) {
      raiseDataAbort(cpu, this.core.fault, vaLo, vaHi, info);
      return 0;
    }
    busAccess(this.core.bytes, cpu, this.core.walker.pa, size, (info & Access.write) !== 0);
    return SCRATCH;
  }

  fetch(cpu: Cpu): number {
    const { core } = this;
    const vaLo = cpu.state.u32[PC >>> 2];
    const vaHi = cpu.state.u32[(PC >>> 2) + 1];
    const context = core.sets[cpu.index].current;
    if (dropTag(cpu, context, vaHi)) return 0;
    const known = context.code.find(vaLo, vaHi);
    if (known !== 0) return known;
    if (!core.translate(context, vaLo, vaHi, Want.execute)) return abortFetch(cpu, core.fault, vaLo, vaHi);
    const linear = ramOffset(core.walker.pa);
    if (linear === 0) return abortFetch(cpu, EXTERNAL_ABORT, vaLo, vaHi);
    const page = linear - (vaLo & 0xfff);
    context.code.install(vaLo, vaHi, page, core.walker.notGlobal, core.walker.blockShift);
    return page;
  }

  selectContext(cpu: Cpu): void {
    const set = this.core.sets[cpu.index];
    if (set.select(cpu.state)) this.pointAt(cpu, set);
  }

  /** Writes the TLB pointers of the state block. Those of unprivileged accesses at EL1 are found when the first one misses. */
  private pointAt(cpu: Cpu, set: ContextSet): void {
    cpu.state.u32[FETCH_TLB >>> 2] = set.current.code.fetched.base;
    cpu.state.u32[TLB >>> 2] = set.current.base;
    cpu.state.u32[TLB_USER >>> 2] = set.current.el === 1 ? (set.user?.base ?? set.emptyTlb) : set.current.base;
  }

  private userContext(cpu: Cpu, set: ContextSet): TlbContext {
    if (cpu.state.u32[EL >>> 2] !== 1) return set.current;
    if (set.user === undefined) {
      set.user = set.find(cpu.state, 0);
      cpu.state.u32[TLB_USER >>> 2] = set.user.base;
    }
    return set.user;
  }

  sys(cpu: Cpu, encoding: number, rt: number): Status {
    if (CRN(encoding) === 8) return tlbMaintenance(this.core, cpu, encoding, rt);
    if (CRM(encoding) === 8) return addressTranslation(this.core, cpu, encoding, rt);
    return cacheMaintenance(this.core, cpu, encoding, rt);
  }

  /** Empties a CPU's fetch TLB, and what other contexts keep of it: every page is looked up anew. */
  flushFetch(cpu: Cpu): void {
    this.core.sets[cpu.index].flushFetch();
  }

  /** Forgets everything cached (after the state blocks or RAM were replaced) and points the given CPUs at fresh contexts. */
  reset(cpus: readonly Cpu[]): void {
    this.core.cache.clear();
    for (const cpu of cpus) {
      const set = this.core.sets[cpu.index];
      set.reset();
      set.select(cpu.state);
      this.pointAt(cpu, set);
    }
  }

  /** What is remembered of translations (`saved-translations.ts`). */
  save(): Plain {
    return saveTranslations(this.core);
  }

  /** Takes what `save` gave, after `reset`. Throws `StateError`. */
  restore(cpus: readonly Cpu[], state: Plain): void {
    restoreTranslations(this.core, state);
    for (const cpu of cpus) this.pointAt(cpu, this.core.sets[cpu.index]);
  }

  /** A RAM page, by its linear address, became code: stores to it come to `data` from now on. */
  removeWriteTags(page: number): void {
    this.core.removeWriteTags(page);
  }

  /** A RAM page became watched: all accesses to it come to `data` from now on. */
  removeTags(page: number): void {
    this.core.removeTags(page);
  }

  /** Dirty flags were cleared: every page's next store comes to `data`. */
  removeAllWriteTags(): void {
    this.core.removeAllWriteTags();
  }

  /** Called before each access to a page with the `watched` flag. */
  set onWatched(hook: WatchHook | undefined) {
    this.core.onWatched = hook;
  }
}

/**
 * With top-byte-ignore, branches and exception returns drop the tag of their target (BranchAddr). It is done here, when the target is first
 * fetched: true when PC was changed, and the fetch must begin again.
 */
function dropTag(cpu: Cpu, { regime }: TlbContext, vaHi: number): boolean {
  const upper = regime.kind === 1 && (vaHi & 0x0080_0000) !== 0;
  const untagged = upper ? (vaHi | 0xff00_0000) >>> 0 : vaHi & 0x00ff_ffff;
  if (untagged === vaHi || !(upper ? regime.table1 : regime.table0).tbi) return false;
  cpu.state.u32[(PC >>> 2) + 1] = untagged;
  return true;
}

function abortFetch(cpu: Cpu, fault: Fault, vaLo: number, vaHi: number): 0 {
  raiseInstructionAbort(cpu, fault, vaLo, vaHi);
  return 0;
}
