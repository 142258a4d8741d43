/**
 * Entries of the interpreter's fetch TLB: those in use, in the state block, or those of a context that waits for its return.
 * An entry is 16 bytes: VA page i64 @0 (all ones: none), linear address of the page's records i32 @8.
 */

const ENTRIES = 64;
const ENTRY_WORDS = 4;
const INVALID = 0xffff_ffff;
/** High half of a VA without its top byte. */
const UNTAGGED = 0xff_ffff;

export class FetchEntries {
  static readonly words = ENTRIES * ENTRY_WORDS;
  /** Which entries may be in use: 0-31 and 32-63. */
  #low = 0;
  #high = 0;

  constructor(private readonly words: Uint32Array) {
    this.erase();
  }

  /** The core is about to fill the entry for a PC. */
  note(pcLo: number): void {
    const index = (pcLo >>> 12) & (ENTRIES - 1);
    if (index < 32) this.#low |= 1 << index;
    else this.#high |= 1 << (index - 32);
  }

  /** Forgets everything, also what was never noted. */
  erase(): void {
    this.words.fill(INVALID);
    this.#low = 0;
    this.#high = 0;
  }

  clear(): void {
    for (let bits = this.#low; bits !== 0; bits &= bits - 1) this.#invalidate(lowestBit(bits));
    for (let bits = this.#high; bits !== 0; bits &= bits - 1) this.#invalidate(32 + lowestBit(bits));
    this.#low = 0;
    this.#high = 0;
  }

  /** Hands all entries to `other`, which is empty. */
  moveTo(other: FetchEntries): void {
    for (let bits = this.#low; bits !== 0; bits &= bits - 1) this.#move(other, lowestBit(bits));
    for (let bits = this.#high; bits !== 0; bits &= bits - 1) this.#move(other, 32 + lowestBit(bits));
    other.#low = this.#low;
    other.#high = this.#high;
    this.#low = 0;
    this.#high = 0;
  }

  /** Forgets what lies in the block of 2^shift bytes (`shift` below 32) that holds a VA, given without its top byte. */
  drop(vaLo: number, vaHi: number, shift: number): void {
    for (let bits = this.#low; bits !== 0; bits &= bits - 1) this.#dropEntry(lowestBit(bits), vaLo, vaHi, shift);
    for (let bits = this.#high; bits !== 0; bits &= bits - 1) this.#dropEntry(32 + lowestBit(bits), vaLo, vaHi, shift);
  }

  #dropEntry(index: number, vaLo: number, vaHi: number, shift: number): void {
    const word = index * ENTRY_WORDS;
    if ((this.words[word] ^ vaLo) >>> shift === 0 && (this.words[word + 1] & UNTAGGED) === vaHi)
      this.#invalidate(index);
  }

  #invalidate(index: number): void {
    this.words[index * ENTRY_WORDS] = INVALID;
    this.words[index * ENTRY_WORDS + 1] = INVALID;
  }

  #move(other: FetchEntries, index: number): void {
    const first = index * ENTRY_WORDS;
    for (let word = first; word < first + ENTRY_WORDS; word++) other.words[word] = this.words[word];
    this.#invalidate(index);
  }
}

function lowestBit(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
}
