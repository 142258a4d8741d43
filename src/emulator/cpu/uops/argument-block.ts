/** How uops hand whole SIMD&FP registers to TypeScript: through a block in the bounce buffer, 16 bytes for each operand, then the result. */
import type { Expr, Value } from '../../../wasm/expr.ts';
import { i32, i64 } from '../../../wasm/ops.ts';
import { v128 } from '../../../wasm/simd.ts';
import type { ValType } from '../../../wasm/types.ts';
import { SCRATCH } from '../../memory-layout.ts';
import type { UopContext } from './context.ts';

/** In the upper half of the bounce buffer, which memory accesses do not use. */
export const ARGUMENTS = SCRATCH + 0x800;
export const ARGUMENT_SIZE = 16;
/** At most three operands. */
export const RESULT_OFFSET = 3 * ARGUMENT_SIZE;
export const BLOCK_SIZE = 4 * ARGUMENT_SIZE;

function store(c: UopContext, source: Expr, at: number): void {
  const operator = { v128: v128.store, i64: i64.store, i32: i32.store }[source.type as 'v128' | 'i64' | 'i32'];
  c.f.do(operator(at, source));
}

function loadResult(type: ValType): Expr {
  const at = ARGUMENTS + RESULT_OFFSET;
  if (type === 'v128') return v128.load(at);
  return type === 'i64' ? i64.load(at) : i32.load(at);
}

/** Stores the sources (v128, i64 or i32), calls a helper and reads the result. */
export function callWithBlock(
  c: UopContext,
  helper: string,
  sources: readonly Expr[],
  type: ValType,
  ...args: Value[]
): Expr {
  sources.forEach((source, i) => store(c, source, ARGUMENTS + i * ARGUMENT_SIZE));
  c.sync();
  c.f.do(c.call(helper, ...args));
  c.reload();
  return loadResult(type);
}
