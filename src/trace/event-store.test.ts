import { describe, expect, it } from 'vitest';
import { TraceKind, TraceRecord } from '../base/trace-record.ts';
import { traceRecords } from '../testing/trace-records.ts';
import { EventStore } from './event-store.ts';

const CHUNK = 1 << 15;

/** Events at the times `from` up to `to`. */
function events(from: number, to: number): Uint32Array {
  return traceRecords(Array.from({ length: to - from }, (_, i) => ({ kind: TraceKind.wfi, time: from + i })));
}

describe('the store of events', () => {
  it('loses nothing within its budget', () => {
    const store = new EventStore(4 * CHUNK * 32);
    for (let time = 0; time < 100_000; time += 1000) expect(store.add(events(time, time + 1000))).toBe(false);
    expect([store.count, store.dropped, store.start]).toEqual([100_000, 0, 0]);
  });

  it('drops the oldest first beyond it, and counts them', () => {
    const store = new EventStore(2 * CHUNK * 32);
    let isTrimmed = false;
    for (let time = 0; time < 100_000; time += 1000) isTrimmed = store.add(events(time, time + 1000)) || isTrimmed;
    expect(isTrimmed).toBe(true);
    expect(store.dropped).toBe(2 * CHUNK);
    expect(store.count + store.dropped).toBe(100_000);
    expect(store.start).toBe(store.dropped);
    let next = store.dropped;
    store.forEachPiece((words) => {
      for (let at = 0; at < words.length; at += 8) expect(TraceRecord.time(words, at)).toBe(next++);
    });
    expect(next).toBe(100_000);
  });
});
