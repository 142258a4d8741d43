import { expect, it } from 'vitest';
import type { Location } from '../protocol/address.ts';
import type { MemoryBlock } from '../protocol/inspect.ts';
import { findInMemory } from './memory-search.ts';

const BASE = 0x1000n;
const SIZE = 200_000;

/** Zeros from `BASE` on, with texts at offsets; the bytes in `hole` cannot be read. */
function memoryWith(texts: Readonly<Record<number, string>>, hole: readonly [number, number] = [0, 0]) {
  const bytes = new Uint8Array(SIZE);
  for (const [at, text] of Object.entries(texts)) bytes.set(new TextEncoder().encode(text), Number(at));
  return ({ address }: Location, length: number): MemoryBlock => {
    const start = Number(address - BASE);
    const readable = Uint8Array.from({ length }, (_, i) => (start + i >= hole[0] && start + i < hole[1] ? 0 : 1));
    const part = new Uint8Array(length);
    part.set(bytes.subarray(start, start + length));
    return { address, bytes: part.map((byte, i) => byte * readable[i]), readable };
  };
}

function search(read: ReturnType<typeof memoryWith>, offset: number, text: string, backwards = false, length = SIZE) {
  const from = { space: { kind: 'pa' }, address: BASE + BigInt(offset) } as const;
  return findInMemory(read, from, new TextEncoder().encode(text), length, backwards);
}

it('finds the first occurrence from an address on', () => {
  const read = memoryWith({ 100: 'needle', 150_000: 'needle' });
  expect(search(read, 0, 'needle').found).toBe(BASE + 100n);
  expect(search(read, 101, 'needle').found).toBe(BASE + 150_000n);
});

it('finds what lies across two pieces', () => {
  expect(search(memoryWith({ 65_533: 'needle' }), 0, 'needle').found).toBe(BASE + 65_533n);
  expect(search(memoryWith({ [SIZE - 65_539]: 'needle' }), SIZE, 'needle', true).found).toBe(
    BASE + BigInt(SIZE - 65_539),
  );
});

it('finds the last occurrence before an address when it looks backwards', () => {
  const read = memoryWith({ 100: 'needle', 150_000: 'needle' });
  expect(search(read, SIZE, 'needle', true).found).toBe(BASE + 150_000n);
  expect(search(read, 150_000, 'needle', true, 150_000).found).toBe(BASE + 100n);
});

it('stops at its bound and says where it looked', () => {
  const found = search(memoryWith({ 5000: 'needle' }), 0, 'needle', false, 4096);
  expect(found).toEqual({ found: null, from: BASE, to: BASE + 4096n, unreadable: 0 });
});

it('never looks below address zero', () => {
  const read = memoryWith({});
  const from = { space: { kind: 'pa' }, address: 16n } as const;
  const found = findInMemory(read, from, Uint8Array.of(7), SIZE, true);
  expect(found).toMatchObject({ found: null, from: 0n, to: 16n });
});

it('takes no unreadable byte for a match and counts them', () => {
  const read = memoryWith({}, [10, 30]);
  const found = search(read, 0, '\0\0\0', false, 33);
  expect(found.found).toBe(BASE);
  const hidden = findInMemory(read, { space: { kind: 'pa' }, address: BASE + 10n }, new Uint8Array(4), 24, false);
  expect(hidden).toMatchObject({ found: BASE + 30n, unreadable: 20 });
});
