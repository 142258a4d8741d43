/** Builds small AArch64 programs with the cross compiler, and runs the tools that know them independently. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bytesAccess, type RandomAccess } from '../base/random-access.ts';

const PROGRAMS = join(import.meta.dirname, 'programs');
const MAX_OUTPUT = 256 << 20;

/** Compiles `name`.c from `programs/` into a static executable and returns its path. It goes away when the test process ends. */
export function compileProgram(name: string, flags: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'trapline-program-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const output = join(folder, name);
  const args = [...flags, '-w', '-static', '-o', output, `${name}.c`];
  execFileSync('aarch64-linux-gnu-gcc', args, { cwd: PROGRAMS, stdio: 'pipe' });
  return output;
}

/** Assembles `name`.S from `programs/` and gives the bytes of its text section. */
export function assembleFlat(name: string): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'trapline-program-'));
  const [object, flat] = [join(folder, `${name}.o`), join(folder, name)];
  execFileSync('aarch64-linux-gnu-gcc', ['-c', '-o', object, `${name}.S`], { cwd: PROGRAMS, stdio: 'pipe' });
  execFileSync('aarch64-linux-gnu-objcopy', ['-O', 'binary', object, flat], { stdio: 'pipe' });
  const bytes = readFileSync(flat);
  rmSync(folder, { recursive: true });
  return bytes;
}

/** Output of a tool; `input` goes to its standard input. */
export function runTool(command: string, args: readonly string[], input = ''): string {
  return execFileSync(command, args, {
    input,
    maxBuffer: MAX_OUTPUT,
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'ignore'],
  });
}

/** The whole of a (small) file as a source. */
export function fileInMemory(path: string): RandomAccess {
  return bytesAccess(readFileSync(path));
}

/** A file read piece by piece. */
export class CountedFile implements RandomAccess {
  /** Bytes read so far. */
  bytesRead = 0;

  private constructor(
    private readonly handle: FileHandle,
    readonly size: number,
  ) {}

  static async open(path: string): Promise<CountedFile> {
    const handle = await open(path, 'r');
    return new CountedFile(handle, (await handle.stat()).size);
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    this.bytesRead += length;
    const { bytesRead, buffer } = await this.handle.read(new Uint8Array(length), 0, length, offset);
    return buffer.subarray(0, bytesRead);
  }

  close(): Promise<void> {
    return this.handle.close();
  }
}

/** A generator of numbers that are the same in every run (a linear congruential generator after Knuth). */
export function randomNumbers(seed: number): (below: number) => number {
  let state = BigInt(seed);
  return (below) => {
    state = (state * 6364136223846793005n + 1442695040888963407n) & 0xffff_ffff_ffff_ffffn;
    return Number((state >> 20n) % BigInt(below));
  };
}
