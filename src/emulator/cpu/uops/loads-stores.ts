/** Loads and stores of general and SIMD&FP registers, single and in pairs (Arm ARM C4.1.5). */
import { signExtend } from '../../../arch/a64/operands.ts';
import type { Fields } from '../../../arch/a64/encoding.ts';
import type { Expr } from '../../../wasm/expr.ts';
import { i32, i64 } from '../../../wasm/ops.ts';
import { v128 } from '../../../wasm/simd.ts';
import { Access } from '../cpu.ts';
import type { Operands, UopContext } from './context.ts';
import { combinations, define, vreg, xd, xsp, xz } from './define.ts';
import { memoryCopy } from './memory.ts';

/** Takes the stack alignment exception when SP is the base and not a multiple of 16 (`CheckSPAlignment`). */
export function checkSp(c: UopContext, sp: number): void {
  if (sp) c.f.if(i64.ne(i64.and(c.x('n'), 15n), 0n), () => c.callStatus('spAlignment'));
}

/** What a single-register access transfers. */
interface Transfer {
  readonly suffix: string;
  readonly load: boolean;
  /** log2 of the bytes. */
  readonly size: number;
  readonly signed: boolean;
  /** Width of the register: from the row's fields. */
  readonly sf: (f: Fields) => number;
}

const TRANSFERS: readonly Transfer[] = [
  { suffix: 'B', load: false, size: 0, signed: false, sf: () => 0 },
  { suffix: 'B', load: true, size: 0, signed: false, sf: () => 0 },
  { suffix: 'SB', load: true, size: 0, signed: true, sf: (f) => 1 - f.opc0 },
  { suffix: 'H', load: false, size: 1, signed: false, sf: () => 0 },
  { suffix: 'H', load: true, size: 1, signed: false, sf: () => 0 },
  { suffix: 'SH', load: true, size: 1, signed: true, sf: (f) => 1 - f.opc0 },
  { suffix: '', load: false, size: 2, signed: false, sf: (f) => f.sz },
  { suffix: '', load: true, size: 2, signed: false, sf: (f) => f.sz },
  { suffix: 'SW', load: true, size: 2, signed: true, sf: () => 1 },
];

/** Loads or stores register `d` at an address; the syndrome names it unless the base register is written back. */
function transfer(c: UopContext, t: Transfer, sf: number, va: Expr, flags: number, writeback: boolean): void {
  const size = t.suffix === '' ? 2 + sf : t.size;
  const syndrome = (t.signed ? Access.sse : 0) | (sf ? Access.sf : 0);
  const options = { size, flags: writeback ? flags : flags | syndrome, srt: writeback ? undefined : ('d' as const) };
  if (!t.load) return c.store(va, c.r(sf, 'd'), options);
  c.setR(sf, 'd', c.load(sf ? 'i64' : 'i32', va, { ...options, signed: t.signed }));
}

const target = (t: Transfer, f: Fields): number => (t.load ? xd(f.Rt) : xz(f.Rt));
const base = (f: Fields): Operands => ({ n: xsp(f.Rn) });
const widths = (t: Transfer): number[] =>
  t.suffix === '' || t.suffix === 'SB' || t.suffix === 'SH' ? [0, 1] : [t.sf({})];

