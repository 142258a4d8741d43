import { expect, it } from 'vitest';
import { findLoops } from './loops.ts';

it('finds nested loops with their blocks in flow order', () => {
  // 0 -> 1 -> 2 <-> 3, 3 -> 1, 2 -> 4
  const [outer, ...others] = findLoops([[1], [2], [3, 4], [2, 1], []], 0);
  expect(others).toEqual([]);
  expect(outer).toMatchObject({ header: 1, blocks: [1, 2, 3] });
  expect(outer.inner).toMatchObject([{ header: 2, blocks: [2, 3], inner: [] }]);
});

it('finds a loop whose body lies on both sides of other code', () => {
  expect(findLoops([[2, 1], [], [0]], 0)).toMatchObject([{ header: 0, blocks: [0, 2] }]);
});

it('leaves out loops that are entered in two places', () => {
  expect(findLoops([[1, 2], [2], [1]], 0)).toEqual([]);
});

it('keeps a loop whose middle is also reached from code that nothing leads to', () => {
  expect(findLoops([[1], [2], [0], [1]], 0)).toMatchObject([{ header: 0, blocks: [0, 1, 2] }]);
});

it('looks at code that the start does not reach by itself', () => {
  expect(findLoops([[], [2], [1]], 0)).toMatchObject([{ header: 1, blocks: [1, 2] }]);
});
