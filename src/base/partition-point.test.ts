import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { partitionPoint } from './partition-point.ts';

describe('the partition point', () => {
  it('is where a search through all would find it', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 20 })), fc.integer({ min: -1, max: 21 }), (list, limit) => {
        const values = list.toSorted((a, b) => a - b);
        const found = values.findIndex((value) => value >= limit);
        expect(partitionPoint(0, values.length, (i) => values[i] < limit)).toBe(found < 0 ? values.length : found);
      }),
    );
  });

  it('stays within its bounds', () => {
    expect(partitionPoint(3, 7, () => true)).toBe(7);
    expect(partitionPoint(3, 7, () => false)).toBe(3);
  });
});
