/** Every load and store against QEMU's Cortex-A53: registers, writeback and memory, through the soft TLB and past it, across pages. */
import { describe, expect, it } from 'vitest';
import { disassemble } from '../../../arch/a64/disassemble.ts';
import { encode, fieldsOf, type Encoding, type Fields } from '../../../arch/a64/encoding.ts';
import { signExtend } from '../../../arch/a64/operands.ts';
import { ENCODINGS } from '../../../arch/a64/table.ts';
import { randomWords, wordsOf } from '../../../testing/a64-words.ts';
import { FlatCpu } from '../../../testing/flat-cpu.ts';
import {
  CaseWord,
  CODE_AT,
  CODE_PAGE,
  codeByte,
  DATA,
  DATA_SIZE,
  RETURN,
  runMemoryOracle,
} from '../../../testing/memory-oracle.ts';
import { DRAM_BASE, TLB_BASE } from '../../memory-layout.ts';
import { EXCLUSIVE_SIZE, V } from '../state.ts';
import { TLB_MASK } from './context.ts';

const WORDS = Number(process.env['MEMORY_WORDS'] ?? 10);
const SEED = Number(process.env['MEMORY_SEED'] ?? 29);

const rows = ENCODINGS.filter((row) => /^(ldst|loadlit|asisdls)/.test(row.group));
const random = randomWords(SEED);
const random64 = (): bigint => (BigInt(random()) << 32n) | BigInt(random());

/** Base X0, offset X1; the others apart from each other, as overlaps are CONSTRAINED UNPREDICTABLE. Literals stay in the code page. */
function confine(row: Encoding, word: number): number {
  const fields = fieldsOf(row, word);
  const isVector = row.name.includes('_V_') || row.group.startsWith('asisdls');
  const [first, second, third] = [2 + (random() % 4), 6 + (random() % 4), 10 + (random() % 4)];
  const orZero = (number: number): number => (random() % 8 === 0 ? 31 : number);
  fields['Rn'] = 0;
  if (fields['Rm'] !== undefined) fields['Rm'] = row.group === 'ldst_regoff' ? 1 : random() % 2 ? 31 : 1;
  if (!isVector) fields['Rt'] = orZero(first);
  if (fields['Rt2'] !== undefined)
    fields['Rt2'] = isVector ? (fields['Rt'] + 1 + (random() % 31)) % 32 : orZero(second);
  if (fields['Rs'] !== undefined) fields['Rs'] = orZero(third);
  if (fields['imm19'] !== undefined) fields['imm19'] = (random() % 480) - 500;
  return encode(row, fields);
}

/** log2 of the bytes that an offset counts. */
function offsetScale(word: number): number {
  const isVector = (word >>> 26) & 1;
  const isPair = ((word >>> 27) & 7) === 5;
  const opc = word >>> 30;
  if (isPair) return 2 + (isVector ? opc : opc >> 1);
  return isVector && (word >>> 23) & 1 ? 4 : opc;
}

/** What the instruction adds to X0 before the access, given X1. */
function accessOffset(row: Encoding, word: number, x1: bigint): bigint {
  const f: Fields = fieldsOf(row, word);
  const scale = offsetScale(word);
  if (row.group === 'ldst_pos') return BigInt(f['imm12'] << scale);
  if (/ldst(pair_(off|pre)|napair)/.test(row.group)) return BigInt(signExtend(f['imm7'], 7) << scale);
  if (/ldst_(unscaled|unpriv|immpre)/.test(row.group)) return BigInt(signExtend(f['imm9'], 9));
  if (row.group !== 'ldst_regoff') return 0n;
  const index = f['option'] === 2 ? BigInt.asUintN(32, x1) : f['option'] === 6 ? BigInt.asIntN(32, x1) : x1;
  return index << BigInt(f['S'] ? scale : 0);
}

/** One case: anything in the registers, X0 such that the access is in the window, often at the end of a page. */
function makeCase(row: Encoding, word: number): BigUint64Array {
  const state = BigUint64Array.from({ length: CaseWord.count }, random64);
  const x1 = BigInt.asUintN(64, BigInt.asIntN(64, random64()) >> BigInt(random() % 64));
  const place =
    row.group === 'ldstexcl' ? 16 * (random() % 48) : random() % 3 ? random() % 900 : 0x200 - (random() % 64);
  state[CaseWord.x + 1] = x1;
  state[CaseWord.x] = BigInt.asUintN(64, BigInt(DATA + place) - accessOffset(row, word, x1));
  state[CaseWord.nzcv] &= 0xf000_0000n;
  state[CaseWord.instruction] = BigInt(word);
  return state;
}

