/** Lane-wise integer operations that definitions of Advanced SIMD share: one interface over WebAssembly's four lane shapes. */
import type { Expr, Value } from '../../../wasm/expr.ts';
import { i32, i64 } from '../../../wasm/ops.ts';
import { i16x8, i32x4, i64x2, i8x16, v128 } from '../../../wasm/simd.ts';
import { FPSR, V } from '../state.ts';
import type { RegisterOperand, UopContext } from './context.ts';

type Binary = (a: Expr, b: Expr) => Expr;
type Unary = (a: Expr) => Expr;
type Shift = (a: Expr, amount: Value) => Expr;

/** Operations on lanes of `bits` bits. Comparisons give all ones or zeroes. Operands may be evaluated more than once: use `let`. */
export interface Lanes {
  /** log2 of the lane's bytes. */
  readonly size: number;
  readonly bits: number;
  readonly add: Binary;
  readonly sub: Binary;
  readonly mul: Binary;
  readonly neg: Unary;
  readonly abs: Unary;
  readonly shl: Shift;
  /** Amounts below `bits` only. */
  readonly shr_s: Shift;
  readonly shr_u: Shift;
  readonly eq: Binary;
  readonly ne: Binary;
  readonly gt_s: Binary;
  readonly gt_u: Binary;
  readonly ge_s: Binary;
  readonly ge_u: Binary;
  readonly min_s: Binary;
  readonly min_u: Binary;
  readonly max_s: Binary;
  readonly max_u: Binary;
  /** An i64 (64-bit lanes) or i32 value in every lane. */
  readonly splat: (value: Expr) => Expr;
}

/** A constant in every lane of `1 << size` bytes. */
export function laneConstant(size: number, value: bigint): Expr {
  const lane = Array.from({ length: 1 << size }, (_, byte) => Number((value >> BigInt(8 * byte)) & 0xffn));
  return v128.const(Array.from({ length: 16 }, (_, byte) => lane[byte & (lane.length - 1)]));
}

const bitsOf = (size: number): number => 8 << size;

/** The smallest and largest signed values and all ones, in every lane. */
export const laneMin = (size: number): Expr => laneConstant(size, 1n << BigInt(bitsOf(size) - 1));
export const laneMax = (size: number): Expr => laneConstant(size, (1n << BigInt(bitsOf(size) - 1)) - 1n);
export const ZERO = v128.const(Array.from({ length: 16 }, () => 0));
export const ONES = v128.const(Array.from({ length: 16 }, () => 255));

/** Result lane `i` is lane `pick(i)` of the concatenation of `a` and `b` (`1 << size` bytes each lane, `16 >> size` lanes in each). */
export function pickLanes(size: number, a: Expr, b: Expr, pick: (lane: number) => number): Expr {
  const bytes = Array.from({ length: 16 }, (_, byte) => (pick(byte >> size) << size) + (byte & ((1 << size) - 1)));
  return i8x16.shuffle(a, b, bytes);
}

/** The even (`odd` 0) or odd lanes of `a`, then those of `b`. */
export const everyOther = (size: number, a: Expr, b: Expr, odd: number): Expr =>
  pickLanes(size, a, b, (lane) => 2 * lane + odd);

function multiplyBytes(a: Expr, b: Expr): Expr {
  return everyOther(0, i16x8.extmul_low_i8x16_u(a, b), i16x8.extmul_high_i8x16_u(a, b), 0);
}

const choose = (compare: Binary) => (a: Expr, b: Expr) => v128.bitselect(a, b, compare(a, b));
const flip = (a: Expr): Expr => v128.xor(a, laneMin(3));

/** WebAssembly has no unsigned 64-bit comparisons and no 64-bit minima. */
const wide = {
  ...i64x2,
  gt_u: (a: Expr, b: Expr) => i64x2.gt_s(flip(a), flip(b)),
  ge_u: (a: Expr, b: Expr) => i64x2.ge_s(flip(a), flip(b)),
  max_s: choose(i64x2.gt_s),
  min_s: choose(i64x2.lt_s),
  max_u: choose((a, b) => i64x2.gt_s(flip(a), flip(b))),
  min_u: choose((a, b) => i64x2.lt_s(flip(a), flip(b))),
};

const SHAPES = [{ ...i8x16, mul: multiplyBytes }, i16x8, i32x4, wide];

/** The lane operations for lanes of `1 << size` bytes. */
export function lanes(size: number): Lanes {
  return { ...SHAPES[size], size, bits: bitsOf(size) };
}

