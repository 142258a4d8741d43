/** The TLB contexts of one CPU: finds the one for the registers as they are now, or gives the least recently used one away. */
import type { CpuState } from '../cpu/state.ts';
import { EL } from '../cpu/state.ts';
import { Reg } from '../cpu/system-registers/offsets.ts';
import { TLB_BASE, TLB_CONTEXTS, TLB_CONTEXT_SIZE } from '../memory-layout.ts';
import { currentAsid, currentVmid, Hcr, RegimeRegister, Sctlr } from './regime.ts';
import type { RegimeRegisterName, RegimeRegisters } from './regime.ts';
import { type SavedContext, TlbContext, USABLE_CONTEXTS } from './tlb.ts';

const HCR_LOW = Hcr.VM | Hcr.PTW | Hcr.DC | Hcr.TGE;
const HCR_HIGH = Hcr.CD_HI | Hcr.ID_HI;

/** Word offset in the state block of each word of a `RegimeRegisters`. */
const SOURCE_WORDS = Int32Array.from(
  Object.keys(RegimeRegister).flatMap((name) => {
    const word = Reg[name as RegimeRegisterName] >>> 2;
    return [word, word + 1];
  }),
);
const HCR_WORD = 2 * RegimeRegister.HCR_EL2;
/** Size of the cache of contexts by hash; a power of 2. */
const RECENT = 64;
/** Words of a `RegimeRegisters` that belong to EL1&0 (with stage 2) and to EL2. */
const FIRST_EL2_WORD = 2 * RegimeRegister.SCTLR_EL2;
const WORD_COUNT = 24;

/**
 * Copies the registers that decide a translation at `el` from a state block; the other regime's words of `into` are left alone (0 in a new
 * array). Bits that play no part are left out, so that equal words mean equal translations.
 */
export function captureRegisters(state: CpuState, el: number, into: RegimeRegisters): void {
  const source = state.u32;
  const first = el === 2 ? FIRST_EL2_WORD : 0;
  const last = el === 2 ? WORD_COUNT : FIRST_EL2_WORD;
  for (let word = first; word < last; word++) into[word] = source[SOURCE_WORDS[word]];
  if (el === 2) return;
  into[HCR_WORD] &= HCR_LOW;
  into[HCR_WORD + 1] &= HCR_HIGH;
  into[FIRST_EL2_WORD] = source[SOURCE_WORDS[FIRST_EL2_WORD]] & Sctlr.EE;
}

/** A set as plain data; contexts go by their number, -1 for none. */
export interface SavedSet {
  readonly clock: number;
  readonly current: number;
  readonly user: number;
  readonly contexts: readonly (SavedContext & { readonly index: number })[];
}

export class ContextSet {
  readonly contexts: readonly TlbContext[];
  /** Linear address of a TLB that never hits. */
  readonly emptyTlb: number;
  current: TlbContext;
  /** Context of unprivileged accesses (LDTR, STTR) once one was needed. */
  user: TlbContext | undefined;
  /** Registers as they are now; words of the other regime stay 0. */
  private scratch: RegimeRegisters;
  private readonly scratchEl1: RegimeRegisters = new Uint32Array(WORD_COUNT);
  private readonly scratchEl2: RegimeRegisters = new Uint32Array(WORD_COUNT);
  /** Contexts found lately, by hash. */
  private readonly recent: (TlbContext | undefined)[] = Array.from({ length: RECENT });
  private clock = 0;

  constructor(words: Uint32Array, cpu: number) {
    this.contexts = Array.from({ length: USABLE_CONTEXTS }, (_, index) => new TlbContext(words, cpu, index));
    this.emptyTlb = TLB_BASE + (cpu * TLB_CONTEXTS + USABLE_CONTEXTS) * TLB_CONTEXT_SIZE;
    words.fill(0xffff_ffff, this.emptyTlb >>> 2, (this.emptyTlb + TLB_CONTEXT_SIZE) >>> 2);
    this.current = this.contexts[0];
    this.scratch = this.scratchEl1;
  }

  /** The context for the registers in `state`, at exception level `el`. */
  find(state: CpuState, el: number): TlbContext {
    this.scratch = el === 2 ? this.scratchEl2 : this.scratchEl1;
    captureRegisters(state, el, this.scratch);
    if (this.matches(this.current, el)) return this.current;
    const hash = el === 2 ? 2 : hashEl1(this.scratch, el);
    const recent = this.recent[hash & (RECENT - 1)];
    if (recent !== undefined && this.matches(recent, el)) return this.touch(recent);
    const context = this.search(hash, el) ?? this.assign(hash, el);
    this.recent[hash & (RECENT - 1)] = context;
    return this.touch(context);
  }

