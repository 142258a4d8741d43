import { describe, expect, it } from 'vitest';
import { makePageKernels } from './page-kernels.ts';

const memory = new WebAssembly.Memory({ initial: 4, maximum: 4 });
const bytes = new Uint8Array(memory.buffer);
const kernels = makePageKernels(memory);

/** XXH64 for a length that is a multiple of 32, in BigInt arithmetic. */
function xxh64(seed: bigint, data: Uint8Array): bigint {
  const [p1, p2, p3, p4] = [11400714785074694791n, 14029467366897019727n, 1609587929392839161n, 9650029242287828579n];
  const u = (x: bigint) => BigInt.asUintN(64, x);
  const rotl = (x: bigint, n: bigint) => u((x << n) | (x >> (64n - n)));
  const round = (a: bigint, w: bigint) => u(rotl(u(a + w * p2), 31n) * p1);
  const lanes = [seed + p1 + p2, seed + p2, seed, seed - p1].map(u);
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  for (let i = 0; i < data.length; i += 8) lanes[(i >> 3) & 3] = round(lanes[(i >> 3) & 3], view.getBigUint64(i, true));
  let h = u([1n, 7n, 12n, 18n].reduce((sum, n, i) => sum + rotl(lanes[i], n), 0n));
  for (const lane of lanes) h = u((h ^ round(0n, lane)) * p1 + p4);
  h = u(h + BigInt(data.length));
  h = u((h ^ (h >> 33n)) * p2);
  h = u((h ^ (h >> 29n)) * p3);
  return h ^ (h >> 32n);
}

describe('page kernels', () => {
  it('find the pages that hold something', () => {
    bytes.fill(0);
    expect(kernels.nextNonZero(0, 0x4_0000)).toBe(0x4_0000);
    bytes[0x5fff] = 1;
    bytes[0x9000] = 1;
    expect(kernels.nextNonZero(0, 0x4_0000)).toBe(0x5000);
    expect(kernels.nextNonZero(0x6000, 0x4_0000)).toBe(0x9000);
    expect(kernels.nextNonZero(0xa000, 0x4_0000)).toBe(0x4_0000);
  });

  it('hash as XXH64 does', () => {
    for (let i = 0; i < 8192; i++) bytes[i] = (i * 37) ^ (i >> 5);
    for (const [seed, length] of [
      [0n, 32],
      [1n, 64],
      [0xffff_ffff_ffff_fffen, 4096],
    ] as const) {
      expect(kernels.hash(seed, 96, length)).toBe(xxh64(seed, bytes.subarray(96, 96 + length)));
    }
  });

  it('compare pages to the last byte', () => {
    bytes.copyWithin(0x3000, 0x1000, 0x2000);
    expect(kernels.equal(0x1000, 0x3000)).toBe(true);
    bytes[0x3fff] ^= 1;
    expect(kernels.equal(0x1000, 0x3000)).toBe(false);
  });
});
