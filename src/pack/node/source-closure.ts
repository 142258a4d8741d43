/** Which sources a module is made of: itself and everything it imports from the checkout, types aside. */
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

const IMPORT = /^(?:import|export)(?! type)[^'";]*?['"](\.{1,2}\/[^'"]+)['"]/gm;

/** Absolute paths, sorted. */
export async function sourceClosure(entry: string): Promise<readonly string[]> {
  const found = new Set<string>();
  const visit = async (path: string): Promise<void> => {
    if (found.has(path)) return;
    found.add(path);
    const text = await readFile(path, 'utf8');
    for (const [, name] of text.matchAll(IMPORT)) await visit(resolve(dirname(path), name));
  };
  await visit(entry);
  return [...found].sort();
}
