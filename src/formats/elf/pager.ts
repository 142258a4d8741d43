/**
 * Synchronous parsing over asynchronous bytes.
 *
 * Parsers ask for bytes and get them at once, or a `Missing` is thrown. `Pager.run` catches it, loads what was missing and runs the
 * parser again. So parsers stay plain synchronous code, what is resident costs no promise, and memory stays bounded. What is run must be free of half-done
 * side effects: it may be run from its start several times.
 */
import type { RandomAccess } from '../../base/random-access.ts';
import { ElfError } from './elf-error.ts';

/** Thrown when bytes are not resident. Not a failure: `Pager.run` loads them and tries again. */
export class Missing {
  constructor(
    readonly pager: Pager,
    readonly offset: number,
    readonly length: number,
  ) {}
}

const CHUNK_SIZE = 0x1_0000;
/** A reader that goes on where it stopped gets this many chunks at once: a web server is asked less often. */
const READ_AHEAD = 16;
/** More rounds than any honest parser needs; a hostile file must not keep us here. */
const MAX_ROUNDS = 2000;

interface Chunk {
  readonly bytes: Uint8Array;
  /** When it was last used; larger is later. */
  used: number;
}

/** A bounded cache of 64 KiB chunks of a source, least recently used out first. */
export class Pager {
  readonly #chunks = new Map<number, Chunk>();
  #clock = 0;
  readonly #maxChunks: number;
  #nextSequential = -1;

  /** `budget` is the most that is kept, in bytes. */
  constructor(
    readonly source: RandomAccess,
    budget = 64 << 20,
  ) {
    this.#maxChunks = Math.max(4, Math.floor(budget / CHUNK_SIZE));
  }

  get size(): number {
    return this.source.size;
  }

  /** Bytes resident now. */
  get residentBytes(): number {
    return this.#chunks.size * CHUNK_SIZE;
  }

  /** `length` bytes at file offset `offset`; throws `Missing` when they are not resident. The result must not be written to. */
  bytes(offset: number, length: number): Uint8Array {
    this.#checkRange(offset, length);
    const first = Math.floor(offset / CHUNK_SIZE);
    const within = offset - first * CHUNK_SIZE;
    if (within + length <= CHUNK_SIZE) {
      return this.#chunk(first, offset, length).subarray(within, within + length);
    }
    return this.#gather(offset, length);
  }

  /** Runs `action`, loading what it misses, until it returns or fails. */
  async run<T>(action: () => T): Promise<T> {
    for (let round = 0; round < MAX_ROUNDS; round++) {
      try {
        return action();
      } catch (thrown) {
        if (!(thrown instanceof Missing)) throw thrown;
        await thrown.pager.load(thrown.offset, thrown.length);
      }
    }
    throw new ElfError('too-large', 'a single request touches more of the file than may be kept in memory');
  }

  /** Makes a range resident, with one read for each gap. */
  async load(offset: number, length: number): Promise<void> {
    this.#checkRange(offset, length);
    const first = Math.floor(offset / CHUNK_SIZE);
    const last = this.#lastWanted(first, Math.floor((offset + Math.max(length, 1) - 1) / CHUNK_SIZE));
    for (let at = first; at <= last; at++) {
      if (this.#chunks.has(at)) continue;
      let end = at + 1;
      while (end <= last && !this.#chunks.has(end)) end++;
      await this.#loadChunks(at, end);
      at = end - 1;
    }
    this.#evict(last - first + 1);
  }

  #lastWanted(first: number, last: number): number {
    const isSequential = first === this.#nextSequential || first + 1 === this.#nextSequential;
    const end = isSequential ? Math.max(last, first + READ_AHEAD - 1) : last;
    const result = Math.min(end, Math.ceil(this.size / CHUNK_SIZE) - 1);
    this.#nextSequential = result + 1;
    return result;
  }

  async #loadChunks(from: number, to: number): Promise<void> {
    const start = from * CHUNK_SIZE;
    const length = Math.min(to * CHUNK_SIZE, this.size) - start;
    const bytes = await this.source.read(start, length);
    if (bytes.length < length) throw new ElfError('truncated', `only ${bytes.length} of ${length} bytes at ${start}`);
    for (let at = from; at < to; at++) {
      const chunk = bytes.slice((at - from) * CHUNK_SIZE, (at - from + 1) * CHUNK_SIZE);
      this.#chunks.set(at, { bytes: chunk, used: ++this.#clock });
    }
  }

  /** Drops the least recently used eighth at once: sorting for each chunk would cost more than it saves. */
  #evict(justLoaded: number): void {
    const limit = Math.max(this.#maxChunks, justLoaded);
    if (this.#chunks.size <= limit) return;
    const oldest = [...this.#chunks].toSorted(([, a], [, b]) => a.used - b.used);
    const count = Math.min(this.#chunks.size - limit + (limit >>> 3), this.#chunks.size - justLoaded);
    for (const [key] of oldest.slice(0, count)) this.#chunks.delete(key);
  }

  #chunk(index: number, offset: number, length: number): Uint8Array {
    const chunk = this.#chunks.get(index);
    if (chunk === undefined) throw new Missing(this, offset, length);
    chunk.used = ++this.#clock;
    return chunk.bytes;
  }

  #gather(offset: number, length: number): Uint8Array {
    const first = Math.floor(offset / CHUNK_SIZE);
    const last = Math.floor((offset + length - 1) / CHUNK_SIZE);
    for (let at = first; at <= last; at++) this.#chunk(at, offset, length);
    const result = new Uint8Array(length);
    for (let at = first; at <= last; at++) {
      const start = at * CHUNK_SIZE;
      const chunk = this.#chunks.get(at)!.bytes;
      const from = Math.max(offset - start, 0);
      const to = Math.min(offset + length - start, CHUNK_SIZE);
      result.set(chunk.subarray(from, to), start + from - offset);
    }
    return result;
  }

  #checkRange(offset: number, length: number): void {
    const isValid = Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0;
    if (!isValid || offset + length > this.size) {
      throw new ElfError(
        'out-of-range',
        `bytes ${offset} to ${offset + length} are outside the file (${this.size} bytes)`,
      );
    }
  }
}
