/**
 * Fast lanes: the host's arithmetic, with the conditions under which it is Arm's to the bit. They rest on round-to-nearest without flushing (where
 * `fp-lanes.ts` is told 'nearest'), on results that are neither NaN nor tiny nor overflowed, and on FPSR.IXC being set already, or the
 * result being exact. A NaN never leaves a fast lane, so the host's choice of NaN bits does not matter.
 */
import type { Expr } from '../../../wasm/expr.ts';
import { f32, f64, i32, i64, select } from '../../../wasm/ops.ts';
import type { FastLane, FastResult, LaneScope } from './fp-lanes.ts';

/** Operators of a float's type. */
const ops = (x: Expr): typeof f64 & typeof f32 => (x.type === 'f64' ? f64 : f32) as typeof f64 & typeof f32;
const isDouble = (x: Expr): boolean => x.type === 'f64';

const MIN_NORMAL = { f32: 2 ** -126, f64: 2 ** -1022 } as const;
const minNormal = (x: Expr): number => MIN_NORMAL[x.type as 'f32' | 'f64'];

const all = (...conditions: Expr[]): Expr => conditions.reduce((x, y) => i32.and(x, y));
const isNumber = (x: Expr): Expr => ops(x).eq(x, x);
const isFinite = (x: Expr): Expr => ops(x).lt(ops(x).abs(x), Infinity);
const isZero = (x: Expr): Expr => ops(x).eq(x, 0);
/** Above the smallest normal number (which a tiny result may round to) and below infinity. */
const isNormal = (x: Expr): Expr => i32.and(ops(x).gt(ops(x).abs(x), minNormal(x)), isFinite(x));
const asDouble = (x: Expr): Expr => (isDouble(x) ? x : f64.promote_f32(x));

/** `fits`, and an inexact result changes no flag or the result is exact. */
function unlessInexact(k: LaneScope, fits: Expr, exact: () => Expr): Expr {
  const { f } = k.c;
  const exactOrQuiet = () => f.ifValue('i32', k.ixc, () => 1, exact);
  return f.ifValue('i32', fits, exactOrQuiet, () => 0);
}

/** A sum and its rounding error, exactly (Knuth's TwoSum). */
function twoSum({ c }: LaneScope, x: Expr, y: Expr): { sum: Expr; error: Expr } {
  const o = ops(x);
  const sum = c.let(o.add(x, y));
  const part = c.let(o.sub(sum, x));
  const error = c.let(o.add(o.sub(x, o.sub(sum, part)), o.sub(y, part)));
  return { sum, error };
}

export const fastAdd: FastLane = (k, n, m) => {
  const value = k.c.let(ops(n).add(n, m));
  const ok = unlessInexact(k, isFinite(value), () => isZero(twoSum(k, n, m).error));
  return { value, ok };
};

export const fastSub: FastLane = (k, n, m) => fastAdd(k, n, k.c.let(ops(m).neg(m)));

/** Not zero when the product of two numbers is exact: both have few significant bits. */
function isShortProduct(n: Expr, m: Expr): Expr {
  return i64.eqz(i64.and(i64.or(i64.reinterpret_f64(n), i64.reinterpret_f64(m)), 0x7ff_ffffn));
}

/** Whether n * m is exactly `product`. Doubles: a sufficient condition. */
function isExactProduct(n: Expr, m: Expr, product: Expr): Expr {
  const same = f64.eq(f64.mul(asDouble(n), asDouble(m)), asDouble(product));
  return isDouble(n) ? i32.and(isShortProduct(n, m), same) : same;
}

export const fastMul: FastLane = (k, n, m) => {
  const value = k.c.let(ops(n).mul(n, m));
  const exactZero = i32.and(isZero(value), i32.or(isZero(n), isZero(m)));
  const ok = unlessInexact(k, i32.or(isNormal(value), exactZero), () => isExactProduct(n, m, value));
  return { value, ok };
};

export const fastDiv: FastLane = (k, n, m) => {
  const value = k.c.let(ops(n).div(n, m));
  const exactZero = i32.and(isZero(value), isZero(n));
  const ok = unlessInexact(k, i32.or(isNormal(value), exactZero), () =>
    i32.and(isNormal(n), isExactProduct(value, m, n)),
  );
  return { value, ok };
};

export const fastSqrt: FastLane = (k, n) => {
  const value = k.c.let(ops(n).sqrt(n));
  const ok = unlessInexact(k, isNumber(value), () => i32.and(isNormal(n), isExactProduct(value, value, n)));
  return { value, ok };
};

