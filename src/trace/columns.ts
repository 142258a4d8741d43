/** Columns of numbers that grow at their end and can lose their beginning. */
import { partitionPoint } from '../base/partition-point.ts';

type NumberArray = Float64Array | Uint32Array | Int32Array | Uint8Array;
type ArrayType<A extends NumberArray> = new (length: number) => A;

const FIRST_CAPACITY = 256;

export class Column<A extends NumberArray> {
  values: A;
  length = 0;

  constructor(private readonly type: ArrayType<A>) {
    this.values = new type(FIRST_CAPACITY);
  }

  push(value: number): void {
    if (this.length === this.values.length) this.grow();
    this.values[this.length++] = value;
  }

  /** Forgets the first `count` values. */
  drop(count: number): void {
    this.values.copyWithin(0, count, this.length);
    this.length -= count;
  }

  clear(): void {
    this.length = 0;
  }

  private grow(): void {
    const larger = new this.type(this.values.length * 2);
    larger.set(this.values);
    this.values = larger;
  }
}

/** Index of the last of `length` ascending values that is not above `value`; -1 when all are. */
export function lastNotAbove(values: ArrayLike<number>, length: number, value: number): number {
  return partitionPoint(0, length, (i) => values[i] <= value) - 1;
}
