/** What names stand for, as the index holds it. */
import type { Cursor } from '../../../formats/dwarf/cursor.ts';
import { NAME_KINDS, type NamedEntries, type NameIndex, type NameKind } from '../name-index.ts';
import { ByteWriter } from './bytes.ts';

/** Marks a group of entries that only declare. */
const DECLARES = 0x80;

/** By name: groups of a kind, the number of entries, and each entry's distance from the one before. */
export function namesTable(names: NameIndex): Map<string, Uint8Array> {
  const writers = new Map<string, ByteWriter>();
  for (const { kind, name, isDefinition, entries } of names.all()) {
    const writer = writers.get(name) ?? new ByteWriter();
    writers.set(name, writer);
    writer.u8(NAME_KINDS.indexOf(kind) + (isDefinition ? 0 : DECLARES));
    writer.uleb(entries.length);
    let last = 0;
    for (const entry of entries.toSorted((a, b) => a - b)) {
      writer.uleb(entry - last);
      last = entry;
    }
  }
  return new Map([...writers].map(([name, writer]) => [name, writer.finish()]));
}

/** All that a name stands for. */
export function readGroups(name: string, cursor: Cursor): NamedEntries[] {
  const groups: NamedEntries[] = [];
  while (!cursor.isAtEnd) {
    const code = cursor.u8();
    const entries: number[] = [];
    for (let count = cursor.uleb(), last = 0; count > 0; count--) entries.push((last += cursor.uleb()));
    groups.push({ kind: kindOf(code), name, isDefinition: (code & DECLARES) === 0, entries });
  }
  return groups;
}

function kindOf(code: number): NameKind {
  return NAME_KINDS[code & ~DECLARES] ?? 'typedef';
}
