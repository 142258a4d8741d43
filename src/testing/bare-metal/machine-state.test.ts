import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { Machine } from '../../emulator/machine.ts';
import { hashMachine, loadMachine, saveMachine } from '../../emulator/machine-state.ts';
import { DRAM_BASE } from '../../emulator/memory-layout.ts';

const LOAD_ADDRESS = 0x20_0000;
const SOURCES = ['system-entry.S', 'gic-entry.S', 'gic-cases.c'].map((name) => join(import.meta.dirname, name));
const COMPILE = ['-nostdlib', '-static', '-ffreestanding', '-fno-pic', '-no-pie', '-mgeneral-regs-only', '-mstrict-align', '-O1']; // prettier-ignore
const LINK = [`-Wl,-Ttext=0x${LOAD_ADDRESS.toString(16)}`, '-Wl,--build-id=none'];

/** A program that uses two CPUs, timers, the interrupt controller and the UART, as it lies in memory. */
function buildImage(): Uint8Array {
  const dir = mkdtempSync(join(tmpdir(), 'state-'));
  try {
    const [elf, image] = [join(dir, 'program.elf'), join(dir, 'program.bin')];
    execFileSync('aarch64-linux-gnu-gcc', [...COMPILE, ...LINK, '-o', elf, ...SOURCES]);
    execFileSync('aarch64-linux-gnu-objcopy', ['-O', 'binary', elf, image]);
    return new Uint8Array(readFileSync(image));
  } finally {
    rmSync(dir, { recursive: true });
  }
}

const TOTAL = 400_000;
/** Memories of this size are slow to touch for the first time, so two machines serve all tests. */
class Bench {
  readonly machine = new Machine();
  output = '';

  constructor() {
    this.machine.hooks.onSerial = (_port, byte) => void (this.output += String.fromCharCode(byte));
  }

  /** Continues from a state in which `output` had been printed. */
  load(file: Uint8Array, output = ''): this {
    loadMachine(this.machine, file);
    this.output = output;
    return this;
  }

  run(instructions: number): this {
    this.machine.run(instructions);
    return this;
  }

  get outcome(): { readonly hash: string; readonly output: string } {
    return { hash: hashMachine(this.machine), output: this.output };
  }
}

describe('a machine that is saved and restored', () => {
  let bench: Bench;
  let other: Bench;
  let start: Uint8Array;
  let straight: Bench['outcome'];

  beforeAll(() => {
    [bench, other] = [new Bench(), new Bench()];
    bench.machine.bytes.set(buildImage(), DRAM_BASE + LOAD_ADDRESS);
    bench.machine.start(BigInt(LOAD_ADDRESS), 0n);
    start = saveMachine(bench.machine);
    straight = bench.run(TOTAL).outcome;
  }, 60_000);

  it('runs a program that uses two CPUs, interrupts and timers', () => {
    expect(straight.output).toContain('## timers');
  });

  it('does the same again from the start, however it is cut into runs', () => {
    other.load(start);
    for (let done = 0; done < TOTAL; done += 12_500) other.run(12_500);
    expect(other.outcome).toEqual(straight);
  }, 30_000);

  it.each([1, 9_999, 10_000, 54_321, 200_003, 399_999])(
    'goes on elsewhere as if nothing had happened after %i instructions',
    (cut) => {
      bench.load(start).run(cut);
      const { hash, output } = bench.outcome;
      const file = saveMachine(bench.machine, { cut });
      expect(loadMachine(other.machine, file)).toEqual({ cut });
      expect(hashMachine(other.machine)).toBe(hash);
      expect(other.load(file, output).run(TOTAL - cut).outcome).toEqual(straight);
    },
    30_000,
  );

  it('can go back within the same machine', () => {
    bench.load(start).run(100_000);
    const [file, output] = [saveMachine(bench.machine), bench.output];
    bench.run(200_000).load(file, output);
    expect(bench.run(TOTAL - 100_000).outcome).toEqual(straight);
  }, 30_000);
});
