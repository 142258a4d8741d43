import { expect, it } from 'vitest';
import { clamp, pan, zoom } from './range.ts';

const recorded = { from: 0, to: 1e9 };

it('zooms about the pointer', () => {
  expect(zoom({ from: 0, to: 1000 }, 0.5, 0.25)).toEqual({ from: 125, to: 625 });
});

it('pans by a share of what is in sight', () => {
  expect(pan({ from: 100, to: 200 }, -0.5)).toEqual({ from: 50, to: 150 });
});

it('stays inside the recording without changing its length', () => {
  expect(clamp({ from: -500, to: 500 }, recorded)).toEqual({ from: 0, to: 1000 });
  expect(clamp({ from: 1e9 - 10, to: 1e9 + 990 }, recorded)).toEqual({ from: 1e9 - 1000, to: 1e9 });
  expect(clamp({ from: -1, to: 5e9 }, recorded)).toEqual(recorded);
});

it('stops zooming where nothing more can be seen', () => {
  expect(clamp({ from: 500, to: 501 }, recorded)).toEqual({ from: 500, to: 700 });
});
