/** Shifted and extended register operands (`ShiftReg`, `ExtendReg`). */
import type { Fields } from '../../../arch/a64/encoding.ts';
import type { Expr } from '../../../wasm/expr.ts';
import { i32, i64 } from '../../../wasm/ops.ts';
import type { UopContext } from './context.ts';

/** Register `m` shifted by the immediate: `shift` 0-3 LSL, LSR, ASR, ROR; 4 is no shift at all. */
export function shiftRegister(c: UopContext, { sf, shift }: Fields): Expr {
  const value = c.r(sf, 'm');
  if (shift === 4) return value;
  const amount = sf ? c.imm64() : c.imm32();
  const o = sf ? i64 : i32;
  return [o.shl, o.shr_u, o.shr_s, o.rotr][shift](value, amount);
}

/** Register `m` extended by `option` (UXTB ... SXTX) and shifted left by the immediate. */
export function extendRegister(c: UopContext, sf: number, option: number): Expr {
  return sf ? i64.shl(extend64(c, option), c.imm64()) : i32.shl(extend32(c, option), c.imm32());
}

function extend64(c: UopContext, option: number): Expr {
  const x = c.x('m');
  switch (option) {
    case 0:
      return i64.and(x, 0xffn);
    case 1:
      return i64.and(x, 0xffffn);
    case 2:
      return i64.extend_i32_u(c.w('m'));
    case 4:
      return i64.extend8_s(x);
    case 5:
      return i64.extend16_s(x);
    case 6:
      return i64.extend_i32_s(c.w('m'));
    default:
      return x;
  }
}

function extend32(c: UopContext, option: number): Expr {
  const w = c.w('m');
  switch (option) {
    case 0:
      return i32.and(w, 0xff);
    case 1:
      return i32.and(w, 0xffff);
    case 4:
      return i32.extend8_s(w);
    case 5:
      return i32.extend16_s(w);
    default:
      return w;
  }
}
