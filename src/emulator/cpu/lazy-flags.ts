/**
 * NZCV as the operands of the instruction that set it. Comparing those again is one instruction of the host, where making the flags and testing
 * them are several; and flags that only an exit could see need not be made at all.
 */
import type { Expr } from '../../wasm/expr.ts';
import { i32, i64 } from '../../wasm/ops.ts';
import type { Flag } from './uops/context.ts';

/** What set the flags. `parts`: the four flags stand by themselves. `varies`: a local says which of the others it is. */
export const FlagSource = { varies: -1, parts: 0, add: 1, sub: 3, logic: 5 } as const;
/** One of `add`, `sub` and `logic` of 32 bits; one more for 64 bits. */
export type FlagSource = number;

export const ALL_SOURCES: readonly FlagSource[] = [1, 2, 3, 4, 5, 6];

export const sourceOf = (operation: 'add' | 'sub' | 'logic', sf: number): FlagSource => FlagSource[operation] + sf;

/** Operands of the width that the source says; `b` is not used for `logic`, where `a` is the result. */
export interface FlagOperands {
  readonly a: Expr;
  readonly b: Expr;
}

const isWide = (source: FlagSource): boolean => source % 2 === 0;
const opsOf = (source: FlagSource) => (isWide(source) ? i64 : i32);

function resultOf(source: FlagSource, { a, b }: FlagOperands): Expr {
  if (source >= FlagSource.logic) return a;
  return source >= FlagSource.sub ? opsOf(source).sub(a, b) : opsOf(source).add(a, b);
}

/** One flag in the form in which the state block keeps it. */
export function flagOf(source: FlagSource, operands: FlagOperands, flag: Flag): Expr {
  const { a, b } = operands;
  const o = opsOf(source);
  const sign = (value: Expr): Expr => (isWide(source) ? i32.wrap_i64(i64.shr_u(value, 32n)) : value);
  const result = resultOf(source, operands);
  if (flag === 'N') return sign(result);
  if (flag === 'Z') return isWide(source) ? i64.ne(result, 0n) : result;
  if (source >= FlagSource.logic) return i32.const(0);
  const isSub = source >= FlagSource.sub;
  if (flag === 'C') return isSub ? o.ge_u(a, b) : o.lt_u(result, a);
  return sign(isSub ? o.and(o.xor(a, b), o.xor(a, result)) : o.and(o.xor(a, result), o.xor(b, result)));
}

const COMPARISONS = [
  'eq',
  'ne',
  'ge_u',
  'lt_u',
  '',
  '',
  '',
  '',
  'gt_u',
  'le_u',
  'ge_s',
  'lt_s',
  'gt_s',
  'le_s',
] as const;
/** Comparisons of a logical operation's result with 0; C and V are 0. */
const LOGIC = ['eq', 'ne', 0, 1, 'lt_s', 'ge_s', 0, 1, 0, 1, 'ge_s', 'lt_s', 'gt_s', 'le_s'] as const;
/** Of a sum with 0. */
const SUM = ['eq', 'ne', '', '', 'lt_s', 'ge_s'] as const;

/** Whether a condition holds, where one comparison says it; else undefined. */
export function compare(source: FlagSource, operands: FlagOperands, cond: number): Expr | undefined {
  const o = opsOf(source);
  const zero = isWide(source) ? i64.const(0n) : i32.const(0);
  if (cond >= 14) return i32.const(1);
  if (source >= FlagSource.logic) {
    const test = LOGIC[cond];
    return typeof test === 'number' ? i32.const(test) : o[test](operands.a, zero);
  }
  const direct = source >= FlagSource.sub ? COMPARISONS[cond] : '';
  if (direct) return o[direct](operands.a, operands.b);
  const sum = SUM[cond];
  return sum ? o[sum](resultOf(source, operands), zero) : undefined;
}
