/**
 * Entries of the interpreter's fetch TLB: those in use, in the state block, or those of a context that waits for its return.
 * An entry is 16 bytes: VA page i64 @0 (all ones: none), linear address of the page's records i32 @8.
 */
import { FETCH_ENTRIES } from '../cpu/state.ts';

const ENTRY_WORDS = 4;
const INVALID = 0xffff_ffff;
/** High half of a VA without its top byte. */
const UNTAGGED = 0xff_ffff;

export class FetchEntries {
  static readonly words = FETCH_ENTRIES * ENTRY_WORDS;
  /** Indices of entries that may be in use, the first `#count` of them. */
  readonly #used = new Uint16Array(FETCH_ENTRIES);
  readonly #isUsed = new Uint8Array(FETCH_ENTRIES);
  #count = 0;

  constructor(private readonly words: Uint32Array) {
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
    this.words.fill(INVALID);
    this.#isUsed.fill(0);
    this.#count = 0;
  }

  clear(): void {
    for (let i = 0; i < this.#count; i++) this.#release(this.#used[i]);
    this.#count = 0;
  }

  /** Hands all entries to `other`, which is empty. */
  moveTo(other: FetchEntries): void {
    for (let i = 0; i < this.#count; i++) {
      const index = this.#used[i];
      const first = index * ENTRY_WORDS;
      if (this.words[first] !== INVALID || this.words[first + 1] !== INVALID) {
        for (let word = first; word < first + ENTRY_WORDS; word++) other.words[word] = this.words[word];
        other.#note(index);
      }
      this.#release(index);
    }
    this.#count = 0;
  }

  /** Forgets what lies in the block of 2^shift bytes (`shift` below 32) that holds a VA, given without its top byte. */
  drop(vaLo: number, vaHi: number, shift: number): void {
    for (let i = 0; i < this.#count; i++) {
      const word = this.#used[i] * ENTRY_WORDS;
      if ((this.words[word] ^ vaLo) >>> shift === 0 && (this.words[word + 1] & UNTAGGED) === vaHi)
        this.#invalidate(this.#used[i]);
    }
  }

  /** Forgets the page that holds a VA. */
  dropPage(vaLo: number, vaHi: number): void {
    const index = (vaLo >>> 12) & (FETCH_ENTRIES - 1);
    const word = index * ENTRY_WORDS;
    if (this.words[word] === (vaLo & -4096) >>> 0 && this.words[word + 1] === vaHi >>> 0) this.#invalidate(index);
  }

  #release(index: number): void {
    this.#isUsed[index] = 0;
    this.#invalidate(index);
  }

  #invalidate(index: number): void {
    this.words[index * ENTRY_WORDS] = INVALID;
    this.words[index * ENTRY_WORDS + 1] = INVALID;
  }
}
