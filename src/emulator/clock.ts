/**
 * Virtual time and whose turn it is. One instruction is one nanosecond of its CPU's time. The CPUs run one after another through windows of 10 us; see
 * ARCHITECTURE.md, "Time".
 */
import { CPU_COUNT } from './memory-layout.ts';
import type { Plain } from './devices/device.ts';

/** Length of a window, ns. */
const WINDOW = 10_000;

export class Clock {
  /** Instructions retired by all CPUs together. */
  instructions = 0;
  /** Start of the current window, ns. */
  windowStart = 0;
  /** CPU whose turn it is in the window; `CPU_COUNT` when all have had theirs. */
  turn = 0;
  /** Present time of each CPU, ns, as of the last time it stopped. */
  readonly time: number[] = Array.from({ length: CPU_COUNT }, () => 0);
  /** Time from which the interrupt signals of each CPU count: another CPU may have raised them later in the window. */
  readonly raisedAt: number[] = Array.from({ length: CPU_COUNT }, () => 0);

  get windowEnd(): number {
    return this.windowStart + WINDOW;
  }

  /** Opens the next window; when nothing can run before `deadline`, the one that begins there. */
  nextWindow(deadline = 0): void {
    this.windowStart = Math.max(this.windowEnd, Math.floor(deadline / WINDOW) * WINDOW);
    this.turn = 0;
  }

  save(): Plain {
    const { instructions, windowStart, turn, time, raisedAt } = this;
    return { instructions, windowStart, turn, time: [...time], raisedAt: [...raisedAt] };
  }

  /** Takes what `save` gave. */
  restore(state: ReturnType<Clock['save']>): void {
    const s = state as { instructions: number; windowStart: number; turn: number; time: number[]; raisedAt: number[] };
    this.instructions = s.instructions;
    this.windowStart = s.windowStart;
    this.turn = s.turn;
    for (let cpu = 0; cpu < CPU_COUNT; cpu++) {
      this.time[cpu] = s.time[cpu];
      this.raisedAt[cpu] = s.raisedAt[cpu];
    }
  }
}
