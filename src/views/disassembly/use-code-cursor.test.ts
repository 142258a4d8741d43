import { expect, it } from 'vitest';
import { nextAddress } from './use-code-cursor.ts';

const VISIBLE = [0x100n, 0x104n, 0x108n];

it('moves from instruction to instruction', () => {
  expect(nextAddress(VISIBLE, 0x100n, 1)).toEqual({ address: 0x104n, isOutside: false });
  expect(nextAddress(VISIBLE, 0x108n, -1)).toEqual({ address: 0x104n, isOutside: false });
});

it('leads the rows on at their ends', () => {
  expect(nextAddress(VISIBLE, 0x108n, 1)).toEqual({ address: 0x10cn, isOutside: true });
  expect(nextAddress(VISIBLE, 0x100n, -1)).toEqual({ address: 0xfcn, isOutside: true });
});

it('comes back into sight first', () => {
  expect(nextAddress(VISIBLE, null, 1)).toEqual({ address: 0x100n, isOutside: false });
  expect(nextAddress(VISIBLE, 0x900n, -1)).toEqual({ address: 0x100n, isOutside: false });
  expect(nextAddress([], 0x100n, 1)).toBeNull();
});
