/** Advanced SIMD integer instructions whose registers have different arrangements, and across lanes (Arm ARM C4.1). */
import type { Expr } from '../../../wasm/expr.ts';
import type { UopContext } from './context.ts';
import { define, vreg } from './define.ts';
import {
  everyOther,
  extend,
  laneConstant,
  lanes,
  multiplyLong,
  narrowResult,
  pickLanes,
  result,
  source,
  ZERO,
} from './simd-lanes.ts';
import { addSaturating, doubleSaturating, settle, subSaturating } from './simd-saturating.ts';

/** Operands as they are, the size of the narrow lanes, and which half of a narrow register takes part. */
interface Long {
  readonly c: UopContext;
  readonly size: number;
  readonly high: number;
}

type LongOperation = (n: Expr, m: Expr, long: Long, d: () => Expr) => Expr;

/** A vector instruction with a wide result. */
function defineLong(name: string, operation: LongOperation): void {
  define(`${name}_asimddiff`, {
    statics: (f) => ({ size: f.size, high: f.Q }),
    operands: (f) => ({ d: vreg(f.Rd), n: vreg(f.Rn), m: vreg(f.Rm) }),
    fp: true,
    emit: (c, { size, high }) => {
      const [n, m] = [source(c, 'n', 4), source(c, 'm', 4)];
      c.setV(
        'd',
        operation(n, m, { c, size, high }, () => c.let(c.v('d'))),
      );
    },
  });
}

/** The absolute difference of extended lanes: it fits, read as unsigned. */
function distanceLong(n: Expr, m: Expr, { c, size, high }: Long, signed: boolean): Expr {
  const { sub, abs } = lanes(size + 1);
  return abs(c.let(sub(extend(size, high, signed, n), extend(size, high, signed, m))));
}

for (const signed of [true, false]) {
  const s = signed ? 'S' : 'U';
  const wide = (x: Expr, { size, high }: Long) => extend(size, high, signed, x);
  const product = (n: Expr, m: Expr, { size, high }: Long) => multiplyLong(size, high, signed, n, m);
  defineLong(`${s}ADDL`, (n, m, l) => lanes(l.size + 1).add(wide(n, l), wide(m, l)));
  defineLong(`${s}SUBL`, (n, m, l) => lanes(l.size + 1).sub(wide(n, l), wide(m, l)));
  defineLong(`${s}ADDW`, (n, m, l) => lanes(l.size + 1).add(n, wide(m, l)));
  defineLong(`${s}SUBW`, (n, m, l) => lanes(l.size + 1).sub(n, wide(m, l)));
  defineLong(`${s}ABDL`, (n, m, l) => distanceLong(n, m, l, signed));
  defineLong(`${s}ABAL`, (n, m, l, d) => lanes(l.size + 1).add(d(), distanceLong(n, m, l, signed)));
  defineLong(`${s}MULL`, product);
  defineLong(`${s}MLAL`, (n, m, l, d) => lanes(l.size + 1).add(d(), product(n, m, l)));
  defineLong(`${s}MLSL`, (n, m, l, d) => lanes(l.size + 1).sub(d(), product(n, m, l)));
}

/** How SQDMULL, SQDMLAL and SQDMLSL combine the doubled product with the destination. */
export type Accumulate = 'none' | 'add' | 'sub';
export const DOUBLING: [string, Accumulate][] = [
  ['SQDMULL', 'none'],
  ['SQDMLAL', 'add'],
  ['SQDMLSL', 'sub'],
];

/** Doubles a product of lanes of `1 << size` bytes and accumulates it, saturating both times. */
export function doublingLong(c: UopContext, size: number, kind: Accumulate, product: Expr, d: () => Expr): Expr {
  const doubled = settle(c, doubleSaturating(c, size, c.let(product)));
  if (kind === 'none') return doubled;
  const accumulate = kind === 'add' ? addSaturating : subSaturating;
  return settle(c, accumulate(c, size + 1, true, d(), doubled));
}

