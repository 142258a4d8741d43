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
  /** The person's own keys by command. */
  #custom: Readonly<Record<string, readonly string[]>> = {};
  /** Gets the next chord instead of a command. */
  #recorder: ((chord: string) => void) | null = null;

  constructor(onError: (message: string) => void) {
    this.#onError = onError;
  }

  /** Adds commands; a taken id or chord is a mistake of the programmer. Returns how to remove them. */
  register(commands: readonly Command[]): () => void {
    for (const command of commands) {
      if (this.#commands.has(command.id)) throw new Error(`command ${command.id} is registered twice`);
      for (const chord of command.keys) this.#refuseTaken(chord, command.id);
      this.#commands.set(command.id, command);
    }
    this.#assignChords();
    return () => {
      for (const { id } of commands) this.#commands.delete(id);
      this.#assignChords();
    };
  }

  #refuseTaken(chord: string, id: string): void {
    const owner = [...this.#commands.values()].find(({ keys }) => keys.includes(chord));
    if (owner) throw new Error(`${chord} belongs to ${owner.id}, not ${id}`);
  }

  /** The person's own keys come first; a default key that they have given to something else is without effect. */
  #assignChords(): void {
    this.#chords.clear();
    const commands = [...this.#commands.values()];
    const own = commands.filter(({ id }) => id in this.#custom);
    for (const { id } of own)
      for (const chord of this.#custom[id]) if (!this.#chords.has(chord)) this.#chords.set(chord, id);
    for (const { id, keys } of commands.filter(({ id: each }) => !(each in this.#custom))) {
      for (const chord of keys) if (!this.#chords.has(chord)) this.#chords.set(chord, id);
    }
  }

  /** Replaces the keys of some commands by the person's own. */
  customize(keys: Readonly<Record<string, readonly string[]>>): void {
    this.#custom = keys;
    this.#assignChords();
  }

  /** The keys that run a command now. */
  keysOf(id: string): readonly string[] {
    const wanted = this.#custom[id] ?? this.#commands.get(id)?.keys ?? [];
    return wanted.filter((chord) => this.#chords.get(chord) === id);
  }

  /** The command that a chord runs now. */
  ownerOf(chord: string): Command | undefined {
    const id = this.#chords.get(chord);
    return id === undefined ? undefined : this.get(id);
  }

  /** Gives the next key presses to `recorder` instead of to commands, until it is null again. */
  record(recorder: ((chord: string) => void) | null): void {
    this.#recorder = recorder;
  }

  get(id: string): Command | undefined {
    const command = this.#commands.get(id);
    return command && { ...command, keys: this.keysOf(id) };
  }

  /** All commands with the keys they have now. */
  all(): readonly Command[] {
    return [...this.#commands.values()].map((command) => ({ ...command, keys: this.keysOf(command.id) }));
  }

  /** The keys that a command has unless the person wants others. */
  defaultKeysOf(id: string): readonly string[] {
    return this.#commands.get(id)?.keys ?? [];
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
    if (this.#recorder && /^(Shift\+)?Tab$/.test(chord)) {
      // The focus must always be able to leave.
      this.#recorder('Escape');
      return false;
    }
    if (this.#recorder) {
      if (!/(^|\+)(Control|Shift|Alt|Meta|Dead|AltGraph)$/.test(chord)) this.#recorder(chord);
      return true;
    }
    const id = this.#chords.get(chord);
    if (!id || (inTextField && isTyping(chord))) return false;
    this.run(id);
    return true;
  }
}
