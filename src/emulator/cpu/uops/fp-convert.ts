/** Conversions between floating-point formats, integers and fixed point, and moves; scalar and vector (Arm ARM C7). */
import type { Fields } from '../../../arch/a64/encoding.ts';
import { vfpExpandImm32, vfpExpandImm64 } from '../../../arch/a64/operands.ts';
import type { Expr } from '../../../wasm/expr.ts';
import { i64x2 } from '../../../wasm/simd.ts';
import type { Operands, UopContext } from './context.ts';
import { define, vreg, xd, xz } from './define.ts';
import * as fast from './fp-fast.ts';
import { bySize, bySizeAndQ, formOf, read, registers, write, writeScalar } from './fp-form.ts';
import { applyLanes, type LaneOperation, type LaneSize } from './fp-lanes.ts';

type Direction = Pick<LaneOperation, 'operation' | 'fast' | 'when' | 'integerSource'>;
/** A conversion for integers of `log2Bytes` on the integer's or the float's side, whichever is the result. */
type Conversion = (log2Bytes: LaneSize, fractionBits?: Expr) => Direction;

const toInteger =
  (letter: fast.RoundingLetter, isUnsigned: boolean): Conversion =>
  (log2Bytes, fractionBits) => ({
    operation: `to${isUnsigned ? 'Unsigned' : 'Signed'}${letter}`,
    fast: fast.fastToInteger(letter, isUnsigned, log2Bytes, fractionBits),
    when: 'noFlush',
  });
const fromInteger =
  (isUnsigned: boolean): Conversion =>
  (log2Bytes, fractionBits) => ({
    operation: isUnsigned ? 'fromUnsigned' : 'fromSigned',
    fast: fast.fastFromInteger(isUnsigned, log2Bytes, fractionBits),
    when: 'always',
    integerSource: true,
  });

const TO_INTEGER: Record<string, Conversion> = {};
for (const letter of ['N', 'A', 'P', 'M', 'Z'] as const) {
  TO_INTEGER[`FCVT${letter}S`] = toInteger(letter, false);
  TO_INTEGER[`FCVT${letter}U`] = toInteger(letter, true);
}
const FROM_INTEGER: Record<string, Conversion> = { SCVTF: fromInteger(false), UCVTF: fromInteger(true) };

const integerSize = (s: Fields): 2 | 3 => (s.sf === 1 ? 3 : 2);

/** Between a general register and a SIMD&FP register. */
function generalRow(name: string, conversion: Conversion, isFrom: boolean, isFixed: boolean): void {
  define(name, {
    statics: (f) => ({ type: f.type, sf: f.sf }),
    operands: (f) => ({
      d: isFrom ? vreg(f.Rd) : xd(f.Rd),
      n: isFrom ? xz(f.Rn) : vreg(f.Rn),
      imm: isFixed ? 64 - f.scale : 0,
    }),
    fp: true,
    emit: (c, s) => {
      const [float, integer] = [formOf(s).size, integerSize(s)];
      const [from, to] = isFrom ? [integer, float] : [float, integer];
      const parameter = isFixed ? c.let(c.imm32()) : undefined;
      const source = isFrom ? c.r(s.sf, 'n') : read(c, formOf(s), 'n');
      const result = applyLanes(c, [source], { ...conversion(to, parameter), from, to, count: 1, parameter });
      if (isFrom) writeScalar(c, 'd', result);
      else c.setR(s.sf, 'd', result);
    },
  });
}

/** Within SIMD&FP registers: integer and float have one size. */
function simdRow(name: string, conversion: Conversion, statics: (f: Fields) => Fields, isFixed: boolean): void {
  define(name, {
    statics,
    operands: (f) => ({ d: vreg(f.Rd), n: vreg(f.Rn), imm: isFixed ? fractionBits(f) : 0 }),
    fp: true,
    emit: (c, s) => {
      const form = formOf(s);
      const { size, count } = form;
      const parameter = isFixed ? c.let(c.imm32()) : undefined;
      const direction = conversion(size, parameter);
      write(c, form, applyLanes(c, [read(c, form, 'n')], { ...direction, from: size, to: size, count, parameter }));
    },
  });
}

/** Twice the element size less immh:immb. */
const fractionBits = (f: Fields): number => (f.immh >= 8 ? 128 : 64) - (f.immh * 8 + f.immb);
const byShift = (f: Fields): Fields => ({ sz: f.immh >= 8 ? 1 : 0 });
const byShiftAndQ = (f: Fields): Fields => ({ sz: f.immh >= 8 ? 1 : 0, Q: f.Q });