/** x + y rounded to odd: the last bit is set when anything was cut off, so that rounding again to less precision is right. */
function sumToOdd(k: LaneScope, x: Expr, y: Expr): Expr {
  const { sum, error } = twoSum(k, x, y);
  const bits = k.c.let(i64.reinterpret_f64(sum));
  const sameSign = i64.ge_s(i64.xor(bits, i64.reinterpret_f64(error)), 0n);
  const odd = i64.add(bits, select(sameSign, i64.const(1n), i64.const(-1n)));
  const mustMove = i32.and(f64.ne(error, 0), i64.eqz(i64.and(bits, 1n)));
  return k.c.let(f64.reinterpret_i64(select(mustMove, odd, bits)));
}

/** a + n * m in single precision: the product is exact in double, and a sum rounded to odd there rounds right to single. */
function fusedSingle(k: LaneScope, n: Expr, m: Expr, a: Expr): FastResult {
  const product = k.c.let(f64.mul(f64.promote_f32(n), f64.promote_f32(m)));
  const sum = sumToOdd(k, product, k.c.let(f64.promote_f32(a)));
  const value = k.c.let(f32.demote_f64(sum));
  const fits = i32.or(isNormal(value), isZero(sum));
  const ok = unlessInexact(k, fits, () => f64.eq(f64.promote_f32(value), sum));
  return { value, ok };
}

/** Whether x is normal with an exponent of at most `limit` in magnitude. */
function hasExponentWithin(x: Expr, limit: number): Expr {
  const biased = i64.and(i64.shr_u(i64.reinterpret_f64(x), 52n), 0x7ffn);
  return i64.le_u(i64.sub(biased, BigInt(1023 - limit)), BigInt(2 * limit));
}

/** x as the sum of two numbers of 26 bits (Veltkamp). */
function split({ c }: LaneScope, x: Expr): { high: Expr; low: Expr } {
  const scaled = c.let(f64.mul(x, 2 ** 27 + 1));
  const high = c.let(f64.sub(scaled, f64.sub(scaled, x)));
  return { high, low: c.let(f64.sub(x, high)) };
}

/** A product and its rounding error, exactly (Dekker). */
function twoProduct(k: LaneScope, x: Expr, y: Expr): { product: Expr; error: Expr } {
  const product = k.c.let(f64.mul(x, y));
  const [p, q] = [split(k, x), split(k, y)];
  const first = f64.sub(f64.mul(p.high, q.high), product);
  const middle = f64.add(f64.add(first, f64.mul(p.high, q.low)), f64.mul(p.low, q.high));
  return { product, error: k.c.let(f64.add(middle, f64.mul(p.low, q.low))) };
}

/** a + n * m in double precision from error-free transformations (Boldo and Melquiond, "Emulation of FMA and correctly rounded sums", 2008). */
function fusedDouble(k: LaneScope, n: Expr, m: Expr, a: Expr): FastResult {
  const { f } = k.c;
  const value = f.local('f64');
  const moderate = all(
    hasExponentWithin(n, 450),
    hasExponentWithin(m, 450),
    i32.or(hasExponentWithin(a, 900), isZero(a)),
  );
  const ok = f.ifValue(
    'i32',
    i32.and(i32.ne(k.ixc, 0), moderate),
    () => {
      const u = twoProduct(k, n, m);
      const t = twoSum(k, a, u.error);
      const v = twoSum(k, u.product, t.sum);
      f.set(value, f64.add(v.sum, sumToOdd(k, t.error, v.error)));
      return 1;
    },
    () => 0,
  );
  return { value: value.get, ok };
}

/** a + n * m, rounded once. */
export const fastMulAdd: FastLane = (k, n, m, a) => (isDouble(n) ? fusedDouble(k, n, m, a) : fusedSingle(k, n, m, a));

const bothNumbers = (n: Expr, m: Expr): Expr => i32.and(isNumber(n), isNumber(m));

/** The host orders zeros as Arm does. */
export const fastMax: FastLane = (_, n, m) => ({ value: ops(n).max(n, m), ok: bothNumbers(n, m) });
export const fastMin: FastLane = (_, n, m) => ({ value: ops(n).min(n, m), ok: bothNumbers(n, m) });

function maskOf(n: Expr, condition: Expr): Expr {
  return isDouble(n) ? i64.sub(0n, i64.extend_i32_u(condition)) : i32.sub(0, condition);
}

const fastTest =
  (test: 'eq' | 'ge' | 'gt'): FastLane =>
  (_, n, m) => ({ value: maskOf(n, ops(n)[test](n, m)), ok: bothNumbers(n, m) });

export const fastEqual = fastTest('eq');
export const fastGreaterEqual = fastTest('ge');
export const fastGreater = fastTest('gt');

/** NZCV, bits 3:0. */
export const fastCompare: FastLane = (_, n, m) => {
  const notLess = select(ops(n).eq(n, m), i32.const(0b0110), i32.const(0b0010));
  return { value: select(ops(n).lt(n, m), i32.const(0b1000), notLess), ok: bothNumbers(n, m) };
};

/** Letters of the rounding modes as mnemonics have them: nearest, away, plus, minus, zero. */
export type RoundingLetter = 'N' | 'A' | 'P' | 'M' | 'Z';

