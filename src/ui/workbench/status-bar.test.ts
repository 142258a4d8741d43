// @vitest-environment happy-dom
import { expect, it } from 'vitest';
import { formatVirtualTime, groupDigits } from './status-bar.tsx';

it('groups digits by thousands', () => {
  expect(groupDigits(14_441_002_117).split('\u2009')).toEqual(['14', '441', '002', '117']);
  expect(groupDigits(7)).toBe('7');
});

it('writes virtual time to the nanosecond', () => {
  expect(formatVirtualTime(12_034_118_204).replaceAll('\u2009', ' ')).toBe('12.034 118 204 s');
  expect(formatVirtualTime(5).replaceAll('\u2009', ' ')).toBe('0.000 000 005 s');
});