/** Runs cases on a CPU of ours. */
class Runner {
  readonly #flat = new FlatCpu();
  readonly #memory = new BigUint64Array(this.#flat.memory.buffer, DRAM_BASE + DATA, DATA_SIZE / 8);

  /** `cached`: the soft TLB knows the pages, so that accesses do not leave wasm. */
  run(before: BigUint64Array, cached: boolean): BigUint64Array {
    const { state } = this.#flat;
    this.#prepare(Number(before[CaseWord.instruction]), cached);
    state.u64.set(before.subarray(CaseWord.v, CaseWord.x), V >>> 3);
    state.u64.set(before.subarray(CaseWord.x, CaseWord.nzcv), 0);
    state.nzcv = Number(before[CaseWord.nzcv]);
    this.#memory.set(before.subarray(CaseWord.memory));
    const stop = this.#flat.run(1);
    if (stop) throw new Error(`${disassemble(Number(before[CaseWord.instruction]), 0n)} stopped: ${stop.kind}`);
    const after = before.slice();
    after.set(state.u64.subarray(V >>> 3, (V >>> 3) + 64), CaseWord.v);
    after.set(state.u64.subarray(0, 16), CaseWord.x);
    after[CaseWord.nzcv] = BigInt(state.nzcv);
    after.set(this.#memory, CaseWord.memory);
    return after;
  }

  #prepare(word: number, cached: boolean): void {
    const flat = this.#flat;
    flat.u8.set(
      Array.from({ length: 4096 }, (_, i) => codeByte(i)),
      DRAM_BASE + CODE_PAGE,
    );
    flat.write(CODE_AT, [word, RETURN]);
    flat.forgetCode();
    flat.state.pc = BigInt(CODE_AT);
    flat.state.set(EXCLUSIVE_SIZE, 0);
    flat.u8.fill(0xff, TLB_BASE, TLB_BASE + 0x2000);
    if (cached) for (const page of [CODE_PAGE, 0x2000_0000, 0x2000_1000]) this.#cache(page);
  }

  #cache(page: number): void {
    const entry = TLB_BASE + ((page >>> 7) & TLB_MASK);
    this.#flat.view.setBigUint64(entry, BigInt(page), true);
    this.#flat.view.setBigUint64(entry + 8, BigInt(page), true);
    this.#flat.view.setUint32(entry + 16, DRAM_BASE, true);
  }
}

const PLACES = [
  ...Array.from({ length: 64 }, (_, i) => `v${i >> 1}.d[${i & 1}]`),
  ...Array.from({ length: 16 }, (_, i) => `x${i}`),
  'nzcv',
  'word',
];

function difference(word: number, ours: BigUint64Array, theirs: BigUint64Array): string[] {
  const at = ours.findIndex((value, i) => value !== theirs[i]);
  if (at < 0) return [];
  const place = PLACES[at] ?? `memory + ${8 * (at - CaseWord.memory)}`;
  return [
    `${disassemble(word, BigInt(CODE_AT))}: ${place} is ${ours[at].toString(16)}, QEMU ${theirs[at].toString(16)}`,
  ];
}

describe('loads and stores', () => {
  it('do what QEMU does', () => {
    const words = rows.flatMap((row) => wordsOf(row, WORDS, random).map((word) => [row, confine(row, word)] as const));
    expect(words).toHaveLength(rows.length * WORDS);
    const cases = words.map(([row, word]) => makeCase(row, word));
    const input = new BigUint64Array(cases.length * CaseWord.count);
    cases.forEach((state, i) => input.set(state, i * CaseWord.count));
    const output = runMemoryOracle(input);
    const runner = new Runner();
    const differences = cases.flatMap((before, i) => {
      const theirs = output.subarray(i * CaseWord.count, (i + 1) * CaseWord.count);
      return [false, true].flatMap((cached) => difference(words[i][1], runner.run(before, cached), theirs));
    });
    expect(differences.slice(0, 12)).toEqual([]);
  });
});
