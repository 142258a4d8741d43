/** The TLB contexts of one CPU: finds the one for the registers as they are now, or gives the least recently used one away. */
import type { CpuState } from '../cpu/state.ts';
import { EL, FETCH_TLB } from '../cpu/state.ts';
import { Reg } from '../cpu/system-registers/offsets.ts';
import { CPU_STATE, CPU_STATE_STRIDE, TLB_BASE, TLB_CONTEXTS, TLB_CONTEXT_SIZE } from '../memory-layout.ts';
import { currentAsid, currentVmid, Hcr, RegimeRegister, Sctlr } from './regime.ts';
import type { RegimeRegisterName, RegimeRegisters } from './regime.ts';
import { TlbContext, USABLE_CONTEXTS } from './tlb.ts';

const FETCH_TLB_WORDS = (64 * 16) / 4;
const HCR_LOW = Hcr.VM | Hcr.PTW | Hcr.DC | Hcr.TGE;
const HCR_HIGH = Hcr.CD_HI | Hcr.ID_HI;

/** Word offset in the state block of each `RegimeRegister`. */
const SOURCES = Object.keys(RegimeRegister).map((name) => Reg[name as RegimeRegisterName] >>> 2);
/** Words of a `RegimeRegisters` that belong to EL1&0 (with stage 2) and to EL2. */
const FIRST_EL2_WORD = 2 * RegimeRegister.SCTLR_EL2;
const WORD_COUNT = 24;

/**
 * Copies the registers that decide a translation at `el` from a state block, others as 0. Bits that play no part are left out, so that
 * equal words mean equal translations.
 */
export function captureRegisters(state: CpuState, el: number, into: RegimeRegisters): void {
  into.fill(0);
  const first = el === 2 ? RegimeRegister.SCTLR_EL2 : 0;
  const last = el === 2 ? RegimeRegister.MAIR_EL2 : RegimeRegister.VTTBR_EL2;
  for (let register = first; register <= last; register++) {
    into[2 * register] = state.u32[SOURCES[register]];
    into[2 * register + 1] = state.u32[SOURCES[register] + 1];
  }
  if (el === 2) return;
  into[2 * RegimeRegister.HCR_EL2] &= HCR_LOW;
  into[2 * RegimeRegister.HCR_EL2 + 1] &= HCR_HIGH;
  into[2 * RegimeRegister.SCTLR_EL2] = state.u32[SOURCES[RegimeRegister.SCTLR_EL2]] & Sctlr.EE;
}

export class ContextSet {
  readonly contexts: readonly TlbContext[];
  /** Linear address of a TLB that never hits. */
  readonly emptyTlb: number;
  current: TlbContext;
  /** Context of unprivileged accesses (LDTR, STTR) once one was needed. */
  user: TlbContext | undefined;
  private readonly scratch: RegimeRegisters = new Uint32Array(WORD_COUNT);
  private clock = 0;
  private readonly fetchTlb: Uint32Array;

  constructor(words: Uint32Array, cpu: number) {
    this.contexts = Array.from({ length: USABLE_CONTEXTS }, (_, index) => new TlbContext(words, cpu, index));
    this.emptyTlb = TLB_BASE + (cpu * TLB_CONTEXTS + USABLE_CONTEXTS) * TLB_CONTEXT_SIZE;
    words.fill(0xffff_ffff, this.emptyTlb >>> 2, (this.emptyTlb + TLB_CONTEXT_SIZE) >>> 2);
    this.current = this.contexts[0];
    const fetch = (CPU_STATE + cpu * CPU_STATE_STRIDE + FETCH_TLB) >>> 2;
    this.fetchTlb = words.subarray(fetch, fetch + FETCH_TLB_WORDS);
    this.flushFetch();
  }

  /** The context for the registers in `state`, at exception level `el`. */
  find(state: CpuState, el: number): TlbContext {
    captureRegisters(state, el, this.scratch);
    if (this.matches(this.current, el)) return this.current;
    const hash = hashWords(this.scratch, el);
    for (const context of this.contexts) {
      if (context.hash === hash && context.inUse && this.matches(context, el)) return this.touch(context);
    }
    return this.touch(this.assign(hash, el));
  }

  /** Makes the context of PSTATE.EL current; true when that is another one than before. */
  select(state: CpuState): boolean {
    const context = this.find(state, state.u32[EL >>> 2]);
    if (context === this.current) return false;
    this.current = context;
    this.user = undefined;
    this.flushFetch();
    return true;
  }

  /** Empties the interpreter's fetch TLB. */
  flushFetch(): void {
    this.fetchTlb.fill(0xffff_ffff);
  }

  /** Forgets all contexts; `select` must follow. */
  reset(): void {
    for (const context of this.contexts) {
      context.flush();
      context.inUse = false;
    }
    this.user = undefined;
    this.flushFetch();
  }

  private touch(context: TlbContext): TlbContext {
    context.lastUse = ++this.clock;
    return context;
  }

  private matches(context: TlbContext, el: number): boolean {
    if (context.el !== el || !context.inUse) return false;
    const last = el === 2 ? WORD_COUNT : FIRST_EL2_WORD + 1;
    for (let i = el === 2 ? FIRST_EL2_WORD : 0; i < last; i++) {
      if (context.registers[i] !== this.scratch[i]) return false;
    }
    return true;
  }

  private assign(hash: number, el: number): TlbContext {
    const context = this.victim();
    context.flush();
    context.registers.set(this.scratch);
    context.hash = hash;
    context.el = el;
    context.vmid = currentVmid(this.scratch);
    context.asid = currentAsid(this.scratch);
    context.ownerEpoch = -1;
    context.inUse = true;
    context.regime.decode(this.scratch, el === 2 ? 2 : 1);
    return context;
  }

  private victim(): TlbContext {
    let best: TlbContext | undefined;
    for (const context of this.contexts) {
      if (!context.inUse) return context;
      if (context !== this.current && (best === undefined || context.lastUse < best.lastUse)) best = context;
    }
    if (best === undefined) throw new Error('a CPU needs more than one TLB context');
    return best;
  }
}

function hashWords(words: RegimeRegisters, el: number): number {
  let hash = el;
  for (let i = 0; i < words.length; i++) hash = Math.imul(hash ^ words[i], 0x0100_0193) + (hash >>> 15);
  return hash | 0;
}
