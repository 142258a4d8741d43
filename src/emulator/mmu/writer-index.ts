/** Which TLB entries may hold the write tag of each RAM page, so that taking them away does not mean looking through every TLB. */
import { DRAM_SIZE, OCM_SIZE } from '../memory-layout.ts';
import { Entry } from './tlb.ts';

/** Entries remembered for a page; beyond that all TLBs are looked through. */
const SLOTS = 4;
const INVALID = 0xffff_ffff;

export class WriterIndex {
  /** `SLOTS` word indices of entries for each page; 0 is free. An entry named here may have been replaced since. */
  readonly #entries = new Uint32Array(((DRAM_SIZE + OCM_SIZE) >>> 12) * SLOTS);
  /** 1 for pages with more writers than slots. */
  readonly #overflowed = new Uint8Array((DRAM_SIZE + OCM_SIZE) >>> 12);

  constructor(private readonly words: Uint32Array) {}

  /** Entry `e` is about to get the write tag of page number `index`, whose linear address is `page`. */
  add(index: number, e: number, page: number): void {
    const first = index * SLOTS;
    let free = -1;
    for (let slot = first; slot < first + SLOTS; slot++) {
      const known = this.#entries[slot];
      if (known === e) return;
      if (free < 0 && (known === 0 || !this.#holds(known, page))) free = slot;
    }
    if (free < 0) this.#overflowed[index] = 1;
    else this.#entries[free] = e;
  }

  /** Takes the write tags of a page away; false when they are not all known. */
  remove(index: number, page: number): boolean {
    const first = index * SLOTS;
    for (let slot = first; slot < first + SLOTS; slot++) {
      const e = this.#entries[slot];
      if (e !== 0 && this.#holds(e, page)) this.#removeTag(e);
      this.#entries[slot] = 0;
    }
    const complete = this.#overflowed[index] === 0;
    this.#overflowed[index] = 0;
    return complete;
  }

  clear(): void {
    this.#entries.fill(0);
    this.#overflowed.fill(0);
  }

  #removeTag(e: number): void {
    this.words[e + Entry.writeLo] = INVALID;
    this.words[e + Entry.writeHi] = INVALID;
  }

  #holds(e: number, page: number): boolean {
    return this.words[e + Entry.page] === page && this.words[e + Entry.writeLo] !== INVALID;
  }
}
