/** Questions about names. They wait for the symbols: "nothing is called that" would be wrong before. */
import type { NameFunctions } from '../../protocol/session.ts';
import { CodePlaces } from '../code-places.ts';
import { typesOf } from '../space-scope.ts';
import { readSource } from '../symbol-modules.ts';
import type { SessionCore } from './core.ts';

/** Names of types that are answered at most. */
const MAX_TYPES = 200;

export function nameFunctions(core: SessionCore): NameFunctions {
  const places = async (): Promise<CodePlaces> => {
    await core.symbols;
    return new CodePlaces(core.view);
  };
  return {
    source: async (path) => readSource(core.requirePack(), path),
    searchSymbols: async (query, domain) => (await places()).search(query, domain),
    locate: async (place, scope) => (await places()).locate(place, scope),
    definition: async (name, path, domain) => (await places()).definition(name, path, domain),
    searchTypes: async (query, space) => {
      await core.symbols;
      const module = typesOf(core.view, space);
      const names = (await module?.file.structureNames(() => core.host.yield(0))) ?? [];
      return names.filter((name) => name.includes(query)).slice(0, MAX_TYPES);
    },
  };
}
