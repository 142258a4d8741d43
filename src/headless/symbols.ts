/** The symbol files of a pack. */
import type { SymbolModule } from '../debugger/contexts/modules.ts';
import type { Pack } from '../pack/load.ts';
import { openSymbolFile } from '../pack/symbols.ts';

/** Opens those with the given roles. */
export function openSymbols(pack: Pack, roles: readonly SymbolModule['role'][]): Promise<SymbolModule[]> {
  const wanted = pack.manifest.symbols.filter(({ role }) => roles.includes(role));
  return Promise.all(
    wanted.map(async (entry): Promise<SymbolModule> => {
      const { role, name, domains, guestPath } = entry;
      return { role, name, file: await openSymbolFile(pack, entry), domains, guestPath };
    }),
  );
}
