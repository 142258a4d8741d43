/** What a session needs of its surroundings: the worker, or Node. */
import type { Pack } from '../../pack/load.ts';
import type { PackSource } from '../../protocol/pack.ts';

export interface SessionHost {
  /** Opens a pack's manifest. */
  openPack(source: PackSource): Promise<Pack>;
  /** Lets messages and timers be handled, for at least `milliseconds`. */
  yield(milliseconds: number): Promise<void>;
  /** Real time in milliseconds. */
  now(): number;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