/** Sign- or zero-extends the low (`high` 0) or high half's lanes of `1 << size` bytes to twice the width. */
export function extend(size: number, high: number, signed: boolean, a: Expr): Expr {
  const [lowS, highS, lowU, highU] = [
    [i16x8.extend_low_i8x16_s, i16x8.extend_high_i8x16_s, i16x8.extend_low_i8x16_u, i16x8.extend_high_i8x16_u],
    [i32x4.extend_low_i16x8_s, i32x4.extend_high_i16x8_s, i32x4.extend_low_i16x8_u, i32x4.extend_high_i16x8_u],
    [i64x2.extend_low_i32x4_s, i64x2.extend_high_i32x4_s, i64x2.extend_low_i32x4_u, i64x2.extend_high_i32x4_u],
  ][size];
  if (signed) return (high ? highS : lowS)(a);
  return (high ? highU : lowU)(a);
}

/** Multiplies the low or high half's lanes to twice the width. */
export function multiplyLong(size: number, high: number, signed: boolean, a: Expr, b: Expr): Expr {
  const [lowS, highS, lowU, highU] = [
    [i16x8.extmul_low_i8x16_s, i16x8.extmul_high_i8x16_s, i16x8.extmul_low_i8x16_u, i16x8.extmul_high_i8x16_u],
    [i32x4.extmul_low_i16x8_s, i32x4.extmul_high_i16x8_s, i32x4.extmul_low_i16x8_u, i32x4.extmul_high_i16x8_u],
    [i64x2.extmul_low_i32x4_s, i64x2.extmul_high_i32x4_s, i64x2.extmul_low_i32x4_u, i64x2.extmul_high_i32x4_u],
  ][size];
  if (signed) return (high ? highS : lowS)(a, b);
  return (high ? highU : lowU)(a, b);
}

/** `AccessV`: linear address of a register operand, or of the `index`-th register after it (31 is followed by 0). */
export function vectorAddress(c: UopContext, name: RegisterOperand, index = 0): { address: Expr; offset: number } {
  if (index === 0) return c.register(name);
  const place = i32.and(i32.add(c.raw(name), 16 * index - V), 0x1ff);
  return { address: i32.add(c.cpu, place), offset: V };
}

/** The low `1 << width` bytes of a register (0-4), the rest zero: what an operation may see of a source. */
export function source(c: UopContext, name: RegisterOperand, width: number): Expr {
  const { address, offset } = c.register(name);
  if (width === 4) return c.let(v128.load(address, offset));
  if (width === 3) return c.let(v128.load64_zero(address, offset));
  if (width === 2) return c.let(v128.load32_zero(address, offset));
  const value = width === 1 ? i32.load16_u(address, offset) : i32.load8_u(address, offset);
  return c.let(i32x4.replace_lane(ZERO, 0, value));
}

/** Writes the low `1 << width` bytes of a result; the rest of the register becomes zero. */
export function result(c: UopContext, width: number, value: Expr): void {
  if (width === 4) c.setV('d', value);
  else if (width === 3) c.setD('d', i64x2.extract_lane(value, 0));
  else if (width === 2) c.setS('d', i32x4.extract_lane(value, 0));
  else c.setS('d', width === 1 ? i16x8.extract_lane_u(value, 0) : i8x16.extract_lane_u(value, 0));
}

/** A narrow result in the low half, or (`high`) in the upper half with the lower one kept. */
export function narrowResult(c: UopContext, high: number, value: Expr): void {
  const low = i64x2.extract_lane(value, 0);
  if (!high) return c.setD('d', low);
  const { address, offset } = c.register('d');
  c.f.do(i64.store(address, low, offset + 8));
}

/** FPSR.QC: cumulative saturation. */
const QC = 1 << 27;

/** Sets FPSR.QC when `condition` (i32) is not zero. */
export function saturatedIf(c: UopContext, condition: Expr): void {
  c.f.if(condition, () => c.setWord(FPSR, i32.or(c.word(FPSR), QC)));
}

/** Sets FPSR.QC when a lane of `mask` is not zero. */
export function saturated(c: UopContext, mask: Expr): void {
  saturatedIf(c, v128.any_true(mask));
}

/** Static fields of rows that have vector and scalar forms: lane size, and log2 of the bytes that take part. */
export function shapeOf(f: Record<string, number>): { size: number; width: number } {
  return { size: f.size, width: f.Q === undefined ? f.size : 3 + f.Q };
}
