/** Builds translation tables by mapping one page or block at a time. */

/** Shape of one tree. */
export interface TreeShape {
  /** log2 of the granule: 12 or 16. */
  readonly granuleShift: 12 | 16;
  readonly inputSize: number;
  readonly startLevel: number;
  /** Address of the first table, aligned to its size. */
  readonly root: number;
  /** Bits to set in every table descriptor. */
  readonly tableBits?: bigint;
}

/** log2 of the bytes that one entry at `level` maps. */
export function entryShift(granuleShift: number, level: number): number {
  return granuleShift + (3 - level) * (granuleShift - 3);
}

/** Start level that stage 1 has for an input size. */
export function stage1StartLevel(granuleShift: number, inputSize: number): number {
  return 4 - Math.floor((inputSize - 4) / (granuleShift - 3));
}

export class TableBuilder {
  /** Descriptors by address. */
  readonly entries = new Map<number, bigint>();

  /** `allocate` gives the address of a new table of `bytes` bytes. */
  constructor(
    readonly shape: TreeShape,
    private readonly allocate: (bytes: number) => number,
  ) {}

  /** Maps the block or page that holds `address` at `level`; returns the addresses of the descriptors on the way, the leaf last. */
  map(address: bigint, output: bigint, level: number, attributes: bigint): number[] {
    const path: number[] = [];
    let table = this.shape.root;
    for (let at = this.shape.startLevel; ; at++) {
      const entry = table + this.index(address, at) * 8;
      path.push(entry);
      if (at === level) {
        this.entries.set(entry, output | attributes | (level === 3 ? 3n : 1n));
        return path;
      }
      table = this.nextTable(entry);
    }
  }

  private index(address: bigint, level: number): number {
    const { granuleShift, inputSize, startLevel } = this.shape;
    const shift = entryShift(granuleShift, level);
    const bits = level === startLevel ? inputSize - shift : granuleShift - 3;
    return Number((address >> BigInt(shift)) & ((1n << BigInt(bits)) - 1n));
  }

  private nextTable(entry: number): number {
    const known = this.entries.get(entry);
    if (known !== undefined) return Number(known & 0x0000_ffff_ffff_f000n);
    const table = this.allocate(2 ** this.shape.granuleShift);
    this.entries.set(entry, BigInt(table) | (this.shape.tableBits ?? 0n) | 3n);
    return table;
  }
}
