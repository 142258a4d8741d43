import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CpuState, PC, SLOT_SINK, TLB, ZF } from './cpu/state.ts';
import { Reg } from './cpu/system-registers/offsets.ts';
import type { Plain } from './devices/device.ts';
import { StateError } from './devices/device.ts';
import { digest } from './digest.ts';
import { DRAM_BASE, DRAM_SIZE, MEMORY_PAGES, OCM_BASE, TLB_BASE } from './memory-layout.ts';
import { MachineState } from './snapshot.ts';
import { SnapshotError, type SnapshotProblem } from './snapshot-file.ts';

class Counter {
  value = 0;
  save(): Plain {
    return this.value;
  }
  restore(state: Plain): void {
    if (typeof state !== 'number') throw new StateError('no number');
    this.value = state;
  }
}

/** A machine without devices but a counter. */
class TestMachine {
  readonly memory = new WebAssembly.Memory({ initial: MEMORY_PAGES, maximum: MEMORY_PAGES });
  readonly bytes = new Uint8Array(this.memory.buffer);
  readonly cpus = [0, 1].map((index) => new CpuState(this.memory.buffer, index));
  readonly counter = new Counter();
  readonly state = new MachineState({ memory: this.memory, cpus: this.cpus, parts: { counter: this.counter } });
}

let machine: TestMachine;
let other: TestMachine;
beforeAll(() => {
  machine = new TestMachine();
  other = new TestMachine();
});

const PAGES = [DRAM_BASE, DRAM_BASE + 0x7000, DRAM_BASE + DRAM_SIZE - 0x1000, OCM_BASE + 0x2000];

/** Gives `machine` a known state, and clears `other`. */
beforeEach(() => {
  for (const address of PAGES) {
    machine.bytes.fill(0xa5, address, address + 4096);
    other.bytes.fill(0, address, address + 4096);
  }
  machine.bytes[PAGES[1] + 17] = 1;
  machine.counter.value = 42;
  machine.cpus[1].setX(5, 0x1234_5678_9abc_def0n);
  machine.cpus[1].nzcv = 0x6000_0000;
  machine.cpus[0].pc = 0xffff_8000_0801_0000n;
  machine.cpus[0].set64(Reg.VTTBR_EL2, 0x2_0000_8000_0000n);
});

/** What is wrong with a file; every message is a sentence. */
function problemOf(file: Uint8Array): SnapshotProblem | 'none' | 'other error' {
  try {
    other.state.load(file);
    return 'none';
  } catch (error) {
    const isClear = error instanceof SnapshotError && /^[A-Z].*\.$/.test(error.message);
    return isClear ? error.problem : 'other error';
  }
}

