/** Add and subtract, with carry, conditional compare and select (Arm ARM C4.1.2, C4.1.4). */
import type { Fields } from '../../../arch/a64/encoding.ts';
import type { Expr } from '../../../wasm/expr.ts';
import { i32, i64, select } from '../../../wasm/ops.ts';
import type { UopContext } from './context.ts';
import { combinations, define, xd, xsp, xz } from './define.ts';
import { extendRegister, shiftRegister } from './shifts.ts';

/** Integer operators of a register width. */
export const ops = (sf: number) => (sf ? i64 : i32);

/** The sign bit of an `sf` wide value as a 32-bit word's sign. */
const signWord = (sf: number, value: Expr): Expr => (sf ? i32.wrap_i64(i64.shr_u(value, 32n)) : value);

/** `AddWithCarry(x, y, 0)` or, for subtraction, `AddWithCarry(x, NOT(y), 1)`, setting flags. */
function addSubFlags(c: UopContext, sf: number, sub: number, x: Expr, y: Expr): Expr {
  const o = ops(sf);
  const a = c.let(x);
  const b = c.let(y);
  const result = c.let(sub ? o.sub(a, b) : o.add(a, b));
  c.setSumFlags(sf, sub, a, b, result);
  return result;
}

function addSub(c: UopContext, s: Fields, x: Expr, y: Expr): void {
  const result = s.S ? addSubFlags(c, s.sf, s.sub, x, y) : s.sub ? ops(s.sf).sub(x, y) : ops(s.sf).add(x, y);
  c.setR(s.sf, 'd', result);
}

const kinds = { ADD: { sub: 0, S: 0 }, ADDS: { sub: 0, S: 1 }, SUB: { sub: 1, S: 0 }, SUBS: { sub: 1, S: 1 } };

for (const [mnemonic, kind] of Object.entries(kinds)) {
  define(`${mnemonic}_addsub_imm`, {
    statics: (f) => ({ sf: f.sf, ...kind }),
    operands: (f) => ({ d: kind.S ? xd(f.Rd) : xsp(f.Rd), n: xsp(f.Rn), imm: f.imm12 << (f.sh * 12) }),
    hot: combinations({ sf: [0, 1], sub: [kind.sub], S: [kind.S] }),
    emit: (c, s) => addSub(c, s, c.r(s.sf, 'n'), s.sf ? c.imm64() : c.imm32()),
  });
  define(`${mnemonic}_addsub_shift`, {
    statics: (f) => ({ sf: f.sf, ...kind, shift: f.imm6 ? f.shift : 4 }),
    operands: (f) => ({ d: xd(f.Rd), n: xz(f.Rn), m: xz(f.Rm), imm: f.imm6 }),
    hot: combinations({ sf: [0, 1], sub: [kind.sub], S: [kind.S], shift: [0, 4] }),
    emit: (c, s) => addSub(c, s, c.r(s.sf, 'n'), shiftRegister(c, s)),
  });
  define(`${mnemonic}_addsub_ext`, {
    statics: (f) => ({ sf: f.sf, ...kind, option: f.option }),
    operands: (f) => ({ d: kind.S ? xd(f.Rd) : xsp(f.Rd), n: xsp(f.Rn), m: xz(f.Rm), imm: f.imm3 }),
    hot: kind.S ? [] : combinations({ sf: [1], sub: [kind.sub], S: [0], option: [2, 3, 6] }),
    emit: (c, s) => addSub(c, s, c.r(s.sf, 'n'), extendRegister(c, s.sf, s.option)),
  });
}

/** ADC and SBC: `AddWithCarry` with the C flag; subtraction adds the inverse. */
function addWithCarry(c: UopContext, { sf, sub, S }: Fields): void {
  const o = ops(sf);
  const a = c.let(c.r(sf, 'n'));
  const b = c.let(sub ? o.xor(c.r(sf, 'm'), -1) : c.r(sf, 'm'));
  const carry = c.let(sf ? i64.extend_i32_u(c.flag('C')) : c.flag('C'));
  const partial = c.let(o.add(a, b));
  const result = c.let(o.add(partial, carry));
  if (S) {
    c.setResultFlags(sf, result);
    c.setFlag('C', i32.or(o.lt_u(partial, a), o.lt_u(result, partial)));
    c.setFlag('V', signWord(sf, o.and(o.xor(a, result), o.xor(b, result))));
  }
  c.setR(sf, 'd', result);
}

for (const [mnemonic, kind] of Object.entries({ ADC: [0, 0], ADCS: [0, 1], SBC: [1, 0], SBCS: [1, 1] }))
  define(`${mnemonic}_addsub_carry`, {
    statics: (f) => ({ sf: f.sf, sub: kind[0], S: kind[1] }),
    operands: (f) => ({ d: xd(f.Rd), n: xz(f.Rn), m: xz(f.Rm) }),
    emit: addWithCarry,
  });

/** Truth table of a condition: bit n is set when the condition holds with NZCV = n. */
export function conditionMask(cond: number): number {
  let mask = 0;
  for (let nzcv = 0; nzcv < 16; nzcv++) if (holds(cond, nzcv)) mask |= 1 << nzcv;
  return mask;
}

function holds(cond: number, nzcv: number): boolean {
  const [n, z, carry, v] = [nzcv >> 3, (nzcv >> 2) & 1, (nzcv >> 1) & 1, nzcv & 1];
  const base = [z === 1, carry === 1, n === 1, v === 1, carry === 1 && z === 0, n === v, n === v && z === 0, true];
  return cond < 14 && cond & 1 ? !base[cond >> 1] : base[cond >> 1];
}

for (const [mnemonic, sub] of [
  ['CCMN', 0],
  ['CCMP', 1],
] as const)
  // prettier-ignore
  for (const form of ['imm', 'reg'] as const)
    define(`${mnemonic}_condcmp_${form}`, {
      statics: (f) => ({ sf: f.sf, sub, reg: Number(form === 'reg') }),
      operands: (f) => ({ n: xz(f.Rn), d: f.imm5 ?? 0, m: xz(f.Rm ?? 31), a: conditionMask(f.cond), b: f.nzcv, imm: f.cond }),
      hot: combinations({ sf: [0, 1], sub: [sub], reg: [Number(form === 'reg')] }),
      emit: (c, { sf, reg }) =>
        c.f.if(
          c.conditionOperand(),
          () => {
            const immediate = sf ? i64.extend_i32_u(c.raw('d')) : c.raw('d');
            addSubFlags(c, sf, sub, c.r(sf, 'n'), reg ? c.r(sf, 'm') : immediate);
          },
          () => c.setNzcv(c.raw('b')),
        ),
    });

const selectKinds: Record<string, (c: UopContext, sf: number) => Expr> = {
  CSEL: (c, sf) => c.r(sf, 'm'),
  CSINC: (c, sf) => ops(sf).add(c.r(sf, 'm'), 1),
  CSINV: (c, sf) => ops(sf).xor(c.r(sf, 'm'), -1),
  CSNEG: (c, sf) => ops(sf).sub(0, c.r(sf, 'm')),
};

for (const [mnemonic, otherwise] of Object.entries(selectKinds))
  define(`${mnemonic}_condsel`, {
    statics: (f) => ({ sf: f.sf }),
    operands: (f) => ({ d: xd(f.Rd), n: xz(f.Rn), m: xz(f.Rm), a: conditionMask(f.cond), imm: f.cond }),
    hot: combinations({ sf: [0, 1] }),
    emit: (c, { sf }) => c.setR(sf, 'd', select(c.conditionOperand(), c.r(sf, 'n'), otherwise(c, sf))),
  });
