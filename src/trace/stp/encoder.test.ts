import { describe, expect, it } from 'vitest';
import { TraceKind } from '../../base/trace-record.ts';
import { decodeSnapshot, hasOpenCsd } from '../../testing/opencsd.ts';
import { traceRecords } from '../../testing/trace-records.ts';
import { EventStore } from '../event-store.ts';
import { stpSnapshotFiles, stpStream } from './stimulus-events.ts';

const TIME = 1_005_150_000;

/** Flags as the System Trace Macrocell gives them. */
const high = (port: number, size: number, flags: number): number => port | (size << 16) | (flags << 24);

function stream(): Uint8Array {
  const store = new EventStore();
  store.add(
    traceRecords([
      { kind: TraceKind.stimulus, time: TIME, cpu: 2, low: 0xdead_beef, high: high(3, 2, 2) },
      { kind: TraceKind.wfi, time: TIME + 1, cpu: 2 },
      { kind: TraceKind.stimulus, time: TIME + 123, cpu: 2, low: 0x41, high: high(3, 0, 3) },
      { kind: TraceKind.stimulus, time: TIME + 200, cpu: 2, low: 0x55aa, high: high(0x1234, 1, 0) },
      { kind: TraceKind.stimulus, time: TIME + 300, cpu: 1, high: high(3, 2, 6) },
      { kind: TraceKind.stimulus, time: TIME + 400, cpu: 1, low: 7, high: high(3, 2, 10) },
    ]),
  );
  return stpStream(store);
}

describe('the STPv2 stream', () => {
  it('begins with synchronisation and version', () => {
    expect(Array.from(stream().slice(0, 13))).toEqual([...Array.from({ length: 10 }, () => 0xff), 0x0f, 0x0f, 0x30]);
  });

  it.runIf(hasOpenCsd())('is read by OpenCSD with masters, channels, values and times', () => {
    const lines = decodeSnapshot(stpSnapshotFiles(stream()));
    const found = lines.flatMap((line) => /ELEM_SWTRACE\((.*)\)/.exec(line)?.[1].replaceAll(/\s+/g, ' ').trim() ?? []);
    const time = (after: number): string => `[ TS=0x${(TIME + after).toString(16).padStart(12, '0')}];`;
    expect(found).toEqual([
      `(Ma:0x02; Ch:0x03) 0xdeadbeef; ${time(0)}`,
      `(Ma:0x02; Ch:0x03) 0x41; +Mrk ${time(123)}`,
      '(Ma:0x02; Ch:0x1234) 0x55aa;',
      `(Ma:0x01; Ch:0x03) +Mrk ${time(300)}`,
      `(Ma:0x01; Ch:0x03) 0x07; Trig ${time(400)}`,
    ]);
  });
});
