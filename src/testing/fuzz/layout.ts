/** Where everything of the fuzzer's program lies, by physical address; EL2 sees all of it there, EL1 and EL0 the code, the window and an alias. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Sequences of a batch. */
export const SEQUENCES = 2048;
export const MONITOR = 0x20_0000;
/** Where a sequence is sent that does not end. */
export const ABORT = MONITOR + 0x400;
const EL1_VECTORS = MONITOR + 0x1800;
export const TABLES = 0x30_0000;
/** Last-level tables of the window, one for each of two stage-1 trees, one page after the other; and what they are restored from. */
export const WINDOW_TABLES = 0x38_0000;
export const WINDOW_TEMPLATES = 0x38_4000;
/** Code: a slot of 64 words for each sequence. EL1 and EL0 write to it through the alias only. */
export const CODE = 0x40_0000;
export const SLOT_WORDS = 64;
export const CODE_ALIAS = 0x1040_0000;
/** Data pages; the page after them belongs to nobody, then come the window's own tables, for EL1. */
export const WINDOW = 0x60_0000;
export const WINDOW_PAGES = 8;
export const WINDOW_TABLE_PAGES = [9, 10] as const;
/** 512 bytes for each sequence. */
export const DESCRIPTORS = 0x80_0000;
/** 1 KiB for each sequence. */
export const RESULTS = 0xa0_0000;
export const LOG = 0xe0_0000;
const LOG_SIZE = 0x20_0000;
const FRAME = 0x100_0000;
/** Sequence that runs now. */
export const CURRENT = FRAME + 264;
/** Values that SIMD registers start with. */
export const POOL = 0x101_0000;
export const POOL_SIZE = 0x1000;
/** End of all that the program uses. */
export const END = 0x120_0000;
/** The tree that is made first. */
const EL2_TABLE = TABLES;

const SYMBOLS = {
  SEQUENCES,
  EL1_VECTORS,
  WINDOW_TABLES,
  WINDOW_TEMPLATES,
  DESCRIPTORS,
  RESULTS,
  LOG,
  LOG_SIZE,
  FRAME,
  POOL,
  EL2_TABLE,
};

/** The monitor's bytes, for `MONITOR`. */
export function assembleMonitor(): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'trapline-fuzz-'));
  const [object, flat] = [join(folder, 'monitor.o'), join(folder, 'monitor')];
  const symbols = Object.entries(SYMBOLS).map(([name, value]) => `-Wa,--defsym,${name}=${value}`);
  const source = join(import.meta.dirname, 'monitor.S');
  execFileSync('aarch64-linux-gnu-gcc', ['-c', ...symbols, '-o', object, source], { stdio: 'pipe' });
  execFileSync('aarch64-linux-gnu-objcopy', ['-O', 'binary', object, flat], { stdio: 'pipe' });
  const bytes = readFileSync(flat);
  rmSync(folder, { recursive: true });
  return bytes;
}
