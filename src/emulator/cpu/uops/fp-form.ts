/** The forms floating-point rows come in: a scalar in a SIMD&FP register, or a vector of 64 or 128 bits. */
import type { Fields } from '../../../arch/a64/encoding.ts';
import type { Expr } from '../../../wasm/expr.ts';
import { i32, i64 } from '../../../wasm/ops.ts';
import { f32x4, f64x2, i32x4, i64x2, i8x16, v128 } from '../../../wasm/simd.ts';
import type { Operands, RegisterOperand, UopContext } from './context.ts';
import { vreg } from './define.ts';
import type { LaneSize } from './fp-lanes.ts';

/** How a variant reads and writes its registers. Scalars are i32 or i64, vectors v128. */
export interface Form {
  readonly size: 2 | 3;
  readonly count: number;
  readonly isVector: boolean;
  readonly q: number;
}

/** The form a variant's statics say: `type` or `sz` 0 single, 1 double; `Q` only for vectors. */
export function formOf(s: Fields): Form {
  const size = (s.sz ?? s.type) === 1 ? 3 : 2;
  const isVector = s.Q !== undefined;
  return { size, isVector, q: s.Q ?? 0, count: isVector ? (s.Q === 1 ? 16 : 8) >> size : 1 };
}

/** Statics of rows with a `type` field, and of scalar and vector rows with `sz`. */
export const byType = (f: Fields): Fields => ({ type: f.type });
export const bySize = (f: Fields): Fields => ({ sz: f.sz });
export const bySizeAndQ = (f: Fields): Fields => ({ sz: f.sz, Q: f.Q });

/** The usual registers, as far as the row has them. */
export function registers(f: Fields): Operands {
  const o: Operands = { d: vreg(f.Rd), n: vreg(f.Rn) };
  if (f.Rm !== undefined) o.m = vreg(f.Rm);
  if (f.Ra !== undefined) o.a = vreg(f.Ra);
  return o;
}

export function read(c: UopContext, form: Form, name: RegisterOperand): Expr {
  if (form.isVector) return c.v(name);
  return form.size === 3 ? c.d(name) : c.s(name);
}

export function write(c: UopContext, form: Form, value: Expr): void {
  if (form.isVector) c.setVQ(form.q, 'd', value);
  else writeScalar(c, 'd', value);
}

/** Writes an i32 or i64 to a SIMD&FP register; the rest becomes zero. */
export function writeScalar(c: UopContext, name: RegisterOperand, value: Expr): void {
  if (value.type === 'i64') c.setD(name, value);
  else c.setS(name, value);
}

/** One lane of a register, for all lanes: the operand's offset is that of the lane. */
export function readElement(c: UopContext, form: Form, name: RegisterOperand): Expr {
  const lane = form.size === 3 ? c.x(name) : c.w(name);
  if (!form.isVector) return lane;
  return form.size === 3 ? i64x2.splat(lane) : i32x4.splat(lane);
}

/** FPNeg() and FPAbs(): the sign bit only, also of NaNs. */
export function negate(form: Form, value: Expr): Expr {
  if (form.isVector) return form.size === 3 ? f64x2.neg(value) : f32x4.neg(value);
  return form.size === 3 ? i64.xor(value, -(2n ** 63n)) : i32.xor(value, -0x8000_0000);
}
export function absolute(form: Form, value: Expr): Expr {
  if (form.isVector) return form.size === 3 ? f64x2.abs(value) : f32x4.abs(value);
  return form.size === 3 ? i64.and(value, 2n ** 63n - 1n) : i32.and(value, 0x7fff_ffff);
}

export function zeroOf(form: Form): Expr {
  if (form.isVector) return v128.const(new Uint8Array(16));
  return form.size === 3 ? i64.const(0n) : i32.const(0);
}

/** A vector of the given elements (counted through both sources) of 2^`size` bytes. */
export function pickElements(size: LaneSize, low: Expr, high: Expr, elements: readonly number[]): Expr {
  const bytes = 1 << size;
  const lanes = elements.flatMap((element) => Array.from({ length: bytes }, (_, i) => element * bytes + i));
  while (lanes.length < 16) lanes.push(0);
  return i8x16.shuffle(low, high, lanes);
}