for (const [table, isFrom] of [
  [TO_INTEGER, false],
  [FROM_INTEGER, true],
] as const)
  for (const [mnemonic, conversion] of Object.entries(table)) {
    generalRow(`${mnemonic}_float2int`, conversion, isFrom, false);
    simdRow(`${mnemonic}_asimdmisc`, conversion, bySizeAndQ, false);
    simdRow(`${mnemonic}_asisdmisc`, conversion, bySize, false);
    if (!isFrom && !mnemonic.startsWith('FCVTZ')) continue;
    generalRow(`${mnemonic}_float2fix`, conversion, isFrom, true);
    simdRow(`${mnemonic}_asimdshf`, conversion, byShiftAndQ, true);
    simdRow(`${mnemonic}_asisdshf`, conversion, byShift, true);
  }

/** Between formats: half precision always takes the soft float. */
function convert(from: LaneSize, to: LaneSize, count: number): LaneOperation {
  const shape = { operation: 'convert', from, to, count } as const;
  if (from === 3 && to === 2) return { ...shape, fast: fast.fastNarrow, when: 'nearest' };
  return from === 2 && to === 3 ? { ...shape, fast: fast.fastWiden, when: 'noFlush' } : shape;
}

const SIZE_OF_TYPE: readonly LaneSize[] = [2, 3, 1, 1];

define('FCVT_floatdp1', {
  statics: (f) => ({ type: f.type, opc: f.opc }),
  operands: registers,
  fp: true,
  emit: (c, s) => {
    const [from, to] = [SIZE_OF_TYPE[s.type], SIZE_OF_TYPE[s.opc]];
    writeScalar(c, 'd', applyLanes(c, [from === 3 ? c.d('n') : c.s('n')], convert(from, to, 1)));
  },
});

/** Writes a narrowed vector to the low half (clearing the high one), or to the high half of `d`. */
function writeHalf(c: UopContext, q: number, result: Expr): void {
  if (q) c.setV('d', i64x2.replace_lane(c.v('d'), 1, i64x2.extract_lane(result, 0)));
  else c.setVQ(0, 'd', result);
}

const doubleToOdd = (count: number): LaneOperation => ({ operation: 'convertOdd', from: 3, to: 2, count });

define('FCVTN_asimdmisc', {
  statics: bySizeAndQ,
  operands: registers,
  fp: true,
  emit: (c, s) => writeHalf(c, s.Q, applyLanes(c, [c.v('n')], s.sz ? convert(3, 2, 2) : convert(2, 1, 4))),
});
define('FCVTXN_asimdmisc', {
  statics: (f) => ({ Q: f.Q }),
  operands: registers,
  fp: true,
  emit: (c, s) => writeHalf(c, s.Q, applyLanes(c, [c.v('n')], doubleToOdd(2))),
});
define('FCVTXN_asisdmisc', {
  statics: () => ({}),
  operands: registers,
  fp: true,
  emit: (c) => c.setS('d', applyLanes(c, [c.d('n')], doubleToOdd(1))),
});
define('FCVTL_asimdmisc', {
  statics: bySizeAndQ,
  operands: registers,
  fp: true,
  emit: (c, s) => {
    const n = s.Q ? i64x2.splat(i64x2.extract_lane(c.v('n'), 1)) : c.v('n');
    c.setV('d', applyLanes(c, [n], s.sz ? convert(2, 3, 2) : convert(1, 2, 4)));
  },
});

for (const [name, operation] of [
  ['URECPE', 'unsignedRecipEstimate'],
  ['URSQRTE', 'unsignedRSqrtEstimate'],
] as const)
  define(`${name}_asimdmisc`, {
    statics: (f) => ({ Q: f.Q }),
    operands: registers,
    fp: true,
    emit: (c, s) => {
      const count = s.Q ? 4 : 2;
      c.setVQ(s.Q, 'd', applyLanes(c, [c.v('n')], { operation, from: 2, to: 2, count }));
    },
  });

define('FMOV_floatimm', {
  statics: () => ({}),
  operands: (f) => ({ d: vreg(f.Rd), imm: f.type === 1 ? vfpExpandImm64(f.imm8) : BigInt(vfpExpandImm32(f.imm8)) }),
  fp: true,
  emit: (c) => c.setD('d', c.imm64()),
});

/** Moves bits between register files; `rmode0` means the upper doubleword, `opcode0` from general to SIMD&FP. */
function moveOperands(f: Fields): Operands {
  const upper = f.rmode0 * 8;
  if (f.opcode0 === 1) return { d: vreg(f.Rd) + upper, n: xz(f.Rn) };
  return { d: xd(f.Rd), n: vreg(f.Rn) + upper };
}

define('FMOV_float2int', {
  statics: (f) => ({ sf: f.sf, rmode0: f.rmode0, opcode0: f.opcode0 }),
  operands: moveOperands,
  fp: true,
  emit: (c, s) => {
    const value = c.r(s.sf, 'n');
    if (s.opcode0 === 0) c.setR(s.sf, 'd', value);
    else if (s.rmode0 === 1) c.setX('d', value);
    else writeScalar(c, 'd', value);
  },
});