for (const [name, kind] of DOUBLING) {
  defineLong(name, (n, m, { c, size, high }, d) =>
    doublingLong(c, size, kind, multiplyLong(size, high, true, n, m), d),
  );
  define(`${name}_asisddiff`, {
    statics: (f) => ({ size: f.size }),
    operands: (f) => ({ d: vreg(f.Rd), n: vreg(f.Rn), m: vreg(f.Rm) }),
    fp: true,
    emit: (c, { size }) => {
      const product = multiplyLong(size, 0, true, source(c, 'n', size), source(c, 'm', size));
      const value = doublingLong(c, size, kind, product, () => source(c, 'd', size + 1));
      result(c, size + 1, value);
    },
  });
}

/** The upper halves of wide sums or differences, rounded or not. */
for (const operation of ['add', 'sub'] as const)
  for (const rounding of [false, true])
    define(`${rounding ? 'R' : ''}${operation.toUpperCase()}HN_asimddiff`, {
      statics: (f) => ({ size: f.size, high: f.Q }),
      operands: (f) => ({ d: vreg(f.Rd), n: vreg(f.Rn), m: vreg(f.Rm) }),
      fp: true,
      emit: (c, { size, high }) => {
        const wide = lanes(size + 1);
        const value = wide[operation](c.v('n'), c.v('m'));
        const half = laneConstant(size + 1, 1n << BigInt((8 << size) - 1));
        const rounded = c.let(rounding ? wide.add(value, half) : value);
        narrowResult(c, high, everyOther(size, rounded, ZERO, 1));
      },
    });

/** Lane 0 of the result combines all lanes of the low `1 << width` bytes. */
function reduce(c: UopContext, size: number, width: number, a: Expr, operation: (a: Expr, b: Expr) => Expr): Expr {
  let folded = a;
  for (let count = 1 << (width - size); count > 1; count >>= 1) {
    const half = count >> 1;
    folded = c.let(
      operation(
        folded,
        pickLanes(size, folded, folded, (lane) => (lane + half) & ((16 >> size) - 1)),
      ),
    );
  }
  return folded;
}

function defineAcross(name: string, operation: (size: number) => (a: Expr, b: Expr) => Expr): void {
  define(`${name}_asimdall`, {
    statics: (f) => ({ size: f.size, width: 3 + f.Q }),
    operands: (f) => ({ d: vreg(f.Rd), n: vreg(f.Rn) }),
    fp: true,
    emit: (c, { size, width }) => result(c, size, reduce(c, size, width, source(c, 'n', width), operation(size))),
  });
}

defineAcross('ADDV', (size) => lanes(size).add);
defineAcross('SMAXV', (size) => lanes(size).max_s);
defineAcross('SMINV', (size) => lanes(size).min_s);
defineAcross('UMAXV', (size) => lanes(size).max_u);
defineAcross('UMINV', (size) => lanes(size).min_u);

/** Sums neighbouring lanes into lanes of twice the width. */
export function addNeighbours(size: number, signed: boolean, a: Expr): Expr {
  const { add, shl, shr_s, shr_u } = lanes(size + 1);
  const shr = signed ? shr_s : shr_u;
  const bits = 8 << size;
  return add(shr(shl(a, bits), bits), shr(a, bits));
}

for (const signed of [true, false])
  define(`${signed ? 'S' : 'U'}ADDLV_asimdall`, {
    statics: (f) => ({ size: f.size, width: 3 + f.Q }),
    operands: (f) => ({ d: vreg(f.Rd), n: vreg(f.Rn) }),
    fp: true,
    emit: (c, { size, width }) => {
      const pairs = c.let(addNeighbours(size, signed, source(c, 'n', width)));
      result(c, size + 1, reduce(c, size + 1, width, pairs, lanes(size + 1).add));
    },
  });

define('ADDP_asisdpair', {
  statics: () => ({}),
  operands: (f) => ({ d: vreg(f.Rd), n: vreg(f.Rn) }),
  fp: true,
  emit: (c) => {
    const n = c.let(c.v('n'));
    result(
      c,
      3,
      lanes(3).add(
        n,
        pickLanes(3, n, n, () => 1),
      ),
    );
  },
});
