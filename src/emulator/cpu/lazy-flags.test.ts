import { expect, it } from 'vitest';
import { ModuleBuilder } from '../../wasm/module.ts';
import { i32 } from '../../wasm/ops.ts';
import { ALL_SOURCES, compare, FlagSource, flagOf } from './lazy-flags.ts';
import { conditionMask } from './uops/arithmetic.ts';

/** For one source: a function of the operands that gives NZCV, and one for each condition that a comparison says. */
function build(source: FlagSource): Record<string, (a: never, b: never) => number> {
  const module = new ModuleBuilder();
  const type = source % 2 === 0 ? 'i64' : 'i32';
  const define = (name: string, value: (operands: { a: typeof zero; b: typeof zero }) => typeof zero | undefined) => {
    const ref = module.define({ params: [type, type], result: 'i32' }, (f) => {
      f.return(value({ a: f.params[0].get, b: f.params[1].get }) ?? i32.const(-1));
      f.unreachable();
    });
    module.export(name, ref);
  };
  const zero = i32.const(0);
  define('nzcv', (operands) => {
    const [n, z, c, v] = (['N', 'Z', 'C', 'V'] as const).map((flag) => flagOf(source, operands, flag));
    const high = i32.or(i32.shl(i32.shr_u(n, 31), 3), i32.shl(i32.eqz(z), 2));
    return i32.or(high, i32.or(i32.shl(c, 1), i32.shr_u(v, 31)));
  });
  for (let cond = 0; cond < 16; cond++) define(`c${cond}`, (operands) => compare(source, operands, cond));
  return new WebAssembly.Instance(new WebAssembly.Module(module.finish())).exports as ReturnType<typeof build>;
}

const VALUES = [
  0n,
  1n,
  2n,
  0x7fff_ffffn,
  0x8000_0000n,
  0xffff_ffffn,
  0x7fff_ffff_ffff_ffffn,
  1n << 63n,
  (1n << 64n) - 1n,
];

/** NZCV by the definition of AddWithCarry. */
function expected(source: FlagSource, x: bigint, y: bigint): number {
  const bits = source % 2 === 0 ? 64 : 32;
  const [a, b] = [BigInt.asUintN(bits, x), BigInt.asUintN(bits, y)];
  const signed = (value: bigint) => BigInt.asIntN(bits, value);
  const isLogic = source >= FlagSource.logic;
  const isSub = !isLogic && source >= FlagSource.sub;
  const sum = isLogic ? signed(a) : isSub ? signed(a) - signed(b) : signed(a) + signed(b);
  const carry = isLogic ? false : isSub ? a >= b : a + b >= 1n << BigInt(bits);
  const result = signed(sum);
  return (result < 0n ? 8 : 0) | (result === 0n ? 4 : 0) | (carry ? 2 : 0) | (result === sum ? 0 : 1);
}

it.each(ALL_SOURCES)('makes flags and conditions from the operands of source %i', (source) => {
  const run = build(source);
  const cast = (value: bigint) => (source % 2 === 0 ? value : Number(BigInt.asIntN(32, value))) as never;
  let compared = 0;
  for (const a of VALUES)
    for (const b of VALUES) {
      const nzcv = expected(source, a, b);
      expect(run.nzcv(cast(a), cast(b))).toBe(nzcv);
      for (let cond = 0; cond < 16; cond++) {
        const holds = run[`c${cond}`](cast(a), cast(b));
        if (holds === -1) continue;
        compared++;
        expect([cond, holds]).toEqual([cond, (conditionMask(cond) >> nzcv) & 1]);
      }
    }
  expect(compared).toBeGreaterThan(5 * VALUES.length ** 2);
});
