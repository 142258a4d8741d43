/** Advanced SIMD copies between lanes and general registers, permutations, table look-up and modified immediates (Arm ARM C4.1). */
import type { Fields } from '../../../arch/a64/encoding.ts';
import { advSimdExpandImm } from '../../../arch/a64/operands.ts';
import type { Expr } from '../../../wasm/expr.ts';
import { i32, i64 } from '../../../wasm/ops.ts';
import { i64x2, i8x16, v128 } from '../../../wasm/simd.ts';
import type { UopContext } from './context.ts';
import { define, vreg, xd, xz } from './define.ts';
import { memoryCopy } from './memory.ts';
import { laneConstant, lanes, pickLanes, result, source, vectorAddress } from './simd-lanes.ts';

/** The lowest set bit of imm5 is log2 of the lane's bytes; the bits above it are the index. */
const imm5Size = (f: Fields): number => 31 - Math.clz32(f.imm5 & -f.imm5);
/** Byte offset in the state block of the lane of V`number` that imm5 names. */
const lanePlace = (number: number, f: Fields): number => vreg(number) + ((f.imm5 >> (imm5Size(f) + 1)) << imm5Size(f));

/** A lane of `1 << size` bytes at the operand's place, zero-extended: i64 for 8 bytes, else i32. */
function lane(c: UopContext, name: 'n' | 'm', size: number): Expr {
  const { address, offset } = c.register(name);
  if (size === 3) return i64.load(address, offset);
  return [i32.load8_u, i32.load16_u, i32.load][size](address, offset);
}

const duplicateStatics = (f: Fields) => ({ size: imm5Size(f), width: f.Q === undefined ? imm5Size(f) : 3 + f.Q });

define(['DUP_elem_asimdins', 'DUP_asisdone'], {
  statics: duplicateStatics,
  operands: (f) => ({ d: vreg(f.Rd), n: lanePlace(f.Rn, f) }),
  fp: true,
  emit: (c, { size, width }) => result(c, width, lanes(size).splat(lane(c, 'n', size))),
});

define('DUP_gen_asimdins', {
  statics: duplicateStatics,
  operands: (f) => ({ d: vreg(f.Rd), n: xz(f.Rn) }),
  fp: true,
  emit: (c, { size, width }) => result(c, width, lanes(size).splat(c.r(Number(size === 3), 'n'))),
});

define('UMOV_asimdins', {
  statics: (f) => ({ size: imm5Size(f) }),
  operands: (f) => ({ d: xd(f.Rd), n: lanePlace(f.Rn, f) }),
  fp: true,
  emit: (c, { size }) => c.setR(Number(size === 3), 'd', lane(c, 'n', size)),
});

define('SMOV_asimdins', {
  statics: (f) => ({ size: imm5Size(f), sf: f.Q }),
  operands: (f) => ({ d: xd(f.Rd), n: lanePlace(f.Rn, f) }),
  fp: true,
  emit: (c, { size, sf }) => {
    const { address, offset } = c.register('n');
    const value = [i64.load8_s, i64.load16_s, i64.load32_s][size](address, offset);
    c.setX('d', sf ? value : i64.and(value, 0xffff_ffffn));
  },
});

/** Only the lane changes: the general register, or another register's lane, is copied over it. */
define(['INS_gen_asimdins', 'INS_elem_asimdins'], {
  statics: (f) => ({ size: imm5Size(f) }),
  operands: (f) => ({
    d: lanePlace(f.Rd, f),
    n: f.imm4 === undefined ? xz(f.Rn) : vreg(f.Rn) + ((f.imm4 >> imm5Size(f)) << imm5Size(f)),
  }),
  fp: true,
  emit: (c, { size }) => {
    const [to, from] = [c.register('d'), c.register('n')];
    c.f.do(memoryCopy(size, to.address, to.offset, from.address, from.offset));
  },
});

