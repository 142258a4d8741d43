/** Console bytes by terminal: kept, so that a terminal that is opened late still shows everything. */
import type { TerminalId } from '../protocol/pack.ts';
import type { ConsoleOutput } from '../protocol/status.ts';

/** Bytes kept for each terminal. */
const HISTORY_LIMIT = 1 << 20;

type Listener = (bytes: Uint8Array | null) => void;

interface Terminal {
  history: Uint8Array[];
  length: number;
  readonly listeners: Set<Listener>;
}

/** Distributes console output. */
export class ConsoleHub {
  readonly #terminals = new Map<TerminalId, Terminal>();

  #terminal(id: TerminalId): Terminal {
    let terminal = this.#terminals.get(id);
    if (!terminal) {
      terminal = { history: [], length: 0, listeners: new Set() };
      this.#terminals.set(id, terminal);
    }
    return terminal;
  }

  /** Adds output, dropping the oldest chunks beyond the limit. */
  write(output: readonly ConsoleOutput[]): void {
    for (const { terminal: id, bytes } of output) {
      const terminal = this.#terminal(id);
      terminal.history.push(bytes);
      terminal.length += bytes.length;
      while (terminal.length > HISTORY_LIMIT && terminal.history.length > 1) {
        terminal.length -= terminal.history.shift()?.length ?? 0;
      }
      for (const listener of terminal.listeners) listener(bytes);
    }
  }

  /** Forgets everything, for a machine that starts anew. Listeners hear `null`. */
  reset(): void {
    for (const terminal of this.#terminals.values()) {
      terminal.history = [];
      terminal.length = 0;
      for (const listener of terminal.listeners) listener(null);
    }
  }

  /** Calls `listener` with what there is and what comes; `null` means clear. Returns how to stop it. */
  subscribe(id: TerminalId, listener: Listener): () => void {
    const terminal = this.#terminal(id);
    for (const bytes of terminal.history) listener(bytes);
    terminal.listeners.add(listener);
    return () => terminal.listeners.delete(listener);
  }

  /** Everything kept of one terminal, as text. */
  text(id: TerminalId): string {
    const decoder = new TextDecoder();
    return this.#terminal(id)
      .history.map((bytes) => decoder.decode(bytes, { stream: true }))
      .join('');
  }
}
