/** Numeric and memory operators of WebAssembly 2.0 (5.4.6-5.4.7) as builder functions: `i64.add(a, b)`, `i32.load8_u(address, offset)`. */
import { constI32, constI64, Expr, memarg, valueOf, type Value } from './expr.ts';
import type { ValType } from './types.ts';

type Unary = (a: Value) => Expr;
type Binary = (a: Value, b: Value) => Expr;
type Load = (address: Value, offset?: number) => Expr;
type Store = (address: Value, value: Value, offset?: number) => Expr;

function unary<N extends string>(from: ValType, to: ValType, ops: Record<N, number[]>): Record<N, Unary> {
  return mapOps(ops, (code) => (a) => new Expr(to, [valueOf(from, a)], code));
}

function binary<N extends string>(from: ValType, to: ValType, ops: Record<N, number[]>): Record<N, Binary> {
  return mapOps(ops, (code) => (a, b) => new Expr(to, [valueOf(from, a), valueOf(from, b)], code));
}

function loads<N extends string>(type: ValType, ops: Record<N, number[]>): Record<N, Load> {
  return mapOps(
    ops,
    (code) =>
      (address, offset = 0) =>
        new Expr(type, [valueOf('i32', address)], [...code, ...memarg(offset)]),
  );
}

function stores<N extends string>(type: ValType, ops: Record<N, number[]>): Record<N, Store> {
  return mapOps(
    ops,
    (code) =>
      (address, value, offset = 0) =>
        new Expr(undefined, [valueOf('i32', address), valueOf(type, value)], [...code, ...memarg(offset)]),
  );
}

function mapOps<N extends string, T>(ops: Record<N, number[]>, make: (code: number[]) => T): Record<N, T> {
  const out = {} as Record<N, T>;
  for (const name of Object.keys(ops) as N[]) out[name] = make(ops[name]);
  return out;
}

/** Folds integer operators whose operands are constants, and drops neutral ones. */
function folding(type: 'i32' | 'i64', ops: Record<string, Binary>): void {
  const bits = type === 'i32' ? 32 : 64;
  const mask = BigInt(bits - 1);
  const make = (v: bigint) => (type === 'i32' ? constI32(Number(BigInt.asIntN(32, v))) : constI64(v));
  const u = (v: bigint) => BigInt.asUintN(bits, v);
  const fold = (name: string, compute: (a: bigint, b: bigint) => bigint, neutral?: bigint) => {
    const plain = ops[name];
    ops[name] = (a, b) => {
      const x = valueOf(type, a);
      const y = valueOf(type, b);
      if (x.constant !== undefined && y.constant !== undefined) return make(compute(x.constant, y.constant));
      return neutral !== undefined && y.constant === neutral ? x : plain(x, y);
    };
  };
  fold('add', (a, b) => a + b, 0n);
  fold('sub', (a, b) => a - b, 0n);
  fold('and', (a, b) => a & b, -1n);
  fold('or', (a, b) => a | b, 0n);
  fold('xor', (a, b) => a ^ b, 0n);
  fold('shl', (a, b) => a << (b & mask), 0n);
  fold('shr_u', (a, b) => u(a) >> (b & mask), 0n);
  fold('shr_s', (a, b) => a >> (b & mask), 0n);
}

/** Opcodes are consecutive in the order of the specification: number `names` from `first`. */
function codes<N extends string>(first: number, names: readonly N[]): Record<N, number[]> {
  const out = {} as Record<N, number[]>;
  names.forEach((name, i) => (out[name] = [first + i]));
  return out;
}

const comparisons = ['eq', 'ne', 'lt_s', 'lt_u', 'gt_s', 'gt_u', 'le_s', 'le_u', 'ge_s', 'ge_u'] as const;
const arithmetic = [
  'add', 'sub', 'mul', 'div_s', 'div_u', 'rem_s', 'rem_u', 'and', 'or', 'xor', 'shl', 'shr_s', 'shr_u', 'rotl', 'rotr',
] as const; // prettier-ignore
const floatComparisons = ['eq', 'ne', 'lt', 'gt', 'le', 'ge'] as const;
const floatUnary = ['abs', 'neg', 'ceil', 'floor', 'trunc', 'nearest', 'sqrt'] as const;
const floatBinary = ['add', 'sub', 'mul', 'div', 'min', 'max', 'copysign'] as const;

