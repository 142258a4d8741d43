/** Reads values of a guest's memory in one space. */
import type { DebugPort, PortSpace } from '../../emulator/debug-port.ts';
import { Moment } from './moment.ts';

interface KnownMemory {
  readonly space: PortSpace;
  readonly pages: Map<bigint, Uint8Array>;
}

/** A read that could not be made. */
export class MemoryError extends Error {}

/** What `read` gives; nothing where memory is not there. */
export function ifReadable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof MemoryError) return undefined;
    throw error;
  }
}

const decoder = new TextDecoder();
const PAGE = 4096;

export class MemoryReader {
  readonly #known: Moment<KnownMemory>;

  /**
   * `space` is asked for each read: the registers that it stands for change as the machine runs. When it `isSteady`, the same at one moment whoever asks, it
   * is asked once, and pages are kept for as long as the machine stands.
   */
  constructor(
    private readonly port: DebugPort,
    readonly space: () => PortSpace,
    private readonly isSteady = false,
  ) {
    this.#known = new Moment(port, () => ({ space: this.space(), pages: new Map() }));
  }

  /** Exactly `length` bytes. Throws `MemoryError`. */
  bytes(address: bigint, length: number): Uint8Array {
    const offset = Number(BigInt.asUintN(12, address));
    const page = this.isSteady && offset + length <= PAGE ? this.#page(address - BigInt(offset)) : undefined;
    if (page) return page.slice(offset, offset + length);
    const space = this.isSteady ? this.#known.value.space : this.space();
    const { bytes, fault } = this.port.read(space, address, length);
    if (fault !== undefined)
      throw new MemoryError(`cannot read 0x${BigInt.asUintN(64, address).toString(16)}: ${fault}`);
    return bytes;
  }

  /** A whole page; undefined when it cannot be read. */
  #page(address: bigint): Uint8Array | undefined {
    const { space, pages } = this.#known.value;
    let page = pages.get(address);
    if (!page) {
      page = this.port.read(space, address, PAGE).bytes;
      pages.set(address, page);
    }
    return page.length === PAGE ? page : undefined;
  }

  /** An unsigned number of up to 8 bytes. */
  unsigned(address: bigint, size: number): bigint {
    const bytes = this.bytes(address, size);
    let value = 0n;
    for (let i = size - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]);
    return value;
  }

  u64(address: bigint): bigint {
    return this.unsigned(address, 8);
  }

  u32(address: bigint): number {
    return Number(this.unsigned(address, 4));
  }

  i32(address: bigint): number {
    return this.u32(address) | 0;
  }

  /** A string that ends with a NUL or after `limit` bytes. */
  string(address: bigint, limit: number): string {
    const bytes = this.bytes(address, limit);
    const end = bytes.indexOf(0);
    return decoder.decode(end < 0 ? bytes : bytes.subarray(0, end));
  }
}
