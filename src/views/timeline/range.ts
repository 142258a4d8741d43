/** The stretch of time in sight, and how keys, wheel and pointer move it. Times in nanoseconds. */
import type { TimeRange } from '../../client/timeline-store.ts';

export type Range = TimeRange;

/** Shortest stretch that can be shown. */
const SHORTEST = 200;

/** Keeps a range inside the recording, and not shorter than makes sense. */
export function clamp({ from, to }: Range, recorded: Range): Range {
  const whole = Math.max(recorded.to - recorded.from, SHORTEST);
  const length = Math.min(Math.max(to - from, SHORTEST), whole);
  const start = Math.min(Math.max(from, recorded.from), recorded.from + whole - length);
  return { from: start, to: start + length };
}

/** Shorter (factor below 1) or longer, with the time at `share` of the width staying where it is. */
export function zoom({ from, to }: Range, factor: number, share: number): Range {
  const at = from + (to - from) * share;
  return { from: at - (at - from) * factor, to: at + (to - at) * factor };
}

/** Moves by a share of the width. */
export function pan({ from, to }: Range, share: number): Range {
  const by = (to - from) * share;
  return { from: from + by, to: to + by };
}

/** A point of time, with the digits that `length` (of what is in sight) asks for: `1.204 118 s`. */
export function formatTime(nanoseconds: number, length: number): string {
  const decimals = Math.min(9, Math.max(0, Math.ceil(-Math.log10(length / 1e9)) + 3));
  return `${(nanoseconds / 1e9).toFixed(decimals).replaceAll(/(\.\d{3}|\d{3}(?=\d))(?=\d)/g, '$1\u2009')} s`;
}
