/**
 * Typing into one of the consoles that share Xen's physical line. Xen hands its input to one of them at a time and moves on when Ctrl-A comes three times,
 * saying to whom; this does so for the person.
 */
import type { ConsoleId } from './consoles.ts';

const SWITCH = Uint8Array.of(1, 1, 1);
/** What Xen prints when it moves on (xen/drivers/char/console.c). */
const ANNOUNCEMENT = /\*\*\* Serial input to (?:DOM(\d+)|(Xen))/;
/** Longest line that is looked at. */
const MAX_LINE = 200;

/** What is kept in a snapshot. */
export interface ConsoleInputState {
  readonly focus: ConsoleId | null;
  readonly isSwitching: boolean;
  readonly line: string;
  readonly waiting: readonly { readonly console: ConsoleId; readonly bytes: readonly number[] }[];
}

export class ConsoleInput {
  /** Who gets the input, as far as Xen has said; null before it has. */
  focus: ConsoleId | null = null;
  private isSwitching = false;
  private line = '';
  private waiting: { console: ConsoleId; bytes: Uint8Array }[] = [];

  /** `send` puts bytes on the physical line. */
  constructor(private readonly send: (bytes: Uint8Array) => void) {}

  /** Bytes for a console; they follow what was typed before, to whichever console. `pump` sends them. */
  type(console: ConsoleId, bytes: Uint8Array): void {
    if (bytes.length > 0) this.waiting.push({ console, bytes });
  }

  /** Something is waiting to be sent. */
  get isPending(): boolean {
    return this.waiting.length > 0;
  }

  /** Looks at what Xen itself prints; true when the focus has moved, so that `pump` may have something to do. */
  xenPrinted(bytes: Uint8Array): boolean {
    let moved = false;
    for (const byte of bytes) {
      if (byte !== 10) this.line = (this.line + String.fromCharCode(byte)).slice(-MAX_LINE);
      else moved = this.endOfLine() || moved;
    }
    return moved;
  }

  /** Sends what can be sent now. At most one switch is on its way at a time, as only Xen knows which domains there are. */
  pump(): void {
    while (this.waiting.length > 0 && this.focus !== null && !this.isSwitching) {
      if (this.focus === this.waiting[0].console) {
        this.send(this.waiting[0].bytes);
        this.waiting.shift();
      } else {
        this.isSwitching = true;
        this.send(SWITCH);
      }
    }
  }

  private endOfLine(): boolean {
    const found = ANNOUNCEMENT.exec(this.line);
    this.line = '';
    if (!found) return false;
    this.focus = found[2] ? 'xen' : `d${Number(found[1])}`;
    this.isSwitching = false;
    return true;
  }

  save(): ConsoleInputState {
    const waiting = this.waiting.map(({ console, bytes }) => ({ console, bytes: [...bytes] }));
    return { focus: this.focus, isSwitching: this.isSwitching, line: this.line, waiting };
  }

  restore(state: ConsoleInputState): void {
    this.focus = state.focus;
    this.isSwitching = state.isSwitching;
    this.line = state.line;
    this.waiting = state.waiting.map(({ console, bytes }) => ({ console, bytes: Uint8Array.from(bytes) }));
  }
}
