/**
 * The fetch TLB of a context, from which the interpreter and translated code find the records for a PC.
 * An entry is 16 bytes: VA page i64 @0 (all ones: none), linear address of the page's records i32 @8.
 */
import { FETCH_ENTRIES } from '../cpu/state.ts';

const ENTRY_WORDS = 4;
const INVALID = 0xffff_ffff;
/** High half of a VA without its top byte. */
const UNTAGGED = 0xff_ffff;

export class FetchEntries {
  /** Indices of entries that may be in use, the first `#count` of them. */
  readonly #used = new Uint16Array(FETCH_ENTRIES);
  readonly #isUsed = new Uint8Array(FETCH_ENTRIES);
  #count = 0;

  readonly #first: number;

  /** `words`: the machine's memory; `base`: linear address of the entries. */
  constructor(
    private readonly words: Uint32Array,
    readonly base: number,
  ) {
    this.#first = base >>> 2;
    this.erase();
  }

  /** The core is about to fill the entry for a PC. */
  note(pcLo: number): void {
    this.#note((pcLo >>> 12) & (FETCH_ENTRIES - 1));
  }

  #note(index: number): void {
    if (this.#isUsed[index] !== 0) return;
    this.#isUsed[index] = 1;
    this.#used[this.#count++] = index;
  }

  /** Forgets everything, also what was never noted. */
  erase(): void {
    this.words.fill(INVALID, this.#first, this.#first + FETCH_ENTRIES * ENTRY_WORDS);
    this.#isUsed.fill(0);
    this.#count = 0;
  }

  clear(): void {
    for (let i = 0; i < this.#count; i++) this.#release(this.#used[i]);
    this.#count = 0;
  }

  /** Forgets what lies in the block of 2^shift bytes (`shift` below 32) that holds a VA, given without its top byte. */
  drop(vaLo: number, vaHi: number, shift: number): void {
    for (let i = 0; i < this.#count; i++) {
      const word = this.#first + this.#used[i] * ENTRY_WORDS;
      if ((this.words[word] ^ vaLo) >>> shift === 0 && (this.words[word + 1] & UNTAGGED) === vaHi)
        this.#invalidate(this.#used[i]);
    }
  }

  /** Forgets the page that holds a VA. */
  dropPage(vaLo: number, vaHi: number): void {
    const index = (vaLo >>> 12) & (FETCH_ENTRIES - 1);
    const word = this.#first + index * ENTRY_WORDS;
    if (this.words[word] === (vaLo & -4096) >>> 0 && this.words[word + 1] === vaHi >>> 0) this.#invalidate(index);
  }

  #release(index: number): void {
    this.#isUsed[index] = 0;
    this.#invalidate(index);
  }

  #invalidate(index: number): void {
    this.words[this.#first + index * ENTRY_WORDS] = INVALID;
    this.words[this.#first + index * ENTRY_WORDS + 1] = INVALID;
  }
}
