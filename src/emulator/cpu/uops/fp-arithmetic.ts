/** Floating-point arithmetic, minimum and maximum, fused operations and estimates; scalar and vector (Arm ARM C7). */
import type { Fields } from '../../../arch/a64/encoding.ts';
import type { Expr } from '../../../wasm/expr.ts';
import { i32x4 } from '../../../wasm/simd.ts';
import type { OperationName } from '../fp/operations.ts';
import type { RegisterOperand, UopContext } from './context.ts';
import { define, vreg } from './define.ts';
import * as fast from './fp-fast.ts';
import {
  absolute,
  bySize,
  bySizeAndQ,
  byType,
  type Form,
  formOf,
  negate,
  pickElements,
  read,
  readElement,
  registers,
  write,
} from './fp-form.ts';
import { applyLanes, type FastLane, type FastWhen } from './fp-lanes.ts';

/** An operation on operands of one format. */
interface Operation {
  readonly operation: OperationName;
  readonly fast?: FastLane;
  readonly when?: FastWhen;
}

function apply(c: UopContext, form: Form, operation: Operation, sources: readonly Expr[]): Expr {
  return applyLanes(c, sources, { ...operation, from: form.size, to: form.size, count: form.count });
}

const ADD: Operation = { operation: 'add', fast: fast.fastAdd };
const SUB: Operation = { operation: 'sub', fast: fast.fastSub };
const MUL: Operation = { operation: 'mul', fast: fast.fastMul };
const MULX: Operation = { operation: 'mulx', fast: fast.fastMul };
const MUL_ADD: Operation = { operation: 'mulAdd', fast: fast.fastMulAdd };
const MAX: Operation = { operation: 'max', fast: fast.fastMax, when: 'noFlush' };
const MIN: Operation = { operation: 'min', fast: fast.fastMin, when: 'noFlush' };
const MAXNM: Operation = { operation: 'maxNum', fast: fast.fastMax, when: 'noFlush' };
const MINNM: Operation = { operation: 'minNum', fast: fast.fastMin, when: 'noFlush' };

const TWO: Record<string, Operation> = {
  FADD: ADD,
  FSUB: SUB,
  FMUL: MUL,
  FMULX: MULX,
  FDIV: { operation: 'div', fast: fast.fastDiv },
  FMAX: MAX,
  FMIN: MIN,
  FMAXNM: MAXNM,
  FMINNM: MINNM,
  FRECPS: { operation: 'recipStep' },
  FRSQRTS: { operation: 'rsqrtStep' },
};

const round = (letter: fast.RoundingLetter): Operation => ({
  operation: `round${letter}`,
  fast: fast.fastRound(letter),
  when: 'noFlush',
});

const ONE: Record<string, Operation> = {
  FSQRT: { operation: 'sqrt', fast: fast.fastSqrt },
  FRINTN: round('N'),
  FRINTP: round('P'),
  FRINTM: round('M'),
  FRINTZ: round('Z'),
  FRINTA: round('A'),
  FRINTX: { operation: 'roundX', fast: fast.fastRoundExact },
  FRINTI: { operation: 'roundI', fast: fast.fastRound('N') },
  FRECPE: { operation: 'recipEstimate' },
  FRSQRTE: { operation: 'rsqrtEstimate' },
  FRECPX: { operation: 'recipExponent' },
};

type Emit = (c: UopContext, form: Form) => Expr;

/** Defines a row whose result is written to `d` in the variant's form. */
function row(name: string, statics: (f: Fields) => Fields, emit: Emit): void {
  define(name, {
    statics,
    operands: registers,
    fp: true,
    emit: (c, s) => write(c, formOf(s), emit(c, formOf(s))),
  });
}

function rows(
  mnemonics: readonly string[],
  group: string,
  statics: (f: Fields) => Fields,
  emit: (m: string) => Emit,
): void {
  for (const mnemonic of mnemonics) row(`${mnemonic}_${group}`, statics, emit(mnemonic));
}

const two =
  (mnemonic: string): Emit =>
  (c, form) =>
    apply(c, form, TWO[mnemonic], [read(c, form, 'n'), read(c, form, 'm')]);
const one =
  (mnemonic: string): Emit =>
  (c, form) =>
    apply(c, form, ONE[mnemonic], [read(c, form, 'n')]);

const roundings = ['FRINTN', 'FRINTP', 'FRINTM', 'FRINTZ', 'FRINTA', 'FRINTX', 'FRINTI'];
rows(['FADD', 'FSUB', 'FMUL', 'FDIV', 'FMAX', 'FMIN', 'FMAXNM', 'FMINNM'], 'floatdp2', byType, two);
rows(['FSQRT', ...roundings], 'floatdp1', byType, one);
rows(Object.keys(TWO), 'asimdsame', bySizeAndQ, two);
rows(['FMULX', 'FRECPS', 'FRSQRTS'], 'asisdsame', bySize, two);
rows(['FSQRT', 'FRECPE', 'FRSQRTE', ...roundings], 'asimdmisc', bySizeAndQ, one);
rows(['FRECPE', 'FRSQRTE', 'FRECPX'], 'asisdmisc', bySize, one);

row('FNMUL_floatdp2', byType, (c, form) => negate(form, apply(c, form, MUL, [read(c, form, 'n'), read(c, form, 'm')])));

