/** Logical operations, moves, bit fields and PC-relative addresses (Arm ARM C4.1.2, C4.1.4). */
import { decodeBitMasks } from '../../../arch/a64/operands.ts';
import type { Fields } from '../../../arch/a64/encoding.ts';
import type { Expr } from '../../../wasm/expr.ts';
import { i64 } from '../../../wasm/ops.ts';
import { ops } from './arithmetic.ts';
import type { UopContext } from './context.ts';
import { combinations, define, xd, xsp, xz } from './define.ts';
import { shiftRegister } from './shifts.ts';

type Operation = 'and' | 'or' | 'xor';

function logical(c: UopContext, sf: number, operation: Operation, y: Expr, setFlags: boolean): void {
  const value = ops(sf)[operation](c.r(sf, 'n'), y);
  if (!setFlags) return c.setR(sf, 'd', value);
  const result = c.let(value);
  c.setLogicFlags(sf, result);
  c.setR(sf, 'd', result);
}

const immediateForms: [string, Operation, boolean][] = [
  ['AND', 'and', false],
  ['ORR', 'or', false],
  ['EOR', 'xor', false],
  ['ANDS', 'and', true],
];
for (const [mnemonic, operation, flags] of immediateForms)
  define(`${mnemonic}_log_imm`, {
    statics: (f) => ({ sf: f.sf }),
    operands: (f) => ({
      d: flags ? xd(f.Rd) : xsp(f.Rd),
      n: xz(f.Rn),
      imm: decodeBitMasks(f.N, f.imms, f.immr, f.sf ? 64 : 32),
    }),
    hot: combinations({ sf: [0, 1] }),
    emit: (c, { sf }) => logical(c, sf, operation, sf ? c.imm64() : c.imm32(), flags),
  });

const registerForms: [string, Operation, boolean, boolean][] = [
  ['AND', 'and', false, false],
  ['BIC', 'and', true, false],
  ['ORR', 'or', false, false],
  ['ORN', 'or', true, false],
  ['EOR', 'xor', false, false],
  ['EON', 'xor', true, false],
  ['ANDS', 'and', false, true],
  ['BICS', 'and', true, true],
];
for (const [mnemonic, operation, invert, flags] of registerForms)
  define(`${mnemonic}_log_shift`, {
    statics: (f) => ({ sf: f.sf, shift: f.imm6 ? f.shift : 4 }),
    operands: (f) => ({ d: xd(f.Rd), n: xz(f.Rn), m: xz(f.Rm), imm: f.imm6 }),
    hot: combinations({
      sf: [0, 1],
      shift: operation === 'xor' || (operation === 'or' && !invert) ? [0, 1, 4] : [0, 4],
    }),
    emit: (c, s) => {
      const y = shiftRegister(c, s);
      logical(c, s.sf, operation, invert ? ops(s.sf).xor(y, -1) : y, flags);
    },
  });

const wideValue = (f: Fields): bigint => BigInt(f.imm16) << BigInt(16 * f.hw);
const regMask = (f: Fields): bigint => (f.sf ? 0xffff_ffff_ffff_ffffn : 0xffff_ffffn);

/** MOVZ and MOVN: the value is known when decoding. */
for (const mnemonic of ['MOVZ', 'MOVN'])
  define(`${mnemonic}_movewide`, {
    statics: () => ({}),
    operands: (f) => ({ d: xd(f.Rd), imm: mnemonic === 'MOVN' ? ~wideValue(f) & regMask(f) : wideValue(f) }),
    hot: [{}],
    emit: (c) => c.setX('d', c.imm64()),
  });

define('MOVK_movewide', {
  statics: (f) => ({ hw: f.hw, sf: f.sf }),
  operands: (f) => ({ d: xd(f.Rd), n: xz(f.Rd), imm: f.imm16 }),
  hot: [...combinations({ hw: [0, 1, 2, 3], sf: [1] }), { hw: 1, sf: 0 }],
  emit: (c, { hw, sf }) => {
    const hole = BigInt.asIntN(64, ~(0xffffn << BigInt(16 * hw)) & (sf ? -1n : 0xffff_ffffn));
    c.setX('d', i64.or(i64.and(c.x('n'), hole), i64.shl(c.imm64(), BigInt(16 * hw))));
  },
});

