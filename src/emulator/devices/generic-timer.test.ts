import { beforeEach, describe, expect, it } from 'vitest';
import { GenericTimers, Timer, TIMER_PPIS } from './generic-timer.ts';

const CPU = [{ index: 0 }, { index: 1 }, { index: 2 }, { index: 3 }];
const [ENABLE, IMASK, ISTATUS] = [1, 2, 4];

let now: number[];
let levels: Map<string, boolean>;
let asked: number[];
let timers: GenericTimers;

const level = (cpu: number, timer: number) => levels.get(`${cpu}:${TIMER_PPIS[timer]}`) ?? false;

function makeTimers(): GenericTimers {
  return new GenericTimers({
    now: (cpu) => now[cpu],
    setPpi: (cpu, intid, on) => levels.set(`${cpu}:${intid}`, on),
    deadlineChanged: (cpu) => asked.push(cpu),
  });
}

beforeEach(() => {
  now = [0, 0, 0, 0];
  levels = new Map();
  asked = [];
  timers = makeTimers();
});

describe('the system counter', () => {
  it('counts one tick in 10 ns', () => {
    now[0] = 1239;
    expect(timers.count(CPU[0])).toBe(123n);
  });

  it('never goes back for a CPU that runs later in the same window', () => {
    now = [9_990, 0, 0, 0];
    expect(timers.count(CPU[0])).toBe(999n);
    now[1] = 20;
    expect(timers.count(CPU[1])).toBe(999n);
    now[1] = 10_000;
    expect(timers.count(CPU[1])).toBe(1000n);
  });
});

describe('a timer', () => {
  it('fires when the count reaches its compare value', () => {
    timers.writeCompare(CPU[2], Timer.CNTHP, 500n);
    timers.writeControl(CPU[2], Timer.CNTHP, ENABLE);
    expect(timers.nextDeadline(2)).toBe(5000);
    now[2] = 4999;
    timers.update(2);
    expect(level(2, Timer.CNTHP)).toBe(false);
    expect(timers.readControl(CPU[2], Timer.CNTHP)).toBe(ENABLE);
    now[2] = 5000;
    expect(timers.nextDeadline(2), 'due until update is called').toBe(5000);
    timers.update(2);
    expect(level(2, Timer.CNTHP)).toBe(true);
    expect(timers.readControl(CPU[2], Timer.CNTHP)).toBe(ENABLE | ISTATUS);
    expect(timers.nextDeadline(2)).toBe(Infinity);
  });

  it('asks for a new deadline and drops its interrupt when it is moved', () => {
    timers.writeControl(CPU[1], Timer.CNTP, ENABLE);
    expect(level(1, Timer.CNTP)).toBe(true);
    asked = [];
    timers.writeCompare(CPU[1], Timer.CNTP, 10n);
    expect(level(1, Timer.CNTP)).toBe(false);
    expect(asked).toEqual([1]);
  });

  it('is silent when masked, and shows no status when disabled', () => {
    timers.writeControl(CPU[0], Timer.CNTV, ENABLE | IMASK);
    expect(level(0, Timer.CNTV)).toBe(false);
    expect(timers.readControl(CPU[0], Timer.CNTV)).toBe(ENABLE | IMASK | ISTATUS);
    timers.writeControl(CPU[0], Timer.CNTV, IMASK);
    expect(timers.readControl(CPU[0], Timer.CNTV)).toBe(IMASK);
  });

  it('takes CNTVOFF into account only when it is the virtual one', () => {
    now[0] = 10_000;
    timers.setOffset(CPU[0], 900n);
    for (const timer of [Timer.CNTV, Timer.CNTP]) {
      timers.writeCompare(CPU[0], timer, 200n);
      timers.writeControl(CPU[0], timer, ENABLE);
    }
    expect(level(0, Timer.CNTP)).toBe(true);
    expect(level(0, Timer.CNTV)).toBe(false);
    expect(timers.nextDeadline(0)).toBe(11_000);
    timers.setOffset(CPU[0], 0n);
    expect(level(0, Timer.CNTV)).toBe(true);
  });

  it('compares as unsigned 64-bit numbers', () => {
    timers.writeCompare(CPU[0], Timer.CNTP, -1n);
    timers.writeControl(CPU[0], Timer.CNTP, ENABLE);
    expect(level(0, Timer.CNTP)).toBe(false);
    expect(timers.readCompare(CPU[0], Timer.CNTP)).toBe(0xffff_ffff_ffff_ffffn);
    timers.setOffset(CPU[0], 5n);
    timers.writeCompare(CPU[0], Timer.CNTV, 7n);
    timers.writeControl(CPU[0], Timer.CNTV, ENABLE);
    expect(level(0, Timer.CNTV), 'a virtual count of 2^64 - 5').toBe(true);
  });

  it('is never due when its compare value is ages away', () => {
    timers.writeCompare(CPU[0], Timer.CNTP, (1n << 64n) - 1n);
    timers.writeControl(CPU[0], Timer.CNTP, ENABLE);
    expect(timers.nextDeadline(0)).toBe(Infinity);
    timers.writeCompare(CPU[0], Timer.CNTP, 1n << 40n);
    expect(timers.nextDeadline(0)).toBe(2 ** 40 * 10);
  });

  it('is saved with the clamp of the counter', () => {
    now[0] = 77_770;
    timers.count(CPU[0]);
    timers.setOffset(CPU[3], 1n << 63n);
    timers.writeCompare(CPU[3], Timer.CNTPS, 12345n);
    timers.writeControl(CPU[3], Timer.CNTPS, ENABLE);
    const saved = JSON.parse(JSON.stringify(timers.save()));
    const restored = makeTimers();
    restored.restore(saved);
    expect(restored.save()).toEqual(saved);
    expect(restored.count(CPU[1])).toBe(7777n);
    expect(restored.nextDeadline(3)).toBe(123_450);
  });

  it('leaves its outputs alone when restored, and does what was due at the next update', () => {
    timers.writeCompare(CPU[1], Timer.CNTP, 10n);
    timers.writeControl(CPU[1], Timer.CNTP, ENABLE);
    now[1] = 100;
    const restored = makeTimers();
    restored.restore(timers.save());
    expect(level(1, Timer.CNTP)).toBe(false);
    expect(restored.nextDeadline(1)).toBe(100);
    restored.update(1);
    expect(level(1, Timer.CNTP)).toBe(true);
  });
});