describe('a snapshot', () => {
  it('gives back registers, memory, devices and what was added to it', () => {
    const file = machine.state.save({ note: 'at the prompt' });
    other.bytes[DRAM_BASE + 0x123_4567] = 9;
    expect(other.state.hash()).not.toBe(machine.state.hash());
    expect(other.state.load(file)).toEqual({ note: 'at the prompt' });
    expect(other.state.hash()).toBe(machine.state.hash());
    expect(other.cpus[1].x(5)).toBe(0x1234_5678_9abc_def0n);
    expect(other.cpus[1].nzcv).toBe(0x6000_0000);
    expect(other.cpus[0].get64(Reg.VTTBR_EL2)).toBe(0x2_0000_8000_0000n);
    expect(other.counter.value).toBe(42);
    expect(other.bytes[DRAM_BASE + 0x123_4567], 'a page that was zero').toBe(0);
    for (const page of PAGES) expect(other.bytes[page + 4095]).toBe(0xa5);
    expect(other.bytes[PAGES[1] + 17]).toBe(1);
  });

  it('stores equal pages once and nothing for empty ones', () => {
    expect(machine.state.save().length).toBeLessThan(40_000);
  });

  it('is refused when it is something else, of another version, cut short or damaged', () => {
    const file = machine.state.save();
    const altered = (at: number) => file.map((byte, i) => (i === at ? byte ^ 0x40 : byte));
    expect(problemOf(new Uint8Array(100))).toBe('not-a-snapshot');
    expect(problemOf(file.subarray(0, 4))).toBe('not-a-snapshot');
    expect(problemOf(altered(8))).toBe('other-version');
    for (const length of [20, 100, file.length - 1]) expect(problemOf(file.subarray(0, length))).toBe('truncated');
    for (const at of [17, 40, file.length - 3, file.length - 60]) expect(problemOf(altered(at))).toBe('corrupted');
    expect(problemOf(new Uint8Array([...file, 0]))).toBe('corrupted');
    expect(other.bytes[PAGES[0]], 'nothing was taken from any of them').toBe(0);
  });

  it('of a machine with other parts is refused', () => {
    const bare = new MachineState({ memory: machine.memory, cpus: machine.cpus, parts: {} });
    expect(problemOf(bare.save())).toBe('not-this-machine');
  });

  it('with a device state that the device refuses is reported', () => {
    const parts = { counter: { save: () => 'text', restore: () => {} } };
    const file = new MachineState({ memory: machine.memory, cpus: machine.cpus, parts }).save();
    expect(problemOf(file)).toBe('not-this-machine');
  });

  it('can lie at any offset of a larger buffer', () => {
    const file = machine.state.save();
    const shifted = new Uint8Array(file.length + 3);
    shifted.set(file, 3);
    other.state.load(shifted.subarray(3));
    expect(other.state.hash()).toBe(machine.state.hash());
    // Node's buffers are views of a pool, and their `slice` does not copy.
    other.state.load(Buffer.from(shifted.buffer, 3));
    expect(other.state.hash()).toBe(machine.state.hash());
  });
});

describe('the state hash', () => {
  it('sees every register, byte of memory and device', () => {
    const hashes = [machine.state.hash()];
    const changes: (() => void)[] = [
      () => machine.cpus[0].setX(30, 1n),
      () => machine.cpus[1].set64(PC, 4n),
      () => (machine.cpus[1].nzcv = 0x1000_0000),
      () => machine.cpus[1].set64(Reg.TTBR1_EL1, 1n),
      () => (machine.bytes[PAGES[2] + 4095] ^= 1),
      () => (machine.bytes[PAGES[3]] ^= 0x80),
      () => machine.bytes.copyWithin(DRAM_BASE + 0x9000, PAGES[0], PAGES[0] + 4096),
      () => machine.counter.value++,
    ];
    for (const change of changes) {
      change();
      hashes.push(machine.state.hash());
    }
    expect(new Set(hashes).size).toBe(changes.length + 1);
    machine.bytes.fill(0, DRAM_BASE + 0x9000, DRAM_BASE + 0xa000);
  });

  it('tells a page that moved from one that did not', () => {
    const before = machine.state.hash();
    machine.bytes.copyWithin(DRAM_BASE + 0x8000, PAGES[1], PAGES[1] + 4096);
    machine.bytes.fill(0, PAGES[1], PAGES[1] + 4096);
    expect(machine.state.hash()).not.toBe(before);
    machine.bytes.fill(0, DRAM_BASE + 0x8000, DRAM_BASE + 0x9000);
  });

  it('does not see caches, nor how an engine keeps flags', () => {
    const before = machine.state.hash();
    machine.cpus[0].set(TLB, 0x1234);
    machine.cpus[0].set64(SLOT_SINK * 8, 99n);
    machine.bytes[TLB_BASE + 8] ^= 1;
    const zero = machine.cpus[0].get(ZF) === 0;
    if (!zero) machine.cpus[0].set(ZF, 77);
    expect(machine.state.hash()).toBe(before);
  });
});

describe('the digest', () => {
  it('depends on every byte and on the length', () => {
    const base = Uint8Array.from({ length: 100 }, (_, i) => i * 7);
    const all = new Set([digest(base), digest(base.subarray(0, 99)), digest(new Uint8Array([...base, 0]))]);
    for (let i = 0; i < base.length; i++) all.add(digest(base.map((byte, k) => (k === i ? byte ^ 1 : byte))));
    expect(all.size).toBe(103);
    expect(digest(base)).toMatch(/^[0-9a-f]{32}$/);
  });
});
