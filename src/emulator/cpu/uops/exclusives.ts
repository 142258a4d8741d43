/** Exclusive and ordered accesses (Arm ARM C4.1.5 "Load/store exclusive", B2.9). All need natural alignment. */
import type { Fields } from '../../../arch/a64/encoding.ts';
import type { Expr } from '../../../wasm/expr.ts';
import { i32, i64 } from '../../../wasm/ops.ts';
import { Access } from '../cpu.ts';
import { EXCLUSIVE_SIZE, EXCLUSIVE_VA } from '../state.ts';
import type { UopContext } from './context.ts';
import { combinations, define, xd, xsp, xz } from './define.ts';
import { checkSp } from './loads-stores.ts';

const SIZES: readonly (readonly [string, (f: Fields) => number, readonly number[]])[] = [
  ['B', () => 0, [0]],
  ['H', () => 1, [1]],
  ['', (f) => 2 + f.sz, [2, 3]],
];

const statics = (size: (f: Fields) => number) => (f: Fields) => ({ size: size(f), sp: Number(f.Rn === 31) });
const syndrome = (size: number, flags: number) => flags | Access.aligned | (size === 3 ? Access.sf : 0);

/** Loads `1 << size` bytes, zero-extended, into register `d`. */
function loadInto(c: UopContext, size: number, flags: number, va: Expr): void {
  const options = { size, flags: syndrome(size, flags), srt: 'd' as const };
  c.setX('d', c.load('i64', va, options));
}

/** Sets the monitor of this CPU. */
function mark(c: UopContext, bytes: number, va: Expr): void {
  c.setWord(EXCLUSIVE_SIZE, bytes);
  c.f.do(i64.store(c.cpu, va, EXCLUSIVE_VA));
}

/** Runs `store` when the monitor covers the access; writes 0 or 1 to the status register (operand `a`) and opens the monitor. */
function storeExclusive(c: UopContext, bytes: number, va: Expr, store: () => void): void {
  const covered = i32.and(i32.eq(c.word(EXCLUSIVE_SIZE), bytes), i64.eq(i64.load(c.cpu, EXCLUSIVE_VA), va));
  c.f.if(
    covered,
    () => {
      store();
      c.setX('a', 0n);
    },
    () => c.setX('a', 1n),
  );
  c.setWord(EXCLUSIVE_SIZE, 0);
}

for (const [suffix, size, sizes] of SIZES) {
  const hot = combinations({ size: sizes, sp: [0] });

  for (const [mnemonic, flags, exclusive] of [
    ['LDXR', Access.exclusive, true],
    ['LDAXR', Access.exclusive | Access.ar, true],
    ['LDAR', Access.ar, false],
  ] as const)
    define(`${mnemonic}${suffix}_ldstexcl`, {
      statics: statics(size),
      operands: (f) => ({ d: xd(f.Rt), n: xsp(f.Rn) }),
      hot,
      emit: (c, s) => {
        checkSp(c, s.sp);
        const va = c.let(c.x('n'));
        loadInto(c, s.size, flags, va);
        if (exclusive) mark(c, 1 << s.size, va);
      },
    });

  define(`STLR${suffix}_ldstexcl`, {
    statics: statics(size),
    operands: (f) => ({ d: xz(f.Rt), n: xsp(f.Rn) }),
    hot,
    emit: (c, s) => {
      checkSp(c, s.sp);
      c.store(c.x('n'), c.x('d'), { size: s.size, flags: syndrome(s.size, Access.ar), srt: 'd' });
    },
  });

  for (const [mnemonic, flags] of [
    ['STXR', Access.exclusive],
    ['STLXR', Access.exclusive | Access.ar],
  ] as const)
    // prettier-ignore
    define(`${mnemonic}${suffix}_ldstexcl`, {
      statics: statics(size),
      operands: (f) => ({ d: xz(f.Rt), n: xsp(f.Rn), a: xd(f.Rs) }),
      hot,
      emit: (c, s) => {
        checkSp(c, s.sp);
        const va = c.let(c.x('n'));
        const options = { size: s.size, flags: syndrome(s.size, flags), srt: 'd' as const };
        storeExclusive(c, 1 << s.size, va, () => c.store(va, c.x('d'), options));
      },
    });
}

const pairFlags = Access.exclusive | Access.aligned;
const pairStatics = (f: Fields) => ({ sz: f.sz, sp: Number(f.Rn === 31) });

for (const mnemonic of ['LDXP', 'LDAXP'])
  define(`${mnemonic}_ldstexcl`, {
    statics: pairStatics,
    operands: (f) => ({ d: xd(f.Rt), m: xd(f.Rt2), n: xsp(f.Rn) }),
    emit: (c, { sz, sp }) => {
      checkSp(c, sp);
      const va = c.let(c.x('n'));
      const address = c.loadAddress(va, { size: 3 + sz, flags: pairFlags });
      c.setX('d', sz ? i64.load(address) : i64.load32_u(address));
      c.setX('m', sz ? i64.load(address, 8) : i64.load32_u(address, 4));
      mark(c, 8 << sz, va);
    },
  });

for (const mnemonic of ['STXP', 'STLXP'])
  define(`${mnemonic}_ldstexcl`, {
    statics: pairStatics,
    operands: (f) => ({ d: xz(f.Rt), m: xz(f.Rt2), n: xsp(f.Rn), a: xd(f.Rs) }),
    emit: (c, { sz, sp }) => {
      checkSp(c, sp);
      const va = c.let(c.x('n'));
      storeExclusive(c, 8 << sz, va, () => {
        const store = sz ? i64.store : i64.store32;
        const put = (address: Expr | number) => {
          c.f.do(store(address, c.x('d')));
          c.f.do(store(address, c.x('m'), sz ? 8 : 4));
        };
        put(c.storeAddress(va, { size: 3 + sz, flags: pairFlags }, put));
      });
    },
  });
