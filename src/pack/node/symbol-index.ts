/** Indices of symbol files, so that nobody waits for a search of all debugging information. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { INDEX_FORMAT } from '../../debugger/symbols/index/index-file.ts';
import { SymbolFile } from '../../debugger/symbols/symbol-file.ts';
import { cached, type Cached } from './cache.ts';
import { FileAccess } from './folder-files.ts';

/** A symbol file to index. */
export interface Indexed {
  readonly path: string;
  readonly buildId: string;
}

/** A folder with the indices of `files`, named by their keys. */
export function indexSymbols(files: Readonly<Record<string, Indexed>>): Promise<Cached> {
  const subjects = Object.entries(files).map(([name, { buildId }]) => [name, buildId]);
  return cached('symbol-index', { subjects, format: INDEX_FORMAT }, async (folder) => {
    for (const [name, { path }] of Object.entries(files)) await writeFile(join(folder, name), await indexOf(path));
  });
}

async function indexOf(path: string): Promise<Uint8Array> {
  const source = await FileAccess.open(path);
  try {
    const file = await SymbolFile.open(source, path);
    return await file.makeIndex(() => Promise.resolve());
  } finally {
    await source.close();
  }
}
