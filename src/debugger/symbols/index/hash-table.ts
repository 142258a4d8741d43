/** Values by name in a file, found with two short reads. */
import { decodeText, type SectionData } from '../../../formats/elf/section.ts';
import { Cursor } from '../../../formats/dwarf/cursor.ts';
import { ByteWriter } from './bytes.ts';

const NAMES_PER_BUCKET = 8;

/** Writes a table: the number of buckets, where each begins and the last one ends, then their entries. */
export function hashTable(entries: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const count = Math.max(1, Math.ceil(entries.size / NAMES_PER_BUCKET));
  const buckets: [string, Uint8Array][][] = Array.from({ length: count }, () => []);
  for (const entry of entries) buckets[hashOf(entry[0]) % count].push(entry);
  const data = new ByteWriter();
  const head = new ByteWriter();
  head.u32(count);
  for (const bucket of buckets) {
    head.u32(data.length);
    for (const [name, value] of bucket) {
      data.cstring(name);
      data.uleb(value.length);
      data.bytes(value);
    }
  }
  head.u32(data.length);
  head.bytes(data.finish());
  return head.finish();
}

/** The value of `name` in a table; undefined when there is none. May throw `Missing`. */
export function valueIn(table: SectionData, name: string): Cursor | undefined {
  const count = new Cursor(table.bytes(0, 4)).u32();
  const places = new Cursor(table.bytes(4 + (hashOf(name) % count) * 4, 8));
  const start = places.u32();
  const bucket = new Cursor(table.bytes(dataOf(count) + start, places.u32() - start));
  for (const [found, value] of entriesOf(bucket)) if (found === name) return value;
  return undefined;
}

/** Every name of a table with its value. May throw `Missing`. */
export function* entriesIn(table: SectionData): IterableIterator<readonly [name: string, value: Cursor]> {
  const count = new Cursor(table.bytes(0, 4)).u32();
  const start = dataOf(count);
  yield* entriesOf(new Cursor(table.bytes(start, table.size - start)));
}

function* entriesOf(cursor: Cursor): IterableIterator<readonly [string, Cursor]> {
  while (!cursor.isAtEnd) {
    const at = cursor.at;
    cursor.skipCstring();
    const name = decodeText(cursor.bytes.subarray(at), cursor.at - at - 1);
    yield [name, new Cursor(cursor.block(cursor.uleb()))];
  }
}

function dataOf(bucketCount: number): number {
  return 4 + (bucketCount + 1) * 4;
}

/** FNV-1a, 32 bits. */
function hashOf(name: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193) >>> 0;
  return hash;
}
