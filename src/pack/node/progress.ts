/** What a long build tells on a terminal: what it does, how far it is and how long it took. */

/** One step that is going on. */
export interface StepProgress {
  /** `done` of `total` in any unit, with a text for it. */
  at(done: number, total: number, text: string): void;
  /** Ends the step with what came of it. */
  end(note: string): void;
}

const REFRESH_MS = 200;
const BAR_WIDTH = 20;

/** Steps written to `stream`: one line each, kept up to date while it is a terminal. */
export class Progress {
  #number = 0;

  constructor(
    readonly stepCount: number,
    readonly stream: NodeJS.WriteStream = process.stderr,
  ) {}

  /** Begins a step called `title`. */
  step(title: string): StepProgress {
    this.#number++;
    const label = `[${this.#number}/${this.stepCount}] ${title}`;
    const begin = performance.now();
    const seconds = (): string => `${((performance.now() - begin) / 1000).toFixed(1)} s`;
    let detail = '';
    const show = (): void => this.#show(`${label} ${detail} ${seconds()}`);
    const timer = this.stream.isTTY ? setInterval(show, REFRESH_MS).unref() : undefined;
    if (!this.stream.isTTY) this.stream.write(`${label} ...\n`);
    return {
      at: (done, total, text) => {
        detail = `${bar(done / Math.max(total, 1))} ${text}`;
      },
      end: (note) => {
        clearInterval(timer);
        this.#show('');
        this.stream.write(`${label}: ${note} (${seconds()})\n`);
      },
    };
  }

  /** A line about something that is not a step. */
  note(text: string): void {
    this.#show('');
    this.stream.write(`${text}\n`);
  }

  #show(line: string): void {
    if (this.stream.isTTY) this.stream.write(`\r\x1b[K${line.slice(0, (this.stream.columns || 80) - 1)}`);
  }
}

function bar(fraction: number): string {
  const filled = Math.round(Math.min(Math.max(fraction, 0), 1) * BAR_WIDTH);
  return `[${'#'.repeat(filled)}${'.'.repeat(BAR_WIDTH - filled)}]`;
}

/** `12.3 MB`. */
export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
