/** Advanced SIMD integer instructions against QEMU's Cortex-A53, registers and FPSR.QC, on random words of every row. */
import { describe, expect, it } from 'vitest';
import { disassemble } from '../../../arch/a64/disassemble.ts';
import type { Encoding } from '../../../arch/a64/encoding.ts';
import { ENCODINGS } from '../../../arch/a64/table.ts';
import { randomWords } from '../../../testing/a64-words.ts';
import { confinedWords, simdState } from '../../../testing/simd-operands.ts';
import { UopRunner } from '../../../testing/uop-runner.ts';
import { runUserOracle, type UserState } from '../../../testing/user-oracle.ts';
import './simd.ts';

/** More of both in the long run; the seed makes other words and states. */
const WORDS = Number(process.env['SIMD_WORDS'] ?? 6);
const STATES = Number(process.env['SIMD_STATES'] ?? 16);
const SEED = Number(process.env['SIMD_SEED'] ?? 53);

const isFloat = ({ name }: Encoding): boolean => /^(F|[SU]CVTF|URECPE|URSQRTE)/.test(name) && name !== 'FMOV_asimdimm';
const isSimd = ({ group }: Encoding): boolean => /^asi[ms]d/.test(group) && !group.startsWith('asisdls');
/** PMULL is with the cryptographic instructions. */
const rows = ENCODINGS.filter((row) => isSimd(row) && !isFloat(row) && row.name !== 'PMULL_asimddiff');

const text = (s: UserState): string =>
  [...s.v.map((v) => v.toString(16)), ...s.x.map((x) => x.toString(16)), s.nzcv.toString(16), s.fpsr.toString(16)].join(
    ' ',
  );

describe('Advanced SIMD integer instructions', () => {
  it('are all of the table', () => {
    expect(rows.length).toBe(237);
  });

  it('give what QEMU gives', () => {
    const random = randomWords(SEED);
    const runner = new UopRunner();
    const batches = rows.flatMap((row) =>
      confinedWords(row, WORDS, random).map((word) => ({
        word,
        states: Array.from({ length: STATES }, () => simdState(random)),
      })),
    );
    expect(batches.length).toBe(rows.length * WORDS);
    const theirs = runUserOracle(batches);
    const differences = batches.flatMap(({ word, states }, i) =>
      states.flatMap((before, j) => {
        const ours = text(runner.run(word, before));
        const expected = text(theirs[i][j]);
        return ours === expected
          ? []
          : [`${disassemble(word, 0n)} on ${text(before)}\n  ours ${ours}\n  QEMU ${expected}`];
      }),
    );
    expect(differences.slice(0, 10)).toEqual([]);
  });

  it('saturate in both directions and say so', () => {
    const runner = new UopRunner();
    const state = (v: bigint): UserState => ({ v: [0n, v, v, 0n], x: [0n, 0n, 0n], nzcv: 0, fpcr: 0, fpsr: 0 });
    const sqadd = 0x4e220c20;
    const after = runner.run(sqadd, state(0x7f80n));
    expect(after.v[0]).toBe(0x7f80n);
    expect(after.fpsr).toBe(1 << 27);
    expect(runner.run(sqadd, state(0x3fc0n)).fpsr).toBe(0);
  });
});
