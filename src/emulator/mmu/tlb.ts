/**
 * Soft data TLBs in linear memory. Each CPU has `TLB_CONTEXTS` of them; a *context* is one exception level under one set of translation
 * registers, so it never holds an entry that another register value made. The last one stays empty for regimes that must always miss.
 *
 * Entry (32 bytes): read tag i64 @0, write tag i64 @8, addend i32 @16 (linear = addend + low half of the VA), linear address of the page u32 @20,
 * flags u32 @24: `Permission` bits in 2:0, nG in 3, log2 of the stage-1 entry's size in 15:8. A valid tag is a VA with its low 12 bits clear; all ones never matches.
 * The read tag with its flags is what an architectural TLB would hold; the write tag only says that a store needs no more bookkeeping.
 */
import {
  FETCH_BASE,
  FETCH_CONTEXT_SIZE,
  TLB_BASE,
  TLB_CONTEXTS,
  TLB_CONTEXT_SIZE,
  TLB_ENTRIES,
  TLB_ENTRY_SIZE,
} from '../memory-layout.ts';
import { InstructionTlb } from './instruction-tlb.ts';
import { Regime } from './regime.ts';
import type { RegimeRegisters } from './regime.ts';

export const USABLE_CONTEXTS = TLB_CONTEXTS - 1;

/** Words of an entry, counted from its first. */
export const Entry = { tagLo: 0, tagHi: 1, writeLo: 2, writeHi: 3, addend: 4, page: 5, flags: 6 } as const;
const ENTRY_WORDS = TLB_ENTRY_SIZE / 4;
const INVALID = 0xffff_ffff;
/** nG in an entry's flags. */
export const NOT_GLOBAL = 8;
/** High half of a VA without its top byte: TLBI names bits 55:12. */
const UNTAGGED = 0xff_ffff;

/** Words that `TlbContext.save` writes for an entry: slot, tag, page and flags. */
export const SAVED_WORDS = 5;

/** A context as plain data. */
export interface SavedContext {
  readonly el: number;
  readonly lastUse: number;
  readonly blockSizes: number;
  readonly registers: readonly number[];
  /** `SAVED_WORDS` for each entry. */
  readonly entries: readonly number[];
  /** What `InstructionTlb.save` gives. */
  readonly code: readonly number[];
}

/** One soft TLB and what it is for. */
export class TlbContext {
  readonly base: number;
  /** Registers the entries were made under (`TlbSet.capture`), 0 where they play no part. */
  readonly registers: RegimeRegisters = new Uint32Array(24);
  readonly regime = new Regime();
  hash = 0;
  el = 0;
  vmid = 0;
  asid = 0;
  inUse = false;
  lastUse = 0;
  /** Stage-2 cache owner and the epoch it is good for. */
  owner = -1;
  ownerEpoch = -1;
  /** Pages that instructions were fetched from. */
  readonly code: InstructionTlb;
  /** Something was installed since the last flush. */
  private filled = false;
  /** Bit `n` is set when an entry came from a block of 2^n bytes. */
  private blockSizes = 0;
  private readonly blockFilter = new Uint32Array(8);

  constructor(
    private readonly words: Uint32Array,
    readonly cpu: number,
    index: number,
  ) {
    this.base = TLB_BASE + (cpu * TLB_CONTEXTS + index) * TLB_CONTEXT_SIZE;
    this.code = new InstructionTlb(words, FETCH_BASE + (cpu * TLB_CONTEXTS + index) * FETCH_CONTEXT_SIZE);
    this.filled = true;
    this.flush();
  }

  /** Word index of the entry that a VA uses. */
  entry(vaLo: number): number {
    return (this.base >>> 2) + ((vaLo >>> 12) & (TLB_ENTRIES - 1)) * ENTRY_WORDS;
  }

  /** Word index of the valid entry for a VA, or -1. */
  find(vaLo: number, vaHi: number): number {
    const e = this.entry(vaLo);
    const hit = this.words[e] === (vaLo & -4096) >>> 0 && this.words[e + 1] === vaHi >>> 0;
    return hit ? e : -1;
  }

  /** Makes a page readable at once; stores come to the slow path until `allowWrite`. Returns the entry. */
  install(vaLo: number, vaHi: number, page: number, permissions: number, blockShift: number): number {
    const e = this.entry(vaLo);
    const tag = (vaLo & -4096) >>> 0;
    this.words[e] = tag;
    this.words[e + Entry.tagHi] = vaHi;
    this.words[e + Entry.writeLo] = INVALID;
    this.words[e + Entry.writeHi] = INVALID;
    this.words[e + Entry.addend] = page - tag;
    this.words[e + Entry.page] = page;
    this.words[e + Entry.flags] = permissions | (blockShift << 8);
    this.filled = true;
    if (blockShift > 12) this.noteBlock(vaLo, vaHi, blockShift);
    return e;
  }

