/** Advanced SIMD loads and stores of structures: LD1-LD4, ST1-ST4, multiple, single and replicated (Arm ARM C4.1.5). */
import type { Fields } from '../../../arch/a64/encoding.ts';
import type { Expr, Value } from '../../../wasm/expr.ts';
import { i32, i64 } from '../../../wasm/ops.ts';
import { i64x2, i8x16, v128 } from '../../../wasm/simd.ts';
import { Access } from '../cpu.ts';
import type { AccessOptions, UopContext } from './context.ts';
import { define, vreg, xsp, xz } from './define.ts';
import { checkSp } from './loads-stores.ts';
import { memoryCopy } from './memory.ts';
import { lanes, vectorAddress } from './simd-lanes.ts';

/** What is added to the base afterwards: nothing, the bytes transferred (immediate), or a register. */
const POST = { none: 0, immediate: 1, register: 2 } as const;

const postOf = (f: Fields): number => (f.Rm === undefined ? POST.none : f.Rm === 31 ? POST.immediate : POST.register);
const baseStatics = (f: Fields) => ({ post: postOf(f), sp: Number(f.Rn === 31) });
const baseOperands = (f: Fields, bytes: number) => ({ n: xsp(f.Rn), m: xz(f.Rm ?? 31), imm: bytes });

/** Checks the base, runs `transfer` at its address, and writes it back. */
function withBase(c: UopContext, { post, sp }: Fields, transfer: (va: Expr) => void): void {
  checkSp(c, sp);
  const va = c.let(c.x('n'));
  transfer(va);
  if (post !== POST.none) c.setX('n', i64.add(va, post === POST.register ? c.x('m') : c.imm64()));
}

const at = (va: Expr, bytes: number): Expr => i64.add(va, BigInt(bytes));

/** Byte `i` of the result is byte `from(i)` of the parts laid end to end, `1 << width` bytes each. */
function gather(c: UopContext, parts: readonly Expr[], width: number, from: (byte: number) => number): Expr {
  const bytes = 1 << width;
  let value = parts[0];
  for (let part = 1; part < parts.length; part += 1) {
    const pick = (i: number): number => {
      const byte = from(i & (bytes - 1));
      if (byte >> width === part) return 16 + (byte & (bytes - 1));
      return part === 1 && byte < bytes ? byte : i;
    };
    value = c.let(
      i8x16.shuffle(
        value,
        parts[part],
        Array.from({ length: 16 }, (_, i) => pick(i)),
      ),
    );
  }
  return value;
}

/** Registers, and log2 of the bytes of an element and of a register's part that is transferred. */
interface Multiple {
  readonly count: number;
  readonly size: number;
  readonly width: number;
  /** Elements of the registers alternate in memory (LD2-LD4); else register follows register (LD1). */
  readonly interleaved: boolean;
}

/** Where byte `i` of register `index` is in memory. */
function memoryByte({ count, size, width, interleaved }: Multiple, index: number, i: number): number {
  if (!interleaved) return (index << width) + i;
  const within = (1 << size) - 1;
  return (((i >> size) * count + index) << size) + (i & within);
}

/** Which byte of the registers laid end to end is byte `i` of memory. */
function registerByte({ count, size, width, interleaved }: Multiple, i: number): number {
  if (!interleaved) return i;
  const element = i >> size;
  const register = element % count;
  return (register << width) + (Math.floor(element / count) << size) + (i & ((1 << size) - 1));
}

/** A part is one access of many elements, which need the alignment of an element only. */
function partAccess({ size, width }: Multiple): AccessOptions {
  return { size: width, flags: (width - size) << Access.partsShift };
}

function loadPart(c: UopContext, va: Expr, shape: Multiple): Expr {
  const { width } = shape;
  const address = c.loadAddress(va, partAccess(shape));
  return c.let(width === 4 ? v128.load(address) : v128.load64_zero(address));
}

function setRegister(c: UopContext, index: number, width: number, value: Expr): void {
  const { address, offset } = vectorAddress(c, 'd', index);
  c.f.do(v128.store(address, value, offset));
  if (width < 4) c.f.do(i64.store(address, 0n, offset + 8));
}

function loadMultiple(c: UopContext, shape: Multiple, va: Expr): void {
  const { count, width, interleaved } = shape;
  const parts = Array.from({ length: count }, (_, part) => loadPart(c, at(va, part << width), shape));
  for (let index = 0; index < count; index += 1) {
    const value = interleaved ? gather(c, parts, width, (i) => memoryByte(shape, index, i)) : parts[index];
    setRegister(c, index, width, value);
  }
}

