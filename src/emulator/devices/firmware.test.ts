import { describe, expect, it } from 'vitest';
import { SystemCpu } from '../../testing/system-cpu.ts';
import { Status } from '../cpu/cpu.ts';
import { Line, LINES, SLEEP } from '../cpu/state.ts';
import { firmwareCall } from './firmware.ts';
import type { PsciHost } from './psci.ts';

class Board implements PsciHost {
  readonly log: string[] = [];
  readonly on = [true, false, true, false];
  isCpuOn = (index: number): boolean => this.on[index];
  startCpu = (index: number, entry: bigint, contextId: bigint): void =>
    void this.log.push(`start ${index} 0x${entry.toString(16)} ${contextId}`);
  stopCpu = (index: number): void => void this.log.push(`stop ${index}`);
  systemOff = (): void => void this.log.push('off');
  systemReset = (): void => void this.log.push('reset');
}

const m = new SystemCpu();
const board = new Board();

/** X0 after the call, as a signed number. */
function call(...x: bigint[]): bigint {
  x.forEach((value, n) => m.state.setX(n, value));
  firmwareCall(m.cpu, board);
  return BigInt.asIntN(64, m.state.x(0));
}

describe('PSCI', () => {
  it('answers version, features and migrate type', () => {
    expect(call(0x8400_0000n)).toBe(0x1_0000n);
    expect(call(0x8400_0006n)).toBe(2n);
    expect(call(0x8400_000an, 0xc400_0003n)).toBe(0n);
    expect(call(0x8400_000an, 0x8400_0005n)).toBe(-1n);
    expect(call(0x8400_000an, 0xc400_0008n)).toBe(-1n);
    expect(call(0x8400_000an, 0x8000_0000n)).toBe(-1n);
    expect(call(0x8400_0005n, 1n)).toBe(-1n);
  });

  it('CPU_ON starts a CPU that is off, and refuses others', () => {
    expect(call(0xc400_0003n, 1n, 0x20_0000n, 77n)).toBe(0n);
    expect(board.log.pop()).toBe('start 1 0x200000 77');
    expect(call(0xc400_0003n, 2n, 0x20_0000n, 0n)).toBe(-4n);
    expect(call(0xc400_0003n, 9n, 0x20_0000n, 0n)).toBe(-2n);
    expect(call(0xc400_0003n, 1n, 0x20_0001n, 0n)).toBe(-9n);
    expect(board.log).toEqual([]);
  });

  it('takes 32 bits of the arguments of an SMC32 call', () => {
    expect(call(0x8400_0003n, 0xf_0000_0003n, 0xf_0000_1000n, 0xf_0000_0005n)).toBe(0n);
    expect(board.log.pop()).toBe('start 3 0x1000 5');
  });

  it('AFFINITY_INFO knows who is on', () => {
    expect([call(0xc400_0004n, 0n, 0n), call(0xc400_0004n, 1n, 0n), call(0xc400_0004n, 7n, 0n)]).toEqual([0n, 1n, -2n]);
  });

  it('CPU_SUSPEND waits for an interrupt, with success as its answer', () => {
    m.state.set(LINES, Line.IRQ);
    expect(call(0xc400_0001n, 0n)).toBe(0n);
    expect(m.state.get(SLEEP)).toBe(0);
    m.state.set(LINES, 0);
    m.state.setX(0, 0xc400_0001n);
    expect(firmwareCall(m.cpu, board)).toBe(Status.leave);
    expect([m.state.get(SLEEP), m.state.x(0)]).toEqual([1, 0n]);
    m.state.set(SLEEP, 0);
    expect(call(0xc400_0001n, 0xffff_0000n)).toBe(-2n);
  });

  it('turns CPUs and the system off', () => {
    for (const fn of [0x8400_0002n, 0x8400_0008n, 0x8400_0009n]) {
      m.state.setX(0, fn);
      expect(firmwareCall(m.cpu, board)).toBe(Status.leave);
    }
    expect(board.log.splice(0)).toEqual(['stop 0', 'off', 'reset']);
  });
});

describe('EEMI and everything else', () => {
  it('answers what Xen forwards', () => {
    expect(call(0xc200_0001n)).toBe(0x1_0001n << 32n);
    expect(call(0xc200_0a03n)).toBe(0x1_0000n << 32n);
    expect(call(0xc200_0018n) >> 32n).toBe(0x2473_8093n);
    expect(call(0xc200_0002n)).toBe(-1n);
  });

  it('does not know SMCCC_VERSION', () => {
    expect(call(0x8000_0000n)).toBe(-1n);
  });
});