  /** Takes the global entries of the upper half over from a context whose TTBR1 tables are the same. Stores come to the slow path first. */
  inheritGlobals(from: TlbContext): void {
    this.code.inheritGlobals(from.code);
    if (!from.filled) return;
    const { words } = this;
    const distance = (this.base >> 2) - (from.base >> 2);
    const first = from.base >>> 2;
    for (let e = first; e < first + TLB_ENTRIES * ENTRY_WORDS; e += ENTRY_WORDS) {
      if (words[e + Entry.tagHi] >>> 23 !== 0x1ff || words[e] === INVALID) continue;
      if ((words[e + Entry.flags] & NOT_GLOBAL) !== 0) continue;
      for (let word = 0; word < ENTRY_WORDS; word++) words[e + distance + word] = words[e + word];
      words[e + distance + Entry.writeLo] = INVALID;
      words[e + distance + Entry.writeHi] = INVALID;
    }
    this.filled = true;
    this.blockSizes |= from.blockSizes;
    for (let i = 0; i < this.blockFilter.length; i++) this.blockFilter[i] |= from.blockFilter[i];
  }

  /** What an architectural TLB would hold, as plain data. */
  save(): SavedContext {
    const { words, el, lastUse, blockSizes } = this;
    const entries: number[] = [];
    const first = this.base >>> 2;
    for (let slot = 0, e = first; slot < TLB_ENTRIES; slot++, e += ENTRY_WORDS) {
      if (words[e] === INVALID) continue;
      entries.push(slot, words[e], words[e + Entry.tagHi], words[e + Entry.page], words[e + Entry.flags]);
    }
    return { el, lastUse, blockSizes, registers: [...this.registers], entries, code: this.code.save() };
  }

  /** Takes the entries that `save` gave; the rest is the set's. */
  restoreEntries({ lastUse, blockSizes, entries, code }: SavedContext): void {
    for (let i = 0; i < entries.length; i += SAVED_WORDS) {
      const [, tagLo, tagHi, page, flags] = entries.slice(i, i + SAVED_WORDS);
      this.install(tagLo, tagHi, page, flags & 0xff, flags >>> 8);
    }
    this.code.restore(code);
    this.lastUse = lastUse;
    this.blockSizes = blockSizes;
  }

  allowWrite(e: number): void {
    this.words[e + Entry.writeLo] = this.words[e];
    this.words[e + Entry.writeHi] = this.words[e + Entry.tagHi];
  }

  /** Pages of blocks of 2^shift bytes are about to be cached here. */
  noteBlockSize(shift: number): void {
    if (shift > 12) this.blockSizes |= 1 << shift;
  }

  private noteBlock(vaLo: number, vaHi: number, shift: number): void {
    const bit = blockHash(blockNumber(vaLo, vaHi, shift));
    this.blockFilter[bit >>> 5] |= 1 << (bit & 31);
  }

  /** Forgets every entry. */
  flush(): void {
    this.code.flush();
    this.blockSizes = 0;
    if (!this.filled) return;
    this.words.fill(INVALID, this.base >>> 2, (this.base + TLB_CONTEXT_SIZE) >>> 2);
    this.filled = false;
    this.blockFilter.fill(0);
  }

  /** Forgets what maps a VA, given without its top byte, the other pages of the same block included. */
  purge(vaLo: number, vaHi: number): void {
    this.code.purge(vaLo, vaHi);
    if (!this.filled) return;
    const e = this.entry(vaLo);
    if (this.words[e] === (vaLo & -4096) >>> 0 && (this.words[e + Entry.tagHi] & UNTAGGED) === vaHi) this.invalidate(e);
    for (let sizes = this.blockSizes; sizes !== 0; sizes &= sizes - 1) {
      const shift = 31 - Math.clz32(sizes & -sizes);
      const bit = blockHash(blockNumber(vaLo, vaHi, shift));
      if ((this.blockFilter[bit >>> 5] & (1 << (bit & 31))) !== 0) this.purgeBlock(vaLo, vaHi, shift);
    }
  }

  private purgeBlock(vaLo: number, vaHi: number, shift: number): void {
    const first = this.base >>> 2;
    const mask = -(1 << shift);
    for (let e = first; e < first + TLB_ENTRIES * ENTRY_WORDS; e += ENTRY_WORDS) {
      if (((this.words[e + Entry.flags] >>> 8) & 0xff) !== shift || ((this.words[e] ^ vaLo) & mask) !== 0) continue;
      if ((this.words[e + Entry.tagHi] & UNTAGGED) === vaHi) this.invalidate(e);
    }
  }

  private invalidate(e: number): void {
    for (let word = e; word < e + 4; word++) this.words[word] = INVALID;
  }

  /** Takes the write tags (`all`: the whole entries) of a RAM page away; -1 stands for every page. */
  removePage(page: number, all: boolean): void {
    if (!this.filled) return;
    const first = this.base >>> 2;
    for (let e = first; e < first + TLB_ENTRIES * ENTRY_WORDS; e += ENTRY_WORDS) {
      if (page !== -1 && this.words[e + Entry.page] !== page) continue;
      if (all) this.invalidate(e);
      else this.words.fill(INVALID, e + Entry.writeLo, e + Entry.writeHi + 1);
    }
  }
}

/** Bits 63:shift of a VA without its top byte, the low 32 of them (`shift` is below 32). */
function blockNumber(vaLo: number, vaHi: number, shift: number): number {
  return (vaLo >>> shift) | ((vaHi & UNTAGGED) << (32 - shift));
}

/** Bit of the filter for a block number. */
function blockHash(block: number): number {
  return (block ^ (block >>> 8) ^ (block >>> 16)) & 0xff;
}
