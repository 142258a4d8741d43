/**
 * The disassembler against GNU objdump (text) and the table against LLVM MC (which words are UNDEFINED in Armv8.0).
 *
 * Where objdump differs on purpose: it knows later extensions and calls some CONSTRAINED UNPREDICTABLE words undefined; see `isExplained`.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decode } from './decode.ts';
import { disassemble } from './disassemble.ts';
import { randomWords, wordsOf } from '../../testing/a64-words.ts';
import { ENCODINGS } from './table.ts';

/** The long run takes more words, from other seeds: 24 for each row and 10,000 anywhere in the usual one. */
const LENGTH = Number(process.env['DISASSEMBLER_LENGTH'] ?? 1);
const random = randomWords(Number(process.env['DISASSEMBLER_SEED'] ?? 2026));
const rowWords = ENCODINGS.flatMap((row) => wordsOf(row, 24 * LENGTH, random));
const anyWords = Array.from({ length: 10_000 * LENGTH }, () => random());

/** Lines of objdump without comments and symbol guesses, blanks made single; undefined where it says so. */
function objdump(words: readonly number[], option: string): (string | undefined)[] {
  const folder = mkdtempSync(join(tmpdir(), 'a64-'));
  const file = join(folder, 'words.bin');
  try {
    writeFileSync(file, new Uint8Array(Uint32Array.from(words).buffer));
    const args = ['-D', '-z', '-b', 'binary', '-m', 'aarch64', '-M', option, file];
    const text = execFileSync('aarch64-linux-gnu-objdump', args, { encoding: 'utf8', maxBuffer: 1 << 28 });
    return text.split('\n').flatMap((line) => {
      const match = /^\s*[0-9a-f]+:\t[0-9a-f]{8} \t(.*)$/.exec(line);
      return match ? [instructionText(match[1])] : [];
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function instructionText(line: string): string | undefined {
  if (line.includes('undefined')) return undefined;
  return line
    .replace(/\s*\/\/.*$/, '')
    .replace(/\s+/g, ' ')
    .trim();
}

const rowName = (word: number): string => decode(word)?.row.name ?? '';

/** Differences that are meant. */
function isExplained(word: number, ours: string, theirs: string | undefined): boolean {
  const name = rowName(word);
  // A word with unused register fields that are not all ones, or registers that overlap, is CONSTRAINED UNPREDICTABLE, not UNDEFINED.
  if (theirs === undefined) return /^(LDAR[BH]?_ldstexcl|LDPSW_)/.test(name);
  // PSTATE.SP takes CRm<0>; objdump accepts only 0 and 1.
  if (name === 'MSR_pstate') return theirs.startsWith('msr s0_0_c4_');
  // Barriers, hints and SYS operations that later versions gave names to.
  if (name === 'DSB_barriers') return /^p?ssbb$/.test(theirs);
  if (name === 'HINT_hints') return ours.startsWith('hint #');
  if (name === 'SYS_systeminstrs') return ours.startsWith('sys #');
  // Names of system registers: later ones that the Cortex-A53 does not have, and ours that objdump does not know.
  if (/^M(RS|SR)_systemmove$/.test(name))
    return /\bs[23]_\d_c\d+_c\d+_\d\b/.test(ours) !== /\bs[23]_\d_c\d+_c\d+_\d\b/.test(theirs);
  return name === 'RET_branch_reg' && theirs === 'ret';
}

function unexplained(words: readonly number[], aliases: boolean): string[] {
  const theirs = objdump(words, aliases ? 'aliases' : 'no-aliases');
  expect(theirs).toHaveLength(words.length);
  return words.flatMap((word, index) => {
    if (decode(word) === undefined) return [];
    const ours = disassemble(word, BigInt(4 * index), undefined, { aliases });
    if (ours === theirs[index] || isExplained(word, ours, theirs[index])) return [];
    return [`${word.toString(16)} ${rowName(word)}: '${ours}', objdump '${theirs[index]}'`];
  });
}

/** Indices of the words that LLVM MC, told of Armv8.0 only, calls invalid. */
function llvmInvalid(words: readonly number[]): Set<number> {
  const hex = (word: number): string =>
    [0, 8, 16, 24].map((lsb) => `0x${((word >>> lsb) & 255).toString(16)}`).join(' ');
  const args = ['-disassemble', '-triple=aarch64', '-mattr=+v8a,+crc,+crypto,+fp-armv8,+neon'];
  const run = spawnSync('llvm-mc', args, { input: words.map(hex).join('\n'), encoding: 'utf8', maxBuffer: 1 << 28 });
  expect(run.status).toBe(0);
  const lines = run.stderr.matchAll(/<stdin>:(\d+):\d+: warning: invalid/g);
  return new Set(Array.from(lines, (match) => Number(match[1]) - 1));
}

/** MSR, MRS and SYS with op0 0: LLVM writes any of them generically; only the hint, barrier and PSTATE ones exist. */
const isOp0Zero = (word: number): boolean => (word & 0xffd8_0000) >>> 0 === 0xd500_0000;

/** UDF: LLVM has a name for what is permanently UNDEFINED. */
const isUdf = (word: number): boolean => word >>> 16 === 0;

/** A word two bits away from one of the row: where the limits of a row are. */
const neighbours = ENCODINGS.flatMap((row) =>
  wordsOf(row, 12 * LENGTH, random).map((word) => (word ^ (1 << (random() & 31)) ^ (1 << (random() & 31))) >>> 0),
);

describe('the disassembler', { timeout: 600_000 }, () => {
  it('agrees with objdump on words of every row, aliases and all', () => {
    expect(unexplained(rowWords, true)).toEqual([]);
  });

  it('agrees with objdump on words of every row without aliases', () => {
    expect(unexplained(rowWords, false)).toEqual([]);
  });

  it('agrees with objdump on random words', () => {
    expect(unexplained(anyWords, true)).toEqual([]);
  });

  it('names the cache, translation and TLB operations as objdump does', () => {
    const words = Array.from({ length: 1 << 12 }, (_, index) => {
      const [op1, CRm, op2] = [index >> 8, index >> 4, index >> 1].map((bits, place) => bits & [7, 15, 7][place]);
      const CRn = index & 0x800 ? 8 : 7;
      const Rt = index & 1 ? 31 : 3;
      return (0xd5080000 | (op1 << 16) | (CRn << 12) | (CRm << 8) | (op2 << 5) | Rt) >>> 0;
    });
    expect(unexplained(words, true)).toEqual([]);
    expect(words.filter((word) => !disassemble(word, 0n).startsWith('sys')).length).toBe(98);
  });

  it('names system registers and symbols', () => {
    expect(disassemble(0xd51c2100, 0n)).toBe('msr vttbr_el2, x0');
    expect(disassemble(0xd5384240, 0n, undefined, { systemRegister: () => 'level' })).toBe('mrs x0, level');
    expect(disassemble(0x94000002, 0x1000n, (address) => (address === 0x1008n ? 'main' : undefined))).toBe(
      'bl 0x1008 <main>',
    );
  });

  it('shows an UNDEFINED word as data', () => {
    expect(disassemble(0x88a07c41, 0n)).toBe('.inst 0x88a07c41 ; undefined');
  });
});

describe('the encoding table', { timeout: 600_000 }, () => {
  it('agrees with LLVM MC on what is UNDEFINED in Armv8.0', () => {
    const words = [...rowWords, ...anyWords, ...neighbours];
    const invalid = llvmInvalid(words);
    expect(invalid.size).toBeGreaterThan(5000);
    const different = words.filter(
      (word, index) => (decode(word) === undefined) !== invalid.has(index) && !isOp0Zero(word) && !isUdf(word),
    );
    expect(different.map((word) => `${word.toString(16)} ${rowName(word)}`)).toEqual([]);
  });
});
