import { describe, expect, it } from 'vitest';
import { fpOperand, RandomBits, randomFpcr } from '../../../testing/fp-operands.ts';
import { assembleLines, runUserOracle, type UserBatch, type UserState } from '../../../testing/user-oracle.ts';
import * as arithmetic from './arithmetic.ts';
import * as compare from './compare.ts';
import { type FpContext, fpcrRounding, Rounding } from './context.ts';
import * as convert from './convert.ts';
import * as estimate from './estimate.ts';
import { DOUBLE, type FloatFormat, fpNeg, HALF, SINGLE } from './format.ts';

/** Cases for each instruction; `FP_CASES=20000` for the long run. */
const CASES = Number(process.env['FP_CASES'] ?? 300);
const SEED = Number(process.env['FP_SEED'] ?? 1);

interface Operands {
  readonly a: bigint;
  readonly b: bigint;
  readonly c: bigint;
  readonly x: bigint;
}

interface Case {
  readonly text: string;
  readonly size: 16 | 32 | 64;
  /** V0, X0 or NZCV is the result. */
  readonly result: 'v' | 'x' | 'nzcv';
  readonly expected: (operands: Operands, fp: FpContext) => bigint;
}

type TwoOperand = (format: FloatFormat, a: bigint, b: bigint, fp: FpContext) => bigint;

const TWO: Record<string, TwoOperand> = {
  fadd: arithmetic.fpAdd,
  fsub: arithmetic.fpSub,
  fmul: arithmetic.fpMul,
  fmulx: arithmetic.fpMulX,
  fdiv: arithmetic.fpDiv,
  frecps: arithmetic.fpRecipStepFused,
  frsqrts: arithmetic.fpRSqrtStepFused,
  fmax: compare.fpMax,
  fmin: compare.fpMin,
  fmaxnm: compare.fpMaxNum,
  fminnm: compare.fpMinNum,
  fcmeq: mask(compare.fpCompareEQ),
  fcmge: mask(compare.fpCompareGE),
  fcmgt: mask(compare.fpCompareGT),
};

function mask(test: (format: FloatFormat, a: bigint, b: bigint, fp: FpContext) => boolean): TwoOperand {
  return (format, a, b, fp) => (test(format, a, b, fp) ? 2n * format.signBit - 1n : 0n);
}

const ONE: Record<string, (format: FloatFormat, a: bigint, fp: FpContext) => bigint> = {
  fsqrt: arithmetic.fpSqrt,
  frecpe: estimate.fpRecipEstimate,
  frsqrte: estimate.fpRSqrtEstimate,
  frecpx: estimate.fpRecpX,
  frinti: (format, a, fp) => convert.fpRoundInt(format, a, fpcrRounding(fp), false, fp),
  frintx: (format, a, fp) => convert.fpRoundInt(format, a, fpcrRounding(fp), true, fp),
  frintn: (format, a, fp) => convert.fpRoundInt(format, a, Rounding.tieEven, false, fp),
  frinta: (format, a, fp) => convert.fpRoundInt(format, a, Rounding.tieAway, false, fp),
  frintp: (format, a, fp) => convert.fpRoundInt(format, a, Rounding.posInf, false, fp),
  frintm: (format, a, fp) => convert.fpRoundInt(format, a, Rounding.negInf, false, fp),
  frintz: (format, a, fp) => convert.fpRoundInt(format, a, Rounding.zero, false, fp),
};

const FUSED: Record<string, (format: FloatFormat, { a, b, c }: Operands, fp: FpContext) => bigint> = {
  fmadd: (format, { a, b, c }, fp) => arithmetic.fpMulAdd(format, c, a, b, fp),
  fmsub: (format, { a, b, c }, fp) => arithmetic.fpMulAdd(format, c, fpNeg(format, a), b, fp),
  fnmadd: (format, { a, b, c }, fp) => arithmetic.fpMulAdd(format, fpNeg(format, c), fpNeg(format, a), b, fp),
  fnmsub: (format, { a, b, c }, fp) => arithmetic.fpMulAdd(format, fpNeg(format, c), a, b, fp),
};

const TO_INTEGER: Record<string, Rounding> = {
  fcvtn: Rounding.tieEven,
  fcvta: Rounding.tieAway,
  fcvtp: Rounding.posInf,
  fcvtm: Rounding.negInf,
  fcvtz: Rounding.zero,
};

const FORMATS = { 16: HALF, 32: SINGLE, 64: DOUBLE } as const;
const LETTER = { 16: 'h', 32: 's', 64: 'd' } as const;

function arithmeticCases(size: 32 | 64): Case[] {
  const r = LETTER[size];
  const format = FORMATS[size];
  const two = Object.entries(TWO).map(([name, apply]): Case => ({
    text: `${name} ${r}0, ${r}1, ${r}2`,
    size,
    result: 'v',
    expected: ({ a, b }, fp) => apply(format, a, b, fp),
  }));
  const one = Object.entries(ONE).map(([name, apply]): Case => ({
    text: `${name} ${r}0, ${r}1`,
    size,
    result: 'v',
    expected: ({ a }, fp) => apply(format, a, fp),
  }));
  const fused = Object.entries(FUSED).map(([name, apply]): Case => ({
    text: `${name} ${r}0, ${r}1, ${r}2, ${r}3`,
    size,
    result: 'v',
    expected: (operands, fp) => apply(format, operands, fp),
  }));
  const compares = [false, true].map((signalling): Case => ({
    text: `fcmp${signalling ? 'e' : ''} ${r}1, ${r}2`,
    size,
    result: 'nzcv',
    expected: ({ a, b }, fp) => BigInt(compare.fpCompare(format, a, b, signalling, fp)) << 28n,
  }));
  return [...two, ...one, ...fused, ...compares];
}