for (const t of TRANSFERS) {
  const verb = t.load ? 'LD' : 'ST';
  const statics = (f: Fields) => ({ sf: t.sf(f), sp: Number(f.Rn === 31) });
  const hot = combinations({ sf: widths(t), sp: [0, 1] });
  const scale = (f: Fields) => (t.suffix === '' ? 2 + f.sz : t.size);
  const unscaled = (f: Fields) => signExtend(f.imm9, 9);

  define([`${verb}R${t.suffix}_ldst_pos`, `${verb}UR${t.suffix}_ldst_unscaled`], {
    statics,
    operands: (f) => ({ ...base(f), d: target(t, f), imm: f.imm12 === undefined ? unscaled(f) : f.imm12 << scale(f) }),
    hot,
    emit: (c, { sf, sp }) => {
      checkSp(c, sp);
      transfer(c, t, sf, i64.add(c.x('n'), c.imm64()), 0, false);
    },
  });

  define(`${verb}TR${t.suffix}_ldst_unpriv`, {
    statics,
    operands: (f) => ({ ...base(f), d: target(t, f), imm: unscaled(f) }),
    emit: (c, { sf, sp }) => {
      checkSp(c, sp);
      transfer(c, t, sf, i64.add(c.x('n'), c.imm64()), Access.unprivileged, false);
    },
  });

  define(`${verb}R${t.suffix}_ldst_immpost`, {
    statics,
    operands: (f) => ({ ...base(f), d: target(t, f), imm: unscaled(f) }),
    hot: t.signed ? [] : hot,
    emit: (c, { sf, sp }) => {
      checkSp(c, sp);
      const va = c.let(c.x('n'));
      transfer(c, t, sf, va, 0, true);
      c.setX('n', i64.add(va, c.imm64()));
    },
  });

  define(`${verb}R${t.suffix}_ldst_immpre`, {
    statics,
    operands: (f) => ({ ...base(f), d: target(t, f), imm: unscaled(f) }),
    hot: t.signed ? [] : hot,
    emit: (c, { sf, sp }) => {
      checkSp(c, sp);
      const va = c.let(i64.add(c.x('n'), c.imm64()));
      transfer(c, t, sf, va, 0, true);
      c.setX('n', va);
    },
  });

  define(`${verb}R${t.suffix}_ldst_regoff`, {
    statics: (f) => ({ ...statics(f), option: f.option === 7 ? 3 : f.option }),
    operands: (f) => ({ ...base(f), d: target(t, f), m: xz(f.Rm), imm: f.S ? scale(f) : 0 }),
    hot: combinations({ sf: widths(t), sp: [0], option: t.signed ? [3] : [2, 3, 6] }),
    emit: (c, { sf, sp, option }) => {
      checkSp(c, sp);
      transfer(c, t, sf, i64.add(c.x('n'), registerOffset(c, option)), 0, false);
    },
  });
}

/** Rm extended (UXTW, LSL, SXTW) and shifted by the immediate. */
function registerOffset(c: UopContext, option: number): Expr {
  const index = option === 3 ? c.x('m') : option === 2 ? i64.extend_i32_u(c.w('m')) : i64.extend_i32_s(c.w('m'));
  return i64.shl(index, c.imm64());
}

/** Literal loads: PC-relative. */
for (const [row, signed] of [
  ['LDR_loadlit', false],
  ['LDRSW_loadlit', true],
] as const)
  // prettier-ignore
  define(row, {
    statics: (f) => ({ sf: signed ? 1 : f.sz }),
    operands: (f) => ({ d: xd(f.Rt), imm: signExtend(f.imm19, 19) * 4 }),
    hot: combinations({ sf: signed ? [1] : [0, 1] }),
    emit: (c, { sf }) => {
      const va = i64.add(c.pc(), c.imm64());
      const size = signed ? 2 : 2 + sf;
      const flags = (signed ? Access.sse : 0) | (sf ? Access.sf : 0);
      c.setR(sf, 'd', c.load(sf ? 'i64' : 'i32', va, { size, flags, srt: 'd', signed }));
    },
  });

/** Prefetches do nothing: they never fault. */
define(['PRFM_loadlit', 'PRFM_ldst_pos', 'PRFM_ldst_regoff', 'PRFUM_ldst_unscaled'], {
  statics: () => ({}),
  operands: () => ({}),
  hot: [{}],
  emit: () => {},
});

