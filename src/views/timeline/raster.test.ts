import { expect, it } from 'vitest';
import { blend, Raster } from './raster.ts';

const image = (raster: Raster): string[] =>
  Array.from({ length: raster.height }, (_, y) =>
    [...raster.pixels.subarray(y * raster.width, (y + 1) * raster.width)].join(''),
  );

it('fills boxes, at least one pixel of each, and nothing outside', () => {
  const raster = new Raster(6, 3, 1);
  raster.clear(0);
  raster.fill(1, 0, 3, 2, 1);
  raster.fill(4.1, 1, 4.2, 1.1, 2);
  raster.fill(-5, 2, 1, 9, 3);
  raster.fill(7, 0, 9, 3, 4);
  expect(image(raster)).toEqual(['011000', '011020', '300000']);
});

it('counts in the pixels of the screen', () => {
  const raster = new Raster(4, 4, 2);
  raster.fill(0.5, 0.5, 1, 1, 1);
  expect(image(raster)).toEqual(['0000', '0100', '0000', '0000']);
});

it('hatches with slanted lines', () => {
  const raster = new Raster(8, 2, 1);
  raster.fill(0, 0, 8, 2, 1, 7);
  expect(image(raster)).toEqual(['71111171', '11111711']);
});

it('mixes a colour with what is under it', () => {
  expect(blend('#ff0000', '#000000', 1)).toBe(0xff00_00ff);
  expect(blend('#ffffff', '#000000', 0.5)).toBe(0xff80_8080);
});
