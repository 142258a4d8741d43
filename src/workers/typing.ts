/** What people type, put on the line at a pace that guests can take: Xen keeps 32 bytes for a domain that is busy and drops what comes on top. */
import type { ConsoleId } from '../awareness/consoles.ts';

/** Characters for each slice of the machine: a few milliseconds of it. */
const CHARACTERS_PER_SLICE = 8;

/** The part of the consoles that is used. */
export interface Line {
  /** All that was typed is on the line. */
  readonly isIdle: boolean;
  type(console: ConsoleId, text: string): void;
}

export class Typing {
  readonly #waiting: { readonly console: ConsoleId; characters: string[] }[] = [];

  constructor(private readonly line: Line) {}

  add(console: ConsoleId, text: string): void {
    const last = this.#waiting.at(-1);
    if (last?.console === console) last.characters.push(...Array.from(text));
    else this.#waiting.push({ console, characters: Array.from(text) });
  }

  /** To be called before each slice. */
  pump(): void {
    const [first] = this.#waiting;
    if (!first || !this.line.isIdle) return;
    this.line.type(first.console, first.characters.splice(0, CHARACTERS_PER_SLICE).join(''));
    if (first.characters.length === 0) this.#waiting.shift();
  }

  /** Forgets what waits: it was meant for another machine. */
  clear(): void {
    this.#waiting.length = 0;
  }
}
