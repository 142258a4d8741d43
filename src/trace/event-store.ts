/** The events themselves, for exports and for questions that come later. Bounded: when the budget is spent the oldest go first, and are counted. */
import { RECORD_WORDS, TraceRecord } from '../base/trace-record.ts';

const CHUNK_RECORDS = 1 << 15;
const CHUNK_WORDS = CHUNK_RECORDS * RECORD_WORDS;

/** pCPUs take turns in stretches of this length (ns). */
const DISORDER = 20_000;

/** Bytes of events that are kept when nothing else is said. */
const DEFAULT_BUDGET = 256 * 2 ** 20;

export class EventStore {
  private chunks: Uint32Array[] = [];
  /** Words of the last chunk that are in use. */
  private used = CHUNK_WORDS;
  private lost = 0;

  /** `budget` in bytes. */
  constructor(private readonly budget = DEFAULT_BUDGET) {}

  get count(): number {
    return this.chunks.length === 0 ? 0 : (this.chunks.length - 1) * CHUNK_RECORDS + this.used / RECORD_WORDS;
  }

  /** Events that are not there any more. */
  get dropped(): number {
    return this.lost;
  }

  /** Time of the oldest event that is there, ns; undefined when there is none. */
  get start(): number | undefined {
    return this.count === 0 ? undefined : TraceRecord.time(this.chunks[0], 0);
  }

  /** Adds records. True when that cost the oldest. */
  add(words: Uint32Array): boolean {
    for (let done = 0; done < words.length;) {
      if (this.used === CHUNK_WORDS) this.addChunk();
      const count = Math.min(words.length - done, CHUNK_WORDS - this.used);
      this.chunks[this.chunks.length - 1].set(words.subarray(done, done + count), this.used);
      this.used += count;
      done += count;
    }
    return this.enforceBudget();
  }

  /** Events that were lost before they came here. */
  addLost(count: number): void {
    this.lost += count;
  }

  /** Gives all records in their order, in pieces. */
  forEachPiece(take: (words: Uint32Array) => void): void {
    for (const [index, chunk] of this.chunks.entries()) {
      take(index === this.chunks.length - 1 ? chunk.subarray(0, this.used) : chunk);
    }
  }

  /** Records from the latest that is not after `time` (ns) backwards, pCPUs mixed as they come, until `visit` says that it has enough. */
  forEachBefore(time: number, visit: (words: Uint32Array, at: number) => boolean | void): void {
    for (let index = this.chunks.length - 1; index >= 0; index--) {
      const chunk = this.chunks[index];
      if (TraceRecord.time(chunk, 0) > time + DISORDER && index > 0) continue;
      const end = index === this.chunks.length - 1 ? this.used : CHUNK_WORDS;
      for (let at = end - RECORD_WORDS; at >= 0; at -= RECORD_WORDS) {
        if (TraceRecord.time(chunk, at) <= time && visit(chunk, at) === true) return;
      }
    }
  }

  clear(): void {
    this.chunks = [];
    this.used = CHUNK_WORDS;
    this.lost = 0;
  }

  private addChunk(): void {
    this.chunks.push(new Uint32Array(CHUNK_WORDS));
    this.used = 0;
  }

  private enforceBudget(): boolean {
    const limit = Math.max(2, Math.floor(this.budget / (4 * CHUNK_WORDS)));
    const excess = this.chunks.length - limit;
    if (excess <= 0) return false;
    this.chunks.splice(0, excess);
    this.lost += excess * CHUNK_RECORDS;
    return true;
  }
}
