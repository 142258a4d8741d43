/** Wasm functions over guest memory that TypeScript would be too slow for: finding, comparing and hashing pages. */
import type { FunctionBuilder } from '../wasm/function.ts';
import type { Expr } from '../wasm/expr.ts';
import { ModuleBuilder } from '../wasm/module.ts';
import { i32, i64 } from '../wasm/ops.ts';
import { v128 } from '../wasm/simd.ts';

export const PAGE_SIZE = 4096;

/** Addresses are byte offsets into the memory, unsigned; pages are aligned. */
export interface PageKernels {
  /** First page in [`from`, `end`) that holds anything but zeros, or `end`. */
  nextNonZero(from: number, end: number): number;
  /** XXH64 of `length` bytes, a multiple of 32. */
  hash(seed: bigint, address: number, length: number): bigint;
  /** Whether two pages are the same. */
  equal(a: number, b: number): boolean;
}

/** XXH64's constants. */
const P1 = 0x9e37_79b1_85eb_ca87n;
const P2 = 0xc2b2_ae3d_27d4_eb4fn;
const P3 = 0x1656_67b1_9e37_79f9n;
const P4 = 0x85eb_ca77_c2b2_ae63n;

/** Instantiates the functions over a memory that has a maximum size. */
export function makePageKernels(memory: WebAssembly.Memory): PageKernels {
  const instance = new WebAssembly.Instance(compiled(), { env: { memory } });
  const exports = instance.exports as {
    nextNonZero(from: number, end: number): number;
    hash(seed: bigint, address: number, length: number): bigint;
    equal(a: number, b: number): number;
  };
  return {
    nextNonZero: (from, end) => exports.nextNonZero(from, end) >>> 0,
    hash: (seed, address, length) => BigInt.asUintN(64, exports.hash(seed, address, length)),
    equal: (a, b) => exports.equal(a, b) !== 0,
  };
}

let module: WebAssembly.Module | undefined;

function compiled(): WebAssembly.Module {
  module ??= new WebAssembly.Module(build());
  return module;
}

function build(): Uint8Array<ArrayBuffer> {
  const builder = new ModuleBuilder();
  builder.importMemory('env', 'memory', 1, 0x1_0000);
  const define = (name: string, params: ('i32' | 'i64')[], result: 'i32' | 'i64', body: (f: FunctionBuilder) => void) =>
    builder.export(name, builder.define({ params, result }, body));
  define('nextNonZero', ['i32', 'i32'], 'i32', nextNonZero);
  define('equal', ['i32', 'i32'], 'i32', equal);
  define('hash', ['i64', 'i32', 'i32'], 'i64', hash);
  return builder.finish();
}

const VECTORS = [0, 16, 32, 48];

function nextNonZero(f: FunctionBuilder): void {
  const [from, end] = f.params;
  const at = f.local('i32');
  f.loop((nextPage) => {
    f.if(i32.ge_u(from.get, end.get), () => f.return(end.get));
    f.set(at, from.get);
    f.loop((nextLine) => {
      const line = VECTORS.map((offset) => v128.load(at.get, offset)).reduce((a, b) => v128.or(a, b));
      f.if(v128.any_true(line), () => f.return(from.get));
      f.set(at, i32.add(at.get, 64));
      f.brIf(nextLine, i32.and(at.get, PAGE_SIZE - 1));
    });
    f.set(from, at.get);
    f.br(nextPage);
  });
  f.unreachable();
}

function equal(f: FunctionBuilder): void {
  const [a, b] = f.params;
  f.loop((again) => {
    const differences = VECTORS.map((offset) => v128.xor(v128.load(a.get, offset), v128.load(b.get, offset)));
    f.if(v128.any_true(differences.reduce((x, y) => v128.or(x, y))), () => f.return(0));
    f.set(a, i32.add(a.get, 64));
    f.set(b, i32.add(b.get, 64));
    f.brIf(again, i32.and(a.get, PAGE_SIZE - 1));
  });
  f.return(1);
  f.unreachable();
}

/** The accumulators of XXH64, each taking every fourth 64-bit word. */
function hash(f: FunctionBuilder): void {
  const [seed, address, length] = f.params;
  const at = f.let(address.get);
  const end = f.let(i32.add(at, length.get));
  const starts = [i64.add(seed.get, P1 + P2), i64.add(seed.get, P2), seed.get, i64.sub(seed.get, P1)];
  const lanes = starts.map((start) => {
    const lane = f.local('i64');
    f.set(lane, start);
    return lane;
  });
  f.loop((again) => {
    lanes.forEach((lane, i) => f.set(lane, round(lane.get, i64.load(address.get, 8 * i))));
    f.set(address, i32.add(address.get, 32));
    f.brIf(again, i32.lt_u(address.get, end));
  });
  const rotations = [1n, 7n, 12n, 18n];
  const sum = f.let(lanes.map((lane, i) => i64.rotl(lane.get, rotations[i])).reduce((a, b) => i64.add(a, b)));
  const merged = lanes.reduce((h, lane) => i64.add(i64.mul(i64.xor(h, round(0n, lane.get)), P1), P4), sum);
  avalanche(f, i64.add(merged, i64.extend_i32_u(length.get)));
}

function round(accumulator: Expr | bigint, word: Expr): Expr {
  return i64.mul(i64.rotl(i64.add(accumulator, i64.mul(word, P2)), 31n), P1);
}

function avalanche(f: FunctionBuilder, value: Expr): void {
  const shifted = (x: Expr, bits: bigint): Expr => {
    const once = f.let(x);
    return i64.xor(once, i64.shr_u(once, bits));
  };
  const first = i64.mul(shifted(value, 33n), P2);
  const second = i64.mul(shifted(first, 29n), P3);
  f.return(shifted(second, 32n));
  f.unreachable();
}