  /** Makes the context of PSTATE.EL current; true when that is another one than before. */
  select(state: CpuState): boolean {
    const context = this.find(state, state.u32[EL >>> 2]);
    if (context === this.current) return false;
    this.user = undefined;
    this.current = context;
    return true;
  }

  /** Forgets what was fetched, in every context. */
  flushFetch(): void {
    for (const context of this.contexts) context.code.fetched.clear();
  }

  /** Forgets all contexts; `select` must follow. */
  reset(): void {
    for (const context of this.contexts) {
      context.flush();
      context.code.fetched.erase();
      context.inUse = false;
    }
    this.user = undefined;
  }

  /** All that decides what later accesses find here. */
  save(): SavedSet {
    const number = (context: TlbContext | undefined): number => (context ? this.contexts.indexOf(context) : -1);
    const contexts = this.contexts.flatMap((context, index) => (context.inUse ? [{ index, ...context.save() }] : []));
    return { clock: this.clock, current: number(this.current), user: number(this.user), contexts };
  }

  /** Takes what `save` gave, after `reset`. */
  restore({ clock, current, user, contexts }: SavedSet): void {
    for (const saved of contexts) {
      const context = this.contexts[saved.index];
      context.registers.set(saved.registers);
      this.prepare(context, saved.el === 2 ? 2 : hashEl1(context.registers, saved.el), saved.el);
      context.restoreEntries(saved);
    }
    this.clock = clock;
    this.current = this.contexts[current];
    this.user = this.contexts[user];
  }

  private touch(context: TlbContext): TlbContext {
    context.lastUse = ++this.clock;
    return context;
  }

  private search(hash: number, el: number): TlbContext | undefined {
    return this.contexts.find((context) => context.hash === hash && this.matches(context, el));
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
    this.prepare(context, hash, el);
    const relative = el === 1 ? this.relativeOf(context) : undefined;
    if (relative !== undefined) context.inheritGlobals(relative);
    return context;
  }

  /** What follows from a context's registers. */
  private prepare(context: TlbContext, hash: number, el: number): void {
    const { registers } = context;
    context.hash = hash;
    context.el = el;
    context.vmid = currentVmid(registers);
    context.asid = currentAsid(registers);
    context.ownerEpoch = -1;
    context.inUse = true;
    context.regime.decode(registers, el === 2 ? 2 : 1);
  }

  /** The context used last that has the same upper half of the address space: it differs in TTBR0 and the ASID only. */
  private relativeOf(context: TlbContext): TlbContext | undefined {
    let best: TlbContext | undefined;
    for (const other of this.contexts) {
      if (other === context || !other.inUse || (best !== undefined && other.lastUse < best.lastUse)) continue;
      if (sharesUpperHalf(other, context)) best = other;
    }
    return best;
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

/** Words of TTBR0, and the high one of TTBR1, whose upper 16 bits are an ASID. */
const TTBR0_WORD = 2 * RegimeRegister.TTBR0_EL1;
const TTBR1_HIGH_WORD = 2 * RegimeRegister.TTBR1_EL1 + 1;

function sharesUpperHalf(a: TlbContext, b: TlbContext): boolean {
  if (a.el !== b.el) return false;
  for (let word = 0; word < WORD_COUNT; word++) {
    if (word === TTBR0_WORD || word === TTBR0_WORD + 1) continue;
    const difference = a.registers[word] ^ b.registers[word];
    if ((word === TTBR1_HIGH_WORD ? difference & 0xffff : difference) !== 0) return false;
  }
  return true;
}

/** Hash of what changes often at EL1 and EL0: the table bases with their ASID and VMID. */
function hashEl1(words: RegimeRegisters, el: number): number {
  let hash = el;
  for (let i = 2 * RegimeRegister.TTBR0_EL1; i < 2 * RegimeRegister.MAIR_EL1; i++)
    hash = Math.imul(hash ^ words[i], 0x9e37_79b1);
  hash = Math.imul(hash ^ words[2 * RegimeRegister.VTTBR_EL2 + 1], 0x9e37_79b1);
  return (hash ^ (hash >>> 15)) | 0;
}
