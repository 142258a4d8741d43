/** Every floating-point operation on one lane, by name: what uops call when the host's own arithmetic will not do. */
import * as arithmetic from './arithmetic.ts';
import * as compare from './compare.ts';
import { type FpContext, fpcrRounding, Rounding } from './context.ts';
import * as convert from './convert.ts';
import * as estimate from './estimate.ts';
import { DOUBLE, type FloatFormat, HALF, SINGLE } from './format.ts';

/** One lane: raw bits of up to three operands, the formats (for integers: just their size) and a number whose meaning is the operation's. */
interface Lane {
  readonly n: bigint;
  readonly m: bigint;
  readonly a: bigint;
  readonly from: FloatFormat;
  readonly to: FloatFormat;
  /** Fraction bits of fixed point; else unused. */
  readonly parameter: number;
}

type Operation = (lane: Lane, fp: FpContext) => bigint;
type One = (format: FloatFormat, n: bigint, fp: FpContext) => bigint;
type Two = (format: FloatFormat, n: bigint, m: bigint, fp: FpContext) => bigint;
type Test = (format: FloatFormat, n: bigint, m: bigint, fp: FpContext) => boolean;

const one =
  (apply: One): Operation =>
  ({ from, n }, fp) =>
    apply(from, n, fp);
const two =
  (apply: Two): Operation =>
  ({ from, n, m }, fp) =>
    apply(from, n, m, fp);
/** All ones or all zeros. */
const test =
  (apply: Test): Operation =>
  ({ from, n, m }, fp) =>
    apply(from, n, m, fp) ? 2n * from.signBit - 1n : 0n;
const round =
  (rounding: Rounding): Operation =>
  ({ from, n }, fp) =>
    convert.fpRoundInt(from, n, rounding, false, fp);
const toInteger =
  (rounding: Rounding, isUnsigned: boolean): Operation =>
  ({ from, to, n, parameter }, fp) =>
    convert.fpToFixed(from, n, to.size, parameter, isUnsigned, rounding, fp);
const fromInteger =
  (isUnsigned: boolean): Operation =>
  ({ from, to, n, parameter }, fp) =>
    convert.fixedToFp(to, n, from.size, parameter, isUnsigned, fp);
const comparison =
  (signalling: boolean): Operation =>
  ({ from, n, m }, fp) =>
    BigInt(compare.fpCompare(from, n, m, signalling, fp));

const operations = {
  add: two(arithmetic.fpAdd),
  sub: two(arithmetic.fpSub),
  mul: two(arithmetic.fpMul),
  mulx: two(arithmetic.fpMulX),
  div: two(arithmetic.fpDiv),
  sqrt: one(arithmetic.fpSqrt),
  /** a + n * m. */
  mulAdd: ({ from, n, m, a }: Lane, fp: FpContext) => arithmetic.fpMulAdd(from, a, n, m, fp),
  recipStep: two(arithmetic.fpRecipStepFused),
  rsqrtStep: two(arithmetic.fpRSqrtStepFused),
  max: two(compare.fpMax),
  min: two(compare.fpMin),
  maxNum: two(compare.fpMaxNum),
  minNum: two(compare.fpMinNum),
  equal: test(compare.fpCompareEQ),
  greaterEqual: test(compare.fpCompareGE),
  greater: test(compare.fpCompareGT),
  compare: comparison(false),
  compareSignalling: comparison(true),
  roundN: round(Rounding.tieEven),
  roundA: round(Rounding.tieAway),
  roundP: round(Rounding.posInf),
  roundM: round(Rounding.negInf),
  roundZ: round(Rounding.zero),
  roundI: ({ from, n }: Lane, fp: FpContext) => convert.fpRoundInt(from, n, fpcrRounding(fp), false, fp),
  roundX: ({ from, n }: Lane, fp: FpContext) => convert.fpRoundInt(from, n, fpcrRounding(fp), true, fp),
  toSignedN: toInteger(Rounding.tieEven, false),
  toSignedA: toInteger(Rounding.tieAway, false),
  toSignedP: toInteger(Rounding.posInf, false),
  toSignedM: toInteger(Rounding.negInf, false),
  toSignedZ: toInteger(Rounding.zero, false),
  toUnsignedN: toInteger(Rounding.tieEven, true),
  toUnsignedA: toInteger(Rounding.tieAway, true),
  toUnsignedP: toInteger(Rounding.posInf, true),
  toUnsignedM: toInteger(Rounding.negInf, true),
  toUnsignedZ: toInteger(Rounding.zero, true),
  fromSigned: fromInteger(false),
  fromUnsigned: fromInteger(true),
  convert: ({ from, to, n }: Lane, fp: FpContext) => convert.fpConvert(from, to, n, fp),
  convertOdd: ({ from, to, n }: Lane, fp: FpContext) => convert.fpConvert(from, to, n, fp, Rounding.odd),
  recipEstimate: one(estimate.fpRecipEstimate),
  rsqrtEstimate: one(estimate.fpRSqrtEstimate),
  recipExponent: one(estimate.fpRecpX),
  unsignedRecipEstimate: ({ n }: Lane) => BigInt(estimate.unsignedRecipEstimate(Number(n))),
  unsignedRSqrtEstimate: ({ n }: Lane) => BigInt(estimate.unsignedRSqrtEstimate(Number(n))),
} satisfies Record<string, Operation>;

export type OperationName = keyof typeof operations;

const names = Object.keys(operations) as OperationName[];
const list: readonly Operation[] = Object.values(operations);

/** The format of 2^`log2Bytes` bytes. */
const FORMAT_OF_SIZE: readonly (FloatFormat | undefined)[] = [undefined, HALF, SINGLE, DOUBLE];

/** Operation and lane layout packed into one number, as wasm code passes it. Sizes are log2 of bytes, 1 to 3. */
export function laneCode(name: OperationName, from: number, to: number, count: number): number {
  return names.indexOf(name) | (from << 8) | (to << 10) | (count << 12);
}

/** Offsets in the argument block: n, m and a, then the result, 16 bytes each (`uops/argument-block.ts`). */
const ARGUMENT_SIZE = 16;
const RESULT_OFFSET = 48;

function readLane(view: DataView, at: number, log2Bytes: number): bigint {
  if (log2Bytes === 3) return view.getBigUint64(at, true);
  return BigInt(log2Bytes === 2 ? view.getUint32(at, true) : view.getUint16(at, true));
}

function writeLane(view: DataView, at: number, log2Bytes: number, value: bigint): void {
  if (log2Bytes === 3) view.setBigUint64(at, value, true);
  else if (log2Bytes === 2) view.setUint32(at, Number(value), true);
  else view.setUint16(at, Number(value), true);
}

/** Carries out what `code` (`laneCode`) says on the argument block `view`: `count` lanes of n, m and a to the result. */
export function runLanes(view: DataView, code: number, parameter: number, fp: FpContext): void {
  const apply = list[code & 0xff];
  const [fromSize, toSize, count] = [(code >>> 8) & 3, (code >>> 10) & 3, code >>> 12];
  const from = FORMAT_OF_SIZE[fromSize] ?? DOUBLE;
  const to = FORMAT_OF_SIZE[toSize] ?? DOUBLE;
  for (let i = 0; i < count; i++) {
    const at = i << fromSize;
    const n = readLane(view, at, fromSize);
    const m = readLane(view, at + ARGUMENT_SIZE, fromSize);
    const a = readLane(view, at + 2 * ARGUMENT_SIZE, fromSize);
    writeLane(view, RESULT_OFFSET + (i << toSize), toSize, apply({ n, m, a, from, to, parameter }, fp));
  }
}
