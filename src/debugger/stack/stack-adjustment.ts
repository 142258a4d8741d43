/** How far entry code has moved SP so far: there is nothing that tells but the code itself. */
import type { CodeSpace } from './code-space.ts';

const SP = 31;

/** Bytes that the instructions from `start` up to `end`, executed one after another, have taken off SP. */
export function stackTaken(space: CodeSpace, start: bigint, end: bigint): bigint {
  let taken = 0;
  for (let at = start; at < end; at += 4n) {
    const pair = space.word(at & ~7n);
    if (pair === undefined) break;
    taken += takenBy(Number((at & 4n) === 0n ? pair & 0xffff_ffffn : pair >> 32n));
  }
  return BigInt(taken);
}

/** SUB and ADD (immediate) on SP, STP pre-indexed and LDP post-indexed with SP as their base. */
function takenBy(word: number): number {
  const destination = word & 31;
  const base = (word >>> 5) & 31;
  if (base !== SP) return 0;
  const immediate = ((word >>> 10) & 0xfff) << ((word >>> 22) & 1 ? 12 : 0);
  const isImmediate = (word & 0x1f80_0000) >>> 0 === 0x1100_0000 && destination === SP && word >>> 31 === 1;
  if (isImmediate) return (word >>> 30) & 1 ? immediate : -immediate;
  const isPushOrPop = [0xa980_0000, 0xa8c0_0000].includes((word & 0xffc0_0000) >>> 0);
  return isPushOrPop ? -((((word >>> 15) & 0x7f) << 25) >> 25) * 8 : 0;
}
