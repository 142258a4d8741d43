/**
 * How much to run before messages are looked at, and how long to wait then: a machine at its prompts must not run ahead of the people who type, while one
 * that boots or computes runs as fast as it can.
 */
import type { Clock } from '../emulator/clock.ts';

/** Milliseconds of real time that a slice should take. */
const SLICE_TIME = 8;
/** Nanoseconds of virtual time that a slice of an idle machine should take, so that typing is answered at once. */
const SLICE_VIRTUAL = 20_000_000;
const SMALLEST = 20_000;
const LARGEST = 50_000_000;
/** Milliseconds that virtual time may be ahead of real time. */
const LEAD = 10;
/** Longest wait in milliseconds. */
const LONGEST_WAIT = 50;
/** What a domain prints when it is ready for people, where its pack does not say: a shell's prompt. */
const PROMPT = /\w # $/;
/** Bytes of a console that are looked at for a prompt. */
const TAIL = 40;

export class Pacer {
  /** True during a cold boot: no waiting until some console shows a prompt. */
  unpacedUntilPrompt = false;
  /** What the domains of the pack print when they are ready, as far as the pack says it. */
  prompts: readonly RegExp[] = [];
  #size = 200_000;
  #realStart = 0;
  #virtualStart = 0;
  #sliceReal = 0;
  #sliceVirtual = 0;
  readonly #tails = new Map<string, string>();

  constructor(
    private readonly clock: Clock,
    private readonly now: () => number,
  ) {}

  /** Virtual and real time count from here. */
  restart(): void {
    this.#realStart = this.now();
    this.#virtualStart = this.clock.windowStart;
  }

  /** Instructions of the next slice. */
  slice(): number {
    this.#sliceReal = this.now();
    this.#sliceVirtual = this.clock.windowStart;
    return this.#size;
  }

  /** After a slice: milliseconds to wait. */
  pause(): number {
    const now = this.now();
    this.#adapt(now - this.#sliceReal, this.clock.windowStart - this.#sliceVirtual);
    const ahead = (this.clock.windowStart - this.#virtualStart) / 1e6 - (now - this.#realStart);
    if (this.unpacedUntilPrompt || ahead < 0) {
      // Time that was lost is not made up for: a person at a prompt would see a clock that races.
      this.restart();
      return 0;
    }
    return ahead > LEAD ? Math.min(ahead, LONGEST_WAIT) : 0;
  }

  #adapt(real: number, virtual: number): void {
    const byReal = SLICE_TIME / Math.max(real, 0.5);
    const byVirtual = this.unpacedUntilPrompt ? Infinity : SLICE_VIRTUAL / Math.max(virtual, 1);
    const factor = Math.min(2, Math.max(0.25, Math.min(byReal, byVirtual)));
    this.#size = Math.round(Math.min(LARGEST, Math.max(SMALLEST, this.#size * factor)));
  }

  /** Looks for prompts in what the domains print: the first one ends the hurry. */
  printed(console: string, bytes: Uint8Array): void {
    if (!this.unpacedUntilPrompt || console === 'xen') return;
    const tail = ((this.#tails.get(console) ?? '') + String.fromCharCode(...bytes.slice(-TAIL))).slice(-TAIL);
    this.#tails.set(console, tail);
    if ([PROMPT, ...this.prompts].some((prompt) => prompt.test(tail))) this.unpacedUntilPrompt = false;
  }
}
