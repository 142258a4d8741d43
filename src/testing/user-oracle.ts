/** QEMU's user mode as an instruction oracle: runs single A64 instructions on given registers (tests only). */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Registers before and after one instruction. Only V0-V3 and X0-X2 are under control; NZCV is in bits 31:28. */
export interface UserState {
  /** 128 bits each. */
  readonly v: readonly [bigint, bigint, bigint, bigint];
  readonly x: readonly [bigint, bigint, bigint];
  readonly nzcv: number;
  readonly fpcr: number;
  readonly fpsr: number;
}

/** One instruction word and the states it runs on. */
export interface UserBatch {
  readonly word: number;
  readonly states: readonly UserState[];
}

/** v (8), x (3), nzcv, fpcr, fpsr: 64 bits each, as `struct state` in user-oracle.c. */
const STATE_WORDS = 14;
const MASK64 = 0xffff_ffff_ffff_ffffn;

/** Assembles one instruction a line; the result holds one word for each. */
export function assembleLines(lines: readonly string[], options: readonly string[] = []): number[] {
  const dir = mkdtempSync(join(tmpdir(), 'a64-'));
  try {
    const object = join(dir, 'a.o');
    const binary = join(dir, 'a.bin');
    const input = `.arch armv8-a+crc+crypto\n${lines.join('\n')}\n`;
    execFileSync('aarch64-linux-gnu-as', [...options, '-o', object, '-'], { input });
    execFileSync('aarch64-linux-gnu-objcopy', ['-O', 'binary', object, binary]);
    const bytes = readFileSync(binary);
    return lines.map((_, i) => bytes.readUInt32LE(i * 4));
  } finally {
    rmSync(dir, { recursive: true });
  }
}

/** Builds the program once for each version of its source. */
function oracleProgram(): string {
  const source = join(import.meta.dirname, 'user-oracle.c');
  const digest = createHash('sha256').update(readFileSync(source)).digest('hex').slice(0, 16);
  const dir = join(tmpdir(), 'a64-user-oracle');
  const program = join(dir, digest);
  if (!existsSync(program)) {
    mkdirSync(dir, { recursive: true });
    const partial = `${program}.${process.pid}`;
    execFileSync('aarch64-linux-gnu-gcc', ['-O1', '-static', '-o', partial, source]);
    renameSync(partial, program);
  }
  return program;
}

function encode(batches: readonly UserBatch[]): Uint8Array {
  const words = batches.reduce((sum, batch) => sum + 1 + batch.states.length * STATE_WORDS, 0);
  const out = new BigUint64Array(words);
  let at = 0;
  for (const { word, states } of batches) {
    out[at++] = BigInt(word >>> 0) | (BigInt(states.length) << 32n);
    for (const state of states) {
      const v = state.v.flatMap((value) => [value & MASK64, value >> 64n]);
      out.set([...v, ...state.x, BigInt(state.nzcv >>> 0), BigInt(state.fpcr >>> 0), BigInt(state.fpsr >>> 0)], at);
      at += STATE_WORDS;
    }
  }
  return new Uint8Array(out.buffer);
}

function decode(words: BigUint64Array, at: number): UserState {
  const v = (n: number): bigint => words[at + 2 * n] | (words[at + 2 * n + 1] << 64n);
  return {
    v: [v(0), v(1), v(2), v(3)],
    x: [words[at + 8], words[at + 9], words[at + 10]],
    nzcv: Number(words[at + 11]),
    fpcr: Number(words[at + 12]),
    fpsr: Number(words[at + 13]),
  };
}

/** What QEMU's Cortex-A53 makes of the batches: one array of states after the instruction for each. */
export function runUserOracle(batches: readonly UserBatch[]): UserState[][] {
  const output = execFileSync('qemu-aarch64-static', ['-cpu', 'cortex-a53', oracleProgram()], {
    input: encode(batches),
    maxBuffer: 1 << 30,
  });
  const words = new BigUint64Array(new Uint8Array(output).buffer);
  let next = -STATE_WORDS;
  return batches.map(({ states }) => states.map(() => decode(words, (next += STATE_WORDS))));
}
