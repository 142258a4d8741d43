import { describe, expect, it } from 'vitest';
import { Lz4Encoder, Lz4Error, lz4Bound, lz4Decode } from './lz4.ts';

function encode(source: Uint8Array): Uint8Array {
  const target = new Uint8Array(lz4Bound(source.length));
  return target.subarray(0, new Lz4Encoder().encode(source, target, 0));
}

function roundTrip(source: Uint8Array): number {
  const packed = encode(source);
  const out = new Uint8Array(source.length);
  lz4Decode(packed, out);
  expect(Buffer.compare(out, source)).toBe(0);
  return packed.length;
}

/** Numbers that look random, the same in every run. */
function noise(length: number, mask: number): Uint8Array {
  let x = 12345;
  return Uint8Array.from({ length }, () => {
    x = (Math.imul(x, 1103515245) + 12345) >>> 0;
    return (x >>> 16) & mask;
  });
}

describe('LZ4 blocks', () => {
  it('give back what went in', () => {
    for (const length of [0, 1, 4, 12, 13, 17, 64, 4096, 70_000]) {
      for (const mask of [0, 1, 3, 0xff]) roundTrip(noise(length, mask));
    }
    const text = new TextEncoder().encode('the quick brown fox, the quick brown dog, '.repeat(500));
    expect(roundTrip(text)).toBeLessThan(300);
  });

  it('stay within their bound when nothing compresses', () => {
    const source = noise(100_000, 0xff);
    expect(roundTrip(source)).toBeLessThanOrEqual(lz4Bound(source.length));
  });

  it('match long runs and far distances', () => {
    const source = new Uint8Array(0x2_0000);
    source.set(noise(400, 0xff), 10);
    source.set(noise(400, 0xff), 10 + 0xffff);
    source.set(noise(400, 0xff), 0x1_f000);
    expect(roundTrip(source)).toBeLessThan(2000);
  });

  it('read the example of the format: a literal run and a match that overlaps itself', () => {
    const out = new Uint8Array(14);
    lz4Decode(Uint8Array.of(0x14, 0x61, 1, 0, 0x50, 0x62, 0x63, 0x64, 0x65, 0x66), out);
    expect(new TextDecoder().decode(out)).toBe('aaaaaaaaabcdef');
  });

  it('refuse damaged blocks without writing out of bounds', () => {
    const packed = encode(new TextEncoder().encode('abcabcabcabcabcabcabcabcabcabc0123456789'));
    expect(() => lz4Decode(packed.subarray(0, 5), new Uint8Array(40))).toThrow(Lz4Error);
    expect(() => lz4Decode(packed, new Uint8Array(39))).toThrow(Lz4Error);
    expect(() => lz4Decode(packed, new Uint8Array(41))).toThrow(Lz4Error);
    expect(() => lz4Decode(Uint8Array.of(0x10, 0x61, 9, 0), new Uint8Array(9))).toThrow(Lz4Error);
    expect(() => lz4Decode(Uint8Array.of(0x10, 0x61, 0, 0), new Uint8Array(9))).toThrow(Lz4Error);
  });
});
