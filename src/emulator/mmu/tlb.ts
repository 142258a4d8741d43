/**
 * Soft data TLBs in linear memory. Each CPU has `TLB_CONTEXTS` of them; a *context* is one exception level under one set of translation
 * registers, so it never holds an entry that another register value made. The last one stays empty for regimes that must always miss.
 *
 * Entry (32 bytes): read tag i64 @0, write tag i64 @8, addend i32 @16 (linear = addend + low half of the VA), linear address of the page u32 @20,
 * flags u32 @24: `Permission` bits in 2:0, log2 of the stage-1 entry's size in 15:8. A valid tag is a VA with its low 12 bits clear; all ones never matches.
 * The read tag with its flags is what an architectural TLB would hold; the write tag only says that a store needs no more bookkeeping.
 */
import { TLB_BASE, TLB_CONTEXTS, TLB_CONTEXT_SIZE, TLB_ENTRIES, TLB_ENTRY_SIZE } from '../memory-layout.ts';
import { Regime } from './regime.ts';
import type { RegimeRegisters } from './regime.ts';

export const USABLE_CONTEXTS = TLB_CONTEXTS - 1;

/** Words of an entry, counted from its first. */
export const Entry = { tagLo: 0, tagHi: 1, writeLo: 2, writeHi: 3, addend: 4, page: 5, flags: 6 } as const;
const ENTRY_WORDS = TLB_ENTRY_SIZE / 4;
const INVALID = 0xffff_ffff;
/** Bits of the filter that tells which blocks a context may hold pages of. A prime, so that strides spread. */
const FILTER_BITS = 251;

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
  /** Something was installed since the last flush. */
  private filled = false;
  /** Bit `n` is set when an entry came from a block of 2^n bytes. */
  private blockSizes = 0;
  private readonly blockFilter = new Uint32Array(8);

  constructor(
    private readonly words: Uint32Array,
    cpu: number,
    index: number,
  ) {
    this.base = TLB_BASE + (cpu * TLB_CONTEXTS + index) * TLB_CONTEXT_SIZE;
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
    if (blockShift > 12) this.noteBlock(pageNumber(vaLo, vaHi), blockShift);
    return e;
  }

  allowWrite(e: number): void {
    this.words[e + Entry.writeLo] = this.words[e];
    this.words[e + Entry.writeHi] = this.words[e + Entry.tagHi];
  }

  private noteBlock(page: number, shift: number): void {
    this.blockSizes |= 1 << shift;
    const bit = Math.floor(page / 2 ** (shift - 12)) % FILTER_BITS;
    this.blockFilter[bit >>> 5] |= 1 << (bit & 31);
  }

  /** Forgets every entry. */
  flush(): void {
    if (!this.filled) return;
    this.words.fill(INVALID, this.base >>> 2, (this.base + TLB_CONTEXT_SIZE) >>> 2);
    this.filled = false;
    this.blockSizes = 0;
    this.blockFilter.fill(0);
  }

  /** Forgets what maps VA page `page` (VA[55:12]), the other pages of the same block included. */
  purgePage(page: number): void {
    if (!this.filled) return;
    const e = (this.base >>> 2) + (page % TLB_ENTRIES) * ENTRY_WORDS;
    if (entryPage(this.words, e) === page) this.invalidate(e);
    for (let sizes = this.blockSizes; sizes !== 0; sizes &= sizes - 1) {
      const shift = 31 - Math.clz32(sizes & -sizes);
      const block = Math.floor(page / 2 ** (shift - 12));
      const bit = block % FILTER_BITS;
      if ((this.blockFilter[bit >>> 5] & (1 << (bit & 31))) !== 0) this.purgeBlock(block, shift);
    }
  }

  private purgeBlock(block: number, shift: number): void {
    const scale = 2 ** (shift - 12);
    const first = this.base >>> 2;
    for (let e = first; e < first + TLB_ENTRIES * ENTRY_WORDS; e += ENTRY_WORDS) {
      if (this.words[e] === INVALID || ((this.words[e + Entry.flags] >>> 8) & 0xff) !== shift) continue;
      if (Math.floor(entryPage(this.words, e) / scale) === block) this.invalidate(e);
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

/** VA[55:12] as a number. */
function pageNumber(vaLo: number, vaHi: number): number {
  return (vaHi & 0xff_ffff) * 2 ** 20 + (vaLo >>> 12);
}

function entryPage(words: Uint32Array, e: number): number {
  return words[e] === INVALID ? -1 : pageNumber(words[e], words[e + Entry.tagHi]);
}
