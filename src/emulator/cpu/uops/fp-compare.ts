/** Floating-point comparisons and selection; scalar and vector (Arm ARM C7). */
import type { Fields } from '../../../arch/a64/encoding.ts';
import type { Expr } from '../../../wasm/expr.ts';
import { i32, select } from '../../../wasm/ops.ts';
import { conditionMask } from './arithmetic.ts';
import type { UopContext } from './context.ts';
import { define } from './define.ts';
import * as fast from './fp-fast.ts';
import {
  absolute,
  bySize,
  bySizeAndQ,
  byType,
  type Form,
  formOf,
  read,
  registers,
  write,
  writeScalar,
  zeroOf,
} from './fp-form.ts';
import { applyLanes } from './fp-lanes.ts';

const TESTS = {
  equal: fast.fastEqual,
  greaterEqual: fast.fastGreaterEqual,
  greater: fast.fastGreater,
} as const;
type Test = keyof typeof TESTS;

function test(c: UopContext, form: Form, operation: Test, n: Expr, m: Expr): Expr {
  const { size, count } = form;
  return applyLanes(c, [n, m], { operation, from: size, to: size, count, fast: TESTS[operation], when: 'noFlush' });
}

/** Defines the vector and the scalar row of a comparison that gives masks. */
function maskRows(
  mnemonic: string,
  groups: readonly [string, string],
  emit: (c: UopContext, form: Form) => Expr,
): void {
  groups.forEach((group, i) =>
    define(`${mnemonic}_${group}`, {
      statics: i === 0 ? bySizeAndQ : bySize,
      operands: registers,
      fp: true,
      emit: (c, s) => write(c, formOf(s), emit(c, formOf(s))),
    }),
  );
}

for (const [mnemonic, operation] of [
  ['FCMEQ', 'equal'],
  ['FCMGE', 'greaterEqual'],
  ['FCMGT', 'greater'],
] as const) {
  maskRows(mnemonic, ['asimdsame', 'asisdsame'], (c, form) =>
    test(c, form, operation, read(c, form, 'n'), read(c, form, 'm')),
  );
  maskRows(mnemonic, ['asimdmisc', 'asisdmisc'], (c, form) =>
    test(c, form, operation, read(c, form, 'n'), zeroOf(form)),
  );
}
for (const [mnemonic, operation] of [
  ['FCMLE', 'greaterEqual'],
  ['FCMLT', 'greater'],
] as const)
  maskRows(mnemonic, ['asimdmisc', 'asisdmisc'], (c, form) =>
    test(c, form, operation, zeroOf(form), read(c, form, 'n')),
  );
for (const [mnemonic, operation] of [
  ['FACGE', 'greaterEqual'],
  ['FACGT', 'greater'],
] as const)
  maskRows(mnemonic, ['asimdsame', 'asisdsame'], (c, form) =>
    test(c, form, operation, absolute(form, read(c, form, 'n')), absolute(form, read(c, form, 'm'))),
  );

/** Compares n with m and sets the flags. */
function compare(c: UopContext, form: Form, m: Expr, isSignalling: boolean): void {
  const operation = isSignalling ? 'compareSignalling' : 'compare';
  const { size } = form;
  const n = read(c, form, 'n');
  c.setNzcv(applyLanes(c, [n, m], { operation, from: size, to: 2, count: 1, fast: fast.fastCompare, when: 'noFlush' }));
}

for (const isSignalling of [false, true]) {
  const e = isSignalling ? 'E' : '';
  define(`FCMP${e}_floatcmp`, {
    statics: (f) => ({ type: f.type, zero: f.zero }),
    operands: (f) => ({ ...registers({ ...f, Rd: 0 }), d: 0 }),
    fp: true,
    emit: (c, s) => {
      const form = formOf(s);
      compare(c, form, s.zero ? zeroOf(form) : read(c, form, 'm'), isSignalling);
    },
  });
  define(`FCCMP${e}_floatccmp`, {
    statics: byType,
    operands: (f: Fields) => ({
      ...registers({ ...f, Rd: 0 }),
      d: 0,
      a: conditionMask(f.cond),
      b: f.nzcv,
      imm: f.cond,
    }),
    fp: true,
    emit: (c, s) => {
      const form = formOf(s);
      c.f.if(
        c.conditionOperand(),
        () => compare(c, form, read(c, form, 'm'), isSignalling),
        () => c.setNzcv(c.raw('b')),
      );
    },
  });
}

define('FCSEL_floatsel', {
  statics: byType,
  operands: (f) => ({ ...registers(f), a: conditionMask(f.cond), imm: f.cond }),
  fp: true,
  emit: (c, s) => {
    const form = formOf(s);
    writeScalar(c, 'd', select(i32.ne(c.conditionOperand(), 0), read(c, form, 'n'), read(c, form, 'm')));
  },
});
