/**
 * Lane-wise floating point for uops: a fast path in wasm that is taken only where the host's arithmetic is provably Arm's, and else the soft
 * float, called once for all lanes through an argument block in the bounce buffer.
 */
import type { Expr } from '../../../wasm/expr.ts';
import { f32, f64, i32, i64 } from '../../../wasm/ops.ts';
import { f32x4, f64x2, i32x4, i64x2 } from '../../../wasm/simd.ts';
import type { ValType } from '../../../wasm/types.ts';
import type { Cpu } from '../cpu.ts';
import { Fpcr, Fpsr } from '../fp/context.ts';
import { laneCode, type OperationName, runLanes } from '../fp/operations.ts';
import { defineHelper } from '../helpers.ts';
import { FPCR, FPSR } from '../state.ts';
import { ARGUMENTS, BLOCK_SIZE, callWithBlock, RESULT_OFFSET } from './argument-block.ts';
import type { UopContext } from './context.ts';

/** log2 of a lane's bytes. */
export type LaneSize = 1 | 2 | 3;

const ROUNDING = 3 << Fpcr.rModeShift;

/** What must hold for a fast path to be looked at: nothing, no flushing to zero, or also round-to-nearest. */
export type FastWhen = 'always' | 'noFlush' | 'nearest';

/** What a fast lane computes. `ok` (i32) says whether `value` and the absence of new FPSR bits are right; `value` is a float or an integer. */
export interface FastResult {
  readonly value: Expr;
  readonly ok: Expr;
}

/** What fast lanes are written against. */
export interface LaneScope {
  readonly c: UopContext;
  /** Not zero when FPSR.IXC is set already, so that an inexact result changes nothing. */
  readonly ixc: Expr;
  /** Not zero when FPCR asks for round-to-nearest and FPSR.IXC is set: an inexact result is the host's. */
  readonly hostInexact: Expr;
}

/** One lane; operands are floats of the source size, or integers when `integerSource`. */
export type FastLane = (k: LaneScope, ...operands: Expr[]) => FastResult;

export interface LaneOperation {
  readonly operation: OperationName;
  readonly from: LaneSize;
  readonly to: LaneSize;
  readonly count: number;
  readonly fast?: FastLane;
  readonly when?: FastWhen;
  readonly integerSource?: boolean;
  /** Run-time number for the soft float (fraction bits). */
  readonly parameter?: Expr;
}

const integerOf = (size: LaneSize): ValType => (size === 3 ? 'i64' : 'i32');

/** Lane `index` of a source: a vector's, or the scalar itself. Scalars are i32 or i64. */
function laneOf(source: Expr, index: number, size: LaneSize, isInteger: boolean): Expr {
  if (source.type !== 'v128') {
    if (isInteger) return source;
    return size === 3 ? f64.reinterpret_i64(source) : f32.reinterpret_i32(source);
  }
  if (isInteger) return size === 3 ? i64x2.extract_lane(source, index) : i32x4.extract_lane(source, index);
  return size === 3 ? f64x2.extract_lane(source, index) : f32x4.extract_lane(source, index);
}

const LANES = { i32: i32x4, i64: i64x2, f32: f32x4, f64: f64x2 } as const;

/** A vector of the values; lanes beyond them are unspecified. */
function vectorOf(values: readonly Expr[]): Expr {
  const ops = LANES[values[0].type as keyof typeof LANES];
  return values.slice(1).reduce((vector, value, i) => ops.replace_lane(vector, i + 1, value), ops.splat(values[0]));
}

function bitsOf(value: Expr): Expr {
  if (value.type === 'f32') return i32.reinterpret_f32(value);
  return value.type === 'f64' ? i64.reinterpret_f64(value) : value;
}

function permitted(c: UopContext, when: FastWhen): Expr {
  if (when === 'always') return i32.const(1);
  return i32.eqz(i32.and(c.word(FPCR), when === 'nearest' ? Fpcr.fz | ROUNDING : Fpcr.fz));
}

function scopeOf(c: UopContext, when: FastWhen): LaneScope {
  const ixc = c.let(i32.and(c.word(FPSR), Fpsr.ixc));
  const isNearest = when === 'nearest' ? i32.const(1) : i32.eqz(i32.and(c.word(FPCR), ROUNDING));
  return { c, ixc, hostInexact: when === 'nearest' ? ixc : c.let(i32.and(i32.ne(ixc, 0), isNearest)) };
}

/**
 * Applies an operation to all lanes of the sources (n, m, a; vectors, or i32/i64 scalars that hold one lane). The result has the form of the
 * sources: a vector whose lanes beyond `count` are unspecified, or an i32/i64 holding one lane of size `to` (half precision in an i32).
 */
export function applyLanes(c: UopContext, sources: readonly Expr[], o: LaneOperation): Expr {
  const { f } = c;
  const kept = sources.map((source) => c.let(source));
  const type = kept[0].type === 'v128' ? 'v128' : integerOf(o.to);
  const result = f.local(type);
  f.block((done) => {
    const { fast, when = 'nearest' } = o;
    if (fast)
      f.if(permitted(c, when), () => {
        const scope = scopeOf(c, when);
        const lanes = Array.from({ length: o.count }, (_, i) =>
          fast(scope, ...kept.map((source) => c.let(laneOf(source, i, o.from, o.integerSource ?? false)))),
        );
        f.if(
          lanes.map((lane) => lane.ok).reduce((x, y) => i32.and(x, y)),
          () => {
            f.set(result, type === 'v128' ? vectorOf(lanes.map((lane) => lane.value)) : bitsOf(lanes[0].value));
            f.br(done);
          },
        );
      });
    const code = laneCode(o.operation, o.from, o.to, o.count);
    f.set(result, callWithBlock(c, 'fp', kept, type, code, o.parameter ?? 0));
  });
  return result.get;
}

const views = new WeakMap<ArrayBuffer, DataView>();

function argumentsOf(memory: ArrayBuffer): DataView {
  let view = views.get(memory);
  if (!view) {
    view = new DataView(memory, ARGUMENTS, BLOCK_SIZE);
    views.set(memory, view);
  }
  return view;
}

function runOperation(cpu: Cpu, code: number, parameter: number): void {
  const view = argumentsOf(cpu.memory);
  view.setUint32(RESULT_OFFSET, 0, true);
  const fp = { fpcr: cpu.state.get(FPCR), fpsr: cpu.state.get(FPSR) };
  runLanes(view, code, parameter, fp);
  cpu.state.set(FPSR, fp.fpsr);
}

defineHelper('fp', { params: ['i32', 'i32'], run: runOperation });
