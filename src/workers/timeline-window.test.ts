import { expect, it } from 'vitest';
import { SLICE_CATEGORIES } from '../protocol/timeline.ts';
import { CATEGORIES, vcpuKey } from '../trace/labels.ts';
import { TimelineModel } from '../trace/model.ts';
import { cutWindow } from './timeline-window.ts';

/** pCPU 0 alternates between EL0 (90 ns) and EL2 (10 ns). */
function alternating(count: number): TimelineModel {
  const model = new TimelineModel(1);
  const user = model.labels.intern('d1v0 EL0', 'el0', vcpuKey(1, 0));
  const xen = model.labels.intern('HVC', 'el2', vcpuKey(1, 0));
  for (let n = 0; n < count; n += 1) {
    model.cpus[0].levels.set(n * 100, user);
    model.cpus[0].levels.set(n * 100 + 90, xen);
  }
  model.advance(count * 100);
  return model;
}

const levels = (model: TimelineModel, from: number, to: number, pixels: number) => {
  const window = cutWindow(model, 0, from, to, pixels);
  const { slices } = window.tracks[0];
  if (!slices) throw new Error('the first track has slices');
  return { window, slices };
};

it('names the categories as the recording does', () => {
  expect(SLICE_CATEGORIES).toEqual(CATEGORIES);
});

it('sends every slice while there are few', () => {
  const { slices, window } = levels(alternating(3), 0, 300, 100);
  expect([...slices.starts]).toEqual([0, 90, 100, 190, 200, 290]);
  expect(window.labels[slices.labels[1]]).toEqual({ text: 'HVC', owner: 1 });
});

it('sends one for each pixel when there are many, of what took most time', () => {
  const { slices } = levels(alternating(10_000), 0, 1_000_000, 50);
  expect(slices.starts).toHaveLength(50);
  expect(new Set([...slices.categories].map((category) => SLICE_CATEGORIES[category]))).toEqual(new Set(['el0']));
  expect(slices.counts[7]).toBeGreaterThan(300);
});

it('tiles the window in either case', () => {
  for (const count of [3, 10_000]) {
    const { slices } = levels(alternating(count), 0, count * 100, 50);
    const gaps = Array.from(slices.starts.slice(1)).map((start, index) => Math.abs(start - slices.ends[index]));
    expect(Math.max(...gaps)).toBeLessThan(0.001);
  }
});
