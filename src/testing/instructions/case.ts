/** One case of an instruction test: registers and memory before or after some code, in 64-bit words as `struct state` of oracle.c (tests only). */

/** Where code stands. Branches may lead anywhere from `SEA` to `SEA + SEA_SIZE`; words there are 0 but for the code. */
export const SEA = 0x1000_0000;
export const SEA_SIZE = 0x2000_0000;
export const CODE = 0x2000_0000;
/** Bytes. */
export const CODE_SIZE = 0x4_0000;

/** A window of memory, across the end of a page. */
export const DATA = 0x5000_0c00;
export const DATA_WORDS = 256;
export const DATA_SIZE = 8 * DATA_WORDS;

/**
 * Word offsets. `sp` follows X30, so that register 31 where it is SP is just `x + 31`. `stop` is 1 before when memory counts (then `DATA_WORDS` more words follow
 * afterwards), and a `Stop` afterwards. `seed` fills the memory.
 */
export const Word = {
  x: 0,
  sp: 31,
  v: 32,
  nzcv: 96,
  fpcr: 97,
  fpsr: 98,
  tpidr: 99,
  pc: 100,
  stop: 101,
  seed: 102,
  count: 103,
} as const;

/** What ended a case: Linux signal numbers. */
export const Stop = { undefined: 4n, brk: 5n, unaligned: 7n, fault: 11n } as const;

/** FPSR bits that exist: QC and the cumulative exceptions. */
export const FPSR_BITS = 0x0800_009f;
/** FPCR bits that exist: AHP, DN, FZ, RMode. */
export const FPCR_BITS = 0x07c0_0000;

/** Registers before, and code. */
export interface Job {
  /** What it tests: a row of the encoding table, or another name. */
  readonly name: string;
  readonly words: readonly number[];
  /** Memory counts. */
  readonly memory: boolean;
  /** `Word.count` words each; `pc` and `stop` are filled in when the code is placed. */
  readonly states: readonly BigUint64Array[];
}

/** Name of a word of a state, or of the memory behind it. */
export function wordName(at: number): string {
  if (at < Word.sp) return `x${at}`;
  if (at >= Word.v && at < Word.nzcv) return `v${(at - Word.v) >> 1}.d[${at & 1}]`;
  if (at >= Word.count) return `memory+${8 * (at - Word.count)}`;
  return Object.entries(Word).find(([, word]) => word === at)?.[0] ?? String(at);
}

/** Fills memory as oracle.c does (splitmix64). */
export function fillMemory(memory: BigUint64Array, seed: bigint): void {
  let state = seed;
  for (let i = 0; i < memory.length; i += 1) {
    state = BigInt.asUintN(64, state + 0x9e37_79b9_7f4a_7c15n);
    let z = BigInt.asUintN(64, (state ^ (state >> 30n)) * 0xbf58_476d_1ce4_e5b9n);
    z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d0_49bb_1331_11ebn);
    memory[i] = z ^ (z >> 31n);
  }
}