/** Shift left, then right: what UBFM and SBFM are for any immr and imms. */
function fieldShifts(f: Fields): { a: number; b: number } {
  const top = f.sf ? 63 : 31;
  const left = top - f.imms;
  return { a: left, b: f.imms >= f.immr ? left + f.immr : f.immr - f.imms - 1 };
}

for (const mnemonic of ['UBFM', 'SBFM'])
  define(`${mnemonic}_bitfield`, {
    statics: (f) => ({ sf: f.sf }),
    operands: (f) => ({ d: xd(f.Rd), n: xz(f.Rn), ...fieldShifts(f) }),
    hot: combinations({ sf: [0, 1] }),
    emit: (c, { sf }) => {
      const o = ops(sf);
      const amount = (name: 'a' | 'b') => (sf ? i64.extend_i32_u(c.raw(name)) : c.raw(name));
      const raised = o.shl(c.r(sf, 'n'), amount('a'));
      c.setR(sf, 'd', mnemonic === 'SBFM' ? o.shr_s(raised, amount('b')) : o.shr_u(raised, amount('b')));
    },
  });

/** Bits of the destination that BFM replaces. */
function insertMask(f: Fields): bigint {
  const width = f.imms >= f.immr ? f.imms - f.immr + 1 : f.imms + 1;
  const lsb = f.imms >= f.immr ? 0 : (f.sf ? 64 : 32) - f.immr;
  return (((1n << BigInt(width)) - 1n) << BigInt(lsb)) & regMask(f);
}

define('BFM_bitfield', {
  statics: (f) => ({ sf: f.sf, keep: Number(f.Rd !== 31) }),
  operands: (f) => ({ d: xd(f.Rd), n: xz(f.Rn), m: f.immr, imm: insertMask(f) }),
  hot: combinations({ sf: [0, 1], keep: [1] }),
  emit: (c, { sf, keep }) => {
    const o = ops(sf);
    const mask = c.let(sf ? c.imm64() : c.imm32());
    const rotation = sf ? i64.extend_i32_u(c.raw('m')) : c.raw('m');
    const field = o.and(o.rotr(c.r(sf, 'n'), rotation), mask);
    c.setR(sf, 'd', keep ? o.or(o.and(c.r(sf, 'd'), o.xor(mask, -1)), field) : field);
  },
});

define('EXTR_extract', {
  statics: (f) => ({ sf: f.sf, ror: Number(f.Rn === f.Rm || f.imms === 0) }),
  operands: (f) => ({ d: xd(f.Rd), n: xz(f.Rn), m: xz(f.Rm), imm: f.imms }),
  emit: (c, { sf, ror }) => {
    const o = ops(sf);
    const lsb = c.let(sf ? c.imm64() : c.imm32());
    if (ror) return c.setR(sf, 'd', o.rotr(c.r(sf, 'm'), lsb));
    c.setR(sf, 'd', o.or(o.shr_u(c.r(sf, 'm'), lsb), o.shl(c.r(sf, 'n'), o.sub(sf ? 64 : 32, lsb))));
  },
});

const adrOffset = (f: Fields): bigint => BigInt.asIntN(21, BigInt((f.immhi << 2) | f.immlo));

define('ADR_pcreladdr', {
  statics: () => ({}),
  operands: (f) => ({ d: xd(f.Rd), imm: adrOffset(f) }),
  hot: [{}],
  emit: (c) => c.setX('d', i64.add(c.pc(), c.imm64())),
});

define('ADRP_pcreladdr', {
  statics: () => ({}),
  operands: (f) => ({ d: xd(f.Rd), imm: adrOffset(f) << 12n }),
  hot: [{}],
  emit: (c) => c.setX('d', i64.add(i64.and(c.pc(), -0x1000n), c.imm64())),
});
