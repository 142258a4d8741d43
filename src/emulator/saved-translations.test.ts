import { beforeAll, describe, expect, it, vi } from 'vitest';
import { buildPrograms, PROGRAMS, startProgram } from '../testing/translator-programs.ts';
import { Machine } from './machine.ts';
import { hashMachine, loadMachine, saveMachine } from './machine-state.ts';

// The host may be busy.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

const TOTAL = 120_000;
const CUTS = 40;

/** Instruction counts, the same in every run of the test. */
function cuts(): number[] {
  let seed = 12345;
  return Array.from({ length: CUTS }, () => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return 1 + (seed % (TOTAL - 1));
  });
}

describe('a guest that remaps memory without TLBI', () => {
  let machine: Machine;
  let other: Machine;
  let start: Uint8Array;
  let expected: string;

  beforeAll(() => {
    [machine, other] = [new Machine(), new Machine()];
    startProgram(machine, buildPrograms(), PROGRAMS.indexOf('stale'));
    start = saveMachine(machine);
    machine.run(TOTAL);
    expected = hashMachine(machine);
  });

  it('does the same when it is cut anywhere, saved and restored in another machine, interpreted or translated', () => {
    const failed = cuts().filter((cut, i) => {
      other.translator.threshold = [Infinity, 1][i % 2];
      loadMachine(other, start);
      other.run(cut);
      loadMachine(machine, saveMachine(other));
      machine.run(TOTAL - cut);
      return hashMachine(machine) !== expected;
    });
    expect(failed).toEqual([]);
  });

  it('would do something else if the TLBs were dropped', () => {
    loadMachine(machine, start);
    machine.run(60_000);
    machine.stateReplaced();
    machine.run(TOTAL - 60_000);
    expect(hashMachine(machine)).not.toBe(expected);
  });

  it('refuses translations that lead out of RAM', () => {
    loadMachine(machine, start);
    machine.run(60_000);
    const saved = JSON.parse(JSON.stringify(machine.mmu.save())) as {
      sets: { contexts: { entries: number[]; code: number[] }[] }[];
    };
    const filled = saved.sets[0].contexts.filter(({ entries }) => entries.length > 0);
    expect(filled.length).toBeGreaterThan(0);
    filled[0].entries[3] = 0x1_0000;
    expect(() => machine.stateReplaced(saved as never)).toThrow('an entry is wrong');
    filled[0].entries[3] = 0x1000_0000;
    const ran = saved.sets[0].contexts.filter(({ code }) => code.length > 0);
    expect(ran.length).toBeGreaterThan(0);
    ran[0].code[2] = 0x1_0000;
    expect(() => machine.stateReplaced(saved as never)).toThrow('an entry of code is wrong');
  });
});
