import { beforeEach, describe, expect, it } from 'vitest';
import { Board } from './board.ts';
import { StateError } from './devices/device.ts';
import { Timer } from './devices/generic-timer.ts';
import { UnmodelledLog } from './unmodelled.ts';

let now: number;
let lines: number[];
let log: UnmodelledLog;
let sent: [number, number][];

function makeBoard(): Board {
  return new Board({
    now: () => now,
    executing: () => 0,
    setLines: (cpu, bits) => (lines[cpu] = bits),
    deadlineChanged: () => {},
    serialOutput: (port, byte) => sent.push([port, byte]),
    trace: () => {},
    unmodelledAccess: (_cpu, address, width, isWrite) =>
      log.note({ what: isWrite ? 'write' : 'read', address, width, pc: 0x40n, el: 2, vmid: 0 }),
  });
}

beforeEach(() => {
  now = 0;
  lines = [0, 0, 0, 0];
  log = new UnmodelledLog();
  sent = [];
});

describe('the board', () => {
  it('has its devices where the ZCU102 has them', () => {
    const { bus } = makeBoard();
    expect(bus.read(0, 0xf901_0004, 4)).toBe(0xfc65);
    expect(bus.read(3, 0xf902_f0fc, 4)).toBe(0x0202_143b);
    expect(bus.read(0, 0xf904_0004, 4)).toBe(0x9000_0003);
    expect(bus.read(0, 0xf906_00fc, 4)).toBe(0x0202_143b);
    for (const base of [0xff00_0000, 0xff01_0000]) expect(bus.read(0, base + 0x18, 4)).toBe(0x28b);
    bus.write(0, 0xff01_0000, 4, 0x14);
    bus.write(0, 0xff01_0030, 1, 66);
    expect(sent).toEqual([[1, 66]]);
    expect(log.total).toBe(0);
  });

  it('reads zero elsewhere, and counts it', () => {
    const { bus } = makeBoard();
    expect(bus.read(1, 0xff5e_0020, 4)).toBe(0);
    bus.read(1, 0xff5e_0020, 4);
    bus.write(1, 0xff5e_0020, 2, 7);
    expect(log.accesses.map(({ what, address, width, count }) => [what, address, width, count])).toEqual([
      ['read', 0xff5e_0020, 4, 2],
      ['write', 0xff5e_0020, 2, 1],
    ]);
  });

  it('wires serial input and timers to the interrupt controller, at their time', () => {
    const board = makeBoard();
    const { bus } = board;
    bus.write(0, 0xf901_0000, 4, 1);
    bus.write(0, 0xf902_0004, 4, 0xff);
    bus.write(0, 0xf902_0000, 4, 1);
    bus.write(0, 0xf901_0100, 4, 1 << 30);
    bus.write(0, 0xf901_0104, 4, 1 << 21);
    bus.write(0, 0xf901_0835, 1, 1);
    bus.write(0, 0xff00_0000, 4, 0x14);
    bus.write(0, 0xff00_0020, 4, 1);
    bus.write(0, 0xff00_0008, 4, 1);
    board.timers.writeCompare({ index: 0 }, Timer.CNTP, 30n);
    board.timers.writeControl({ index: 0 }, Timer.CNTP, 1);
    expect(board.nextDeadline(0)).toBe(300);
    expect(board.nextDeadline(1)).toBe(Infinity);
    now = 100;
    board.uarts[0].receive([13]);
    expect(board.nextDeadline(0)).toBeLessThanOrEqual(now);
    board.update(0, now);
    expect(bus.read(0, 0xf902_000c, 4)).toBe(53);
    now = 300;
    board.update(0, now);
    expect(bus.read(0, 0xf901_0200, 4)).toBe(1 << 30);
  });

  it('is restored as it was saved, and refuses another board', () => {
    const board = makeBoard();
    board.bus.write(0, 0xff00_0000, 4, 0x14);
    board.bus.write(2, 0xf901_0400, 4, 0x10203040);
    const saved = JSON.parse(JSON.stringify(board.save()));
    const other = makeBoard();
    other.restore(saved);
    expect(other.save()).toEqual(saved);
    expect(() => other.restore({ gic: saved.gic })).toThrow(StateError);
  });
});
