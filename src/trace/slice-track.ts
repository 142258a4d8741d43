/**
 * A track on which exactly one thing is the case at any time: each slice begins where the one before it ends, so that they tile the time that was recorded.
 */
import { Column, lastNotAbove } from './columns.ts';

/** Slices between two sums. */
const BLOCK = 64;

/** What is the case in a stretch of time, by label category: nanoseconds. */
export type Shares = Float64Array;

export class SliceTrack {
  readonly starts = new Column(Float64Array);
  readonly labels = new Column(Uint32Array);
  /** Time until which the last slice is known to reach, ns. */
  end = 0;
  /** Sums of time by category before every block of slices, `categoryCount` numbers each. */
  private readonly sums = new Column(Float64Array);
  /** Which slice of every whole block is the longest, from the block's first. */
  private readonly longest = new Column(Uint8Array);
  private readonly longestLengths = new Column(Float64Array);

  /** `categories` gives the category of each label. */
  constructor(
    private readonly categories: readonly number[],
    private readonly categoryCount: number,
  ) {}

  get count(): number {
    return this.starts.length;
  }

  get start(): number {
    return this.count > 0 ? this.starts.values[0] : this.end;
  }

  /** From `time` on (ns; not before the last change) `label` is the case. */
  set(time: number, label: number): void {
    const last = this.count - 1;
    const at = last < 0 ? time : Math.max(time, this.starts.values[last]);
    this.end = Math.max(this.end, at);
    if (last >= 0 && this.labels.values[last] === label) return;
    if (last >= 0 && this.starts.values[last] === at) this.replaceLast(label);
    else {
      this.starts.push(at);
      this.labels.push(label);
      if (this.count % BLOCK === 1) this.addSums();
    }
  }

  /** What is the case now gets another name. */
  relabel(label: number): void {
    if (this.count > 0) this.labels.values[this.count - 1] = label;
  }

  /** The last slice reaches at least to `time`. */
  advance(time: number): void {
    if (time > this.end) this.end = time;
  }

  endOf(index: number): number {
    return index + 1 < this.count ? this.starts.values[index + 1] : this.end;
  }

  /** Of slice `index` the slice at which the block begins that sums are kept for. */
  static blockStart(index: number): number {
    return index < 0 ? index : index - (index % BLOCK);
  }

  /** Index of the slice at `time`; -1 before the first. */
  indexAt(time: number): number {
    return lastNotAbove(this.starts.values, this.count, time);
  }

  /** Label of what is the case now; -1 for nothing. */
  get current(): number {
    return this.count > 0 ? this.labels.values[this.count - 1] : -1;
  }

  /** Adds the nanoseconds of each category between two times to `shares`. */
  addShares(from: number, to: number, shares: Shares): void {
    const first = Math.max(0, this.indexAt(from));
    const last = this.indexAt(to);
    if (last < 0 || to <= from || this.count === 0) return;
    this.addPart(first, from, to, shares);
    if (last === first) return;
    this.addPart(last, from, to, shares);
    this.addWhole(first + 1, last, shares);
  }

  /** Nanoseconds of each category from the track's beginning to `time`; `index` is the slice at `time`. Replaces what is in `shares`. */
  sharesUntil(index: number, time: number, shares: Shares): void {
    const size = this.categoryCount;
    if (index < 0) {
      shares.fill(0);
      return;
    }
    const block = Math.floor(index / BLOCK);
    for (let c = 0; c < size; c++) shares[c] = this.sums.values[block * size + c];
    this.addEach(block * BLOCK, index, shares);
    this.addPart(index, -Infinity, time, shares);
  }

  /** Index of the longest of the slices from `first` to `last`; of equals the first. */
  longestIn(first: number, last: number): number {
    let best = first;
    let length = 0;
    for (let index = first; index <= last;) {
      const block = index / BLOCK;
      const isBlock = index % BLOCK === 0 && index + BLOCK - 1 <= last && block < this.longest.length;
      const own = isBlock ? this.longestLengths.values[block] : this.endOf(index) - this.starts.values[index];
      if (own > length) {
        best = isBlock ? index + this.longest.values[block] : index;
        length = own;
      }
      index += isBlock ? BLOCK : 1;
    }
    return best;
  }

  /** Forgets whole blocks of slices that ended before `time`. */
  trim(time: number): void {
    const blocks = Math.floor(Math.max(0, this.indexAt(time)) / BLOCK);
    if (blocks === 0) return;
    this.starts.drop(blocks * BLOCK);
    this.labels.drop(blocks * BLOCK);
    this.sums.drop(blocks * this.categoryCount);
    this.longest.drop(blocks);
    this.longestLengths.drop(blocks);
  }

  private addPart(index: number, from: number, to: number, shares: Shares): void {
    const start = Math.max(from, this.starts.values[index]);
    const end = Math.min(to, this.endOf(index));
    if (end > start) shares[this.categories[this.labels.values[index]]] += end - start;
  }

  /** Whole slices from index `first` up to, not including, `last`. */
  private addWhole(first: number, last: number, shares: Shares): void {
    const firstBlock = Math.ceil(first / BLOCK);
    const lastBlock = Math.floor(last / BLOCK);
    if (firstBlock >= lastBlock) {
      this.addEach(first, last, shares);
      return;
    }
    this.addEach(first, firstBlock * BLOCK, shares);
    const sums = this.sums.values;
    const size = this.categoryCount;
    for (let c = 0; c < size; c++) shares[c] += sums[lastBlock * size + c] - sums[firstBlock * size + c];
    this.addEach(lastBlock * BLOCK, last, shares);
  }

  private addEach(first: number, last: number, shares: Shares): void {
    const starts = this.starts.values;
    const labels = this.labels.values;
    for (let i = first; i < last; i++) shares[this.categories[labels[i]]] += starts[i + 1] - starts[i];
  }

  /** A new block begins with the slice just added: sums what came before it. */
  private addSums(): void {
    const size = this.categoryCount;
    const block = (this.count - 1) / BLOCK;
    for (let c = 0; c < size; c++) this.sums.push(block === 0 ? 0 : this.sums.values[(block - 1) * size + c]);
    if (block === 0) return;
    const longest = this.longestIn((block - 1) * BLOCK, block * BLOCK - 1);
    this.longest.push(longest - (block - 1) * BLOCK);
    this.longestLengths.push(this.starts.values[longest + 1] - this.starts.values[longest]);
    this.addEach((block - 1) * BLOCK, block * BLOCK, this.sums.values.subarray(block * size, (block + 1) * size));
  }

  /** A slice without length is none. It may have been the same as the one before it. */
  private replaceLast(label: number): void {
    const last = this.count - 1;
    this.labels.values[last] = label;
    if (last === 0 || this.labels.values[last - 1] !== label || last % BLOCK === 0) return;
    this.starts.length--;
    this.labels.length--;
  }
}
