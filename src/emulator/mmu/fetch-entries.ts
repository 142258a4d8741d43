/**
 * The fetch TLB of a context, from which the interpreter and translated code find the records for a PC.
 * An entry is 16 bytes: VA page i64 @0 (all ones: none), linear address of the page's records i32 @8.
 */
import { FETCH_ENTRIES, FETCH_FOLD, FETCH_MASK } from '../cpu/state.ts';

const ENTRY_WORDS = 4;
const INVALID = 0xffff_ffff;

/** Offset of the entry for the low half of a PC. */
export function fetchOffset(pcLo: number): number {
  return ((pcLo >>> 8) ^ (pcLo >>> FETCH_FOLD)) & FETCH_MASK;
}

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

  /** The core is about to fill an entry. */
  note(index: number): void {
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
    for (let i = 0; i < this.#count; i++) {
      this.#isUsed[this.#used[i]] = 0;
      this.invalidate(this.#used[i]);
    }
    this.#count = 0;
  }

  invalidate(index: number): void {
    this.words[this.#first + index * ENTRY_WORDS] = INVALID;
    this.words[this.#first + index * ENTRY_WORDS + 1] = INVALID;
  }
}
