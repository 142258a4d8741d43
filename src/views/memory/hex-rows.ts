/** Rows of a hex dump. */
import type { MemoryBlock } from '../../protocol/inspect.ts';

export const BYTES_PER_ROW = 16;

/** Addresses of the rows from `top`, wrapping at the end of the space. */
export function makeRows(top: bigint, count: number): bigint[] {
  return Array.from({ length: count }, (_, row) => BigInt.asUintN(64, top + BigInt(row * BYTES_PER_ROW)));
}

/** The byte at an address; undefined when it is not in the block or cannot be read. */
export function byteAt(block: MemoryBlock | undefined, address: bigint): number | undefined {
  if (!block) return undefined;
  const offset = Number(BigInt.asUintN(64, address - block.address));
  return offset < block.bytes.length && block.readable[offset] !== 0 ? block.bytes[offset] : undefined;
}

/** Sixteen characters: what is printable, a dot for what is not, a space for what cannot be read. */
export function asciiOf(block: MemoryBlock | undefined, address: bigint): string {
  return Array.from({ length: BYTES_PER_ROW }, (_, i) => {
    const byte = byteAt(block, address + BigInt(i));
    if (byte === undefined) return ' ';
    return byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.';
  }).join('');
}
