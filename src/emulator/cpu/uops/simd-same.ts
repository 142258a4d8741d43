/** Advanced SIMD integer instructions with three registers of one arrangement, vector and scalar (Arm ARM C4.1, three same). */
import { encodingExists } from '../../../arch/a64/table.ts';
import type { Expr } from '../../../wasm/expr.ts';
import { i8x16, v128 } from '../../../wasm/simd.ts';
import type { UopContext } from './context.ts';
import { define, vreg } from './define.ts';
import {
  everyOther,
  laneConstant,
  laneMax,
  laneMin,
  lanes,
  multiplyLong,
  pickLanes,
  result,
  shapeOf,
  source,
  ZERO,
} from './simd-lanes.ts';
import { addSaturating, settle, subSaturating } from './simd-saturating.ts';

/** Shape of an operation: lane size and log2 of the bytes that take part. */
interface Shape {
  readonly c: UopContext;
  readonly size: number;
  readonly width: number;
}

type Operation = (n: Expr, m: Expr, shape: Shape, d: () => Expr) => Expr;

/** Defines a row and its scalar form, where there is one. */
function same(name: string, operation: Operation): void {
  const rows = [`${name}_asimdsame`, `${name}_asisdsame`].filter(encodingExists);
  define(rows, {
    statics: shapeOf,
    operands: (f) => ({ d: vreg(f.Rd), n: vreg(f.Rn), m: vreg(f.Rm) }),
    fp: true,
    emit: (c, { size, width }) => {
      const [n, m] = [source(c, 'n', width), source(c, 'm', width)];
      result(
        c,
        width,
        operation(n, m, { c, size, width }, () => source(c, 'd', width)),
      );
    },
  });
}

for (const signed of [true, false]) {
  const s = signed ? 'S' : 'U';
  const shr = (size: number) => (signed ? lanes(size).shr_s : lanes(size).shr_u);
  // Halving without a wider intermediate: what the operands share, and half of what they do not.
  same(`${s}HADD`, (n, m, { size }) => lanes(size).add(v128.and(n, m), shr(size)(v128.xor(n, m), 1)));
  same(`${s}RHADD`, (n, m, { size }) => lanes(size).sub(v128.or(n, m), shr(size)(v128.xor(n, m), 1)));
  same(`${s}HSUB`, (n, m, { size }) => lanes(size).sub(shr(size)(v128.xor(n, m), 1), v128.andnot(m, n)));
  same(`${s}QADD`, (n, m, { c, size }) => settle(c, addSaturating(c, size, signed, n, m)));
  same(`${s}QSUB`, (n, m, { c, size }) => settle(c, subSaturating(c, size, signed, n, m)));

  const max = (size: number) => (signed ? lanes(size).max_s : lanes(size).max_u);
  const min = (size: number) => (signed ? lanes(size).min_s : lanes(size).min_u);
  const distance: Operation = (n, m, { size }) => lanes(size).sub(max(size)(n, m), min(size)(n, m));
  same(`${s}MAX`, (n, m, { size }) => max(size)(n, m));
  same(`${s}MIN`, (n, m, { size }) => min(size)(n, m));
  same(`${s}ABD`, distance);
  same(`${s}ABA`, (n, m, shape, d) => lanes(shape.size).add(d(), distance(n, m, shape, d)));
  same(`${s}MAXP`, (n, m, shape) => pairwise(n, m, shape, max(shape.size)));
  same(`${s}MINP`, (n, m, shape) => pairwise(n, m, shape, min(shape.size)));
}

/** Applies `operation` to neighbours in `n` followed by `m`. */
function pairwise(n: Expr, m: Expr, { c, size, width }: Shape, operation: (a: Expr, b: Expr) => Expr): Expr {
  const [first, second] = width === 4 ? [n, m] : [c.let(pickLanes(3, n, m, (lane) => 2 * lane)), ZERO];
  const evens = c.let(everyOther(size, first, second, 0));
  return operation(evens, c.let(everyOther(size, first, second, 1)));
}

