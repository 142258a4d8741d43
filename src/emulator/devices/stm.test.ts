import { beforeEach, describe, expect, it } from 'vitest';
import { TraceKind } from '../trace-events.ts';
import { Stm, StimulusFlag } from './stm.ts';

const PORTS = 0;
const REGISTERS = 1;
const STMTCSR = 0xe80;
const STMSPER = 0xe00;

let events: number[][];
let stm: Stm;

beforeEach(() => {
  events = [];
  stm = new Stm({ trace: (...event) => void events.push(event) });
});

describe('the System Trace Macrocell', () => {
  it('makes an event of a store to a stimulus port: value, port, size and kind', () => {
    stm.write(3 * 256 + 0x18, 4, 0xdead_beef, 2, PORTS);
    stm.write(0x12_3400, 1, 0x41, 1, PORTS);
    const { marked, timestamped } = StimulusFlag;
    expect(events).toEqual([
      [2, TraceKind.stimulus, 0xdead_beef, 3 | (2 << 16)],
      [1, TraceKind.stimulus, 0x41, 0x1234 | ((marked | timestamped) << 24)],
    ]);
  });

  it('tells flags, triggers and invariant timing from the offset', () => {
    for (const offset of [0x60, 0x68, 0x70, 0x98]) stm.write(offset, 2, 0, 0, PORTS);
    const { flag, timestamped, trigger, invariantTiming } = StimulusFlag;
    const flags = events.map(([, , , high]) => high >>> 24);
    expect(flags).toEqual([flag | timestamped, flag, trigger | timestamped, invariantTiming]);
    expect(events[0][3] & 0x3_0000).toBe(1 << 16);
  });

  it('is silent while it or a port is disabled', () => {
    stm.write(STMTCSR, 4, 0, 0, REGISTERS);
    stm.write(0, 4, 1, 0, PORTS);
    stm.write(STMTCSR, 4, 1, 0, REGISTERS);
    stm.write(STMSPER, 4, 0b10, 0, REGISTERS);
    stm.write(0, 4, 2, 0, PORTS);
    stm.write(256, 4, 3, 0, PORTS);
    expect(events.map(([, , value]) => value)).toEqual([3]);
  });

  it('identifies itself as a trace source of its kind, and keeps its state', () => {
    expect([stm.read(0xfcc, 4, 0, REGISTERS), stm.read(0xfe0, 4, 0, REGISTERS)]).toEqual([0x63, 0x62]);
    stm.write(STMSPER, 4, 0x55, 0, REGISTERS);
    const other = new Stm({ trace: () => {} });
    other.restore(JSON.parse(JSON.stringify(stm.save())));
    expect(other.read(STMSPER, 4, 0, REGISTERS)).toBe(0x55);
    expect(stm.read(0x100, 4, 0, PORTS)).toBe(1);
  });
});
