import { expect, it } from 'vitest';
import { formatDuration, formatShare } from './duration.ts';

it.each([
  [12_400_000, '12.4 ms'],
  [999, '999 ns'],
  [1_000, '1 µs'],
  [2.5e9, '2.5 s'],
])('writes %s ns as %s', (value, text) => {
  expect(formatDuration(value)).toBe(text);
});

it('writes shares with the digits that matter', () => {
  expect([formatShare(0.0312), formatShare(0.5)]).toEqual(['3.12 %', '50.0 %']);
});
