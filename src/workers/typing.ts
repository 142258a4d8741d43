/** What people type, put on the line at a pace that guests can take: Xen keeps 32 bytes for a domain that is busy and drops what comes on top. */
import type { ConsoleId } from '../awareness/consoles.ts';

const CHARACTERS = 8;
/** Nanoseconds of virtual time between two bursts of `CHARACTERS`: about what a busy Xen keeps a vCPU waiting. */
const INTERVAL = 10e6;

/** The part of the consoles that is used. */
export interface Line {
  /** All that was typed is on the line. */
  readonly isIdle: boolean;
  type(console: ConsoleId, text: string): void;
}

export class Typing {
  readonly #waiting: { readonly console: ConsoleId; characters: string[] }[] = [];

  #next = 0;

  /** `now` tells the machine's virtual time in nanoseconds. */
  constructor(
    private readonly line: Line,
    private readonly now: () => number,
  ) {}

  add(console: ConsoleId, text: string): void {
    const last = this.#waiting.at(-1);
    if (last?.console === console) last.characters.push(...Array.from(text));
    else this.#waiting.push({ console, characters: Array.from(text) });
  }

  /** To be called before each slice. */
  pump(): void {
    const [first] = this.#waiting;
    if (!first || !this.line.isIdle || this.now() < this.#next) return;
    this.#next = this.now() + INTERVAL;
    this.line.type(first.console, first.characters.splice(0, CHARACTERS).join(''));
    if (first.characters.length === 0) this.#waiting.shift();
  }

  /** Forgets what waits: it was meant for another machine. */
  clear(): void {
    this.#waiting.length = 0;
    this.#next = 0;
  }
}
