/** What is known of the machine for as long as it stands. */
import type { DebugPort } from '../../emulator/debug-port.ts';

/** A value that is made when it is asked for, and made again once the machine has moved or was changed. */
export class Moment<T> {
  #instructions = -1;
  #changes = -1;
  #value: T | undefined;

  constructor(
    private readonly port: Pick<DebugPort, 'instructions' | 'changes'>,
    private readonly make: () => T,
  ) {}

  get value(): T {
    const { instructions, changes } = this.port;
    if (this.#value === undefined || instructions !== this.#instructions || changes !== this.#changes) {
      this.#value = this.make();
      this.#instructions = instructions;
      this.#changes = changes;
    }
    return this.#value;
  }
}
