/** Opening the symbol files of a pack. */
import { SymbolFile } from '../debugger/symbols/symbol-file.ts';
import type { Pack } from './load.ts';
import type { PackSymbols } from './manifest.ts';

/** Opens a symbol file, with its index when the pack has one that fits. Rejects when the file is damaged. */
export async function openSymbolFile(pack: Pack, entry: PackSymbols): Promise<SymbolFile> {
  const file = await SymbolFile.open(await pack.open(entry), entry.name);
  // Without its index a file answers too, only later.
  if (entry.index) await file.useIndex(await pack.open(entry.index)).catch(() => false);
  return file;
}
