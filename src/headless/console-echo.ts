/** Shows on standard error what the consoles print, line by line, each with the name of its console in front. */
import type { ConsoleId } from '../awareness/consoles.ts';

/** Longest piece that is kept back for the end of its line. */
const MAX_LINE = 1000;

export class ConsoleEcho {
  private readonly lines = new Map<ConsoleId, string>();
  private readonly decoders = new Map<ConsoleId, TextDecoder>();

  constructor(private readonly isQuiet: boolean) {}

  print(console: ConsoleId, bytes: Uint8Array): void {
    if (this.isQuiet) return;
    const decoder = this.decoders.get(console) ?? new TextDecoder();
    this.decoders.set(console, decoder);
    const pieces = ((this.lines.get(console) ?? '') + decoder.decode(bytes, { stream: true })).split('\n');
    const rest = pieces.pop() ?? '';
    for (const line of pieces) show(console, line);
    if (rest.length > MAX_LINE) show(console, rest);
    this.lines.set(console, rest.length > MAX_LINE ? '' : rest);
  }

  /** Shows the lines that have not ended. */
  finish(): void {
    for (const [console, line] of this.lines) if (line !== '') show(console, line);
    this.lines.clear();
  }
}

function show(console: ConsoleId, line: string): void {
  process.stderr.write(`[${console}] ${line.replace(/\r$/, '')}\n`);
}
