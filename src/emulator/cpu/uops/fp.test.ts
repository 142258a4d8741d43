import { describe, expect, it } from 'vitest';
import type { Encoding } from '../../../arch/a64/encoding.ts';
import { ENCODINGS } from '../../../arch/a64/table.ts';
import { RandomBits } from '../../../testing/fp-operands.ts';
import { uopDifferences } from '../../../testing/uop-differences.ts';
import { UopRunner } from '../../../testing/uop-runner.ts';
import { assembleLines, runUserOracle, type UserState } from '../../../testing/user-oracle.ts';
import { fpMul, fpMulAdd } from '../fp/arithmetic.ts';
import { DOUBLE, type FloatFormat, fpNeg, SINGLE } from '../fp/format.ts';
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

  it('agree with QEMU where the fast paths end', () => {
    expect(edgeDifferences()).toEqual([]);
  });

  it.each([
    [32, 0],
    [32, 0x10],
    [64, 0x10],
  ] as const)('fuse exactly where %i-bit sums cancel or tie, FPSR %i', (size, fpsr) => {
    expect(fusedDifferences(size, fpsr, amount.words * 500)).toEqual([]);
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

/** Numbers at which a result starts to be tiny, inexact or out of an integer's range. */
function edges(size: 32 | 64): bigint[] {
  const format = size === 64 ? DOUBLE : SINGLE;
  const one = BigInt(format.maxBiased >> 1) << format.fractionShift;
  const power = (n: number): bigint => one + (BigInt(n) << format.fractionShift);
  const smallest = 1n << format.fractionShift;
  const widths = [13, 14, 26, 27, 28].filter((bits) => bits <= format.fractionBits);
  const halves = widths.map((bits) => one | format.quietBit | (1n << (format.fractionShift + 1n - BigInt(bits))));
  const integers = [-1, 0, 23, 24, 31, 32, 53, 63, 64].flatMap((n) => [power(n) - 1n, power(n), power(n) + 1n]);
  const positive = [
    0n,
    smallest - 1n,
    smallest,
    smallest + 1n,
    smallest * 2n,
    format.infinity - 1n,
    ...halves,
    ...integers,
  ];
  return [...positive, ...[power(31), power(31) + 1n, power(63), power(63) + 1n, one].map((x) => x | format.signBit)];
}

function edgeDifferences(): string[] {
  const two = ['fadd', 'fsub', 'fmul', 'fdiv'].map((name) => `${name} F0, F1, F2`);
  const one = ['w0', 'x0'].flatMap((r) => [`fcvtzs ${r}, F1`, `fcvtzu ${r}, F1`, `fcvtas ${r}, F1`, `fcvtns ${r}, F1`]);
  const from = ['w1', 'x1'].flatMap((r) => [`scvtf F0, ${r}`, `ucvtf F0, ${r}`]);
  return ([32, 64] as const).flatMap((size) => {
    const [own, other] = size === 64 ? ['d', 's'] : ['s', 'd'];
    const lines = [...two, ...one, ...from, 'fsqrt F0, F1', `fcvt ${other}0, F1`].map((line) =>
      line.replaceAll('F', own),
    );
    const states = edges(size).flatMap((n) =>
      edges(size).flatMap((m) => [0, 0x10].map((fpsr) => edgeState(n, m, fpsr))),
    );
    const batches = assembleLines(lines).map((word) => ({ word, states }));
    const runner = new UopRunner();
    return runUserOracle(batches).flatMap((results, i) =>
      results.flatMap(({ v, x, fpsr }, j) => {
        const ours = runner.run(batches[i].word, states[j]);
        const same = ours.v[0] === v[0] && ours.x[0] === x[0] && ours.fpsr === fpsr;
        return same ? [] : [`${lines[i]}: ${states[j].v.map((value) => value.toString(16)).join(' ')}`];
      }),
    );
  });
}

/** General registers get integers near powers of two, as many of them as there are operands. */
function edgeState(n: bigint, m: bigint, fpsr: number): UserState {
  const integer = (1n << (m & 63n)) + (n & 3n) - 1n;
  return { v: [0n, n, m, 0n], x: [0n, BigInt.asUintN(64, n & 4n ? -integer : integer), 0n], nzcv: 0, fpcr: 0, fpsr };
}

/** Numbers whose exact a + n * m lies at, or very little beside, a tie, a cancellation or a number: what a double rounding gets wrong. */
function fusedOperands(random: RandomBits, size: 32 | 64): [bigint, bigint, bigint] {
  const format = size === 64 ? DOUBLE : SINGLE;
  const exponent = (by: number): bigint => BigInt(by) << format.fractionShift;
  if (random.below(2) === 0) {
    // The product is a hair beside half a unit of the last place of the addend.
    const one = (): bigint => exponent(format.maxBiased >> 1) + BigInt(random.below(9) - 4);
    const addend = nearOne(random, format) + exponent(format.fractionBits + random.below(4) - 1);
    return [one(), random.below(2) ? one() : fpNeg(format, one()), addend];
  }
  const [n, m] = [nearOne(random, format), nearOne(random, format)];
  const product = fpNeg(format, fpMul(format, n, m, { fpcr: 0, fpsr: 0 }));
  const nudged = product + BigInt(random.below(5) - 2);
  const far = exponent(random.below(120) - 60);
  return [n, m, random.pick([nudged, product, product + far, nearOne(random, format) + far, 0n])];
}

/** Few or many significant bits, exponent near 0, either sign. */
function nearOne(random: RandomBits, format: FloatFormat): bigint {
  const kept = (1n << BigInt(random.below(format.fractionBits + 1))) - 1n;
  const fraction = random.next() & format.fractionMask;
  const exponent = BigInt(random.below(9) - 4 + (format.maxBiased >> 1)) << format.fractionShift;
  return exponent | (random.below(2) ? fraction & ~kept : fraction & kept) | (random.below(2) ? format.signBit : 0n);
}

/** Cases in which the instruction, with the given FPSR, is not what the soft float says. */
function fusedDifferences(size: 32 | 64, fpsr: number, cases: number): string[] {
  const random = new RandomBits(amount.seed);
  const runner = new UopRunner();
  const [word] = assembleLines([size === 64 ? 'fmadd d0, d1, d2, d3' : 'fmadd s0, s1, s2, s3']);
  return Array.from({ length: cases }, () => fusedOperands(random, size)).flatMap(([n, m, a]) => {
    const fp = { fpcr: 0, fpsr };
    const expected = fpMulAdd(size === 64 ? DOUBLE : SINGLE, a, n, m, fp);
    const after = runner.run(word, { v: [0n, n, m, a], x: [0n, 0n, 0n], nzcv: 0, fpcr: 0, fpsr });
    const same = after.v[0] === expected && after.fpsr === fp.fpsr;
    return same ? [] : [[n, m, a, expected, after.v[0]].map((x) => x.toString(16)).join(' ')];
  });
}

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
