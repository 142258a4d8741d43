// @vitest-environment happy-dom
import { expect, it } from 'vitest';
import { commonPrefix } from './debug-console-view.tsx';

it.each<[readonly string[], string]>([
  [[], ''],
  [['break'], 'break'],
  [['info registers', 'info reg', 'info threads'], 'info '],
  [['a', 'b'], ''],
])('completes %j to %j', (words, prefix) => {
  expect(commonPrefix(words)).toBe(prefix);
});
