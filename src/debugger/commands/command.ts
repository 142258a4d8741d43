/** A verb of the command console. */
import type { ConsoleState } from './console-state.ts';

/** What a person typed cannot be done; the message says why. */
export class CommandError extends Error {}

export interface Command {
  /** The full name first, then abbreviations. */
  readonly names: readonly string[];
  /** Arguments, as help shows them. */
  readonly usage: string;
  readonly help: string;
  /** Carries it out; answers with what to print, without a final line feed. */
  run(state: ConsoleState, argument: string): Promise<string>;
}
