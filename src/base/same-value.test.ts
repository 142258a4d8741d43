import { expect, it } from 'vitest';
import { isSameValue } from './same-value.ts';

it.each([
  [1n, 1n],
  [Number.NaN, Number.NaN],
  [
    { id: 'bp1', locations: [{ address: 16n }] },
    { locations: [{ address: 16n }], id: 'bp1' },
  ],
  [[], []],
])('%o says the same as %o', (a, b) => expect(isSameValue(a, b)).toBe(true));

it.each([
  [1, 1n],
  [{ a: undefined }, { b: undefined }],
  [{ a: 1 }, { a: 1, b: 2 }],
  [[1, 2], [1]],
  [[], {}],
  [null, {}],
])('%o does not say the same as %o', (a, b) => expect(isSameValue(a, b)).toBe(false));
