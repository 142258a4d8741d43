import { expect, it } from 'vitest';
import { asciiOf, byteAt, makeRows } from './hex-rows.ts';

const block = { address: 0x1000n, bytes: Uint8Array.of(0x41, 0x00, 0x7e, 0xff), readable: Uint8Array.of(1, 1, 1, 0) };

it('tells a zero from a byte that cannot be read', () => {
  expect(byteAt(block, 0x1001n)).toBe(0);
  expect(byteAt(block, 0x1003n)).toBeUndefined();
  expect(byteAt(block, 0xfffn)).toBeUndefined();
});

it('shows printable characters only', () => {
  expect(asciiOf(block, 0x1000n)).toBe('A.~             ');
});

it('wraps at the end of the address space', () => {
  expect(makeRows(0xffff_ffff_ffff_fff0n, 2)).toEqual([0xffff_ffff_ffff_fff0n, 0n]);
});