same('CMGT', (n, m, { size }) => lanes(size).gt_s(n, m));
same('CMGE', (n, m, { size }) => lanes(size).ge_s(n, m));
same('CMHI', (n, m, { size }) => lanes(size).gt_u(n, m));
same('CMHS', (n, m, { size }) => lanes(size).ge_u(n, m));
same('CMEQ', (n, m, { size }) => lanes(size).eq(n, m));
same('CMTST', (n, m, { size }) => lanes(size).ne(v128.and(n, m), ZERO));
same('ADD', (n, m, { size }) => lanes(size).add(n, m));
same('SUB', (n, m, { size }) => lanes(size).sub(n, m));
same('ADDP', (n, m, shape) => pairwise(n, m, shape, lanes(shape.size).add));
same('MUL', (n, m, { size }) => lanes(size).mul(n, m));
same('MLA', (n, m, { size }, d) => lanes(size).add(d(), lanes(size).mul(n, m)));
same('MLS', (n, m, { size }, d) => lanes(size).sub(d(), lanes(size).mul(n, m)));

/** Carry-less multiplication of bytes: for each bit of `m`, all of `n` shifted. */
same('PMUL', (n, m, { c }) => {
  let sum = ZERO;
  for (let bit = 0; bit < 8; bit += 1) {
    const isSet = i8x16.shr_s(i8x16.shl(m, 7 - bit), 7);
    sum = c.let(v128.xor(sum, v128.and(i8x16.shl(n, bit), isSet)));
  }
  return sum;
});

/** The upper half of twice the product (lanes of 2 or 4 bytes), rounded when asked for; the smallest value squared saturates. */
export function doublingHigh(c: UopContext, size: number, rounding: boolean, n: Expr, m: Expr): Expr {
  const { eq, bits } = lanes(size);
  const wide = lanes(size + 1);
  const half = (high: number): Expr => {
    const product = multiplyLong(size, high, true, n, m);
    const rounded = rounding ? wide.add(product, laneConstant(size + 1, 1n << BigInt(bits - 2))) : product;
    return c.let(wide.shr_s(rounded, bits - 1));
  };
  const mask = c.let(v128.and(eq(n, laneMin(size)), eq(m, laneMin(size))));
  const high = everyOther(size, half(0), half(1), 0);
  return settle(c, { value: v128.bitselect(laneMax(size), high, mask), mask });
}

same('SQDMULH', (n, m, { c, size }) => doublingHigh(c, size, false, n, m));
same('SQRDMULH', (n, m, { c, size }) => doublingHigh(c, size, true, n, m));

/** Bitwise operations; the lane size does not matter. */
const LOGIC: Record<string, (n: Expr, m: Expr, d: () => Expr) => Expr> = {
  AND: (n, m) => v128.and(n, m),
  BIC: (n, m) => v128.andnot(n, m),
  ORR: (n, m) => v128.or(n, m),
  ORN: (n, m) => v128.or(n, v128.not(m)),
  EOR: (n, m) => v128.xor(n, m),
  BSL: (n, m, d) => v128.bitselect(n, m, d()),
  BIT: (n, m, d) => v128.bitselect(n, d(), m),
  BIF: (n, m, d) => v128.bitselect(d(), n, m),
};

for (const [name, operation] of Object.entries(LOGIC))
  define(`${name}_asimdsame`, {
    statics: (f) => ({ width: 3 + f.Q }),
    operands: (f) => ({ d: vreg(f.Rd), n: vreg(f.Rn), m: vreg(f.Rm) }),
    fp: true,
    emit: (c, { width }) => {
      const [n, m] = [source(c, 'n', width), source(c, 'm', width)];
      result(
        c,
        width,
        operation(n, m, () => source(c, 'd', width)),
      );
    },
  });