/** Rounds to integral; ties away is truncation, and one more when at least half was cut off. */
function roundTo(k: LaneScope, x: Expr, letter: RoundingLetter): Expr {
  const o = ops(x);
  if (letter === 'A') {
    const cut = k.c.let(o.trunc(x));
    return select(o.ge(o.abs(o.sub(x, cut)), 0.5), o.add(cut, o.copysign(o.const(1), x)), cut);
  }
  return { N: o.nearest, P: o.ceil, M: o.floor, Z: o.trunc }[letter](x);
}

/** FRINTN and its like: Inexact is not reported. */
export const fastRound =
  (letter: RoundingLetter): FastLane =>
  (k, n) => ({ value: roundTo(k, n, letter), ok: isNumber(n) });

/** FRINTX under round-to-nearest. */
export const fastRoundExact: FastLane = (k, n) => {
  const value = k.c.let(ops(n).nearest(n));
  return { value, ok: unlessInexact(k, isNumber(n), () => ops(n).eq(value, n)) };
};

/** 2^exponent as a double; `exponent` is an i32. */
const powerOfTwo = (exponent: Expr): Expr =>
  f64.reinterpret_i64(i64.shl(i64.extend_i32_u(i32.add(exponent, 1023)), 52n));

/** To an integer of `log2Bytes`, times 2^`fractionBits` first. */
export const fastToInteger =
  (letter: RoundingLetter, isUnsigned: boolean, log2Bytes: number, fractionBits?: Expr): FastLane =>
  (k, n) => {
    const scaled = fractionBits ? f64.mul(asDouble(n), powerOfTwo(fractionBits)) : asDouble(n);
    const x = k.c.let(scaled);
    const rounded = k.c.let(roundTo(k, x, letter));
    const bits = 8 << log2Bytes;
    const low = isUnsigned ? 0 : -(2 ** (bits - 1));
    const inRange = i32.and(f64.ge(rounded, low), f64.lt(rounded, 2 ** (isUnsigned ? bits : bits - 1)));
    const ok = unlessInexact(k, inRange, () => f64.eq(rounded, x));
    return { value: truncate(rounded, isUnsigned, log2Bytes), ok };
  };

function truncate(x: Expr, isUnsigned: boolean, log2Bytes: number): Expr {
  if (log2Bytes === 3) return isUnsigned ? i64.trunc_sat_f64_u(x) : i64.trunc_sat_f64_s(x);
  return isUnsigned ? i32.trunc_sat_f64_u(x) : i32.trunc_sat_f64_s(x);
}

/** From an integer (i32 or i64) to a float of `log2Bytes`, divided by 2^`fractionBits`. */
export const fastFromInteger =
  (isUnsigned: boolean, log2Bytes: number, fractionBits?: Expr): FastLane =>
  (k, n) => {
    const plain = fromInteger(n, isUnsigned, log2Bytes);
    const value = fractionBits ? scaleDown(plain, fractionBits) : plain;
    const exact = fitsFraction(n, isUnsigned, log2Bytes);
    return { value: k.c.let(value), ok: i32.or(exact, k.hostInexact) };
  };

function fromInteger(n: Expr, isUnsigned: boolean, log2Bytes: number): Expr {
  const o = log2Bytes === 3 ? f64 : f32;
  if (n.type === 'i64') return isUnsigned ? o.convert_i64_u(n) : o.convert_i64_s(n);
  return isUnsigned ? o.convert_i32_u(n) : o.convert_i32_s(n);
}

/** Dividing by at most 2^64 cannot underflow; single precision goes through double, exactly. */
function scaleDown(x: Expr, fractionBits: Expr): Expr {
  const scaled = f64.mul(asDouble(x), powerOfTwo(i32.sub(0, fractionBits)));
  return isDouble(x) ? scaled : f32.demote_f64(scaled);
}

/** Whether the integer's magnitude is at most 2^53 (2^24 for single precision). */
function fitsFraction(n: Expr, isUnsigned: boolean, log2Bytes: number): Expr {
  const limit = log2Bytes === 3 ? 2n ** 53n : 2n ** 24n;
  const wide = n.type === 'i64' ? n : isUnsigned ? i64.extend_i32_u(n) : i64.extend_i32_s(n);
  return isUnsigned ? i64.le_u(wide, limit) : i64.le_u(i64.add(wide, limit), 2n * limit);
}

/** Double to single. */
export const fastNarrow: FastLane = (k, n) => {
  const value = k.c.let(f32.demote_f64(n));
  const ok = unlessInexact(k, i32.or(isNormal(value), isZero(n)), () => f64.eq(f64.promote_f32(value), n));
  return { value, ok };
};

/** Single to double: always exact. */
export const fastWiden: FastLane = (_, n) => ({ value: f64.promote_f32(n), ok: isNumber(n) });
