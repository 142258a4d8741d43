import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SliceTrack } from './slice-track.ts';

/** Labels 0-3, of categories 0, 1, 2 and 1. */
const CATEGORIES_OF = [0, 1, 2, 1];
const COUNT = 3;

type Change = readonly [after: number, label: number];

const changes = fc.array(fc.tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 3 })), {
  minLength: 1,
  maxLength: 400,
});

function filled(list: readonly Change[]): { track: SliceTrack; end: number } {
  const track = new SliceTrack(CATEGORIES_OF, COUNT);
  let time = 1000;
  for (const [after, label] of list) track.set((time += after), label);
  track.advance((time += 17));
  return { track, end: time };
}

/** The label at every single nanosecond, the slow way. */
function labelsByTime(list: readonly Change[], end: number): number[] {
  const found: number[] = [];
  let time = 1000;
  let current = -1;
  for (const [after, label] of list) {
    for (let t = 0; t < after; t++) found.push(current);
    time += after;
    current = label;
  }
  while (time++ < end) found.push(current);
  return found;
}

describe('a slice track', () => {
  it('tiles its time: each slice ends where the next begins, and none is empty or backward', () => {
    fc.assert(
      fc.property(changes, (list) => {
        const { track, end } = filled(list);
        const starts = [...track.starts.values.subarray(0, track.count)];
        const ends = starts.map((_, i) => track.endOf(i));
        expect(ends).toEqual([...starts.slice(1), end]);
        expect(starts.every((start, i) => start < ends[i])).toBe(true);
      }),
    );
  });

  it('says at each time what was the case then', () => {
    fc.assert(
      fc.property(changes, (list) => {
        const { track, end } = filled(list);
        const expected = labelsByTime(list, end);
        for (let i = 0; i < expected.length; i++) {
          if (expected[i] < 0) continue;
          expect(track.labels.values[track.indexAt(1000 + i)]).toBe(expected[i]);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('adds up the shares of any stretch exactly', () => {
    const stretch = fc.tuple(fc.integer({ min: 0, max: 20_000 }), fc.integer({ min: 0, max: 20_000 }));
    fc.assert(
      fc.property(changes, stretch, (list, [a, b]) => {
        const { track, end } = filled(list);
        const from = 1000 + Math.min(a, b);
        const to = Math.min(end, 1000 + Math.max(a, b));
        const shares = new Float64Array(COUNT);
        track.addShares(from, to, shares);
        const expected = new Float64Array(COUNT);
        const all = labelsByTime(list, end);
        for (let t = from; t < to; t++) {
          const label = all[t - 1000];
          if (label >= 0) expected[CATEGORIES_OF[label]]++;
        }
        expect([...shares]).toEqual([...expected]);
      }),
    );
  });

  it('joins a slice to the one before when the change between them was undone at once', () => {
    const track = new SliceTrack(CATEGORIES_OF, COUNT);
    track.set(0, 1);
    track.set(10, 2);
    track.set(10, 1);
    track.advance(20);
    expect(track.count).toBe(1);
    expect(track.endOf(0)).toBe(20);
  });

  it('keeps sums and slices right after its beginning was dropped', () => {
    const track = new SliceTrack(CATEGORIES_OF, COUNT);
    for (let i = 0; i < 1000; i++) track.set(i * 10, i % 3);
    track.trim(5000);
    expect(track.start).toBeGreaterThan(4000);
    const shares = new Float64Array(COUNT);
    track.addShares(6000, 9000, shares);
    expect([...shares]).toEqual([1000, 1000, 1000]);
  });
});

describe('the level of detail', () => {
  it('knows the longest slice of any stretch', () => {
    fc.assert(
      fc.property(changes, fc.nat(), fc.nat(), (list, a, b) => {
        const { track } = filled(list);
        const first = Math.min(a, b) % track.count;
        const last = first + (Math.max(a, b) % (track.count - first));
        const lengths = Array.from({ length: last - first + 1 }, (_, i) => {
          return track.endOf(first + i) - track.starts.values[first + i];
        });
        const longest = track.longestIn(first, last);
        expect(track.endOf(longest) - track.starts.values[longest]).toBe(Math.max(...lengths));
      }),
    );
  });

  it('adds up what was the case until any time as it does for a stretch', () => {
    fc.assert(
      fc.property(changes, fc.integer({ min: 0, max: 20_000 }), (list, after) => {
        const { track } = filled(list);
        const time = track.start + after;
        const [until, between] = [new Float64Array(COUNT).fill(7), new Float64Array(COUNT)];
        track.sharesUntil(track.indexAt(time), time, until);
        track.addShares(track.start, time, between);
        expect([...until]).toEqual([...between]);
      }),
    );
  });
});