function integerCases(size: 32 | 64): Case[] {
  const format = FORMATS[size];
  const r = LETTER[size];
  const kinds = ([32, 64] as const).flatMap((width) => [true, false].map((isUnsigned) => ({ width, isUnsigned })));
  return kinds.flatMap(({ width, isUnsigned }) => {
    const g = width === 32 ? 'w' : 'x';
    const u = isUnsigned ? 'u' : 's';
    const toInteger = Object.entries(TO_INTEGER).map(([name, rounding]): Case => ({
      text: `${name}${u} ${g}0, ${r}1`,
      size,
      result: 'x',
      expected: ({ a }, fp) => convert.fpToFixed(format, a, width, 0, isUnsigned, rounding, fp),
    }));
    const fixed = [1, 13, width].flatMap((fraction): Case[] => [
      {
        text: `fcvtz${u} ${g}0, ${r}1, #${fraction}`,
        size,
        result: 'x',
        expected: ({ a }, fp) => convert.fpToFixed(format, a, width, fraction, isUnsigned, Rounding.zero, fp),
      },
      {
        text: `${u}cvtf ${r}0, ${g}1, #${fraction}`,
        size,
        result: 'v',
        expected: ({ x }, fp) => convert.fixedToFp(format, BigInt.asUintN(width, x), width, fraction, isUnsigned, fp),
      },
    ]);
    const fromInteger: Case = {
      text: `${u}cvtf ${r}0, ${g}1`,
      size,
      result: 'v',
      expected: ({ x }, fp) => convert.fixedToFp(format, BigInt.asUintN(width, x), width, 0, isUnsigned, fp),
    };
    return [...toInteger, ...fixed, fromInteger];
  });
}

function formatCases(): Case[] {
  const sizes = [16, 32, 64] as const;
  const pairs = sizes.flatMap((from) => sizes.filter((to) => to !== from).map((to) => ({ from, to })));
  const plain = pairs.map(({ from, to }): Case => ({
    text: `fcvt ${LETTER[to]}0, ${LETTER[from]}1`,
    size: from,
    result: 'v',
    expected: ({ a }, fp) => convert.fpConvert(FORMATS[from], FORMATS[to], a, fp),
  }));
  const toOdd: Case = {
    text: 'fcvtxn s0, d1',
    size: 64,
    result: 'v',
    expected: ({ a }, fp) => convert.fpConvert(DOUBLE, SINGLE, a, fp, Rounding.odd),
  };
  return [...plain, toOdd];
}

function unsignedEstimateCases(): Case[] {
  const both = { urecpe: estimate.unsignedRecipEstimate, ursqrte: estimate.unsignedRSqrtEstimate };
  return Object.entries(both).map(([name, apply]): Case => ({
    text: `${name} v0.2s, v1.2s`,
    size: 32,
    result: 'v',
    expected: ({ a }) => BigInt(apply(Number(a))) | (BigInt(apply(0)) << 32n),
  }));
}

function randomState(random: RandomBits, size: 16 | 32 | 64): UserState {
  const v = (): bigint => fpOperand(random, size);
  const x = BigInt.asUintN(64, BigInt.asIntN(64, random.next()) >> BigInt(random.below(64)));
  const b = v();
  const same = random.below(8) === 0;
  return { v: [0n, same ? b : v(), b, v()], x: [0n, x, 0n], nzcv: 0, fpcr: randomFpcr(random), fpsr: 0 };
}

const hex = (value: bigint | number): string => value.toString(16);

/** One line that says everything about a case, so that a difference reads by itself. */
function line(item: Case, state: UserState, result: bigint, fpsr: number): string {
  const [, a, b, c] = state.v;
  return `${item.text} a=${hex(a)} b=${hex(b)} c=${hex(c)} x=${hex(state.x[1])} fpcr=${hex(state.fpcr)} -> ${hex(result)} fpsr=${hex(fpsr)}`;
}

function ours(item: Case, state: UserState): string {
  const [, a, b, c] = state.v;
  const fp = { fpcr: state.fpcr, fpsr: 0 };
  const result = item.expected({ a, b, c, x: state.x[1] }, fp);
  return line(item, state, result, fp.fpsr);
}

function oracles(item: Case, before: UserState, after: UserState): string {
  const result = { v: after.v[0], x: after.x[0], nzcv: BigInt(after.nzcv) }[item.result];
  return line(item, before, result, after.fpsr);
}

function differences(items: readonly Case[]): string[] {
  const random = new RandomBits(SEED);
  const words = assembleLines(items.map((item) => item.text));
  const batches = items.map((item, i): UserBatch => {
    const states = Array.from({ length: CASES }, () => randomState(random, item.size));
    return { word: words[i], states };
  });
  return runUserOracle(batches).flatMap((results, i) =>
    results.flatMap((after, j) => {
      const before = batches[i].states[j];
      const [mine, theirs] = [ours(items[i], before), oracles(items[i], before, after)];
      return mine === theirs ? [] : [`${mine} | QEMU ${theirs.split(' -> ')[1]}`];
    }),
  );
}

describe('soft float agrees with QEMU in results and FPSR', { timeout: 600_000 }, () => {
  it.each([32, 64] as const)('%i-bit arithmetic, comparison and estimates', (size) => {
    expect(differences(arithmeticCases(size))).toEqual([]);
  });
  it.each([32, 64] as const)('%i-bit conversions to and from integers and fixed point', (size) => {
    expect(differences(integerCases(size))).toEqual([]);
  });
  it('conversions between formats', () => {
    expect(differences(formatCases())).toEqual([]);
  });
  it('unsigned estimates', () => {
    expect(differences(unsignedEstimateCases())).toEqual([]);
  });
});
