/** What the views in sight want to know at every stop. It is asked as soon as the machine has stopped, and shown together with the stop. */
import type { Stop } from '../protocol/stop.ts';

/** Shows an answer. */
type Show = () => void;

export interface Question {
  /** Cannot be asked before the stack is there. */
  readonly isOfFrame: boolean;
  /** Asks at a stop, in a frame of its stack; never rejects. */
  ask(stop: Stop, frameId: number | null): Promise<Show>;
}

/** The questions of the views in sight. */
export class Questions {
  readonly #questions = new Set<Question>();

  /** Adds a question; returns how to take it back. */
  add(question: Question): () => void {
    this.#questions.add(question);
    return () => this.#questions.delete(question);
  }

  /** Asks the questions of one kind. */
  ask(stop: Stop, isOfFrame: boolean, frameId: number | null): Answers {
    const questions = [...this.#questions].filter((question) => question.isOfFrame === isOfFrame);
    return new Answers(questions.map((question) => question.ask(stop, frameId)));
  }
}

/** Answers on their way: those that are there are shown by `show`, those that come after that show themselves. */
export class Answers {
  #ready: Show[] = [];
  #isShown = false;
  /** Settled when all are there. */
  readonly complete: Promise<unknown>;

  constructor(answers: readonly Promise<Show>[]) {
    this.complete = Promise.all(answers.map((answer) => answer.then((show) => this.#take(show))));
  }

  #take(show: Show): void {
    if (this.#isShown) show();
    else this.#ready.push(show);
  }

  show(): void {
    this.#isShown = true;
    for (const show of this.#ready) show();
    this.#ready = [];
  }
}
