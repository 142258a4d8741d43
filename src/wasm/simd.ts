/** 128-bit SIMD operators (WebAssembly 2.0, 5.4.8). Sub-opcodes after the 0xFD prefix are listed as in the specification. */
import { Expr, index, memarg, valueOf, type Value } from './expr.ts';
import type { ValType } from './types.ts';

const op = (code: number): number[] => [0xfd, ...index(code)];
const make = (type: ValType, params: readonly ValType[], code: number) => (...args: Value[]) =>
  new Expr(type, params.map((param, i) => valueOf(param, args[i])), op(code)); // prettier-ignore

type Nary = (...args: Value[]) => Expr;
type Lane = (vector: Value, lane: number) => Expr;
type Replace = (vector: Value, lane: number, value: Value) => Expr;

function table<N extends string>(type: ValType, params: readonly ValType[], codes: Record<N, number>): Record<N, Nary> {
  const out = {} as Record<N, Nary>;
  for (const name of Object.keys(codes) as N[]) out[name] = make(type, params, codes[name]);
  return out;
}

const unary = <N extends string>(codes: Record<N, number>) => table('v128', ['v128'], codes);
const binary = <N extends string>(codes: Record<N, number>) => table('v128', ['v128', 'v128'], codes);
const shifts = <N extends string>(codes: Record<N, number>) => table('v128', ['v128', 'i32'], codes);
const tests = <N extends string>(codes: Record<N, number>) => table('i32', ['v128'], codes);
const splat = (type: ValType, code: number) => ({ splat: make('v128', [type], code) });
const extract =
  (type: ValType, code: number): Lane =>
  (vector, lane) =>
    new Expr(type, [valueOf('v128', vector)], [...op(code), lane]);
const replace =
  (type: ValType, code: number): Replace =>
  (vector, lane, value) =>
    new Expr('v128', [valueOf('v128', vector), valueOf(type, value)], [...op(code), lane]);

/** Consecutive comparison codes from `first`. */
const compare = <N extends string>(first: number, names: readonly N[]) => {
  const codes = {} as Record<N, number>;
  names.forEach((name, i) => (codes[name] = first + i));
  return binary(codes);
};
const integerCompares = ['eq', 'ne', 'lt_s', 'lt_u', 'gt_s', 'gt_u', 'le_s', 'le_u', 'ge_s', 'ge_u'] as const;
const floatCompares = ['eq', 'ne', 'lt', 'gt', 'le', 'ge'] as const;

export const v128 = {
  /** A constant from 16 bytes, lane 0 first. */
  const: (bytes: ArrayLike<number>): Expr => new Expr('v128', [], [...op(12), ...Array.from(bytes)]),
  load: (address: Value, offset = 0): Expr =>
    new Expr('v128', [valueOf('i32', address)], [...op(0), ...memarg(offset)]),
  load32_zero: (address: Value, offset = 0): Expr =>
    new Expr('v128', [valueOf('i32', address)], [...op(92), ...memarg(offset)]),
  load64_zero: (address: Value, offset = 0): Expr =>
    new Expr('v128', [valueOf('i32', address)], [...op(93), ...memarg(offset)]),
  store: (address: Value, value: Value, offset = 0): Expr =>
    new Expr(undefined, [valueOf('i32', address), valueOf('v128', value)], [...op(11), ...memarg(offset)]),
  ...unary({ not: 77 }),
  /** `andnot(a, b)` is a AND NOT b. */
  ...binary({ and: 78, andnot: 79, or: 80, xor: 81 }),
  /** `bitselect(a, b, mask)`: bits of a where mask is 1, of b where it is 0. */
  bitselect: make('v128', ['v128', 'v128', 'v128'], 82),
  ...tests({ any_true: 83 }),
};

export const i8x16 = {
  shuffle: (a: Value, b: Value, lanes: readonly number[]): Expr =>
    new Expr('v128', [valueOf('v128', a), valueOf('v128', b)], [...op(13), ...lanes]),
  ...splat('i32', 15),
  extract_lane_s: extract('i32', 21),
  extract_lane_u: extract('i32', 22),
  replace_lane: replace('i32', 23),
  ...compare(35, integerCompares),
  ...unary({ abs: 96, neg: 97, popcnt: 98 }),
  ...tests({ all_true: 99, bitmask: 100 }),
  ...shifts({ shl: 107, shr_s: 108, shr_u: 109 }),
  ...binary({
    swizzle: 14, narrow_i16x8_s: 101, narrow_i16x8_u: 102, add: 110, add_sat_s: 111, add_sat_u: 112, sub: 113, sub_sat_s: 114,
    sub_sat_u: 115, min_s: 118, min_u: 119, max_s: 120, max_u: 121, avgr_u: 123,
  }), // prettier-ignore
};

