import { describe, expect, it } from 'vitest';
import { SpanTrack } from './span-track.ts';

describe('a span track', () => {
  it('finds spans by any part of them, also long ones that began long before', () => {
    const track = new SpanTrack();
    const outer = track.open(0, 9, 0);
    for (let i = 1; i <= 1000; i++) track.add(i * 10, i * 10 + 5, i, 1);
    track.close(outer, 20_000);
    const found: number[] = [];
    track.forEach(9002, 9012, (index) => found.push(track.labels.values[index]));
    expect(found).toEqual([9, 900, 901]);
    found.length = 0;
    track.forEach(15_000, 15_001, (index) => found.push(track.labels.values[index]));
    expect(found).toEqual([9]);
  });

  it('has open spans reach into the future', () => {
    const track = new SpanTrack();
    for (let i = 0; i < 200; i++) track.open(i, i, i);
    let count = 0;
    track.forEach(1e9, 2e9, () => count++);
    expect(count).toBe(200);
  });

  it('forgets only what has ended, and still closes what is open', () => {
    const track = new SpanTrack();
    for (let i = 0; i < 300; i++) track.add(i, i + 1, i);
    const open = track.open(300, 7, 0);
    track.trim(250);
    expect(track.starts.values[0]).toBe(192);
    track.close(open, 400);
    expect(track.ends.values[track.count - 1]).toBe(400);
  });
});

it('gives many short spans as one, and long ones as they are', () => {
  const track = new SpanTrack();
  for (let n = 0; n < 640; n++) track.add(n * 10, n * 10 + (n === 70 ? 9 : 5), n, n % 3);
  track.add(10_000, 20_000, 1000);
  const one: number[] = [];
  let many = 0;
  const blocks: number[][] = [];
  track.forEachVisible(
    0,
    30_000,
    1000,
    (index) => one.push(index),
    (longest, start, _end, depth, count) => {
      many += count;
      blocks.push([longest, start, depth]);
    },
  );
  expect([one, many]).toEqual([[640], 640]);
  expect(blocks[1]).toEqual([70, 640, 2]);
  const all: number[] = [];
  track.forEachVisible(
    0,
    30_000,
    10,
    (index) => all.push(index),
    () => all.push(-1),
  );
  expect(all).toEqual(Array.from({ length: 641 }, (_, index) => index));
});
