/** Advanced SIMD integer shifts by an immediate, vector and scalar (Arm ARM C4.1). */
import type { Fields } from '../../../arch/a64/encoding.ts';
import { encodingExists } from '../../../arch/a64/table.ts';
import type { Expr } from '../../../wasm/expr.ts';
import { i32 } from '../../../wasm/ops.ts';
import { v128 } from '../../../wasm/simd.ts';
import type { UopContext } from './context.ts';
import { define, vreg } from './define.ts';
import { everyOther, extend, lanes, narrowResult, ONES, result, source, ZERO } from './simd-lanes.ts';
import { type Narrowing, narrowSaturating, settle, shiftLeftSaturating } from './simd-saturating.ts';

/** log2 of the lane's bytes: the highest set bit of immh. */
const sizeOf = (f: Fields): number => 31 - Math.clz32(f.immh);
const widthOf = (f: Fields): number => (f.Q === undefined ? sizeOf(f) : 3 + f.Q);
const leftAmount = (f: Fields): number => ((f.immh << 3) | f.immb) - (8 << sizeOf(f));
/** Of narrowing shifts too, whose source lanes are twice as wide: the size is the result's. */
const rightAmount = (f: Fields): number => (16 << sizeOf(f)) - ((f.immh << 3) | f.immb);

const rowsOf = (name: string): string[] => [`${name}_asimdshf`, `${name}_asisdshf`].filter(encodingExists);

interface Shape {
  readonly c: UopContext;
  readonly size: number;
  readonly width: number;
  /** The shift is by all of the lane's bits. */
  readonly full: number;
}

type Operation = (n: Expr, shape: Shape, d: () => Expr) => Expr;

/** A right shift of 1 to all bits; the amount is the immediate. */
function defineRight(name: string, operation: Operation): void {
  define(rowsOf(name), {
    statics: (f) => ({ size: sizeOf(f), width: widthOf(f), full: Number(rightAmount(f) === 8 << sizeOf(f)) }),
    operands: (f) => ({ d: vreg(f.Rd), n: vreg(f.Rn), imm: rightAmount(f) }),
    fp: true,
    emit: (c, { size, width, full }) => {
      const n = source(c, 'n', width);
      result(
        c,
        width,
        operation(n, { c, size, width, full }, () => source(c, 'd', width)),
      );
    },
  });
}

/** WebAssembly takes amounts modulo the lane's bits, so a full shift needs its own form. */
function shiftRight(n: Expr, { c, size, full }: Shape, signed: boolean): Expr {
  const { shr_s, shr_u, bits } = lanes(size);
  if (signed) return shr_s(n, full ? bits - 1 : c.imm32());
  return full ? ZERO : shr_u(n, c.imm32());
}

/** Adds the last bit that was shifted out. */
function shiftRightRounding(n: Expr, shape: Shape, signed: boolean): Expr {
  const { shr_u, shl, add, bits } = lanes(shape.size);
  const last = shr_u(shl(n, i32.sub(bits, shape.c.imm32())), bits - 1);
  return add(shiftRight(n, shape, signed), last);
}

for (const signed of [true, false]) {
  const s = signed ? 'S' : 'U';
  defineRight(`${s}SHR`, (n, shape) => shiftRight(n, shape, signed));
  defineRight(`${s}SRA`, (n, shape, d) => lanes(shape.size).add(d(), shiftRight(n, shape, signed)));
  defineRight(`${s}RSHR`, (n, shape) => shiftRightRounding(n, shape, signed));
  defineRight(`${s}RSRA`, (n, shape, d) => lanes(shape.size).add(d(), shiftRightRounding(n, shape, signed)));
}

defineRight('SRI', (n, shape, d) => {
  const mask = shape.c.let(shiftRight(ONES, shape, false));
  return v128.bitselect(shiftRight(n, shape, false), d(), mask);
});

/** A left shift of 0 to all bits but one. */
function defineLeft(name: string, operation: Operation): void {
  define(rowsOf(name), {
    statics: (f) => ({ size: sizeOf(f), width: widthOf(f) }),
    operands: (f) => ({ d: vreg(f.Rd), n: vreg(f.Rn), imm: leftAmount(f) }),
    fp: true,
    emit: (c, { size, width }) => {
      const n = source(c, 'n', width);
      result(
        c,
        width,
        operation(n, { c, size, width, full: 0 }, () => source(c, 'd', width)),
      );
    },
  });
}

defineLeft('SHL', (n, { c, size }) => lanes(size).shl(n, c.imm32()));
defineLeft('SLI', (n, { c, size }, d) => {
  const { shl } = lanes(size);
  const mask = c.let(shl(ONES, c.imm32()));
  return v128.bitselect(shl(n, c.imm32()), d(), mask);
});

const LEFT_SATURATING: [string, Narrowing][] = [
  ['SQSHL', 'signed'],
  ['SQSHLU', 'toUnsigned'],
  ['UQSHL', 'unsigned'],
];
for (const [name, kind] of LEFT_SATURATING)
  defineLeft(name, (n, { c, size }) => settle(c, shiftLeftSaturating(c, size, kind, n, c.let(c.imm32()))));

/** Shift right and narrow: source lanes are wide. `kind` is undefined where the upper bits are just dropped. */
function defineNarrow(name: string, rounding: boolean, kind?: Narrowing): void {
  define(rowsOf(name), {
    statics: (f) => ({ size: sizeOf(f), high: f.Q ?? 2 }),
    operands: (f) => ({ d: vreg(f.Rd), n: vreg(f.Rn), imm: rightAmount(f) }),
    fp: true,
    emit: (c, { size, high }) => {
      const shape = { c, size: size + 1, width: 4, full: 0 };
      const n = source(c, 'n', high === 2 ? size + 1 : 4);
      const signed = kind !== 'unsigned' && kind !== undefined;
      const shifted = c.let(rounding ? shiftRightRounding(n, shape, signed) : shiftRight(n, shape, signed));
      const value = kind ? settle(c, narrowSaturating(c, size, kind, shifted)) : everyOther(size, shifted, ZERO, 0);
      if (high === 2) result(c, size, value);
      else narrowResult(c, high, value);
    },
  });
}

for (const rounding of [false, true]) {
  const r = rounding ? 'R' : '';
  defineNarrow(`${r}SHRN`, rounding);
  defineNarrow(`SQ${r}SHRN`, rounding, 'signed');
  defineNarrow(`SQ${r}SHRUN`, rounding, 'toUnsigned');
  defineNarrow(`UQ${r}SHRN`, rounding, 'unsigned');
}

for (const signed of [true, false])
  define(`${signed ? 'S' : 'U'}SHLL_asimdshf`, {
    statics: (f) => ({ size: sizeOf(f), high: f.Q }),
    operands: (f) => ({ d: vreg(f.Rd), n: vreg(f.Rn), imm: leftAmount(f) }),
    fp: true,
    emit: (c, { size, high }) => c.setV('d', lanes(size + 1).shl(extend(size, high, signed, c.v('n')), c.imm32())),
  });
