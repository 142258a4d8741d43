import { expect, it } from 'vitest';
import { groupInFours, splitLeadingZeros } from './hex.tsx';

it.each<[bigint, number, string, string]>([
  [0x1234n, 32, '0000', '1234'],
  [0n, 32, '0000000', '0'],
  [0xffff_8000_0802_8ca0n, 64, '', 'ffff800008028ca0'],
  [-1n, 8, '', 'ff'],
])('splits 0x%s of %s bits', (value, bits, zeros, rest) => {
  expect(splitLeadingZeros(value, bits)).toEqual([zeros, rest]);
});

it('groups from the right', () => {
  expect(groupInFours('ffff800008028ca0')).toBe('ffff 8000 0802 8ca0');
  expect(groupInFours('12345')).toBe('1 2345');
  expect(groupInFours('1')).toBe('1');
});
