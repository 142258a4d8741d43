/** Makes the index of a symbol file: everything that a look-up by name or line would otherwise search all debugging information for. */
import type { SymbolContext } from '../symbol-context.ts';
import { AddressOwners } from './address-owners.ts';
import { ByteWriter } from './bytes.ts';
import { hashTable } from './hash-table.ts';
import { writeIndexFile, writeTexts } from './index-file.ts';
import { InlinedPlaces } from './inlined-places.ts';
import { LineStarts } from './line-starts.ts';
import { lineTables } from './line-tables.ts';
import { namesTable } from './names-table.ts';
import { scopesOfUnit } from './unit-scopes.ts';

/** What a long task does between two slices. */
export type Pause = () => Promise<void>;

/** The index of the file behind `context`, as bytes of an index file. `pause` is awaited after each step of some milliseconds. */
export async function buildIndex(
  context: SymbolContext,
  buildId: string | undefined,
  pause: Pause,
): Promise<Uint8Array> {
  const infoSize = context.info.size;
  const lineSize = context.sections.line?.size ?? 0;
  const starts = new LineStarts();
  for (let offset = 0; offset < lineSize;) {
    offset = await context.run(() => starts.add(context.sections, offset));
    await pause();
  }
  const base = starts.base ?? 0n;
  const owners = new AddressOwners(starts.address.values(), base);
  const inlined = new InlinedPlaces(owners, base);
  for (let offset = 0; offset < infoSize;) {
    const { length } = await context.run(() => context.info.header(offset));
    await context.run(() => context.names.scan(offset));
    const scopes = await context.run(() => scopesOfUnit(context.info, context.info.unit(offset)));
    owners.add(scopes);
    inlined.add(scopes);
    offset += length;
    await pause();
  }
  const symbolName = (address: number): string | undefined => context.symbols.covering(base + BigInt(address))?.name;
  const tables: Uint8Array[] = [];
  for (const table of lineTables(starts, owners, symbolName)) {
    tables.push(table);
    await pause();
  }
  return writeIndexFile({ buildId, infoSize }, base, {
    names: hashTable(namesTable(context.names)),
    inlined: hashTable(inlined.entries()),
    paths: pathsOf(starts, tables),
    lines: joined(tables),
    labels: writeTexts(owners.names),
  });
}

/** Every path and the size of its table, in the tables' order. */
function pathsOf(starts: LineStarts, tables: readonly Uint8Array[]): Uint8Array {
  const writer = new ByteWriter();
  for (const [i, path] of starts.paths.entries()) {
    writer.cstring(path);
    writer.uleb(tables[i].length);
  }
  return writer.finish();
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const writer = new ByteWriter();
  for (const part of parts) writer.bytes(part);
  return writer.finish();
}
