/** To which function or inlined subroutine each address belongs at which a statement begins. */
import { partitionPoint } from '../../../base/partition-point.ts';
import type { UnitScope } from './unit-scopes.ts';
import { Numbers } from './bytes.ts';

const NOBODY = -1;

/** Gives addresses to scopes, unit by unit. Addresses and places are distances from `base`. */
export class AddressOwners {
  /** Ascending, without repetition. */
  readonly addresses: Float64Array;
  /** Names of owners, by their numbers in the columns below. */
  readonly names: string[] = [];
  readonly #nameNumbers = new Map<string, number>();
  /** By address: number of the innermost scope, and of the function or inlined subroutine that this belongs to. */
  readonly #scopes: Int32Array;
  readonly #owners: Int32Array;
  /** By owner: its name's number plus one (0 for none), times two, plus one when it is inlined. */
  readonly #labels = new Numbers();
  /** By address, where a breakpoint on the function's first line goes when not there. */
  readonly moved = new Map<number, number>();
  #nextScope = 0;

  constructor(
    starts: Float64Array,
    private readonly base: bigint,
  ) {
    this.addresses = distinct(starts);
    this.#scopes = new Int32Array(this.addresses.length).fill(NOBODY);
    this.#owners = new Int32Array(this.addresses.length).fill(NOBODY);
  }

  /** Adds the scopes of one unit. */
  add(scopes: readonly UnitScope[]): void {
    const first = this.#nextScope;
    this.#nextScope += scopes.length;
    const labels: number[] = [];
    for (const [i, scope] of scopes.entries()) {
      if (scope.owner === i) labels[i] = this.#labels.length;
      if (scope.owner === i) this.#labels.push(this.#labelOf(scope));
      const parent = scope.parent < 0 ? NOBODY : first + scope.parent;
      for (const { start, end } of scope.ranges) {
        this.#give(this.#distance(start), this.#distance(end), parent, first + i, labels[scope.owner]);
      }
      if (scope.parent < 0) this.#noteEntry(scope);
    }
  }

  /** Position of `address` in `addresses`. */
  indexOf(address: number): number {
    return firstNotBelow(this.addresses, address);
  }

  /** Number of the owner of the address at `index`; -1 when no debugging information tells of it. */
  ownerAt(index: number): number {
    return this.#owners[index];
  }

  labelOf(owner: number): number {
    return this.#labels.values()[owner];
  }

  /** The number that stands for `name`, plus one; 0 for none. */
  numberOf(name: string | undefined): number {
    if (name === undefined) return 0;
    const known = this.#nameNumbers.get(name);
    if (known !== undefined) return known;
    const number = this.names.push(name);
    this.#nameNumbers.set(name, number);
    return number;
  }

  #labelOf({ name, isInlined }: UnitScope): number {
    return this.numberOf(name) * 2 + (isInlined ? 1 : 0);
  }

  /** Of scopes that overlap, the one that comes first has the address, and only where its parent has it. */
  #give(start: number, end: number, parent: number, scope: number, owner: number): void {
    for (let i = this.indexOf(start); i < this.addresses.length && this.addresses[i] < end; i++) {
      if (this.#scopes[i] !== parent) continue;
      this.#scopes[i] = scope;
      this.#owners[i] = owner;
    }
  }

  #noteEntry({ ranges, entry }: UnitScope): void {
    const start = ranges.at(0)?.start;
    if (start !== undefined && entry !== undefined && entry !== start) {
      this.moved.set(this.#distance(start), this.#distance(entry));
    }
  }

  #distance(address: bigint): number {
    return Number(address - this.base);
  }
}

function distinct(values: Float64Array): Float64Array {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort();
  return sorted.filter((value, i) => i === 0 || value !== sorted[i - 1]);
}

function firstNotBelow(values: Float64Array, limit: number): number {
  return partitionPoint(0, values.length, (i) => values[i] < limit);
}
