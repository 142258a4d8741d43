/** The symbol files and sources of a pack. */
import type { SymbolModule } from '../debugger/contexts/modules.ts';
import type { Pack } from '../pack/load.ts';
import { openSymbolFile } from '../pack/symbols.ts';
import type { SourceText } from '../protocol/inspect.ts';

/** Opens every symbol file; those that fail are reported and left out. */
export async function openModules(pack: Pack, report: (message: string) => void): Promise<SymbolModule[]> {
  const modules: SymbolModule[] = [];
  for (const entry of pack.manifest.symbols) {
    const { role, name, domains, guestPath } = entry;
    try {
      modules.push({ role, name, domains, guestPath, file: await openSymbolFile(pack, entry) });
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      report(`The symbols of ${name} (${entry.file}, build-id ${entry.buildId}) cannot be read: ${why}`);
    }
  }
  return modules;
}

/** The text of a source file named as in the line tables. */
export async function readSource(pack: Pack, path: string): Promise<SourceText> {
  const lookedIn = packNames(pack, path);
  for (const name of lookedIn) {
    const bytes = await pack.source(name);
    if (bytes) return { kind: 'found', path, text: new TextDecoder().decode(bytes), linesWithCode: [] };
  }
  return { kind: 'missing', path, lookedIn: lookedIn.length > 0 ? lookedIn : unknownRoots(pack) };
}

/** What a path would have to begin with to be looked for at all. */
function unknownRoots(pack: Pack): string[] {
  const prefixes = pack.manifest.symbols.flatMap(({ sourceRoots }) => sourceRoots.map(({ prefix }) => prefix));
  return [...new Set(prefixes)].map((prefix) => `nowhere: the path does not begin with ${prefix}`);
}

/** Names in the pack that a path may have, longest prefix first. */
function packNames(pack: Pack, path: string): string[] {
  const roots = pack.manifest.symbols
    .flatMap(({ sourceRoots }) => sourceRoots)
    .filter(({ prefix }) => path.startsWith(prefix))
    .toSorted((a, b) => b.prefix.length - a.prefix.length);
  return [...new Set(roots.map(({ prefix, folder }) => normalize(`${folder}/${path.slice(prefix.length)}`)))];
}

/** Takes `.` and `..` and doubled slashes out of a path. */
export function normalize(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.' && part !== '') parts.push(part);
  }
  return parts.join('/');
}

/** `do_xen_version+0x14`. */
export function formatSymbol(name: string, offset: bigint): string {
  return offset === 0n ? name : `${name}+0x${offset.toString(16)}`;
}
