/**
 * Advanced SIMD shifts by a signed amount in each lane: SSHL, USHL and their rounding and saturating forms (Arm ARM C7.2). WebAssembly shifts
 * all lanes alike, so these go lane by lane, in 64 bits.
 */
import { encodingExists } from '../../../arch/a64/table.ts';
import type { Expr } from '../../../wasm/expr.ts';
import { i32, i64, select } from '../../../wasm/ops.ts';
import type { UopContext } from './context.ts';
import { define, vreg } from './define.ts';
import { saturatedIf, shapeOf } from './simd-lanes.ts';

interface Form {
  readonly signed: boolean;
  readonly saturating: boolean;
  readonly rounding: boolean;
}

function loadLane(size: number, signed: boolean, address: Expr): Expr {
  if (size === 3) return i64.load(address);
  if (size === 2) return signed ? i64.load32_s(address) : i64.load32_u(address);
  if (size === 1) return signed ? i64.load16_s(address) : i64.load16_u(address);
  return signed ? i64.load8_s(address) : i64.load8_u(address);
}

const storeLane = (size: number, address: Expr, value: Expr): Expr =>
  [i64.store8, i64.store16, i64.store32, i64.store][size](address, value);

/** The low `8 << size` bits of an i64, sign- or zero-extended. */
function extendLow(size: number, signed: boolean, value: Expr): Expr {
  if (size === 3) return value;
  if (signed) return [i64.extend8_s, i64.extend16_s, i64.extend32_s][size](value);
  return i64.and(value, (1n << BigInt(8 << size)) - 1n);
}

/** A right shift whose amount (i64) may be 64 and more. */
function shiftRight(signed: boolean, value: Expr, amount: Expr): Expr {
  const isFar = i64.ge_u(amount, 64n);
  if (signed) return i64.shr_s(value, select(isFar, i64.const(63n), amount));
  return select(isFar, i64.const(0n), i64.shr_u(value, amount));
}

/** Shifts right by `amount` (1 to 128, i64); rounding adds the last bit shifted out. */
function right(c: UopContext, { signed, rounding }: Form, value: Expr, amount: Expr): Expr {
  if (!rounding) return shiftRight(signed, value, amount);
  const almost = c.let(shiftRight(signed, value, i64.sub(amount, 1n)));
  return i64.add(signed ? i64.shr_s(almost, 1n) : i64.shr_u(almost, 1n), i64.and(almost, 1n));
}

/** Shifts left by `amount` (0 to 127, i64), saturating when bits that matter are lost. */
function left(c: UopContext, size: number, { signed, saturating }: Form, value: Expr, amount: Expr): Expr {
  const bits = BigInt(8 << size);
  const isFar = c.let(i64.ge_u(amount, bits));
  const near = c.let(extendLow(size, signed, i64.shl(value, amount)));
  const shifted = c.let(select(isFar, i64.const(0n), near));
  if (!saturating) return shifted;
  const back = signed ? i64.shr_s(near, amount) : i64.shr_u(near, amount);
  const overflow = c.let(select(isFar, i64.ne(value, 0n), i64.ne(back, value)));
  saturatedIf(c, overflow);
  const largest = (1n << (bits - 1n)) - 1n;
  const extreme = signed ? i64.xor(i64.shr_s(value, 63n), largest) : i64.const((1n << bits) - 1n);
  return select(overflow, extreme, shifted);
}

function shiftLane(c: UopContext, size: number, form: Form, value: Expr, amount: Expr): Expr {
  return c.f.ifValue(
    'i64',
    i64.ge_s(amount, 0n),
    () => left(c, size, form, value, amount),
    () => right(c, form, value, c.let(i64.sub(0n, amount))),
  );
}

/** Linear address of a register operand. */
function addressOf(c: UopContext, name: 'd' | 'n' | 'm'): Expr {
  const { address, offset } = c.register(name);
  return c.let(i32.add(address, offset));
}

/** Goes through the lanes in order: each is written after it was read, so that source and target may be one register. */
function shiftLanes(c: UopContext, size: number, width: number, form: Form): void {
  const [d, n, m] = [addressOf(c, 'd'), addressOf(c, 'n'), addressOf(c, 'm')];
  const at = c.f.local('i32');
  c.f.set(at, 0);
  c.f.loop((next) => {
    const value = c.let(loadLane(size, form.signed, i32.add(n, at.get)));
    const amount = c.let(i64.load8_s(i32.add(m, at.get)));
    c.f.do(storeLane(size, i32.add(d, at.get), shiftLane(c, size, form, value, amount)));
    c.f.set(at, i32.add(at.get, 1 << size));
    c.f.brIf(next, i32.lt_u(at.get, 1 << width));
  });
  clearAbove(c, d, width);
}

/** Clears what a result of `1 << width` bytes does not fill. */
function clearAbove(c: UopContext, d: Expr, width: number): void {
  if (width === 4) return;
  c.f.do(i64.store(d, 0n, 8));
  if (width < 3) c.f.do(i64.store(d, i64.and(i64.load(d), (1n << BigInt(8 << width)) - 1n)));
}

for (const signed of [true, false])
  for (const saturating of [false, true])
    for (const rounding of [false, true]) {
      const name = `${signed ? 'S' : 'U'}${saturating ? 'Q' : ''}${rounding ? 'R' : ''}SHL`;
      define([`${name}_asimdsame`, `${name}_asisdsame`].filter(encodingExists), {
        statics: shapeOf,
        operands: (f) => ({ d: vreg(f.Rd), n: vreg(f.Rn), m: vreg(f.Rm) }),
        fp: true,
        emit: (c, { size, width }) => shiftLanes(c, size, width, { signed, saturating, rounding }),
      });
    }
