/** QEMU's user mode as an oracle for single loads and stores: registers and a window of memory, before and after (tests only). */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where the instruction stands, in a page whose byte `i` is `codeByte(i)` (but for the instruction and the word after it, RET). */
export const CODE_PAGE = 0x1020_0000;
export const CODE_AT = CODE_PAGE + 0x800;
export const codeByte = (i: number): number => (i * 7 + (i >> 8)) & 255;
export const RETURN = 0xd65f03c0;

/** The window of memory: 1024 bytes across the end of a page. */
export const DATA = 0x2000_0e00;
export const DATA_SIZE = 1024;

/** Offsets in 64-bit words of one case, as `struct state` in memory-oracle.c: V0-V31, X0-X15, NZCV, the instruction, memory. */
export const CaseWord = { v: 0, x: 64, nzcv: 80, instruction: 81, memory: 82, count: 82 + DATA_SIZE / 8 } as const;

function buildProgram(folder: string): string {
  const program = join(folder, 'oracle');
  const source = join(import.meta.dirname, 'memory-oracle.c');
  execFileSync('aarch64-linux-gnu-gcc', ['-O1', '-static', '-o', program, source]);
  return program;
}

/** Runs cases laid end to end and gives the states after them, in the same form. */
export function runMemoryOracle(cases: BigUint64Array): BigUint64Array {
  const folder = mkdtempSync(join(tmpdir(), 'a64-memory-'));
  try {
    const output = execFileSync('qemu-aarch64-static', ['-cpu', 'cortex-a53', buildProgram(folder)], {
      input: new Uint8Array(cases.buffer, cases.byteOffset, cases.byteLength),
      maxBuffer: 1 << 30,
    });
    return new BigUint64Array(new Uint8Array(output).buffer);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
