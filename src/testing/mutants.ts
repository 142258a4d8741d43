/** Damaged copies of files: the same ones in every run. */
import { ElfError } from '../formats/elf/elf-error.ts';
import { DwarfError } from '../formats/dwarf/dwarf-error.ts';
import { SymbolFile } from '../debugger/symbols/symbol-file.ts';
import { bytesAccess, randomNumbers } from './cross-compile.ts';

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

/** What happened to a damaged file: fine, a clear error, or something that must not happen. */
export interface Outcome {
  readonly errors: number;
  readonly unexpected: readonly string[];
  readonly milliseconds: number;
}

/** Asks everything of a damaged file. Only `ElfError` and `DwarfError` may come of it. */
export async function exercise(bytes: Uint8Array, addresses: readonly bigint[]): Promise<Outcome> {
  const started = performance.now();
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
  const file = await attempt(() => SymbolFile.open(bytesAccess(bytes), 'mutant'));
  if (file) await askEverything(file, addresses, attempt);
  return { errors, unexpected, milliseconds: performance.now() - started };
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

type Attempt = <T>(action: () => Promise<T>) => Promise<T | undefined>;

async function askEverything(file: SymbolFile, addresses: readonly bigint[], attempt: Attempt): Promise<void> {
  for (const address of addresses) {
    await attempt(() => file.lookupAddress(address));
    await attempt(() => file.scopesAt(address));
    await attempt(() => file.frameInfo(address));
    await attempt(() => file.statementRanges(address));
    await attempt(() => file.callSite(address));
  }
  for (const name of ['main', 'outer', 'do_xen_version']) await attempt(() => file.lookupFunction(name));
  for (const name of ['struct node', 'struct domain', 'int']) await attempt(() => file.typeByName(name));
  for (const name of ['first', 'domain_list']) await attempt(() => file.globalVariable(name));
  await attempt(() => file.inlinedInstances('innermost'));
  await attempt(() => file.lookupLine('inlines.c', 20));
  await attempt(() => file.sourceFiles());
}
