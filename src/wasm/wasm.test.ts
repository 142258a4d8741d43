import loadWabt from 'wabt';
import { describe, expect, it } from 'vitest';
import { Expr } from './expr.ts';
import { ModuleBuilder } from './module.ts';
import * as scalar from './ops.ts';
import * as simd from './simd.ts';
import type { ValType } from './types.ts';

const local = (type: ValType) => new ModuleBuilder().define({ params: [type] }, () => {}) && type;

/** Calls a builder with parameters of its own types, found by trying: gives the module's text as wabt reads it. */
function textOf(wabt: Awaited<ReturnType<typeof loadWabt>>, build: (...args: never[]) => Expr): string | undefined {
  const types: ValType[] = ['i32', 'i64', 'f32', 'f64', 'v128'];
  for (const a of types)
    for (const b of types) {
      const module = new ModuleBuilder();
      module.importMemory('m', 'memory', 1, 1);
      let ok = false;
      module.define({ params: [a, b, 'v128'] }, (f) => {
        const third =
          build.length === 3 ? (a === 'v128' && b === 'v128' ? f.params[2].get : f.params[1].get) : undefined;
        const second = build.length === 3 && third === f.params[1].get ? 1 : f.params[1].get;
        try {
          f.do((build as unknown as (...x: unknown[]) => Expr)(f.params[0].get, second, third));
          ok = true;
        } catch {
          ok = false;
        }
      });
      const bytes = module.finish();
      if (ok && WebAssembly.validate(bytes)) return wabt.readWasm(bytes, { simd: true, sat_float_to_int: true, sign_extension: true }).toText({}); // prettier-ignore
    }
  return undefined;
}

describe('the wasm emitter', () => {
  it('names every operator as wabt does', async () => {
    const wabt = await loadWabt();
    const groups = { ...scalar, ...simd } as unknown as Record<string, Record<string, (...a: never[]) => Expr>>;
    let checked = 0;
    for (const [type, ops] of Object.entries(groups)) {
      if (typeof ops !== 'object') continue;
      for (const [name, build] of Object.entries(ops)) {
        if (name === 'const' || name === 'shuffle' || name.includes('_lane') || name === 'bitselect') continue;
        const text = textOf(wabt, build);
        expect(text, `${type}.${name}`).toContain(`${type}.${name}`);
        checked++;
      }
    }
    expect(checked).toBeGreaterThan(300);
    expect(local('i32')).toBe('i32');
  });

  it('folds constants and drops neutral operands', () => {
    const { i32, i64 } = scalar;
    expect(i32.add(0x7fffffff, 1).constant).toBe(-0x80000000n);
    expect(i64.shr_u(-1n, 60n).constant).toBe(15n);
    const x = new Expr('i64', [], [0x20, 0]);
    expect(i64.add(x, 0n)).toBe(x);
    expect(i32.wrap_i64(0x1_0000_0001n).constant).toBe(1n);
  });

  it('builds loops, branches and tables that run', () => {
    const { i32 } = scalar;
    const module = new ModuleBuilder();
    const f = module.define({ params: ['i32'], result: 'i32' }, (b) => {
      const sum = b.local('i32');
      b.set(sum, 0);
      b.block((done) => {
        b.loop((again) => {
          b.brIf(done, i32.eqz(b.params[0].get));
          b.set(sum, i32.add(sum.get, b.params[0].get));
          b.set(b.params[0], i32.sub(b.params[0].get, 1));
          b.br(again);
        });
      });
      b.return(sum.get);
      b.unreachable();
    });
    module.export('sum', f);
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.finish()));
    expect((exports.sum as (n: number) => number)(10)).toBe(55);
  });
});
