import { describe, expect, it } from 'vitest';
import type { Encoding } from '../../../arch/a64/encoding.ts';
import { ENCODINGS } from '../../../arch/a64/table.ts';
import { uopDifferences } from '../../../testing/uop-differences.ts';
import { UopRunner } from '../../../testing/uop-runner.ts';
import { assembleLines, type UserState } from '../../../testing/user-oracle.ts';
import { definitionOf } from './define.ts';
import './fp-arithmetic.ts';
import './fp-compare.ts';
import './fp-convert.ts';

/** `FP_WORDS`, `FP_STATES` and `FP_SEED` make the long run. */
const amount = {
  words: Number(process.env['FP_WORDS'] ?? 6),
  states: Number(process.env['FP_STATES'] ?? 24),
  seed: Number(process.env['FP_SEED'] ?? 1),
};

const isScalar = (row: Encoding): boolean => row.group.startsWith('float');
const isFloatVector = (row: Encoding): boolean =>
  row.group.startsWith('asi') && /^(F|[SU]CVTF|URECPE|URSQRTE)/.test(row.name) && row.name !== 'FMOV_asimdimm';
const isTwoSource = (row: Encoding): boolean => isFloatVector(row) && /same|pair|elem|all/.test(row.group);

const groups: [string, (row: Encoding) => boolean][] = [
  ['scalar', isScalar],
  ['vector arithmetic and comparison', isTwoSource],
  ['vector conversion and rounding', (row) => isFloatVector(row) && !isTwoSource(row)],
];

describe('floating-point instructions', { timeout: 600_000 }, () => {
  it('have a definition each', () => {
    const missing = ENCODINGS.filter((row) => isScalar(row) || isFloatVector(row)).filter(
      (row) => !definitionOf(row.name),
    );
    expect(missing.map((row) => row.name)).toEqual([]);
  });

  it.each(groups)('agree with QEMU: %s', (_, belongs) => {
    const rows = ENCODINGS.filter(belongs);
    expect(rows.length).toBeGreaterThan(30);
    expect(uopDifferences(new UopRunner(), rows, amount)).toEqual([]);
  });

  it('stay in wasm on ordinary operands once IXC is set', () => {
    const lines = ['fadd', 'fsub', 'fmul', 'fdiv', 'fmax', 'fmin'].map((name) => `${name} d0, d1, d2`);
    const more = [
      'fmadd d0, d1, d2, d3',
      'fmls v0.4s, v1.4s, v2.4s',
      'fsqrt v0.2d, v1.2d',
      'fcmp d1, d2',
      'fcvt s0, d1',
    ];
    const words = assembleLines([
      ...lines,
      ...more,
      'fcvtzs x0, d1',
      'scvtf d0, x1',
      'frinta d0, d1',
      'fcvtzu w0, d1, #3',
    ]);
    expect(words.flatMap((word) => slowCalls(word, 0x10))).toEqual([]);
  });

  it('stay in wasm without IXC where the result is exact', () => {
    const words = assembleLines([
      'fadd d0, d1, d1',
      'fmul d0, d2, d2',
      'fdiv d0, d2, d2',
      'fcvtzs x0, d2',
      'scvtf s0, w1',
    ]);
    expect(words.flatMap((word) => slowCalls(word, 0))).toEqual([]);
  });
});

/** The word, if it needed the soft float. */
function slowCalls(word: number, fpsr: number): string[] {
  const double = (value: number): bigint => new BigUint64Array(new Float64Array([value]).buffer)[0];
  const pair = (value: number): bigint => double(value) * 0x1_0000_0000_0000_0001n;
  const state: UserState = {
    v: [pair(0), pair(1.1), pair(3), pair(-2.7)],
    x: [0n, 5n, 0n],
    nzcv: 0,
    fpcr: 0,
    fpsr,
  };
  const runner = new UopRunner();
  runner.run(word, state);
  return runner.helperCalls.size === 0 ? [] : [word.toString(16)];
}
