/** Remembers answers to questions that are asked again and again. */

/** Questions remembered at most. */
const MAX_ENTRIES = 20_000;

export class Memo<Answer> {
  readonly #answers = new Map<string, Promise<Answer>>();

  /** The answer to the question `key`, asked once; what failed is asked again. */
  get(key: string, ask: () => Promise<Answer>): Promise<Answer> {
    const known = this.#answers.get(key);
    if (known) return known;
    if (this.#answers.size >= MAX_ENTRIES) this.#answers.clear();
    const answer = ask();
    this.#answers.set(key, answer);
    answer.catch(() => this.#answers.delete(key));
    return answer;
  }
}
