import { describe, expect, it } from 'vitest';
import type { TimelineTrack } from '../../protocol/timeline.ts';
import { type Arrangement, depthAt, layOut, markerAt, moved, rowAt, rowsBetween, sliceAt } from './rows.ts';

function track(id: number, group: string, kind: TimelineTrack['kind'] = 'slices', depth = 1): TimelineTrack {
  return { id, group, domid: null, name: `t${id}`, kind, depth, slices: null, values: null };
}

const TRACKS = [
  track(0, 'Hypervisor'),
  track(1, 'Hypervisor'),
  track(2, 'd1', 'spans', 3),
  track(3, 'd1'),
  track(4, 'Counters', 'counter'),
  track(5, 'Marks', 'markers'),
];
const PLAIN: Arrangement = { pinned: [], collapsed: [], order: [], groupOrder: [] };

const names = (change: Partial<Arrangement>): string[] =>
  layOut(TRACKS, { ...PLAIN, ...change }).map(({ name }) => name);

describe('the rows', () => {
  it('are the marks, then groups with a heading each', () => {
    expect(names({})).toEqual(['t5', 'Hypervisor', 't0', 't1', 'd1', 't2', 't3', 'Counters', 't4']);
  });

  it('lie below each other without gaps', () => {
    const rows = layOut(TRACKS, PLAIN);
    for (const [index, { top, height }] of rows.slice(0, -1).entries()) expect(rows[index + 1].top).toBe(top + height);
  });

  it('leave out the tracks of a collapsed group', () => {
    expect(names({ collapsed: ['d1'] })).toEqual(['t5', 'Hypervisor', 't0', 't1', 'd1', 'Counters', 't4']);
  });

  it('begin with what is pinned, in the order of pinning', () => {
    expect(names({ pinned: [3, 0] }).slice(0, 4)).toEqual(['Pinned', 't3', 't0', 't5']);
    expect(names({ pinned: [3, 2] })).not.toContain('d1');
  });

  it('follow the order that the person gave tracks and groups', () => {
    expect(names({ order: [3, 2] }).slice(4, 7)).toEqual(['d1', 't3', 't2']);
    expect(names({ groupOrder: ['d1', 'Hypervisor'] }).slice(0, 4)).toEqual(['d1', 't2', 't3', 'Hypervisor']);
  });

  it('are found by height', () => {
    const rows = layOut(TRACKS, PLAIN);
    const spans = rows.find(({ name }) => name === 't2');
    if (!spans) throw new Error('t2 has a row');
    expect(rowAt(rows, spans.top + 1)?.name).toBe('t2');
    expect([depthAt(spans, spans.top + 3), depthAt(spans, spans.top + 20)]).toEqual([0, 1]);
    expect(rowsBetween(rows, spans.top, spans.top + 1).map(({ name }) => name)).toEqual(['t2']);
  });
});

it('moves within a list and stops at its ends', () => {
  expect(moved(['a', 'b', 'c'], 'a', 1)).toEqual(['b', 'a', 'c']);
  expect(moved(['a', 'b', 'c'], 'c', 5)).toEqual(['a', 'b', 'c']);
  expect(moved(['a', 'b', 'c'], 'b', -9)).toEqual(['b', 'a', 'c']);
});

describe('a point of a track', () => {
  const slices = {
    starts: Float64Array.of(0, 10, 20),
    ends: Float64Array.of(10, 20, 30),
    labels: Uint32Array.of(0, 0, 0),
    categories: Uint8Array.of(0, 0, 0),
    depths: Uint8Array.of(0, 1, 0),
    counts: Uint32Array.of(1, 1, 1),
    lows: Uint8Array.of(0, 0, 0),
    highs: Uint8Array.of(255, 255, 255),
  };

  it('has the slice that is there, of spans at its depth', () => {
    expect(sliceAt({ ...track(1, 'd1'), slices }, 15, 0)).toBe(1);
    expect(sliceAt({ ...track(1, 'd1', 'spans'), slices }, 15, 0)).toBeUndefined();
    expect(sliceAt({ ...track(1, 'd1', 'spans'), slices }, 15, 1)).toBe(1);
    expect(sliceAt({ ...track(1, 'd1'), slices }, 35, 0)).toBeUndefined();
  });

  it('has the nearest marker within reach', () => {
    expect(markerAt({ ...track(1, 'Marks', 'markers'), slices }, 13, 5)).toBe(1);
    expect(markerAt({ ...track(1, 'Marks', 'markers'), slices }, 15.5, 2)).toBeUndefined();
  });
});
