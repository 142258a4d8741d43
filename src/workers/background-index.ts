/** Indices of symbol files that came without: made a little at a time, so that nobody waits. */
import { bytesAccess } from '../base/random-access.ts';
import type { SymbolModule } from '../debugger/contexts/modules.ts';
import type { SessionHost } from './session/host.ts';

/** Milliseconds of work at a time. */
const TURN = 8;
/** Milliseconds between two turns while the machine runs. */
const REST = 40;

/** What decides how much may be done. */
export interface IndexSurroundings {
  readonly host: Pick<SessionHost, 'yield' | 'now'>;
  readonly isRunning: () => boolean;
}

/**
 * Makes and uses the index of each of `modules` that has none; until then questions by name are answered by a search. A damaged file goes on
 * being searched.
 */
export async function indexInBackground(
  modules: readonly SymbolModule[],
  { host, isRunning }: IndexSurroundings,
): Promise<void> {
  let since = host.now();
  const pause = async (): Promise<void> => {
    if (host.now() - since < TURN) return;
    await host.yield(isRunning() ? REST : 0);
    since = host.now();
  };
  for (const { file } of modules) {
    if (file.hasIndex || !file.hasDebugInfo) continue;
    const bytes = await file.makeIndex(pause).catch(() => undefined);
    if (bytes) await file.useIndex(bytesAccess(bytes));
  }
}
