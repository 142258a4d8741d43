/**
 * Messages between page and worker travel in batches: those of one turn as one, so that what belongs together arrives together and is drawn once.
 */

/** What a batch needs of its surroundings. */
export interface BatchHost {
  send(batch: readonly unknown[]): void;
  /** Calls back at the end of this turn. */
  soon(callback: () => void): void;
  /** Calls back after a few milliseconds. */
  later(callback: () => void): void;
}

/** The fields of birpc's messages that decide how they travel: questions carry an id when an answer is owed, answers have the type `s`. */
interface Envelope {
  readonly t: 'q' | 's';
  readonly i?: string;
}

/** Sends what is posted in one turn as one batch; answers wait a little for those that are still owed. */
export class MessageBatch {
  #waiting: unknown[] = [];
  #owed = 0;
  #isDue = false;

  constructor(private readonly host: BatchHost) {}

  /** To be told of every batch that came from the other side. */
  received(batch: readonly unknown[]): void {
    this.#owed += batch.filter((message) => isQuestion(message as Envelope)).length;
  }

  post(message: unknown): void {
    this.#waiting.push(message);
    const isAnswer = (message as Envelope).t === 's';
    if (isAnswer) this.#owed -= 1;
    if (!isAnswer || this.#owed === 0) this.#flushAtEnd();
    else if (this.#waiting.length === 1) this.host.later(() => this.#flush());
  }

  #flushAtEnd(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    this.host.soon(() => this.#flush());
  }

  #flush(): void {
    this.#isDue = false;
    if (this.#waiting.length === 0) return;
    const batch = this.#waiting;
    this.#waiting = [];
    this.host.send(batch);
  }
}

function isQuestion({ t, i }: Envelope): boolean {
  return t === 'q' && i !== undefined;
}
