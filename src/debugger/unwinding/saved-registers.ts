/** Fetches the caller's registers from where unwinding rules say they are. */
import type { UnwindSpace } from './frame.ts';

/** Reads 64-bit words at `addresses`, with one access when they are close together as in a stack frame. Undefined where unreadable. */
export async function readWords(
  space: UnwindSpace,
  addresses: readonly bigint[],
): Promise<ReadonlyMap<bigint, bigint | undefined>> {
  const words = new Map<bigint, bigint | undefined>();
  if (addresses.length === 0) return words;
  const low = addresses.reduce((a, b) => (a < b ? a : b));
  const high = addresses.reduce((a, b) => (a > b ? a : b));
  const isClose = high - low < 1024n;
  const block = isClose ? await readOrNothing(space, low, Number(high - low) + 8) : undefined;
  for (const address of addresses) {
    const bytes = block ?? (await readOrNothing(space, address, 8));
    words.set(address, bytes && wordAt(bytes, block ? Number(address - low) : 0));
  }
  return words;
}

/** One 64-bit word; undefined when it cannot be read. */
export async function readWord(space: UnwindSpace, address: bigint): Promise<bigint | undefined> {
  const bytes = await readOrNothing(space, address, 8);
  return bytes && wordAt(bytes, 0);
}

function wordAt(bytes: Uint8Array, offset: number): bigint {
  return new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(offset, true);
}

async function readOrNothing(space: UnwindSpace, address: bigint, length: number): Promise<Uint8Array | undefined> {
  try {
    const bytes = await space.readMemory(BigInt.asUintN(64, address), length);
    return bytes.length === length ? bytes : undefined;
  } catch {
    return undefined;
  }
}
