/** Advanced SIMD integer multiplications by an indexed element, vector and scalar (Arm ARM C4.1). */
import type { Fields } from '../../../arch/a64/encoding.ts';
import type { Expr } from '../../../wasm/expr.ts';
import { i32 } from '../../../wasm/ops.ts';
import type { UopContext } from './context.ts';
import { define, vreg } from './define.ts';
import { DOUBLING, doublingLong } from './simd-different.ts';
import { lanes, multiplyLong, result, shapeOf, source } from './simd-lanes.ts';
import { doublingHigh } from './simd-same.ts';

/** Byte offset of the element in the state block: H:L:M for halfwords (of V0-V15), H:L for words. */
function elementOffset(f: Fields): number {
  if (f.size === 1) return vreg(f.Rm) + 2 * ((f.H << 2) | (f.L << 1) | f.M);
  return vreg((f.M << 4) | f.Rm) + 4 * ((f.H << 1) | f.L);
}

const operands = (f: Fields) => ({ d: vreg(f.Rd), n: vreg(f.Rn), m: elementOffset(f) });

/** The element in every lane. */
function element(c: UopContext, size: number): Expr {
  const { address, offset } = c.register('m');
  return c.let(lanes(size).splat(size === 1 ? i32.load16_u(address, offset) : i32.load(address, offset)));
}

/** Result lanes as wide as the source's. */
function defineSame(
  name: string,
  group: string,
  operation: (c: UopContext, size: number, n: Expr, m: Expr, d: () => Expr) => Expr,
) {
  define(`${name}_${group}`, {
    statics: shapeOf,
    operands,
    fp: true,
    emit: (c, { size, width }) => {
      const [n, m] = [source(c, 'n', width), element(c, size)];
      result(
        c,
        width,
        operation(c, size, n, m, () => source(c, 'd', width)),
      );
    },
  });
}

defineSame('MUL', 'asimdelem', (_c, size, n, m) => lanes(size).mul(n, m));
defineSame('MLA', 'asimdelem', (_c, size, n, m, d) => lanes(size).add(d(), lanes(size).mul(n, m)));
defineSame('MLS', 'asimdelem', (_c, size, n, m, d) => lanes(size).sub(d(), lanes(size).mul(n, m)));
for (const group of ['asimdelem', 'asisdelem']) {
  defineSame('SQDMULH', group, (c, size, n, m) => doublingHigh(c, size, false, n, m));
  defineSame('SQRDMULH', group, (c, size, n, m) => doublingHigh(c, size, true, n, m));
}

/** Result lanes twice as wide; `high` chooses the half of the source. */
function defineLong(
  name: string,
  operation: (c: UopContext, size: number, high: number, n: Expr, m: Expr) => Expr,
): void {
  define(`${name}_asimdelem`, {
    statics: (f) => ({ size: f.size, high: f.Q }),
    operands,
    fp: true,
    emit: (c, { size, high }) => c.setV('d', operation(c, size, high, source(c, 'n', 4), element(c, size))),
  });
}

for (const signed of [true, false]) {
  const s = signed ? 'S' : 'U';
  defineLong(`${s}MULL`, (_c, size, high, n, m) => multiplyLong(size, high, signed, n, m));
  defineLong(`${s}MLAL`, (c, size, high, n, m) =>
    lanes(size + 1).add(c.v('d'), multiplyLong(size, high, signed, n, m)),
  );
  defineLong(`${s}MLSL`, (c, size, high, n, m) =>
    lanes(size + 1).sub(c.v('d'), multiplyLong(size, high, signed, n, m)),
  );
}

for (const [name, kind] of DOUBLING) {
  defineLong(name, (c, size, high, n, m) =>
    doublingLong(c, size, kind, multiplyLong(size, high, true, n, m), () => source(c, 'd', 4)),
  );
  define(`${name}_asisdelem`, {
    statics: (f) => ({ size: f.size }),
    operands,
    fp: true,
    emit: (c, { size }) => {
      const product = multiplyLong(size, 0, true, source(c, 'n', size), element(c, size));
      result(
        c,
        size + 1,
        doublingLong(c, size, kind, product, () => source(c, 'd', size + 1)),
      );
    },
  });
}
