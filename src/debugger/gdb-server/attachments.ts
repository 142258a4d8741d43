/**
 * Which processes GDB is attached to. With `target remote` to all of them. With `target extended-remote` to the first one, and to others as a person asks
 * for them (`attach 2`): that is the only occasion at which GDB reads the target description of a process other than the first.
 */
export class Attachments {
  /** Undefined unless in extended mode. */
  #attached: Set<number> | undefined;
  readonly #detached = new Set<number>();

  /** GDB asks for extended mode. */
  extend(first: number): void {
    this.#attached ??= new Set([first]);
  }

  /** GDB stays when it has detached from the last process. */
  get isExtended(): boolean {
    return this.#attached !== undefined;
  }

  has(pid: number): boolean {
    return this.#attached ? this.#attached.has(pid) : !this.#detached.has(pid);
  }

  attach(pid: number): void {
    this.#attached?.add(pid);
    this.#detached.delete(pid);
  }

  detach(pid: number): void {
    this.#attached?.delete(pid);
    this.#detached.add(pid);
  }
}
