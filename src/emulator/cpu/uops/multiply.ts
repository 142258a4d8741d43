/** Multiplication, division, variable shifts and bit counting (Arm ARM C4.1.4: 1, 2 and 3 sources). */
import type { Fields } from '../../../arch/a64/encoding.ts';
import type { Expr } from '../../../wasm/expr.ts';
import { i32, i64 } from '../../../wasm/ops.ts';
import { ops } from './arithmetic.ts';
import type { UopContext } from './context.ts';
import { combinations, define, xd, xz } from './define.ts';

const twoSources = (f: Fields) => ({ d: xd(f.Rd), n: xz(f.Rn), m: xz(f.Rm) });
const threeSources = (f: Fields) => ({ ...twoSources(f), a: xz(f.Ra) });

for (const [mnemonic, operation] of [
  ['MADD', 'add'],
  ['MSUB', 'sub'],
] as const)
  // prettier-ignore
  define(`${mnemonic}_dp_3src`, {
    statics: (f) => ({ sf: f.sf }),
    operands: threeSources,
    hot: combinations({ sf: [0, 1] }),
    emit: (c, { sf }) => c.setR(sf, 'd', ops(sf)[operation](c.r(sf, 'a'), ops(sf).mul(c.r(sf, 'n'), c.r(sf, 'm')))),
  });

for (const [mnemonic, signed, operation] of [
  ['SMADDL', true, 'add'],
  ['SMSUBL', true, 'sub'],
  ['UMADDL', false, 'add'],
  ['UMSUBL', false, 'sub'],
] as const)
  define(`${mnemonic}_dp_3src`, {
    statics: () => ({}),
    operands: threeSources,
    hot: [{}],
    emit: (c) => {
      const wide = (w: Expr) => (signed ? i64.extend_i32_s(w) : i64.extend_i32_u(w));
      c.setX('d', i64[operation](c.x('a'), i64.mul(wide(c.w('n')), wide(c.w('m')))));
    },
  });

/** High 64 bits of an unsigned 64 x 64 product, by halves. */
function unsignedHigh(c: UopContext, x: Expr, y: Expr): Expr {
  const low = (v: Expr) => i64.and(v, 0xffff_ffffn);
  const high = (v: Expr) => i64.shr_u(v, 32n);
  const lowLow = i64.mul(low(x), low(y));
  const middle = c.let(i64.add(i64.mul(high(x), low(y)), high(lowLow)));
  const other = c.let(i64.add(i64.mul(low(x), high(y)), low(middle)));
  return i64.add(i64.add(i64.mul(high(x), high(y)), high(middle)), high(other));
}

define('UMULH_dp_3src', {
  statics: () => ({}),
  operands: twoSources,
  hot: [{}],
  emit: (c) => c.setX('d', unsignedHigh(c, c.let(c.x('n')), c.let(c.x('m')))),
});

define('SMULH_dp_3src', {
  statics: () => ({}),
  operands: twoSources,
  emit: (c) => {
    const x = c.let(c.x('n'));
    const y = c.let(c.x('m'));
    const correction = i64.add(i64.and(i64.shr_s(x, 63n), y), i64.and(i64.shr_s(y, 63n), x));
    c.setX('d', i64.sub(unsignedHigh(c, x, y), correction));
  },
});

/** Division: by zero gives 0; the most negative number by -1 gives itself. */
define('UDIV_dp_2src', {
  statics: (f) => ({ sf: f.sf }),
  operands: twoSources,
  hot: combinations({ sf: [0, 1] }),
  emit: (c, { sf }) => {
    const o = ops(sf);
    const y = c.let(c.r(sf, 'm'));
    const type = sf ? 'i64' : 'i32';
    c.setR(
      sf,
      'd',
      c.f.ifValue(
        type,
        o.eqz(y),
        () => 0,
        () => o.div_u(c.r(sf, 'n'), y),
      ),
    );
  },
});