const difference: Emit = (c, form) => absolute(form, apply(c, form, SUB, [read(c, form, 'n'), read(c, form, 'm')]));
row('FABD_asimdsame', bySizeAndQ, difference);
row('FABD_asisdsame', bySize, difference);

for (const [name, change] of [
  ['FABS', absolute],
  ['FNEG', negate],
] as const) {
  const emit: Emit = (c, form) => change(form, read(c, form, 'n'));
  row(`${name}_floatdp1`, byType, emit);
  row(`${name}_asimdmisc`, bySizeAndQ, emit);
}
row('FMOV_floatdp1', byType, (c, form) => read(c, form, 'n'));

/** n * m + `addend`, with n and the addend negated where asked for. */
const fused =
  (addend: RegisterOperand, negateN: boolean, negateAddend: boolean): Emit =>
  (c, form) => {
    const n = read(c, form, 'n');
    const a = read(c, form, addend);
    const sources = [negateN ? negate(form, n) : n, read(c, form, 'm'), negateAddend ? negate(form, a) : a];
    return apply(c, form, MUL_ADD, sources);
  };
row('FMADD_floatdp3', byType, fused('a', false, false));
row('FMSUB_floatdp3', byType, fused('a', true, false));
row('FNMADD_floatdp3', byType, fused('a', true, true));
row('FNMSUB_floatdp3', byType, fused('a', false, true));
row('FMLA_asimdsame', bySizeAndQ, fused('d', false, false));
row('FMLS_asimdsame', bySizeAndQ, fused('d', true, false));

/** By-element rows: operand `m` is the lane itself. The index is H:L for words, H for doublewords. */
function elementOperands(f: Fields): ReturnType<typeof registers> {
  const offset = f.sz === 1 ? f.H * 8 : (f.H * 2 + f.L) * 4;
  return { d: vreg(f.Rd), n: vreg(f.Rn), m: vreg(f.M * 16 + f.Rm) + offset };
}

function elementRows(mnemonic: string, emit: Emit): void {
  for (const [group, statics] of [
    ['asimdelem', bySizeAndQ],
    ['asisdelem', bySize],
  ] as const)
    define(`${mnemonic}_${group}`, {
      statics,
      operands: elementOperands,
      fp: true,
      emit: (c, s) => write(c, formOf(s), emit(c, formOf(s))),
    });
}
elementRows('FMUL', (c, form) => apply(c, form, MUL, [read(c, form, 'n'), readElement(c, form, 'm')]));
elementRows('FMULX', (c, form) => apply(c, form, MULX, [read(c, form, 'n'), readElement(c, form, 'm')]));
elementRows('FMLA', (c, form) =>
  apply(c, form, MUL_ADD, [read(c, form, 'n'), readElement(c, form, 'm'), read(c, form, 'd')]),
);
elementRows('FMLS', (c, form) =>
  apply(c, form, MUL_ADD, [negate(form, read(c, form, 'n')), readElement(c, form, 'm'), read(c, form, 'd')]),
);

const PAIRWISE: Record<string, Operation> = { FADDP: ADD, FMAXP: MAX, FMINP: MIN, FMAXNMP: MAXNM, FMINNMP: MINNM };

/** Element numbers in the concatenation of n and m, whose elements are `count` of the 16-byte sources' `whole` each. */
function pairs(form: Form, odd: number): number[] {
  const whole = 16 >> form.size;
  return Array.from({ length: form.count }, (_, i) => {
    const element = 2 * i + odd;
    return element < form.count ? element : element - form.count + whole;
  });
}

for (const [name, operation] of Object.entries(PAIRWISE)) {
  row(`${name}_asimdsame`, bySizeAndQ, (c, form) => {
    const [n, m] = [c.let(c.v('n')), c.let(c.v('m'))];
    const halves = [0, 1].map((odd) => pickElements(form.size, n, m, pairs(form, odd)));
    return apply(c, form, operation, halves);
  });
  define(`${name}_asisdpair`, {
    statics: bySize,
    operands: (f) => ({ d: vreg(f.Rd), n: vreg(f.Rn), m: vreg(f.Rn) + (f.sz === 1 ? 8 : 4) }),
    fp: true,
    emit: (c, s) => {
      const form = formOf(s);
      write(c, form, apply(c, form, operation, [read(c, form, 'n'), read(c, form, 'm')]));
    },
  });
}

/** Across 4 single-precision lanes: a tree of pairs, as Reduce() does it. */
for (const [name, operation] of [
  ['FMAXV', MAX],
  ['FMINV', MIN],
  ['FMAXNMV', MAXNM],
  ['FMINNMV', MINNM],
] as const)
  define(`${name}_asimdall`, {
    statics: () => ({}),
    operands: registers,
    fp: true,
    emit: (c) => {
      const pair: Form = { size: 2, count: 2, isVector: true, q: 0 };
      const n = c.let(c.v('n'));
      const half = c.let(
        apply(
          c,
          pair,
          operation,
          [0, 1].map((odd) => pickElements(2, n, n, [odd, odd + 2])),
        ),
      );
      const scalar: Form = { size: 2, count: 1, isVector: false, q: 0 };
      c.setS(
        'd',
        apply(
          c,
          scalar,
          operation,
          [0, 1].map((lane) => i32x4.extract_lane(half, lane)),
        ),
      );
    },
  });
