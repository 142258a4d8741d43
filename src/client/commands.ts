/** Everything a person can do by name, key, menu or button. */
import { chordOf, isTyping, type KeyPress } from './keys.ts';

/** One command. */
export interface Command {
  /** `run.continue`. */
  readonly id: string;
  /** `Continue`. */
  readonly title: string;
  /** Menu and palette group. */
  readonly category: 'File' | 'View' | 'Run' | 'Go' | 'Help';
  /** Chords; the first is shown. The others are aliases that browsers do not take for themselves. */
  readonly keys: readonly string[];
  readonly isEnabled: () => boolean;
  readonly run: () => void | Promise<void>;
}

/** The commands of the app, by id and by key. */
export class CommandRegistry {
  readonly #commands = new Map<string, Command>();
  readonly #chords = new Map<string, string>();
  readonly #onError: (message: string) => void;

  constructor(onError: (message: string) => void) {
    this.#onError = onError;
  }

  /** Adds commands; a taken id or chord is a mistake of the programmer. Returns how to remove them. */
  register(commands: readonly Command[]): () => void {
    for (const command of commands) {
      if (this.#commands.has(command.id)) throw new Error(`command ${command.id} is registered twice`);
      this.#commands.set(command.id, command);
      for (const chord of command.keys) this.#claim(chord, command.id);
    }
    return () => commands.forEach((command) => this.#remove(command));
  }

  #claim(chord: string, id: string): void {
    const owner = this.#chords.get(chord);
    if (owner) throw new Error(`${chord} belongs to ${owner}, not ${id}`);
    this.#chords.set(chord, id);
  }

  #remove(command: Command): void {
    this.#commands.delete(command.id);
    for (const chord of command.keys) this.#chords.delete(chord);
  }

  get(id: string): Command | undefined {
    return this.#commands.get(id);
  }

  all(): readonly Command[] {
    return [...this.#commands.values()];
  }

  /** Runs a command if it is enabled; failures are reported, never thrown. */
  run(id: string): void {
    const command = this.#commands.get(id);
    if (!command?.isEnabled()) return;
    const report = (error: unknown): void => this.#onError(error instanceof Error ? error.message : String(error));
    try {
      Promise.resolve(command.run()).catch(report);
    } catch (error) {
      report(error);
    }
  }

  /** Runs the command of a key press. True when there is one, even a disabled one: the browser must not act on it either. */
  handleKey(press: KeyPress, inTextField: boolean): boolean {
    const chord = chordOf(press);
    const id = this.#chords.get(chord);
    if (!id || (inTextField && isTyping(chord))) return false;
    this.run(id);
    return true;
  }
}
