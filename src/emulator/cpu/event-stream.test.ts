import { beforeEach, describe, expect, it } from 'vitest';
import { Machine } from '../machine.ts';
import { hashMachine, loadMachine, saveMachine } from '../machine-state.ts';
import { DRAM_BASE } from '../memory-layout.ts';
import { DAIF, EL, EVENT, SLEEP } from './state.ts';
import { Reg } from './system-registers/offsets.ts';

const CODE = 0x1000;
/** 1: wfe; add x0, x0, #1; b 1b */
const WAITING = [0xd503_205f, 0x9100_0400, 0x17ff_fffe];
/** EVNTEN, the bit of the count in EVNTI; `falling` is EVNTDIR. */
const stream = (bit: number, falling = false): bigint => BigInt(4 | (falling ? 8 : 0) | (bit << 4));

describe('the event stream', () => {
  let machine: Machine;
  beforeEach(() => {
    machine = new Machine();
    new Uint32Array(machine.memory.buffer).set(WAITING, (DRAM_BASE + CODE) >>> 2);
    machine.start(BigInt(CODE), 0n);
    machine.cpus[0].state.set(EL, 1);
    machine.cpus[0].state.set(DAIF, 0x3c0);
    machine.mmu.reset(machine.cpus);
  });

  const woken = (): number => Number(machine.cpus[0].state.x(0));

  it('is off at reset: WFE sleeps for ever', () => {
    expect(machine.run(100)).toBe('idle');
    expect([woken(), machine.cpus[0].state.get(SLEEP)]).toEqual([0, 2]);
  });

  it('wakes WFE each time the bit of CNTVCT rises', () => {
    machine.cpus[0].state.set64(Reg.CNTKCTL_EL1, stream(9));
    machine.run(3 * 100);
    // Each event is 3 instructions; 1024 ticks of 10 ns lie between two of them.
    expect(woken()).toBe(100);
    expect(Math.round(machine.now(0) / 10_240)).toBe(100);
    // The first one is where bit 9 rises.
    expect(Math.floor(machine.now(0) / 10) % 1024).toBe(512);
  });

  it('may use the other edge, the virtual offset, and the physical count of CNTHCTL_EL2', () => {
    const firstAt = (setUp: () => void): number => {
      machine.start(BigInt(CODE), 0n);
      machine.cpus[0].state.set(EL, 1);
      machine.mmu.reset(machine.cpus);
      const begin = Math.floor(machine.now(0) / 10);
      machine.cpus[0].state.set64(Reg.EVENTS_SINCE, BigInt(begin));
      setUp();
      machine.run(3);
      return Math.floor(machine.now(0) / 10) % 1024;
    };
    const { state } = machine.cpus[0];
    expect(firstAt(() => state.set64(Reg.CNTKCTL_EL1, stream(9, true)))).toBe(0);
    const withOffset = firstAt(() => {
      state.set64(Reg.CNTKCTL_EL1, stream(9));
      state.set64(Reg.CNTVOFF_EL2, 100n);
    });
    expect(withOffset).toBe(612);
    expect(firstAt(() => state.set64(Reg.CNTHCTL_EL2, stream(9)))).toBe(512);
  });

  it('leaves an event behind for the next WFE', () => {
    machine.cpus[0].state.set64(Reg.CNTKCTL_EL1, stream(0));
    // A tick is 10 instructions; every WFE finds the event of the last 20 or waits less than that.
    machine.run(30_000);
    expect(machine.now(0)).toBeLessThan(30_000 * 8);
    expect(machine.cpus[0].state.get(EVENT)).toBe(0);
  });

  it('does the same however the run is cut and restored', () => {
    machine.cpus[0].state.set64(Reg.CNTKCTL_EL1, stream(3));
    const start = saveMachine(machine);
    machine.run(5000);
    const hash = hashMachine(machine);
    for (const cut of [1, 7, 1000, 2501, 4999]) {
      loadMachine(machine, start);
      machine.run(cut);
      loadMachine(machine, saveMachine(machine));
      machine.run(5000 - cut);
      expect(hashMachine(machine)).toBe(hash);
    }
  });
});
