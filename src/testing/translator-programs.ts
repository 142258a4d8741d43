/** The programs of `programs/translator.S`, assembled, and started on a machine. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Machine } from '../emulator/machine.ts';
import { DRAM_BASE } from '../emulator/memory-layout.ts';

export const LOAD_ADDRESS = 0x20_0000;
/** Their names, in the order of their numbers. */
export const PROGRAMS = ['loops', 'faults', 'patches', 'remaps', 'floats', 'stale'] as const;

/** All of them, as they lie in memory from `LOAD_ADDRESS` on. */
export interface ProgramImage {
  readonly bytes: Uint8Array;
  /** Addresses. */
  readonly symbols: ReadonlyMap<string, number>;
}

/** Assembles the programs; symbols come as addresses. */
export function buildPrograms(): ProgramImage {
  const folder = mkdtempSync(join(tmpdir(), 'trapline-translator-'));
  const elf = join(folder, 'program.elf');
  const source = join(import.meta.dirname, 'programs/translator.S');
  const link = ['-nostdlib', '-static', '-Wl,--build-id=none', `-Wl,-Ttext=0x${LOAD_ADDRESS.toString(16)}`];
  execFileSync('aarch64-linux-gnu-gcc', [...link, '-Wl,-N', '-o', elf, source], { stdio: 'pipe' });
  execFileSync('aarch64-linux-gnu-objcopy', ['-O', 'binary', elf, join(folder, 'program.bin')]);
  const names = execFileSync('aarch64-linux-gnu-nm', [elf], { encoding: 'utf8' }).trim().split('\n');
  const symbols = new Map(names.map((line) => [line.split(' ')[2], parseInt(line.split(' ')[0], 16)]));
  const bytes = readFileSync(join(folder, 'program.bin'));
  rmSync(folder, { recursive: true });
  return { bytes, symbols };
}

/** Puts the programs into a machine that was reset, about to execute number `program`. */
export function startProgram(machine: Machine, image: ProgramImage, program: number): void {
  const ram = machine.bytes.subarray(DRAM_BASE, DRAM_BASE + 0x40_0000);
  ram.fill(0);
  ram.set(image.bytes, LOAD_ADDRESS);
  machine.reset();
  machine.start(BigInt(LOAD_ADDRESS), BigInt(program));
}