export const i32 = {
  const: (value: number): Expr => constI32(value),
  ...unary('i32', 'i32', {
    eqz: [0x45],
    ...codes(0x67, ['clz', 'ctz', 'popcnt'] as const),
    extend8_s: [0xc0],
    extend16_s: [0xc1],
  }),
  ...binary('i32', 'i32', { ...codes(0x46, comparisons), ...codes(0x6a, arithmetic) }),
  ...unary('i64', 'i32', { wrap_i64: [0xa7] }),
  ...unary('f32', 'i32', { reinterpret_f32: [0xbc], trunc_sat_f32_s: [0xfc, 0], trunc_sat_f32_u: [0xfc, 1] }),
  ...unary('f64', 'i32', { trunc_sat_f64_s: [0xfc, 2], trunc_sat_f64_u: [0xfc, 3] }),
  ...loads('i32', { load: [0x28], load8_s: [0x2c], load8_u: [0x2d], load16_s: [0x2e], load16_u: [0x2f] }),
  ...stores('i32', { store: [0x36], store8: [0x3a], store16: [0x3b] }),
};

export const i64 = {
  const: (value: bigint): Expr => constI64(value),
  ...unary('i64', 'i64', codes(0x79, ['clz', 'ctz', 'popcnt'] as const)),
  ...unary('i64', 'i64', { extend8_s: [0xc2], extend16_s: [0xc3], extend32_s: [0xc4] }),
  ...unary('i64', 'i32', { eqz: [0x50] }),
  ...binary('i64', 'i32', codes(0x51, comparisons)),
  ...binary('i64', 'i64', codes(0x7c, arithmetic)),
  ...unary('i32', 'i64', { extend_i32_s: [0xac], extend_i32_u: [0xad] }),
  ...unary('f64', 'i64', { reinterpret_f64: [0xbd], trunc_sat_f64_s: [0xfc, 6], trunc_sat_f64_u: [0xfc, 7] }),
  ...unary('f32', 'i64', { trunc_sat_f32_s: [0xfc, 4], trunc_sat_f32_u: [0xfc, 5] }),
  ...loads('i64', {
    load: [0x29], load8_s: [0x30], load8_u: [0x31], load16_s: [0x32], load16_u: [0x33], load32_s: [0x34], load32_u: [0x35],
  }), // prettier-ignore
  ...stores('i64', { store: [0x37], store8: [0x3c], store16: [0x3d], store32: [0x3e] }),
};

folding('i32', i32 as unknown as Record<string, Binary>);
folding('i64', i64 as unknown as Record<string, Binary>);
const wrap = i32.wrap_i64;
i32.wrap_i64 = (a) => {
  const x = valueOf('i64', a);
  return x.constant === undefined ? wrap(x) : constI32(Number(BigInt.asIntN(32, x.constant)));
};

export const f32 = {
  const: (value: number): Expr => valueOf('f32', value),
  ...unary('f32', 'f32', codes(0x8b, floatUnary)),
  ...binary('f32', 'f32', codes(0x92, floatBinary)),
  ...binary('f32', 'i32', codes(0x5b, floatComparisons)),
  ...unary('i32', 'f32', { convert_i32_s: [0xb2], convert_i32_u: [0xb3], reinterpret_i32: [0xbe] }),
  ...unary('i64', 'f32', { convert_i64_s: [0xb4], convert_i64_u: [0xb5] }),
  ...unary('f64', 'f32', { demote_f64: [0xb6] }),
  ...loads('f32', { load: [0x2a] }),
  ...stores('f32', { store: [0x38] }),
};

export const f64 = {
  const: (value: number): Expr => valueOf('f64', value),
  ...unary('f64', 'f64', codes(0x99, floatUnary)),
  ...binary('f64', 'f64', codes(0xa0, floatBinary)),
  ...binary('f64', 'i32', codes(0x61, floatComparisons)),
  ...unary('i32', 'f64', { convert_i32_s: [0xb7], convert_i32_u: [0xb8] }),
  ...unary('i64', 'f64', { convert_i64_s: [0xb9], convert_i64_u: [0xba], reinterpret_i64: [0xbf] }),
  ...unary('f32', 'f64', { promote_f32: [0xbb] }),
  ...loads('f64', { load: [0x2b] }),
  ...stores('f64', { store: [0x39] }),
};

/** `select`: `then` where `condition` is not zero. Both are evaluated. */
export function select(condition: Value, then: Expr, otherwise: Expr): Expr {
  return new Expr(then.type, [then, otherwise, valueOf('i32', condition)], [0x1b]);
}
