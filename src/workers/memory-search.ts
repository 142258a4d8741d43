/** Looking for bytes in memory. */
import type { Location } from '../protocol/address.ts';
import type { MemoryBlock, MemorySearch } from '../protocol/inspect.ts';

/** Reads memory; what cannot be read is marked. */
type Read = (location: Location, length: number) => MemoryBlock;

/** Bytes looked at in one piece. */
const PIECE = 64 * 1024;

/**
 * Looks for `pattern` in at most `length` bytes: those from `from` on, or those that end before it. Pieces overlap by a pattern's length, and bytes
 * that cannot be read match nothing.
 */
export function findInMemory(
  read: Read,
  from: Location,
  pattern: Uint8Array,
  length: number,
  backwards: boolean,
): MemorySearch {
  if (pattern.length === 0) throw new Error('there is nothing to look for');
  const start = backwards ? maximum(from.address - BigInt(length), 0n) : from.address;
  const end = backwards ? from.address : minimum(from.address + BigInt(length), 1n << 64n);
  let unreadable = 0;
  for (const piece of pieces(start, end, backwards)) {
    const size = Number(minimum(piece + BigInt(PIECE + pattern.length - 1), end) - piece);
    const block = read({ space: from.space, address: piece }, size);
    unreadable += countZeros(block.readable.subarray(0, PIECE));
    const at = find(block, pattern, backwards);
    if (at >= 0) return { found: piece + BigInt(at), from: start, to: end, unreadable };
  }
  return { found: null, from: start, to: end, unreadable };
}

/** Where pieces begin, in the order in which they are looked through. */
function* pieces(start: bigint, end: bigint, backwards: boolean): IterableIterator<bigint> {
  const step = BigInt(PIECE);
  if (!backwards) for (let at = start; at < end; at += step) yield at;
  else for (let at = end - step; at > start - step; at -= step) yield maximum(at, start);
}

function find({ bytes, readable }: MemoryBlock, pattern: Uint8Array, backwards: boolean): number {
  const last = bytes.length - pattern.length;
  const matches = (at: number): boolean => pattern.every((byte, i) => bytes[at + i] === byte && readable[at + i] !== 0);
  if (backwards) {
    for (let at = last; at >= 0; at -= 1) if (bytes[at] === pattern[0] && matches(at)) return at;
    return -1;
  }
  for (let at = bytes.indexOf(pattern[0]); at >= 0 && at <= last; at = bytes.indexOf(pattern[0], at + 1)) {
    if (matches(at)) return at;
  }
  return -1;
}

function countZeros(flags: Uint8Array): number {
  return flags.reduce((sum, flag) => sum + (flag === 0 ? 1 : 0), 0);
}

function minimum(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

function maximum(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
