/** A track of spans that may lie within each other: functions, exits. In the order of their starts. */
import { Column, lastNotAbove } from './columns.ts';

/** Spans between two notes of how far they reach. */
const BLOCK = 64;

export class SpanTrack {
  readonly starts = new Column(Float64Array);
  /** Infinity while a span is open. */
  readonly ends = new Column(Float64Array);
  readonly labels = new Column(Uint32Array);
  readonly depths = new Column(Uint8Array);
  maxDepth = 0;
  private readonly reaches = new Column(Float64Array);
  /** Of every whole block, from its first span: which is the longest. And how deep its spans lie. */
  private readonly longest = new Column(Uint8Array);
  private readonly deepest = new Column(Uint8Array);
  private dropped = 0;

  get count(): number {
    return this.starts.length;
  }

  /** Opens a span; the answer closes it. */
  open(time: number, label: number, depth: number): number {
    const last = this.count - 1;
    const at = last < 0 ? time : Math.max(time, this.starts.values[last]);
    if (this.count % BLOCK === 0) this.beginBlock();
    this.starts.push(at);
    this.ends.push(Infinity);
    this.labels.push(label);
    this.depths.push(Math.min(depth, 255));
    this.maxDepth = Math.max(this.maxDepth, depth);
    return this.dropped + this.count - 1;
  }

  close(span: number, time: number): void {
    const index = span - this.dropped;
    if (index < 0) return;
    this.ends.values[index] = Math.max(time, this.starts.values[index]);
    const block = Math.floor(index / BLOCK);
    if ((block + 1) * BLOCK <= this.count) this.summarise(block);
  }

  relabel(span: number, label: number): void {
    if (span >= this.dropped) this.labels.values[span - this.dropped] = label;
  }

  /** Adds a whole span. */
  add(start: number, end: number, label: number, depth = 0): void {
    this.close(this.open(start, label, depth), end);
  }

  /** Calls `visit` for each span that is partly between two times, in their order. */
  forEach(from: number, to: number, visit: (index: number) => void): void {
    const last = lastNotAbove(this.starts.values, this.count, to);
    for (let block = 0; block * BLOCK <= last; block++) {
      if (this.reaches.values[block] <= from) continue;
      const end = Math.min(last, block * BLOCK + BLOCK - 1);
      for (let i = block * BLOCK; i <= end; i++) if (this.ends.values[i] > from) visit(i);
    }
  }

  /**
   * As `forEach`, but spans that lie together within a stretch of less than `shortest` (ns) may be given as one: `visitMany` gets the longest of them, when
   * they begin and end, how deep they lie and how many they are.
   */
  forEachVisible(
    from: number,
    to: number,
    shortest: number,
    visit: (index: number) => void,
    visitMany: (longest: number, start: number, end: number, depth: number, count: number) => void,
  ): void {
    const last = lastNotAbove(this.starts.values, this.count, to);
    for (let block = 0; block * BLOCK <= last; block++) {
      const first = block * BLOCK;
      const reach = this.reaches.values[block];
      if (reach <= from) continue;
      const start = this.starts.values[first];
      if (reach - start < shortest) {
        visitMany(first + this.longest.values[block], start, reach, this.deepest.values[block], BLOCK);
        continue;
      }
      const end = Math.min(last, first + BLOCK - 1);
      for (let i = first; i <= end; i++) if (this.ends.values[i] > from) visit(i);
    }
  }

  /** Forgets whole blocks of spans that ended before `time`. */
  trim(time: number): void {
    let blocks = 0;
    while ((blocks + 1) * BLOCK < this.count && this.reaches.values[blocks] <= time) blocks++;
    for (const column of [this.starts, this.ends, this.labels, this.depths]) column.drop(blocks * BLOCK);
    for (const column of [this.reaches, this.longest, this.deepest]) column.drop(blocks);
    this.dropped += blocks * BLOCK;
  }

  private beginBlock(): void {
    this.reaches.push(Infinity);
    this.longest.push(0);
    this.deepest.push(0);
  }

  private summarise(block: number): void {
    let reach = 0;
    let best = 0;
    let depth = 0;
    let length = -1;
    for (let i = block * BLOCK; i < (block + 1) * BLOCK; i++) {
      const own = this.ends.values[i] - this.starts.values[i];
      if (own > length) {
        length = own;
        best = i - block * BLOCK;
      }
      reach = Math.max(reach, this.ends.values[i]);
      depth = Math.max(depth, this.depths.values[i]);
    }
    this.reaches.values[block] = reach;
    this.longest.values[block] = best;
    this.deepest.values[block] = depth;
  }
}
