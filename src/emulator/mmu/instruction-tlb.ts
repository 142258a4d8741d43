/**
 * What a context remembers of translations of instructions. Only a fetch that the context's fetch TLB does not have comes here, and the fetch TLB holds
 * nothing that is not here: it may be emptied at any time, this may not. Apart from the data TLB, because pages of code and of data that follow each other
 * all the time would drive each other out of entries that they shared.
 */
import { FETCH_ENTRIES } from '../cpu/state.ts';
import { FetchEntries, fetchOffset } from './fetch-entries.ts';

/** Words of an entry: VA of the page (all ones: none), its linear address, and flags: nG in bit 3, log2 of the stage-1 entry's size in 15:8. */
const Word = { tagLo: 0, tagHi: 1, page: 2, flags: 3 } as const;
/** Words that `InstructionTlb.save` writes for an entry: those of the entry. */
export const SAVED_CODE_WORDS = 4;
const INVALID = 0xffff_ffff;
/** nG in an entry's flags. */
const NOT_GLOBAL = 8;
/** High half of a VA without its top byte: TLBI names bits 55:12. */
const UNTAGGED = 0xff_ffff;

const indexOf = (vaLo: number): number => fetchOffset(vaLo) >>> 4;

export class InstructionTlb {
  readonly fetched: FetchEntries;
  readonly #words = new Uint32Array(FETCH_ENTRIES * SAVED_CODE_WORDS).fill(INVALID);
  /** Indices of entries that may be valid, the first `#count` of them. */
  readonly #used = new Uint16Array(FETCH_ENTRIES);
  readonly #isUsed = new Uint8Array(FETCH_ENTRIES);
  #count = 0;

  /** `memory`: the machine's; `base`: linear address of the fetch TLB. */
  constructor(memory: Uint32Array, base: number) {
    this.fetched = new FetchEntries(memory, base);
  }

  /** Linear address of the page that holds a VA, or 0. The core is about to fill the fetch TLB's entry. */
  find(vaLo: number, vaHi: number): number {
    const index = indexOf(vaLo);
    this.fetched.note(index);
    const e = index * SAVED_CODE_WORDS;
    const hit = this.#words[e] === (vaLo & -4096) >>> 0 && this.#words[e + Word.tagHi] === vaHi >>> 0;
    return hit ? this.#words[e + Word.page] : 0;
  }

  /** `page`: linear address; the stage-1 entry maps 2^blockShift bytes. */
  install(vaLo: number, vaHi: number, page: number, notGlobal: boolean, blockShift: number): void {
    this.#set((vaLo & -4096) >>> 0, vaHi, page, (blockShift << 8) | (notGlobal ? NOT_GLOBAL : 0));
  }

  /** Takes the global entries of the upper half over from a context whose TTBR1 tables are the same. */
  inheritGlobals(from: InstructionTlb): void {
    const words = from.#words;
    for (let i = 0; i < from.#count; i++) {
      const e = from.#used[i] * SAVED_CODE_WORDS;
      const isGlobal = words[e + Word.tagHi] >>> 23 === 0x1ff && (words[e + Word.flags] & NOT_GLOBAL) === 0;
      if (words[e] === INVALID || !isGlobal) continue;
      this.#set(words[e], words[e + Word.tagHi], words[e + Word.page], words[e + Word.flags]);
    }
  }

  /** Forgets everything. */
  flush(): void {
    this.fetched.clear();
    for (let i = 0; i < this.#count; i++) {
      this.#isUsed[this.#used[i]] = 0;
      this.#words[this.#used[i] * SAVED_CODE_WORDS] = INVALID;
      this.#words[this.#used[i] * SAVED_CODE_WORDS + Word.tagHi] = INVALID;
    }
    this.#count = 0;
  }

  /** Forgets what maps a VA, given without its top byte, the other pages of the same block included. */
  purge(vaLo: number, vaHi: number): void {
    for (let i = 0; i < this.#count; i++) {
      const e = this.#used[i] * SAVED_CODE_WORDS;
      if ((this.#words[e + Word.tagHi] & UNTAGGED) !== vaHi) continue;
      const shift = (this.#words[e + Word.flags] >>> 8) & 31;
      if ((this.#words[e] ^ vaLo) >>> Math.max(12, shift) === 0) this.#invalidate(this.#used[i]);
    }
  }

  /** Plain data, `SAVED_CODE_WORDS` for each entry. */
  save(): number[] {
    return this.#valid().flatMap((e) => [...this.#words.subarray(e, e + SAVED_CODE_WORDS)]);
  }

  /** Takes what `save` gave. */
  restore(saved: readonly number[]): void {
    for (let i = 0; i < saved.length; i += SAVED_CODE_WORDS) {
      const [tagLo, tagHi, page, flags] = saved.slice(i, i + SAVED_CODE_WORDS);
      this.#set(tagLo, tagHi, page, flags);
    }
  }

  /** First words of the valid entries. */
  #valid(): number[] {
    return Array.from(this.#used.subarray(0, this.#count), (index) => index * SAVED_CODE_WORDS).filter(
      (e) => this.#words[e] !== INVALID,
    );
  }

  #set(tagLo: number, tagHi: number, page: number, flags: number): void {
    const index = indexOf(tagLo);
    if (this.#isUsed[index] === 0) {
      this.#isUsed[index] = 1;
      this.#used[this.#count++] = index;
    }
    this.fetched.invalidate(index);
    const e = index * SAVED_CODE_WORDS;
    this.#words[e] = tagLo;
    this.#words[e + Word.tagHi] = tagHi;
    this.#words[e + Word.page] = page;
    this.#words[e + Word.flags] = flags;
  }

  #invalidate(index: number): void {
    this.#words[index * SAVED_CODE_WORDS] = INVALID;
    this.#words[index * SAVED_CODE_WORDS + Word.tagHi] = INVALID;
    this.fetched.invalidate(index);
  }
}
