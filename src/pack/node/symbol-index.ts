/** What a pack is made of besides images: the names in symbol files, and indices of them, so that nobody waits for a search of all debugging information. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { INDEX_FORMAT } from '../../debugger/symbols/index/index-file.ts';
import { SymbolFile } from '../../debugger/symbols/symbol-file.ts';
import { BuildError } from './build-error.ts';
import { cached, type Cached } from './cache.ts';
import { FileAccess } from './folder-files.ts';

/** What an ELF file with debug information says of itself. */
export interface SymbolFacts {
  readonly path: string;
  /** Lower-case hexadecimal. */
  readonly buildId: string;
  /** Source files as the debugger names them: absolute, or relative to a directory of compilation that is itself relative. */
  readonly names: readonly string[];
}

/** Reads the facts of the ELF file at `path`. Rejects with a message for the person when it is none or has no build-id. */
export function symbolFacts(path: string): Promise<SymbolFacts> {
  return withSymbols(path, async (file) => {
    if (file.buildId === undefined) throw new BuildError(`${path} has no build-id: link it with -Wl,--build-id`);
    return { path, buildId: file.buildId, names: await file.sourceFiles() };
  });
}

/** A folder with the indices of `files`, named by their keys; `kind` names the step in the cache. */
export function indexSymbols(files: Readonly<Record<string, SymbolFacts>>, kind = 'symbol-index'): Promise<Cached> {
  const subjects = Object.entries(files).map(([name, { buildId }]) => [name, buildId]);
  return cached(kind, { subjects, format: INDEX_FORMAT }, async (folder) => {
    for (const [name, { path }] of Object.entries(files)) {
      const index = await withSymbols(path, (file) => file.makeIndex(() => Promise.resolve()));
      await writeFile(join(folder, name), index);
    }
  });
}

async function withSymbols<T>(path: string, action: (file: SymbolFile) => Promise<T>): Promise<T> {
  const source = await FileAccess.open(path);
  try {
    return await action(await SymbolFile.open(source, path));
  } finally {
    await source.close();
  }
}
