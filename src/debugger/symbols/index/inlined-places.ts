/** Where each function was inlined, as the index holds it. */
import type { Cursor } from '../../../formats/dwarf/cursor.ts';
import { ByteWriter, fromZigzag, Numbers } from './bytes.ts';
import type { AddressOwners } from './address-owners.ts';
import type { UnitScope } from './unit-scopes.ts';

/** A place where an inlined function begins: its distance from the index' base, and the number of its function's name plus one. */
export interface InlinedPlace {
  readonly address: number;
  readonly container: number;
}

/** Gathers inlined subroutines by name. */
export class InlinedPlaces {
  readonly #byName = new Map<string, Numbers>();

  constructor(
    private readonly owners: AddressOwners,
    private readonly base: bigint,
  ) {}

  /** Adds those of one unit. */
  add(scopes: readonly UnitScope[]): void {
    let container = 0;
    for (const { parent, name, isInlined, entry } of scopes) {
      if (parent < 0) container = this.owners.numberOf(name);
      if (isInlined && name !== undefined && entry !== undefined) this.#add(name, entry, container);
    }
  }

  #add(name: string, entry: bigint, container: number): void {
    const known = this.#byName.get(name) ?? new Numbers(16);
    if (known.length === 0) this.#byName.set(name, known);
    known.push(Number(entry - this.base));
    known.push(container);
  }

  /** By name: pairs of an address' distance from the one before, and the container. */
  entries(): Map<string, Uint8Array> {
    return new Map([...this.#byName].map(([name, pairs]) => [name, encode(pairs.values())]));
  }
}

function encode(pairs: Float64Array): Uint8Array {
  const places = Array.from({ length: pairs.length / 2 }, (_, i) => ({
    address: pairs[i * 2],
    container: pairs[i * 2 + 1],
  }));
  places.sort((a, b) => a.address - b.address);
  const writer = new ByteWriter();
  let last = Number.NaN;
  for (const { address, container } of places) {
    if (address === last) continue;
    writer.zigzag(address - (Number.isNaN(last) ? 0 : last));
    writer.uleb(container);
    last = address;
  }
  return writer.finish();
}

/** What `InlinedPlaces.entries` wrote for one name. */
export function readInlinedPlaces(cursor: Cursor): InlinedPlace[] {
  const places: InlinedPlace[] = [];
  for (let address = 0; !cursor.isAtEnd;) {
    address += fromZigzag(cursor.uleb());
    places.push({ address, container: cursor.uleb() });
  }
  return places;
}
