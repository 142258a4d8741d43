import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  buildPrograms,
  LOAD_ADDRESS,
  type ProgramImage,
  PROGRAMS,
  startProgram,
} from '../../testing/translator-programs.ts';
import { DRAM_BASE } from '../memory-layout.ts';
import { Machine } from '../machine.ts';
import { hashMachine } from '../machine-state.ts';
import { FPSR, PC, V, X } from './state.ts';
import { Reg } from './system-registers/offsets.ts';

// The host may be busy.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const IMAGE_BYTES = 0x1_0000;
/** Instructions that set the MMU up. */
const PROLOGUE = 40;

let image: ProgramImage;
let interpreted: Machine;
let translated: Machine;

const start = (machine: Machine, program: number): void => startProgram(machine, image, program);

/** What a program can see: registers, and memory from its first instruction on. */
function visible(machine: Machine): unknown {
  const { u64, u32 } = machine.cpus[0].state;
  return {
    instructions: machine.instructions,
    pc: u64[PC >>> 3].toString(16),
    x: [...u64.subarray(X >>> 3, (X >>> 3) + 33)].map((value) => value.toString(16)),
    nzcv: machine.cpus[0].state.nzcv,
    v: [...u64.subarray(V >>> 3, (V >>> 3) + 16)].map((value) => value.toString(16)),
    fpsr: u32[FPSR >>> 2],
    system: [Reg.ESR_EL2, Reg.FAR_EL2, Reg.ELR_EL2, Reg.SPSR_EL2].map((reg) => u64[reg >>> 3].toString(16)),
    memory: Buffer.from(
      machine.bytes.subarray(DRAM_BASE + LOAD_ADDRESS, DRAM_BASE + LOAD_ADDRESS + IMAGE_BYTES),
    ).toString('latin1'),
  };
}

function both(action: (machine: Machine) => void): void {
  action(interpreted);
  action(translated);
}

function expectSame(): void {
  expect(visible(translated)).toEqual(visible(interpreted));
}

beforeAll(() => {
  image = buildPrograms();
  [interpreted, translated] = [new Machine(), new Machine()];
  interpreted.translator.threshold = Infinity;
  translated.translator.threshold = 1;
});

describe.each(PROGRAMS.map((name, index) => [name, index] as const))('the program "%s"', (_name, index) => {
  beforeEach(() => both((machine) => start(machine, index)));

  it('does the same translated', () => {
    const { regions } = translated.translator.made;
    both((machine) => machine.run(300_000));
    expectSame();
    expect(hashMachine(translated)).toBe(hashMachine(interpreted));
    expect(translated.translator.made.regions).toBeGreaterThan(regions);
    expect(interpreted.translator.made.regions).toBe(0);
  });

  it('is cut at every count', () => {
    both((machine) => machine.run(5000));
    for (let count = 1; count <= 150; count++) {
      both((machine) => machine.run(count));
      expectSame();
    }
  });

  it('is the same with translation beginning in the middle', () => {
    translated.translator.threshold = Infinity;
    both((machine) => machine.run(1234));
    translated.translator.threshold = 1;
    both((machine) => machine.run(20_001));
    expectSame();
  });
});

describe('breakpoints in translated code', () => {
  /** Runs to the end, going on at every stop, and tells where the stops were. A stop is not for ever: the same instruction runs when it is asked again. */
  function stops(machine: Machine, count: number): number[] {
    const target = machine.instructions + count;
    const list: number[] = [];
    let last = -1;
    machine.hooks.onBreakpoint = () => {
      if (machine.instructions === last) return false;
      last = machine.instructions;
      return true;
    };
    while (machine.instructions < target) {
      if (machine.run(target - machine.instructions) === 'stopped') list.push(machine.instructions);
    }
    return list;
  }

  function linear(symbol: string, words: number): number {
    return DRAM_BASE + (image.symbols.get(symbol) ?? 0) + 4 * words;
  }

  beforeEach(() => both((machine) => start(machine, 0)));

  it('stop before the same instructions, set while a loop is hot and taken away again', () => {
    both((machine) => machine.run(20_000));
    both((machine) => machine.setBreakpoint(linear('loops', 8), true));
    const [expected, found] = [stops(interpreted, 2000), stops(translated, 2000)];
    expect(expected.length).toBeGreaterThan(50);
    expect(found).toEqual(expected);
    both((machine) => machine.setBreakpoint(linear('loops', 8), false));
    expect([stops(interpreted, 2000), stops(translated, 2000)]).toEqual([[], []]);
    expectSame();
  });

  it('that let the program go on change nothing', () => {
    const seen = [0, 0];
    [interpreted, translated].forEach((machine, i) => {
      machine.hooks.onBreakpoint = () => ++seen[i] < 0;
      machine.setBreakpoint(linear('across', 1), true);
    });
    both((machine) => machine.run(30_000));
    both((machine) => machine.setBreakpoint(linear('across', 1), false));
    expect(seen[1]).toBe(seen[0]);
    expect(seen[0]).toBeGreaterThan(100);
    expectSame();
  });
});

it('sets the programs up in the prologue', () => {
  both((machine) => start(machine, 0));
  both((machine) => machine.run(PROLOGUE));
  expect(interpreted.cpus[0].state.pc).toBeGreaterThanOrEqual(BigInt(image.symbols.get('loops') ?? 0));
  expectSame();
});