/** Pairs are one access of twice the size. */
const pairBases: Record<string, { post: boolean; writeback: boolean }> = {
  ldstnapair_offs: { post: false, writeback: false },
  ldstpair_off: { post: false, writeback: false },
  ldstpair_post: { post: true, writeback: true },
  ldstpair_pre: { post: false, writeback: true },
};

function pairAddress(c: UopContext, post: boolean): Expr {
  const n = c.let(c.x('n'));
  return post ? n : c.let(i64.add(n, i64.extend_i32_s(c.imm32())));
}

function writeBack(c: UopContext, va: Expr, post: boolean): void {
  c.setX('n', post ? i64.add(va, i64.extend_i32_s(c.imm32())) : va);
}

for (const [group, { post, writeback }] of Object.entries(pairBases)) {
  const forms = group === 'ldstnapair_offs' ? ['LDNP', 'STNP'] : ['LDP', 'STP', 'LDPSW'];
  for (const form of forms) {
    const signed = form === 'LDPSW';
    const load = form.startsWith('LD');
    define(`${form}_${group}`, {
      statics: (f) => ({ sf: signed ? 1 : f.sf, sp: Number(f.Rn === 31) }),
      operands: (f) => ({
        ...base(f),
        d: load ? xd(f.Rt) : xz(f.Rt),
        m: load ? xd(f.Rt2) : xz(f.Rt2),
        a: 0,
        imm: signExtend(f.imm7, 7) << (signed ? 2 : 2 + f.sf),
      }),
      hot: group === 'ldstnapair_offs' || signed ? [] : combinations({ sf: [0, 1], sp: [0, 1] }),
      emit: (c, { sf, sp }) => {
        checkSp(c, sp);
        const va = pairAddress(c, post);
        const options = { size: signed ? 3 : 3 + sf, flags: Access.pair };
        if (load) loadPair(c, va, options, sf, signed);
        else storePair(c, va, options, sf);
        if (writeback) writeBack(c, va, post);
      },
    });
  }
}

type Options = { size: number; flags: number };

function loadPair(c: UopContext, va: Expr, options: Options, sf: number, signed: boolean): void {
  const address = c.loadAddress(va, options);
  if (signed) {
    c.setX('d', i64.load32_s(address));
    c.setX('m', i64.load32_s(address, 4));
  } else {
    c.setX('d', sf ? i64.load(address) : i64.load32_u(address));
    c.setX('m', sf ? i64.load(address, 8) : i64.load32_u(address, 4));
  }
}

function storePair(c: UopContext, va: Expr, options: Options, sf: number): void {
  const first = c.let(c.r(sf, 'd'));
  const second = c.let(c.r(sf, 'm'));
  const store = sf ? i64.store : i32.store;
  const put = (address: Expr | number) => {
    c.f.do(store(address, first));
    c.f.do(store(address, second, sf ? 8 : 4));
  };
  put(c.storeAddress(va, options, put));
}

/** SIMD&FP single registers: `size` is log2 of the bytes. */
const vectorSize = (f: Fields): number => f.size + 4 * f.opc1;

