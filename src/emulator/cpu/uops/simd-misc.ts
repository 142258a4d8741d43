/** Advanced SIMD integer instructions with two registers (Arm ARM C4.1, two-register miscellaneous), vector and scalar. */
import { encodingExists } from '../../../arch/a64/table.ts';
import type { Expr } from '../../../wasm/expr.ts';
import { i8x16, v128 } from '../../../wasm/simd.ts';
import type { UopContext } from './context.ts';
import { define, vreg } from './define.ts';
import { addNeighbours } from './simd-different.ts';
import {
  everyOther,
  extend,
  laneConstant,
  lanes,
  narrowResult,
  pickLanes,
  result,
  shapeOf,
  source,
  ZERO,
} from './simd-lanes.ts';
import {
  addSignedToUnsigned,
  addUnsignedToSigned,
  narrowSaturating,
  type Narrowing,
  oppositeSaturating,
  settle,
} from './simd-saturating.ts';

type Operation = (n: Expr, shape: { c: UopContext; size: number }, d: () => Expr) => Expr;

/** Defines a row and its scalar form, where there is one. */
function misc(name: string, operation: Operation): void {
  define([`${name}_asimdmisc`, `${name}_asisdmisc`].filter(encodingExists), {
    statics: shapeOf,
    operands: (f) => ({ d: vreg(f.Rd), n: vreg(f.Rn) }),
    fp: true,
    emit: (c, { size, width }) => {
      const n = source(c, 'n', width);
      result(
        c,
        width,
        operation(n, { c, size }, () => source(c, 'd', width)),
      );
    },
  });
}

/** Reverses the lanes within each container of `1 << container` bytes. */
function reverse(size: number, container: number, n: Expr): Expr {
  const mask = (1 << (container - size)) - 1;
  return pickLanes(size, n, n, (lane) => lane ^ mask);
}

misc('REV64', (n, { size }) => reverse(size, 3, n));
misc('REV32', (n, { size }) => reverse(size, 2, n));
misc('REV16', (n, { size }) => reverse(size, 1, n));

for (const signed of [true, false]) {
  const s = signed ? 'S' : 'U';
  misc(`${s}ADDLP`, (n, { size }) => addNeighbours(size, signed, n));
  misc(`${s}ADALP`, (n, { size }, d) => lanes(size + 1).add(d(), addNeighbours(size, signed, n)));
}

misc('SUQADD', (n, { c, size }, d) => settle(c, addUnsignedToSigned(c, size, d(), n)));
misc('USQADD', (n, { c, size }, d) => settle(c, addSignedToUnsigned(c, size, d(), n)));
misc('SQABS', (n, { c, size }) => settle(c, oppositeSaturating(c, size, true, n)));
misc('SQNEG', (n, { c, size }) => settle(c, oppositeSaturating(c, size, false, n)));
misc('ABS', (n, { size }) => lanes(size).abs(n));
misc('NEG', (n, { size }) => lanes(size).neg(n));
misc('CMGT', (n, { size }) => lanes(size).gt_s(n, ZERO));
misc('CMGE', (n, { size }) => lanes(size).ge_s(n, ZERO));
misc('CMEQ', (n, { size }) => lanes(size).eq(n, ZERO));
misc('CMLE', (n, { size }) => lanes(size).ge_s(ZERO, n));
misc('CMLT', (n, { size }) => lanes(size).gt_s(ZERO, n));
misc('CNT', (n) => i8x16.popcnt(n));

/** Bits of each byte reversed: both halves through a table of sixteen. */
function reverseBits(n: Expr): Expr {
  const reversed = Array.from({ length: 16 }, (_, x) => ((x & 1) << 3) | ((x & 2) << 1) | ((x & 4) >> 1) | (x >> 3));
  const low = i8x16.swizzle(v128.const(reversed.map((x) => x << 4)), v128.and(n, laneConstant(0, 15n)));
  return v128.or(low, i8x16.swizzle(v128.const(reversed), i8x16.shr_u(n, 4)));
}

misc('RBIT', (n) => reverseBits(n));

define('NOT_asimdmisc', {
  statics: (f) => ({ width: 3 + f.Q }),
  operands: (f) => ({ d: vreg(f.Rd), n: vreg(f.Rn) }),
  fp: true,
  emit: (c, { width }) => result(c, width, v128.not(source(c, 'n', width))),
});

/** Leading zeroes of each lane, counted in steps: while the upper half is empty, shift it away. */
function countLeadingZeroes(c: UopContext, size: number, n: Expr): Expr {
  const { shl, shr_u, eq, add, bits } = lanes(size);
  let [value, count] = [n, ZERO];
  for (let step = bits >> 1; step > 0; step >>= 1) {
    const isEmpty = c.let(eq(shr_u(value, bits - step), ZERO));
    count = c.let(add(count, v128.and(isEmpty, laneConstant(size, BigInt(step)))));
    value = c.let(v128.bitselect(shl(value, step), value, isEmpty));
  }
  return c.let(add(count, v128.and(eq(value, ZERO), laneConstant(size, 1n))));
}

misc('CLZ', (n, { c, size }) => countLeadingZeroes(c, size, n));
/** Bits after the sign bit that equal it. */
misc('CLS', (n, { c, size }) => {
  const { shr_s, sub, bits } = lanes(size);
  const changes = c.let(v128.xor(n, shr_s(n, bits - 1)));
  const count = countLeadingZeroes(c, size, changes);
  return sub(count, laneConstant(size, 1n));
});

/** Narrowing moves; the scalar forms read a lane of twice the size. */
function narrowing(name: string, kind?: Narrowing): void {
  define([`${name}_asimdmisc`, `${name}_asisdmisc`].filter(encodingExists), {
    statics: (f) => ({ size: f.size, high: f.Q ?? 2 }),
    operands: (f) => ({ d: vreg(f.Rd), n: vreg(f.Rn) }),
    fp: true,
    emit: (c, { size, high }) => {
      const n = source(c, 'n', high === 2 ? size + 1 : 4);
      const value = kind ? settle(c, narrowSaturating(c, size, kind, n)) : everyOther(size, n, ZERO, 0);
      if (high === 2) result(c, size, value);
      else narrowResult(c, high, value);
    },
  });
}

narrowing('XTN');
narrowing('SQXTN', 'signed');
narrowing('SQXTUN', 'toUnsigned');
narrowing('UQXTN', 'unsigned');

define('SHLL_asimdmisc', {
  statics: (f) => ({ size: f.size, high: f.Q }),
  operands: (f) => ({ d: vreg(f.Rd), n: vreg(f.Rn) }),
  fp: true,
  emit: (c, { size, high }) => c.setV('d', lanes(size + 1).shl(extend(size, high, false, c.v('n')), 8 << size)),
});
