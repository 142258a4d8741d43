/** Damaged copies of files: the same ones in every run. */
import { ElfError } from '../formats/elf/elf-error.ts';
import { DwarfError } from '../formats/dwarf/dwarf-error.ts';
import { SymbolFile } from '../debugger/symbols/symbol-file.ts';
import type { RandomAccess } from '../base/random-access.ts';
import { randomNumbers } from './cross-compile.ts';

/** A part of a file that damage is done to, in bytes. */
export interface Target {
  readonly start: number;
  readonly end: number;
}

/** Copy number `seed` of `original`: some bytes within `targets` changed, now and then cut short. */
export function mutate(original: Uint8Array, targets: readonly Target[], seed: number): Uint8Array {
  const random = randomNumbers(seed * 7919 + 1);
  const copy = original.slice();
  const target = targets[random(targets.length)];
  const size = Math.max(target.end - target.start, 1);
  for (let i = random(16); i >= 0; i--) {
    const at = Math.min(target.start + random(size), copy.length - 1);
    copy[at] = SHARP[random(SHARP.length)] ?? copy[at] ^ (1 << random(8));
  }
  return random(20) === 0 ? copy.slice(0, random(copy.length)) : copy;
}

/** Values that damage the most; undefined stands for a flipped bit. */
const SHARP = [0x00, 0xff, 0x7f, 0x80, 0x01, undefined, undefined, undefined, undefined];

/** A source whose bytes are damaged as they are read: for files that are too large to copy. */
export class DamagedFile implements RandomAccess {
  /** Bytes asked for so far. */
  bytesRead = 0;
  readonly size: number;
  readonly #changes = new Map<number, number | undefined>();

  constructor(
    private readonly original: RandomAccess,
    targets: readonly Target[],
    seed: number,
  ) {
    const random = randomNumbers(seed * 7919 + 1);
    const { start, end } = targets[random(targets.length)];
    for (let i = random(16); i >= 0; i--)
      this.#changes.set(start + random(Math.max(end - start, 1)), SHARP[random(SHARP.length)]);
    this.size = random(20) === 0 ? random(original.size) : original.size;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    const bytes = (await this.original.read(offset, Math.min(length, Math.max(0, this.size - offset)))).slice();
    this.bytesRead += bytes.length;
    for (const [at, value] of this.#changes) {
      const index = at - offset;
      if (index >= 0 && index < bytes.length) bytes[index] = value ?? bytes[index] ^ (1 << (at & 7));
    }
    return bytes;
  }
}

/** What happened to a damaged file: fine, a clear error, or something that must not happen. */
export interface Outcome {
  readonly errors: number;
  readonly unexpected: readonly string[];
  /** Of the file, in its cache afterwards. */
  readonly residentBytes: number;
}

/** Asks everything of a damaged file. Only `ElfError` and `DwarfError` may come of it. */
export async function exercise(source: RandomAccess, questions: Questions): Promise<Outcome> {
  let errors = 0;
  const unexpected: string[] = [];
  const attempt = async <T>(action: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await action();
    } catch (error) {
      errors++;
      if (!(error instanceof ElfError || error instanceof DwarfError)) unexpected.push(describe(error));
      return undefined;
    }
  };
  const file = await attempt(() => SymbolFile.open(source, 'mutant'));
  if (file) await askEverything(file, questions, attempt);
  return { errors, unexpected, residentBytes: file?.residentBytes ?? 0 };
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

type Attempt = <T>(action: () => Promise<T>) => Promise<T | undefined>;

/** What is asked of a file. */
export interface Questions {
  readonly addresses: readonly bigint[];
  readonly functions: readonly string[];
  readonly types: readonly string[];
  readonly variables: readonly string[];
  /** A source file with lines. */
  readonly source?: string;
  /** A function that was inlined: asking reads every unit. */
  readonly inlined?: string;
}

async function askEverything(file: SymbolFile, questions: Questions, attempt: Attempt): Promise<void> {
  const { addresses, functions, types, variables, source, inlined } = questions;
  for (const address of addresses) {
    await attempt(() => file.lookupAddress(address));
    await attempt(() => file.scopesAt(address));
    await attempt(() => file.frameInfo(address));
    await attempt(() => file.statementRanges(address));
    await attempt(() => file.callSite(address));
  }
  for (const name of functions) await attempt(() => file.lookupFunction(name));
  for (const name of types) await attempt(() => file.typeByName(name));
  for (const name of variables) await attempt(() => file.globalVariable(name));
  if (inlined !== undefined) await attempt(() => file.inlinedInstances(inlined));
  if (source === undefined) return;
  await attempt(() => file.lookupLine(source, 20));
  await attempt(() => file.sourceFiles());
}