/** Which lane of `n` followed by `m` (`count` lanes each) result lane `i` is. */
const PERMUTATIONS: Record<string, (i: number, count: number) => number> = {
  UZP1: (i) => 2 * i,
  UZP2: (i) => 2 * i + 1,
  TRN1: (i, count) => (i & ~1) + (i & 1) * count,
  TRN2: (i, count) => (i | 1) + (i & 1 ? count : 0),
  ZIP1: (i, count) => (i >> 1) + (i & 1) * count,
  ZIP2: (i, count) => (count >> 1) + (i >> 1) + (i & 1) * count,
};

for (const [name, pick] of Object.entries(PERMUTATIONS))
  define(`${name}_asimdperm`, {
    statics: (f) => ({ size: f.size, width: 3 + f.Q }),
    operands: (f) => ({ d: vreg(f.Rd), n: vreg(f.Rn), m: vreg(f.Rm) }),
    fp: true,
    emit: (c, { size, width }) => {
      const count = 1 << (width - size);
      const all = 16 >> size;
      const pickLane = (i: number): number => {
        const from = pick(i % count, count);
        return from < count ? from : all + from - count;
      };
      result(c, width, pickLanes(size, source(c, 'n', width), source(c, 'm', width), pickLane));
    },
  });

define('EXT_asimdext', {
  statics: (f) => ({ from: f.imm4, width: 3 + f.Q }),
  operands: (f) => ({ d: vreg(f.Rd), n: vreg(f.Rn), m: vreg(f.Rm) }),
  fp: true,
  emit: (c, { from, width }) => {
    const bytes = 1 << width;
    const pick = (i: number): number => (from + i < bytes ? from + i : 16 + ((from + i - bytes) & 15));
    result(c, width, pickLanes(0, source(c, 'n', width), source(c, 'm', width), pick));
  },
});

/** Looks every byte of `m` up in a table of `registers` registers; 0 where it is outside. */
function lookUp(c: UopContext, registers: number, m: Expr): Expr {
  let value: Expr | undefined;
  for (let index = 0; index < registers; index += 1) {
    const { address, offset } = vectorAddress(c, 'n', index);
    // An index of another register wraps to 16 or more, where swizzle gives 0.
    const found = i8x16.swizzle(v128.load(address, offset), i8x16.sub(m, laneConstant(0, BigInt(16 * index))));
    value = value ? v128.or(value, found) : found;
  }
  return c.let(value ?? m);
}

for (const isExtension of [false, true])
  define(isExtension ? 'TBX_asimdtbl' : 'TBL_asimdtbl', {
    statics: (f) => ({ registers: f.len + 1, width: 3 + f.Q }),
    operands: (f) => ({ d: vreg(f.Rd), n: vreg(f.Rn), m: vreg(f.Rm) }),
    fp: true,
    emit: (c, { registers, width }) => {
      const m = source(c, 'm', width);
      const found = lookUp(c, registers, m);
      const isInside = i8x16.lt_u(m, laneConstant(0, BigInt(16 * registers)));
      result(c, width, isExtension ? v128.bitselect(found, source(c, 'd', width), isInside) : found);
    },
  });

const immediate = (f: Fields): bigint => advSimdExpandImm(f.op ?? 0, f.cmode ?? 15, (f.abc << 5) | f.defgh);

function defineImmediate(
  name: string,
  value: (f: Fields) => bigint,
  operation: (imm: Expr, d: () => Expr) => Expr,
): void {
  define(`${name}_asimdimm`, {
    statics: (f) => ({ width: 3 + f.Q }),
    operands: (f) => ({ d: vreg(f.Rd), imm: BigInt.asIntN(64, value(f)) }),
    fp: true,
    emit: (c, { width }) =>
      result(
        c,
        width,
        operation(i64x2.splat(c.imm64()), () => source(c, 'd', width)),
      ),
  });
}

defineImmediate('MOVI', immediate, (imm) => imm);
defineImmediate('FMOV', immediate, (imm) => imm);
defineImmediate(
  'MVNI',
  (f) => ~immediate(f),
  (imm) => imm,
);
defineImmediate('ORR', immediate, (imm, d) => v128.or(d(), imm));
defineImmediate(
  'BIC',
  (f) => ~immediate(f),
  (imm, d) => v128.and(d(), imm),
);
