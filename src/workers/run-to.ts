/** Running to a place: a breakpoint of the session's own that ends with the next stop, whatever that is. */
import type { BreakpointList } from '../debugger/breakpoints/breakpoints.ts';
import type { Breakpoint } from '../debugger/breakpoints/spec.ts';
import type { BreakpointPlace } from '../protocol/breakpoints.ts';
import type { Scope } from '../protocol/target.ts';

export class RunTo {
  #number: number | undefined;
  #list: BreakpointList | undefined;

  /** Throws when there is no code to run to. */
  async arm(list: BreakpointList, place: BreakpointPlace, scope: Scope): Promise<void> {
    this.disarm();
    if (place.kind === 'exception' || place.kind === 'data') throw new Error('this is no place in code');
    const { id, state, message } = await list.add({ place, scope, enabled: true, temporary: true });
    this.#number = id;
    this.#list = list;
    if (state === 'applied') return;
    this.disarm();
    throw new Error(`Cannot run there: ${message ?? 'there is no code'}.`);
  }

  /** True when the stop is about the place that was run to. */
  isReached(breakpoints: readonly Breakpoint[]): boolean {
    return breakpoints.some(({ id }) => id === this.#number);
  }

  disarm(): void {
    if (this.#number !== undefined) this.#list?.remove(this.#number);
    this.#number = undefined;
  }
}