function storePart(c: UopContext, va: Expr, shape: Multiple, value: Expr): void {
  const { width } = shape;
  const put = (address: Value) =>
    c.f.do(width === 4 ? v128.store(address, value) : i64.store(address, i64x2.extract_lane(value, 0)));
  put(c.storeAddress(va, partAccess(shape), put));
}

function storeMultiple(c: UopContext, shape: Multiple, va: Expr): void {
  const { count, width, interleaved } = shape;
  const registers = Array.from({ length: count }, (_, index) => {
    const { address, offset } = vectorAddress(c, 'd', index);
    return c.let(v128.load(address, offset));
  });
  for (let part = 0; part < count; part += 1) {
    const first = part << width;
    const value = interleaved ? gather(c, registers, width, (i) => registerByte(shape, first + i)) : registers[part];
    storePart(c, at(va, first), shape, value);
  }
}

/** Registers of LD1 and ST1 by opcode. */
const ONE_ELEMENT_COUNT: Record<number, number> = { 7: 1, 10: 2, 6: 3, 2: 4 };

for (const suffix of ['', 'p'])
  for (const load of [true, false])
    for (const structure of [1, 2, 3, 4]) {
      const countOf = (f: Fields): number => (structure === 1 ? ONE_ELEMENT_COUNT[f.opcode] : structure);
      define(`${load ? 'LD' : 'ST'}${structure}_asisdlse${suffix}`, {
        statics: (f) => ({ ...baseStatics(f), count: countOf(f), size: f.size, width: 3 + f.Q }),
        operands: (f) => ({ ...baseOperands(f, countOf(f) * (8 << f.Q)), d: vreg(f.Rt) }),
        fp: true,
        emit: (c, s) => {
          const shape = { count: s.count, size: s.size, width: s.width, interleaved: structure > 1 };
          withBase(c, s, (va) => (load ? loadMultiple(c, shape, va) : storeMultiple(c, shape, va)));
        },
      });
    }

/** log2 of a single structure's element bytes. */
const laneSize = (f: Fields): number => (f.scale === 2 ? 2 + f.size : f.scale);
/** Byte offset of the lane in its register. */
const laneOffset = (f: Fields): number => {
  const index = ((f.Q << 3) | (f.S << 2) | f.size) >> laneSize(f);
  return index << laneSize(f);
};

function loadElement(c: UopContext, va: Expr, size: number): Expr {
  return c.load(size === 3 ? 'i64' : 'i32', va, { size });
}

const storeElement = (size: number, address: Expr, value: Expr, offset: number): Expr =>
  size === 3 ? i64.store(address, value, offset) : [i32.store8, i32.store16, i32.store][size](address, value, offset);

/** Loads all elements before a lane changes, so that a fault leaves the registers alone. */
function loadLanes(c: UopContext, count: number, size: number, va: Expr): void {
  const values = Array.from({ length: count }, (_, index) => loadElement(c, at(va, index << size), size));
  values.forEach((value, index) => {
    const { address, offset } = vectorAddress(c, 'd', index);
    c.f.do(storeElement(size, address, value, offset));
  });
}

function storeLanes(c: UopContext, count: number, size: number, va: Expr): void {
  for (let index = 0; index < count; index += 1) {
    const { address, offset } = vectorAddress(c, 'd', index);
    const put = (to: Value) => c.f.do(memoryCopy(size, to, 0, address, offset));
    put(c.storeAddress(at(va, index << size), { size }, put));
  }
}

function loadReplicated(c: UopContext, count: number, size: number, width: number, va: Expr): void {
  const values = Array.from({ length: count }, (_, index) => loadElement(c, at(va, index << size), size));
  values.forEach((value, index) => setRegister(c, index, width, lanes(size).splat(value)));
}

for (const suffix of ['', 'p'])
  for (const count of [1, 2, 3, 4]) {
    for (const load of [true, false])
      define(`${load ? 'LD' : 'ST'}${count}_asisdlso${suffix}`, {
        statics: (f) => ({ ...baseStatics(f), size: laneSize(f) }),
        operands: (f) => ({ ...baseOperands(f, count << laneSize(f)), d: vreg(f.Rt) + laneOffset(f) }),
        fp: true,
        emit: (c, s) =>
          withBase(c, s, (va) => (load ? loadLanes(c, count, s.size, va) : storeLanes(c, count, s.size, va))),
      });
    define(`LD${count}R_asisdlso${suffix}`, {
      statics: (f) => ({ ...baseStatics(f), size: f.size, width: 3 + f.Q }),
      operands: (f) => ({ ...baseOperands(f, count << f.size), d: vreg(f.Rt) }),
      fp: true,
      emit: (c, s) => withBase(c, s, (va) => loadReplicated(c, count, s.size, s.width, va)),
    });
  }
