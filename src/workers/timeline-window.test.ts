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
  const window = cutWindow(model, 0, { from, to, pixels, tracks: null });
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

it('piles up in each pixel what its time was spent with, when there are many', () => {
  const { slices } = levels(alternating(10_000), 0, 1_000_000, 50);
  const rows = Array.from({ length: slices.starts.length }, (_, i) => {
    return [SLICE_CATEGORIES[slices.categories[i]], slices.highs[i] - slices.lows[i]] as const;
  });
  expect(rows).toHaveLength(100);
  for (const [category, height] of rows) {
    const share = category === 'el2' ? 0.1 : 0.9;
    expect(Math.abs(height - 255 * share)).toBeLessThanOrEqual(1);
  }
  expect(slices.counts[7]).toBeGreaterThan(300);
});

it('draws pixels that are alike as one', () => {
  const model = alternating(10_000);
  model.cpus[0].levels.set(1_000_000, model.labels.intern('asleep', 'asleep', vcpuKey(1, 0)));
  model.advance(2_000_000);
  const { slices } = levels(model, 0, 2_000_000, 100);
  expect([slices.starts.at(-1), slices.ends.at(-1)]).toEqual([1_000_000, 2_000_000]);
});

it('leaves out what lies before the recording', () => {
  const model = alternating(10_000);
  const { slices } = levels(model, -1_000_000, 1_000_000, 50);
  expect(Math.min(...slices.starts)).toBeGreaterThanOrEqual(-40_000);
});

it('tiles the window in either case', () => {
  for (const count of [3, 10_000]) {
    const { slices } = levels(alternating(count), 0, count * 100, 50);
    const whole = count * 100;
    let covered = 0;
    slices.starts.forEach((start, i) => {
      covered += ((slices.ends[i] - start) * (slices.highs[i] - slices.lows[i])) / 255;
    });
    expect(covered).toBeCloseTo(whole, 3);
  }
});

it('sends slices only of the tracks that were asked for', () => {
  const model = alternating(3);
  const { tracks } = cutWindow(model, 0, { from: 0, to: 300, pixels: 10, tracks: [model.cpus[0].vcpusId] });
  expect(tracks.map(({ slices }) => slices !== null)).toEqual([false, true, false, false, false]);
});

it('gives the arrows in sight, or none when there are too many to tell apart', () => {
  const model = alternating(10_000);
  for (let n = 0; n < 1000; n += 1) model.flows.add('hypercall', 1, n * 1000, 0, n * 1000 + 10);
  const flows = (from: number, to: number) => cutWindow(model, 0, { from, to, pixels: 50, tracks: [] }).flows;
  expect(flows(4500, 7005).fromTimes).toEqual([5000, 6000, 7000]);
  expect(flows(0, 1_000_000)).toMatchObject({ isTooMany: true, kinds: [] });
});