export const i16x8 = {
  ...splat('i32', 16),
  extract_lane_s: extract('i32', 24),
  extract_lane_u: extract('i32', 25),
  replace_lane: replace('i32', 26),
  ...compare(45, integerCompares),
  ...unary({
    extadd_pairwise_i8x16_s: 124, extadd_pairwise_i8x16_u: 125, abs: 128, neg: 129, extend_low_i8x16_s: 135, extend_high_i8x16_s: 136,
    extend_low_i8x16_u: 137, extend_high_i8x16_u: 138,
  }), // prettier-ignore
  ...tests({ all_true: 131, bitmask: 132 }),
  ...shifts({ shl: 139, shr_s: 140, shr_u: 141 }),
  ...binary({
    q15mulr_sat_s: 130, narrow_i32x4_s: 133, narrow_i32x4_u: 134, add: 142, add_sat_s: 143, add_sat_u: 144, sub: 145, sub_sat_s: 146,
    sub_sat_u: 147, mul: 149, min_s: 150, min_u: 151, max_s: 152, max_u: 153, avgr_u: 155, extmul_low_i8x16_s: 156,
    extmul_high_i8x16_s: 157, extmul_low_i8x16_u: 158, extmul_high_i8x16_u: 159,
  }), // prettier-ignore
};

export const i32x4 = {
  ...splat('i32', 17),
  extract_lane: extract('i32', 27),
  replace_lane: replace('i32', 28),
  ...compare(55, integerCompares),
  ...unary({
    extadd_pairwise_i16x8_s: 126, extadd_pairwise_i16x8_u: 127, abs: 160, neg: 161, extend_low_i16x8_s: 167, extend_high_i16x8_s: 168,
    extend_low_i16x8_u: 169, extend_high_i16x8_u: 170, trunc_sat_f32x4_s: 248, trunc_sat_f32x4_u: 249,
  }), // prettier-ignore
  ...tests({ all_true: 163, bitmask: 164 }),
  ...shifts({ shl: 171, shr_s: 172, shr_u: 173 }),
  ...binary({
    add: 174, sub: 177, mul: 181, min_s: 182, min_u: 183, max_s: 184, max_u: 185, dot_i16x8_s: 186, extmul_low_i16x8_s: 188,
    extmul_high_i16x8_s: 189, extmul_low_i16x8_u: 190, extmul_high_i16x8_u: 191,
  }), // prettier-ignore
};

export const i64x2 = {
  ...splat('i64', 18),
  extract_lane: extract('i64', 29),
  replace_lane: replace('i64', 30),
  ...compare(214, ['eq', 'ne', 'lt_s', 'gt_s', 'le_s', 'ge_s'] as const),
  ...unary({
    abs: 192, neg: 193, extend_low_i32x4_s: 199, extend_high_i32x4_s: 200, extend_low_i32x4_u: 201, extend_high_i32x4_u: 202,
  }), // prettier-ignore
  ...tests({ all_true: 195, bitmask: 196 }),
  ...shifts({ shl: 203, shr_s: 204, shr_u: 205 }),
  ...binary({
    add: 206, sub: 209, mul: 213, extmul_low_i32x4_s: 220, extmul_high_i32x4_s: 221, extmul_low_i32x4_u: 222, extmul_high_i32x4_u: 223,
  }), // prettier-ignore
};

export const f32x4 = {
  ...splat('f32', 19),
  extract_lane: extract('f32', 31),
  replace_lane: replace('f32', 32),
  ...compare(65, floatCompares),
  ...unary({
    demote_f64x2_zero: 94, ceil: 103, floor: 104, trunc: 105, nearest: 106, abs: 224, neg: 225, sqrt: 227, convert_i32x4_s: 250,
    convert_i32x4_u: 251,
  }), // prettier-ignore
  ...binary({ add: 228, sub: 229, mul: 230, div: 231, min: 232, max: 233, pmin: 234, pmax: 235 }),
};

export const f64x2 = {
  ...splat('f64', 20),
  extract_lane: extract('f64', 33),
  replace_lane: replace('f64', 34),
  ...compare(71, floatCompares),
  ...unary({
    promote_low_f32x4: 95, ceil: 116, floor: 117, trunc: 122, nearest: 148, abs: 236, neg: 237, sqrt: 239, convert_low_i32x4_s: 254,
    convert_low_i32x4_u: 255,
  }), // prettier-ignore
  ...binary({ add: 240, sub: 241, mul: 242, div: 243, min: 244, max: 245, pmin: 246, pmax: 247 }),
};
