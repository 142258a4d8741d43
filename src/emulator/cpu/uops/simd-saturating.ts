/** Saturating lane arithmetic: values, with a mask of the lanes that did saturate. */
import type { Expr } from '../../../wasm/expr.ts';
import { v128 } from '../../../wasm/simd.ts';
import type { UopContext } from './context.ts';
import { everyOther, laneConstant, laneMax, laneMin, lanes, saturated, ZERO } from './simd-lanes.ts';

/** A saturated value; `mask` is not zero in lanes where FPSR.QC must be set. */
export interface Saturating {
  readonly value: Expr;
  readonly mask: Expr;
}

/** The value, having set FPSR.QC where needed. */
export function settle(c: UopContext, { value, mask }: Saturating): Expr {
  saturated(c, mask);
  return value;
}

/** The largest value, or the smallest where `sign` is negative. */
function extreme(size: number, sign: Expr): Expr {
  const { shr_s, bits } = lanes(size);
  return v128.xor(shr_s(sign, bits - 1), laneMax(size));
}

function signedOverflow(c: UopContext, size: number, a: Expr, wrapped: Expr, signs: Expr): Saturating {
  const { shr_s, bits } = lanes(size);
  const mask = c.let(shr_s(signs, bits - 1));
  return { value: c.let(v128.bitselect(extreme(size, a), wrapped, mask)), mask };
}

/** `SatQ(a + b)`. */
export function addSaturating(c: UopContext, size: number, signed: boolean, a: Expr, b: Expr): Saturating {
  const { add, gt_u } = lanes(size);
  const sum = c.let(add(a, b));
  if (signed) return signedOverflow(c, size, a, sum, v128.and(v128.xor(a, sum), v128.xor(b, sum)));
  const mask = c.let(gt_u(a, sum));
  return { value: c.let(v128.or(sum, mask)), mask };
}

/** `SatQ(a - b)`. */
export function subSaturating(c: UopContext, size: number, signed: boolean, a: Expr, b: Expr): Saturating {
  const { sub, gt_u } = lanes(size);
  const difference = c.let(sub(a, b));
  if (signed) return signedOverflow(c, size, a, difference, v128.and(v128.xor(a, b), v128.xor(a, difference)));
  const mask = c.let(gt_u(b, a));
  return { value: c.let(v128.andnot(difference, mask)), mask };
}

/** SUQADD: signed `d` plus unsigned `n`, saturated as signed. An offset of half the range makes it an unsigned addition. */
export function addUnsignedToSigned(c: UopContext, size: number, d: Expr, n: Expr): Saturating {
  const min = laneMin(size);
  const { value, mask } = addSaturating(c, size, false, c.let(v128.xor(d, min)), n);
  return { value: v128.xor(value, min), mask };
}

/** USQADD: unsigned `d` plus signed `n`, saturated as unsigned. */
export function addSignedToUnsigned(c: UopContext, size: number, d: Expr, n: Expr): Saturating {
  const { shr_s, neg, bits } = lanes(size);
  const negative = c.let(shr_s(n, bits - 1));
  const up = addSaturating(c, size, false, d, n);
  const down = subSaturating(c, size, false, d, c.let(neg(n)));
  const pick = (a: Expr, b: Expr) => v128.bitselect(a, b, negative);
  return { value: pick(down.value, up.value), mask: pick(down.mask, up.mask) };
}

/** How a wide value is made narrow: signed to signed, signed to unsigned, unsigned to unsigned. */
export type Narrowing = 'signed' | 'toUnsigned' | 'unsigned';

/** Clamps lanes of twice `1 << size` bytes to what fits in `1 << size` bytes; lanes stay wide. */
function clamp(c: UopContext, size: number, kind: Narrowing, a: Expr): Expr {
  const { min_s, max_s, min_u } = lanes(size + 1);
  const bits = BigInt(8 << size);
  const ones = laneConstant(size + 1, (1n << bits) - 1n);
  if (kind === 'unsigned') return c.let(min_u(a, ones));
  if (kind === 'toUnsigned') return c.let(min_s(c.let(max_s(a, ZERO)), ones));
  const largest = (1n << (bits - 1n)) - 1n;
  return c.let(min_s(c.let(max_s(a, laneConstant(size + 1, ~largest))), laneConstant(size + 1, largest)));
}

/** Narrows wide lanes to `1 << size` bytes each, into the low half; unused upper lanes are zero when `a` is. */
export function narrowSaturating(c: UopContext, size: number, kind: Narrowing, a: Expr): Saturating {
  const clamped = clamp(c, size, kind, a);
  return { value: c.let(everyOther(size, clamped, ZERO, 0)), mask: lanes(size + 1).ne(clamped, a) };
}

/** Shift left by an immediate or splat amount below the lane's bits. `kind` says how source and result are read. */
export function shiftLeftSaturating(c: UopContext, size: number, kind: Narrowing, a: Expr, amount: Expr): Saturating {
  const { shl, shr_s, shr_u, ne, gt_s } = lanes(size);
  const shifted = c.let(shl(a, amount));
  if (kind === 'signed') {
    const mask = c.let(ne(shr_s(shifted, amount), a));
    return { value: v128.bitselect(extreme(size, a), shifted, mask), mask };
  }
  const lost = c.let(ne(shr_u(shifted, amount), a));
  if (kind === 'unsigned') return { value: v128.or(shifted, lost), mask: lost };
  const negative = c.let(gt_s(ZERO, a));
  const positive = v128.or(shifted, lost);
  return { value: v128.andnot(positive, negative), mask: v128.or(lost, negative) };
}

/** SQABS and SQNEG: only the smallest value has no opposite. */
export function oppositeSaturating(c: UopContext, size: number, isAbs: boolean, a: Expr): Saturating {
  const { abs, neg, eq } = lanes(size);
  const mask = c.let(eq(a, laneMin(size)));
  return { value: v128.bitselect(laneMax(size), isAbs ? abs(a) : neg(a), mask), mask };
}

/** Doubles products of `1 << size`-byte lanes (wide lanes): only the smallest value squared does not fit. */
export function doubleSaturating(c: UopContext, size: number, product: Expr): Saturating {
  const { shl, eq } = lanes(size + 1);
  const mask = c.let(eq(product, laneConstant(size + 1, 1n << BigInt((16 << size) - 2))));
  return { value: c.let(v128.bitselect(laneMax(size + 1), shl(product, 1), mask)), mask };
}
