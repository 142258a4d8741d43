/** Moving bytes between two linear addresses. */
import type { Expr, Value } from '../../../wasm/expr.ts';
import { i32, i64 } from '../../../wasm/ops.ts';
import { v128 } from '../../../wasm/simd.ts';

/** Copies `1 << size` bytes (at most 16). */
export function memoryCopy(size: number, to: Value, toOffset: number, from: Value, fromOffset: number): Expr {
  switch (size) {
    case 0:
      return i32.store8(to, i32.load8_u(from, fromOffset), toOffset);
    case 1:
      return i32.store16(to, i32.load16_u(from, fromOffset), toOffset);
    case 2:
      return i32.store(to, i32.load(from, fromOffset), toOffset);
    case 3:
      return i64.store(to, i64.load(from, fromOffset), toOffset);
    default:
      return v128.store(to, v128.load(from, fromOffset), toOffset);
  }
}
