/** The lines of each source file as the index holds them. */
import type { Cursor } from '../../../formats/dwarf/cursor.ts';
import type { AddressOwners } from './address-owners.ts';
import { ByteWriter, fromZigzag } from './bytes.ts';
import type { LineStarts } from './line-starts.ts';

/** Lines beyond this are no lines of people. */
const MAX_LINE = 2 ** 20;
const NO_ADDRESS = 2 ** 32 - 1;

/** A place where a line's code begins; `label` is as `AddressOwners.labelOf` says. Addresses count from the index' base. */
export interface IndexedPlace {
  readonly address: number;
  readonly label: number;
}

/** What decides about one line: the name that a symbol gives to an address without debugging information. */
export type SymbolName = (address: number) => string | undefined;

/** The lines of every path of `starts`, in their order: each line's distance from the one before, the number of its places, and the places. */
export function* lineTables(
  starts: LineStarts,
  owners: AddressOwners,
  symbolName: SymbolName,
): IterableIterator<Uint8Array> {
  const byPath = keysByPath(starts, owners);
  const writer = new LineWriter(owners, symbolName);
  for (const keys of byPath) yield writer.write(keys.sort());
}

/** For each path, its lines and places of addresses as one number each. */
function keysByPath(starts: LineStarts, owners: AddressOwners): Float64Array[] {
  const [paths, lines, addresses] = [starts.path.values(), starts.line.values(), starts.address.values()];
  const counts = new Uint32Array(starts.paths.length);
  for (const path of paths) counts[path]++;
  const keys = Array.from(counts, (count) => new Float64Array(count));
  for (let i = 0; i < paths.length; i++) {
    const place = Number.isNaN(addresses[i]) ? NO_ADDRESS : owners.indexOf(addresses[i]);
    const line = Math.min(lines[i], MAX_LINE);
    keys[paths[i]][--counts[paths[i]]] = line * 2 ** 32 + place;
  }
  return keys;
}

class LineWriter {
  /** By owner: the last group of places that had it. */
  readonly #lastGroups = new Map<number, number>();
  #group = 0;

  constructor(
    private readonly owners: AddressOwners,
    private readonly symbolName: SymbolName,
  ) {}

  write(keys: Float64Array): Uint8Array {
    const writer = new ByteWriter();
    let lastLine = 0;
    for (let i = 0; i < keys.length;) {
      const line = Math.floor(keys[i] / 2 ** 32);
      let end = i + 1;
      while (end < keys.length && keys[end] < (line + 1) * 2 ** 32) end++;
      writer.uleb(line - lastLine);
      lastLine = line;
      this.#writePlaces(writer, this.#placesOf(keys.subarray(i, end)));
      i = end;
    }
    return writer.finish();
  }

  /** A line may have code in several places of one function (a loop's head): the first is where it begins. */
  #placesOf(keys: Float64Array): IndexedPlace[] {
    const places: IndexedPlace[] = [];
    this.#group++;
    let last = -1;
    for (const key of keys) {
      const index = key % 2 ** 32;
      if (index === last || index === NO_ADDRESS) continue;
      last = index;
      const place = this.#placeAt(index);
      if (place) places.push(place);
    }
    return places;
  }

  #placeAt(index: number): IndexedPlace | undefined {
    const address = this.owners.addresses[index];
    const owner = this.owners.ownerAt(index);
    if (owner < 0) return { address, label: this.owners.numberOf(this.symbolName(address)) * 2 };
    if (this.#lastGroups.get(owner) === this.#group) return undefined;
    this.#lastGroups.set(owner, this.#group);
    const label = this.owners.labelOf(owner);
    const isInlined = label % 2 === 1;
    return { address: isInlined ? address : (this.owners.moved.get(address) ?? address), label };
  }

  #writePlaces(writer: ByteWriter, places: readonly IndexedPlace[]): void {
    writer.uleb(places.length);
    let last = 0;
    for (const { address, label } of places) {
      writer.zigzag(address - last);
      writer.uleb(label);
      last = address;
    }
  }
}

/** The first line at or after `wanted` with its places; undefined when there is none. */
export function findIndexedLine(
  table: Cursor,
  wanted: number,
): { line: number; places: readonly IndexedPlace[] } | undefined {
  for (let line = 0; !table.isAtEnd;) {
    line += table.uleb();
    const count = table.uleb();
    if (line >= wanted) return { line, places: readPlaces(table, count) };
    for (let i = count * 2; i > 0; i--) table.skipLeb();
  }
  return undefined;
}

/** All lines of a table. */
export function indexedLines(table: Cursor): number[] {
  const lines: number[] = [];
  for (let line = 0; !table.isAtEnd;) {
    line += table.uleb();
    lines.push(line);
    for (let i = table.uleb() * 2; i > 0; i--) table.skipLeb();
  }
  return lines;
}

function readPlaces(table: Cursor, count: number): IndexedPlace[] {
  const places: IndexedPlace[] = [];
  let address = 0;
  for (let i = 0; i < count; i++) {
    address += fromZigzag(table.uleb());
    places.push({ address, label: table.uleb() });
  }
  return places;
}