for (const [verb, load] of [
  ['LD', true],
  ['ST', false],
] as const) {
  const statics = (f: Fields) => ({ size: vectorSize(f), sp: Number(f.Rn === 31) });
  const unscaled = (f: Fields) => signExtend(f.imm9, 9);
  const common = (f: Fields) => ({ ...base(f), d: vreg(f.Rt) });

  define([`${verb}R_V_ldst_pos`, `${verb}UR_V_ldst_unscaled`], {
    statics,
    operands: (f) => ({ ...common(f), imm: f.imm12 === undefined ? unscaled(f) : f.imm12 << vectorSize(f) }),
    fp: true,
    emit: (c, { size, sp }) => {
      checkSp(c, sp);
      vectorTransfer(c, load, size, c.let(i64.add(c.x('n'), c.imm64())));
    },
  });
  for (const post of [true, false])
    define(`${verb}R_V_ldst_imm${post ? 'post' : 'pre'}`, {
      statics,
      operands: (f) => ({ ...common(f), imm: unscaled(f) }),
      fp: true,
      emit: (c, { size, sp }) => {
        checkSp(c, sp);
        const n = c.let(c.x('n'));
        const moved = c.let(i64.add(n, c.imm64()));
        vectorTransfer(c, load, size, post ? n : moved);
        c.setX('n', moved);
      },
    });
  define(`${verb}R_V_ldst_regoff`, {
    statics: (f) => ({ ...statics(f), option: f.option === 7 ? 3 : f.option }),
    operands: (f) => ({ ...common(f), m: xz(f.Rm), imm: f.S ? vectorSize(f) : 0 }),
    fp: true,
    emit: (c, { size, sp, option }) => {
      checkSp(c, sp);
      vectorTransfer(c, load, size, c.let(i64.add(c.x('n'), registerOffset(c, option))));
    },
  });
  for (const [group, { post, writeback }] of Object.entries(pairBases))
    define(`${verb}${group === 'ldstnapair_offs' ? 'N' : ''}P_V_${group}`, {
      statics: (f) => ({ size: 2 + f.opc, sp: Number(f.Rn === 31) }),
      operands: (f) => ({ ...common(f), m: vreg(f.Rt2), a: 0, imm: signExtend(f.imm7, 7) << (2 + f.opc) }),
      fp: true,
      emit: (c, { size, sp }) => {
        checkSp(c, sp);
        const va = pairAddress(c, post);
        vectorPair(c, load, size, va);
        if (writeback) writeBack(c, va, post);
      },
    });
}

define('LDR_V_loadlit', {
  statics: (f) => ({ size: 2 + f.opc }),
  operands: (f) => ({ d: vreg(f.Rt), imm: signExtend(f.imm19, 19) * 4 }),
  fp: true,
  emit: (c, { size }) => vectorTransfer(c, true, size, c.let(i64.add(c.pc(), c.imm64()))),
});

/** Moves `1 << size` bytes between register `name` and a linear address. */
function moveVector(
  c: UopContext,
  load: boolean,
  size: number,
  name: 'd' | 'm',
  address: Expr | number,
  offset = 0,
): void {
  if (!load) {
    const { address: register, offset: at } = c.register(name);
    return c.f.do(memoryCopy(size, address, offset, register, at));
  }
  if (size === 4) return c.setV(name, v128.load(address, offset));
  c.setD(name, [i64.load8_u, i64.load16_u, i64.load32_u, i64.load][size](address, offset));
}

function vectorTransfer(c: UopContext, load: boolean, size: number, va: Expr): void {
  const options = { size };
  if (load) return moveVector(c, true, size, 'd', c.loadAddress(va, options));
  const put = (address: Expr | number) => moveVector(c, false, size, 'd', address);
  put(c.storeAddress(va, options, put));
}

/** A pair of quadwords is two accesses; smaller ones are one of twice the size. Both are translated before a register changes. */
function vectorPair(c: UopContext, load: boolean, size: number, va: Expr): void {
  const bytes = 1 << size;
  if (size < 4) {
    const options = { size: size + 1, flags: Access.pair };
    const both = (address: Expr | number) => {
      moveVector(c, load, size, 'd', address);
      moveVector(c, load, size, 'm', address, bytes);
    };
    return both(load ? c.loadAddress(va, options) : c.storeAddress(va, options, both));
  }
  const second = c.let(i64.add(va, 16n));
  if (!load) {
    for (const [name, at] of [
      ['d', va],
      ['m', second],
    ] as const) {
      const put = (address: Expr | number) => moveVector(c, false, 4, name, address);
      put(c.storeAddress(at, { size: 4 }, put));
    }
    return;
  }
  const low = c.let(v128.load(c.loadAddress(va, { size: 4 })));
  const high = c.let(v128.load(c.loadAddress(second, { size: 4 })));
  c.setV('d', low);
  c.setV('m', high);
}
