/** What the consoles have printed, and waiting for something to appear there. */
import type { ConsoleId } from '../awareness/consoles.ts';

/** A match is looked for in the last so many characters. */
const WINDOW = 4096;

class Transcript {
  text = '';
  /** What comes before this place does not count any more. */
  seen = 0;
  private readonly decoder = new TextDecoder();

  append(bytes: Uint8Array): string {
    const piece = this.decoder.decode(bytes, { stream: true });
    this.text += piece;
    return piece;
  }

  get recent(): string {
    return this.text.slice(Math.max(this.seen, this.text.length - WINDOW));
  }
}

export class Transcripts {
  private readonly byConsole = new Map<ConsoleId, Transcript>();
  private awaited: { readonly console: ConsoleId; readonly pattern: RegExp } | undefined;

  /** Adds output; true when what is waited for has now appeared. */
  append(console: ConsoleId, bytes: Uint8Array): boolean {
    const transcript = this.of(console);
    transcript.append(bytes);
    return this.awaited?.console === console && this.awaited.pattern.test(transcript.recent);
  }

  /** What every console has printed until now does not count any more. */
  forget(): void {
    for (const transcript of this.byConsole.values()) transcript.seen = transcript.text.length;
  }

  /** Waits for `pattern`; true when it is there already. */
  await(console: ConsoleId, pattern: RegExp): boolean {
    this.awaited = { console, pattern };
    return pattern.test(this.of(console).recent);
  }

  /** Ends the wait. What its console has printed counts as seen; other consoles may have said meanwhile what the next step waits for. */
  stopWaiting(): void {
    if (!this.awaited) return;
    const transcript = this.of(this.awaited.console);
    transcript.seen = transcript.text.length;
    this.awaited = undefined;
  }

  /** Everything printed, by console; the given ones are there even when they said nothing. */
  all(consoles: readonly ConsoleId[]): Record<string, string> {
    const names = [...new Set([...consoles, ...[...this.byConsole.keys()].sort()])];
    return Object.fromEntries(names.map((name) => [name, this.of(name).text]));
  }

  /** The end of what a console has printed. */
  tail(console: ConsoleId, length: number): string {
    return this.of(console).text.slice(-length);
  }

  private of(console: ConsoleId): Transcript {
    const known = this.byConsole.get(console);
    if (known) return known;
    const fresh = new Transcript();
    this.byConsole.set(console, fresh);
    return fresh;
  }
}