define('SDIV_dp_2src', {
  statics: (f) => ({ sf: f.sf }),
  operands: twoSources,
  emit: (c, { sf }) => {
    const o = ops(sf);
    const y = c.let(c.r(sf, 'm'));
    const x = c.let(c.r(sf, 'n'));
    const type = sf ? 'i64' : 'i32';
    const byMinusOne = () => o.sub(0, x);
    const quotient = () => c.f.ifValue(type, o.eq(y, -1), byMinusOne, () => o.div_s(x, y));
    c.setR(
      sf,
      'd',
      c.f.ifValue(type, o.eqz(y), () => 0, quotient),
    );
  },
});

/** Wasm shifts take their amount modulo the width, as the instructions do. */
for (const [mnemonic, operation] of [
  ['LSLV', 'shl'],
  ['LSRV', 'shr_u'],
  ['ASRV', 'shr_s'],
  ['RORV', 'rotr'],
] as const)
  // prettier-ignore
  define(`${mnemonic}_dp_2src`, {
    statics: (f) => ({ sf: f.sf }),
    operands: twoSources,
    hot: operation === 'rotr' ? [] : combinations({ sf: [0, 1] }),
    emit: (c, { sf }) => c.setR(sf, 'd', ops(sf)[operation](c.r(sf, 'n'), c.r(sf, 'm'))),
  });

const oneSource = (f: Fields) => ({ d: xd(f.Rd), n: xz(f.Rn) });

define('CLZ_dp_1src', {
  statics: (f) => ({ sf: f.sf }),
  operands: oneSource,
  hot: combinations({ sf: [0, 1] }),
  emit: (c, { sf }) => c.setR(sf, 'd', ops(sf).clz(c.r(sf, 'n'))),
});

define('CLS_dp_1src', {
  statics: (f) => ({ sf: f.sf }),
  operands: oneSource,
  emit: (c, { sf }) => {
    const o = ops(sf);
    const x = c.let(c.r(sf, 'n'));
    const changes = o.xor(x, o.shr_s(x, 1));
    c.setR(sf, 'd', o.sub(o.clz(changes), 1));
  },
});

/** Swaps neighbouring groups of `bits` bits throughout a 64-bit value. */
function swapGroups(x: Expr, bits: number, mask: bigint): Expr {
  const shift = BigInt(bits);
  const m = BigInt.asIntN(64, mask);
  return i64.or(i64.and(i64.shr_u(x, shift), m), i64.shl(i64.and(x, m), shift));
}
const swap1 = (x: Expr) => swapGroups(x, 1, 0x5555_5555_5555_5555n);
const swap2 = (x: Expr) => swapGroups(x, 2, 0x3333_3333_3333_3333n);
const swap4 = (x: Expr) => swapGroups(x, 4, 0x0f0f_0f0f_0f0f_0f0fn);
const swap8 = (x: Expr) => swapGroups(x, 8, 0x00ff_00ff_00ff_00ffn);
const swap16 = (x: Expr) => swapGroups(x, 16, 0x0000_ffff_0000_ffffn);

/** Applies steps one after another, keeping each result in a local. */
const chain = (c: UopContext, x: Expr, steps: readonly ((x: Expr) => Expr)[]): Expr =>
  steps.reduce((value, step) => c.let(step(value)), c.let(x));

const reversals: Record<string, { steps: readonly ((x: Expr) => Expr)[]; whole: boolean }> = {
  RBIT: { steps: [swap1, swap2, swap4, swap8, swap16], whole: true },
  REV: { steps: [swap8, swap16], whole: true },
  REV16: { steps: [swap8], whole: false },
  REV32: { steps: [swap8, swap16], whole: false },
};
for (const [mnemonic, { steps, whole }] of Object.entries(reversals))
  define(`${mnemonic}_dp_1src`, {
    statics: (f) => ({ sf: f.sf ?? 1 }),
    operands: oneSource,
    hot: mnemonic === 'REV' || mnemonic === 'RBIT' ? combinations({ sf: [0, 1] }) : [],
    emit: (c, { sf }) => {
      const swapped = chain(c, c.x('n'), steps);
      if (sf) return c.setX('d', whole ? i64.rotr(swapped, 32n) : swapped);
      c.setW('d', i32.wrap_i64(swapped));
    },
  });
