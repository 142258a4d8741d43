/** QEMU's user mode as the oracle of instruction tests: all registers and a window of memory, before and after (tests only). */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DATA_WORDS, Word } from './case.ts';

/** Builds the program once for each version of its source. */
function oracleProgram(): string {
  const source = join(import.meta.dirname, 'oracle.c');
  const digest = createHash('sha256').update(readFileSync(source)).digest('hex').slice(0, 16);
  const folder = join(tmpdir(), 'a64-instruction-oracle');
  const program = join(folder, digest);
  if (!existsSync(program)) {
    mkdirSync(folder, { recursive: true });
    const partial = `${program}.${process.pid}`;
    execFileSync('aarch64-linux-gnu-gcc', ['-O1', '-fno-stack-protector', '-static', '-o', partial, source]);
    renameSync(partial, program);
  }
  return program;
}

/** Runs placed cases on QEMU's Cortex-A53. The results have memory behind them where the case asks for it. */
export function runOracle(code: Uint8Array, cases: readonly BigUint64Array[]): BigUint64Array[] {
  const input = new Uint8Array(code.length + cases.length * Word.count * 8);
  input.set(code);
  cases.forEach((state, i) => {
    input.set(new Uint8Array(state.buffer, state.byteOffset, state.byteLength), code.length + i * Word.count * 8);
  });
  const output = execFileSync('qemu-aarch64-static', ['-cpu', 'cortex-a53', oracleProgram()], {
    input,
    maxBuffer: 1 << 30,
    timeout: 120_000,
  });
  return split(new BigUint64Array(new Uint8Array(output).buffer), cases);
}

function split(words: BigUint64Array, cases: readonly BigUint64Array[]): BigUint64Array[] {
  let at = 0;
  const results = cases.map((state) => {
    const begin = at;
    at += Word.count + (state[Word.stop] === 1n ? DATA_WORDS : 0);
    return words.subarray(begin, at);
  });
  if (at !== words.length) throw new Error(`the oracle answered ${words.length} words instead of ${at}`);
  return results;
}
