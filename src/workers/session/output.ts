/** What the session tells without being asked: console output, samples of the machine, messages. */
import type { ConsoleId } from '../../awareness/consoles.ts';
import type { OutputMessage } from '../../protocol/breakpoints.ts';
import type { ConsoleOutput } from '../../protocol/status.ts';
import type { SessionCore } from './core.ts';

/** Milliseconds between two samples of the machine. */
const SAMPLE_INTERVAL = 33;

export class SessionOutput {
  readonly #waiting = new Map<ConsoleId, number[]>();
  readonly #reportedDeaths = new Set<string>();
  #lastSample = 0;

  constructor(private readonly core: SessionCore) {
    core.onPrinted = (id, bytes) => this.#printed(id, bytes);
  }

  /** Forgets what belongs to a machine that is no more. */
  clear(): void {
    this.#waiting.clear();
    this.#reportedDeaths.clear();
  }

  #printed(id: ConsoleId, bytes: Uint8Array): void {
    const waiting = this.#waiting.get(id);
    if (waiting) waiting.push(...bytes);
    else this.#waiting.set(id, [...bytes]);
    this.core.pacer.printed(id, bytes);
    this.core.health.printed(id, bytes);
  }

  /** Sends what was printed, and a sample when one is due; not during a step that the page does not show as running: it would stand beside the old stop. */
  flush(isShown = true): void {
    const { events, host, isRunning, status } = this.core;
    if (this.#waiting.size > 0) {
      const output = [...this.#waiting].map(([terminal, bytes]): ConsoleOutput => {
        return { terminal, bytes: Uint8Array.from(bytes) };
      });
      this.#waiting.clear();
      events.console(output);
    }
    const now = host.now();
    if (!isShown || !isRunning || now - this.#lastSample < SAMPLE_INTERVAL) return;
    this.#lastSample = now;
    this.#reportDeaths();
    events.status(status.sample(true));
  }

  /** Guests that have died since the last look. */
  #reportDeaths(): void {
    for (const { who, message } of this.core.health.deaths) {
      if (this.#reportedDeaths.has(who)) continue;
      this.#reportedDeaths.add(who);
      const name = who === 'xen' ? 'Xen' : this.core.domainName(Number(who.slice(1)));
      this.message('machine', 'error', `${name} has died: ${message}`);
    }
  }

  message(category: OutputMessage['category'], severity: OutputMessage['severity'], text: string): void {
    this.core.events.output({ category, severity, text, instructions: this.core.machine.instructions });
  }
}
