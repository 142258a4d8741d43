/** AES, SHA-1, SHA-256, polynomial multiplication and CRC32 (Arm ARM C6, C7). */
import type { Expr } from '../../../wasm/expr.ts';
import { i32, i64 } from '../../../wasm/ops.ts';
import { i16x8, i64x2, v128 } from '../../../wasm/simd.ts';
import type { Cpu } from '../cpu.ts';
import { aesDecrypt, aesEncrypt, aesInverseMixColumns, aesMixColumns } from '../crypto/aes.ts';
import { crc32 } from '../crypto/crc32.ts';
import * as sha from '../crypto/sha.ts';
import { defineHelper } from '../helpers.ts';
import { ARGUMENT_SIZE, ARGUMENTS, callWithBlock, RESULT_OFFSET } from './argument-block.ts';
import type { UopContext } from './context.ts';
import { define, vreg, xd, xz } from './define.ts';

type OnBytes = (result: Uint8Array, d: Uint8Array, n: Uint8Array) => void;

/** By row name; the index is what wasm code passes. */
const AES: Record<string, OnBytes> = {
  AESE: aesEncrypt,
  AESD: aesDecrypt,
  AESMC: (result, _, n) => aesMixColumns(result, n),
  AESIMC: (result, _, n) => aesInverseMixColumns(result, n),
};
const SHA: Record<string, sha.CryptoInstruction> = {
  SHA1C_cryptosha3: sha.sha1c,
  SHA1P_cryptosha3: sha.sha1p,
  SHA1M_cryptosha3: sha.sha1m,
  SHA1SU0_cryptosha3: sha.sha1su0,
  SHA256H_cryptosha3: sha.sha256h,
  SHA256H2_cryptosha3: sha.sha256h2,
  SHA256SU1_cryptosha3: sha.sha256su1,
  SHA1H_cryptosha2: sha.sha1h,
  SHA1SU1_cryptosha2: sha.sha1su1,
  SHA256SU0_cryptosha2: sha.sha256su0,
};

/** Offsets of d, n, m and the result in the argument block. */
const PLACES = [0, ARGUMENT_SIZE, 2 * ARGUMENT_SIZE, RESULT_OFFSET];

interface Views {
  readonly bytes: readonly Uint8Array[];
  readonly words: readonly Uint32Array[];
}
const views = new WeakMap<ArrayBuffer, Views>();

function viewsOf(memory: ArrayBuffer): Views {
  let known = views.get(memory);
  if (!known) {
    known = {
      bytes: PLACES.map((place) => new Uint8Array(memory, ARGUMENTS + place, 16)),
      words: PLACES.map((place) => new Uint32Array(memory, ARGUMENTS + place, 4)),
    };
    views.set(memory, known);
  }
  return known;
}

const aesList = Object.values(AES);
const shaList = Object.values(SHA);

defineHelper('aes', {
  params: ['i32'],
  run: (cpu: Cpu, index) => {
    const [d, n, , result] = viewsOf(cpu.memory).bytes;
    aesList[index](result, d, n);
  },
});
defineHelper('sha', {
  params: ['i32'],
  run: (cpu: Cpu, index) => {
    const [d, n, m, result] = viewsOf(cpu.memory).words;
    shaList[index](result, d, n, m);
  },
});

Object.keys(AES).forEach((name, index) =>
  define(`${name}_cryptoaes`, {
    statics: () => ({}),
    operands: (f) => ({ d: vreg(f.Rd), n: vreg(f.Rn) }),
    fp: true,
    emit: (c) => c.setV('d', callWithBlock(c, 'aes', [c.v('d'), c.v('n')], 'v128', index)),
  }),
);
Object.keys(SHA).forEach((name, index) =>
  define(name, {
    statics: () => ({}),
    operands: (f) => ({ d: vreg(f.Rd), n: vreg(f.Rn), m: vreg(f.Rm ?? 0) }),
    fp: true,
    emit: (c) => c.setV('d', callWithBlock(c, 'sha', [c.v('d'), c.v('n'), c.v('m')], 'v128', index)),
  }),
);

/** 8 products of bytes: n shifted by every bit that is set in m. */
function multiplyBytes(c: UopContext, n: Expr, m: Expr): Expr {
  let sum = n;
  for (let bit = 0; bit < 8; bit++) {
    const mask = i16x8.neg(i16x8.shr_u(i16x8.shl(m, 15 - bit), 15));
    const term = v128.and(i16x8.shl(n, bit), mask);
    sum = c.let(bit === 0 ? term : v128.xor(sum, term));
  }
  return sum;
}

/** 64 by 64 bits to 128, from the top bit of m down. */
function multiplyDoubles(c: UopContext, n: Expr, m: Expr): Expr {
  const { f } = c;
  const [low, high, rest, left] = [f.local('i64'), f.local('i64'), f.local('i64'), f.local('i32')];
  f.set(low, 0n);
  f.set(high, 0n);
  f.set(rest, m);
  f.set(left, 64);
  f.loop((again) => {
    f.set(high, i64.or(i64.shl(high.get, 1n), i64.shr_u(low.get, 63n)));
    f.set(low, i64.xor(i64.shl(low.get, 1n), i64.and(n, i64.shr_s(rest.get, 63n))));
    f.set(rest, i64.shl(rest.get, 1n));
    f.brIf(again, f.tee(left, i32.sub(left.get, 1)));
  });
  return i64x2.replace_lane(i64x2.splat(low.get), 1, high.get);
}

define('PMULL_asimddiff', {
  statics: (f) => ({ size: f.size, Q: f.Q }),
  operands: (f) => ({ d: vreg(f.Rd), n: vreg(f.Rn), m: vreg(f.Rm) }),
  fp: true,
  emit: (c, s) => {
    const extend = s.Q ? i16x8.extend_high_i8x16_u : i16x8.extend_low_i8x16_u;
    const half = s.size === 0 ? extend : (v: Expr) => i64x2.extract_lane(v, s.Q);
    const [n, m] = [c.let(half(c.v('n'))), c.let(half(c.v('m')))];
    c.setV('d', s.size === 0 ? multiplyBytes(c, n, m) : multiplyDoubles(c, n, m));
  },
});

defineHelper('crc32', {
  params: ['i32', 'i32', 'i32', 'i32', 'i32'],
  result: 'i32',
  run: (_cpu, crc, low, high, bytes, castagnoli) => crc32(crc, low, high, bytes, castagnoli),
});

['B', 'H', 'W', 'X'].forEach((letter, log2Bytes) =>
  ['', 'C'].forEach((c, castagnoli) =>
    define(`CRC32${c}${letter}_dp_2src`, {
      statics: () => ({}),
      operands: (f) => ({ d: xd(f.Rd), n: xz(f.Rn), m: xz(f.Rm) }),
      emit: (context) => {
        const high = log2Bytes === 3 ? i32.wrap_i64(i64.shr_u(context.x('m'), 32n)) : i32.const(0);
        const args = [context.w('n'), context.w('m'), high, 1 << log2Bytes, castagnoli];
        context.sync();
        const crc = context.let(context.call('crc32', ...args));
        context.reload();
        context.setW('d', crc);
      },
    }),
  ),
);
