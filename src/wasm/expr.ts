/**
 * Expressions: small immutable trees that know their type and write themselves in post order.
 *
 * `i32.add(a, b)` and its like build them; numbers and bigints stand for constants. Trees with only constants fold where
 * it pays (operands bound to constants are what makes translated code out of a uop definition).
 */
import { Bytes } from './bytes.ts';
import type { ValType } from './types.ts';

/** An expression tree node. `type` is undefined for statements that leave nothing on the stack. */
export class Expr {
  constructor(
    readonly type: ValType | undefined,
    readonly args: readonly Expr[],
    /** Bytes written after the operands. */
    readonly code: readonly number[],
    /** The value, where this is an integer constant (i32: signed number range, as bigint). */
    readonly constant?: bigint,
  ) {}

  write(out: Bytes): void {
    for (const arg of this.args) arg.write(out);
    out.bytes(this.code);
  }
}

/** What builders take where a value of some type is wanted. */
export type Value = Expr | number | bigint;

/** Unsigned LEB128 bytes of an index or offset, after `prefix`. Written by hand: generated code consists of these. */
function uleb(prefix: number[], value: number): number[] {
  let rest = value >>> 0;
  while (rest >= 0x80) {
    prefix.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  prefix.push(rest);
  return prefix;
}

/** Signed LEB128 bytes of a 32-bit number, after `prefix`. */
function sleb32(prefix: number[], value: number): number[] {
  let rest = value | 0;
  for (;;) {
    const low = rest & 0x7f;
    rest >>= 7;
    if ((rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0)) {
      prefix.push(low);
      return prefix;
    }
    prefix.push(low | 0x80);
  }
}

function sleb64(prefix: number[], value: bigint): number[] {
  if (value >= -0x8000_0000n && value <= 0x7fff_ffffn) return sleb32(prefix, Number(value));
  const bytes = new Bytes(12);
  bytes.s64(value);
  prefix.push(...bytes.view());
  return prefix;
}

/** `i32.const`. */
export function constI32(value: number): Expr {
  return new Expr('i32', [], sleb32([0x41], value), BigInt(value | 0));
}

/** `i64.const`. */
export function constI64(value: bigint): Expr {
  const signed = BigInt.asIntN(64, value);
  return new Expr('i64', [], sleb64([0x42], signed), signed);
}

function constFloat(type: 'f32' | 'f64', value: number): Expr {
  const view = new DataView(new ArrayBuffer(8));
  if (type === 'f32') view.setFloat32(0, value, true);
  else view.setFloat64(0, value, true);
  const bytes = new Uint8Array(view.buffer, 0, type === 'f32' ? 4 : 8);
  return new Expr(type, [], [type === 'f32' ? 0x43 : 0x44, ...bytes]);
}

/** Turns a number or bigint into a constant of `type`, and checks the type of an expression. */
export function valueOf(type: ValType, value: Value): Expr {
  if (value instanceof Expr) {
    if (value.type !== type) throw new TypeError(`expected ${type}, got ${value.type ?? 'a statement'}`);
    return value;
  }
  if (type === 'i32') return constI32(Number(value));
  if (type === 'i64') return constI64(BigInt(value));
  if (type === 'f32' || type === 'f64') return constFloat(type, Number(value));
  throw new TypeError('a v128 constant is written with v128.const');
}

/** `memarg`: natural alignment hint 0 (we make no promise) and a 32-bit offset. */
export function memarg(offset: number): number[] {
  return uleb([0], offset);
}

/** Unsigned LEB128 bytes of an index. */
export function index(value: number): number[] {
  return uleb([], value);
}
