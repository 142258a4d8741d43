/** Reads values of a guest's memory in one space. */
import type { DebugPort, PortSpace } from '../../emulator/debug-port.ts';

/** A read that could not be made. */
export class MemoryError extends Error {}

const decoder = new TextDecoder();

export class MemoryReader {
  /** `space` is asked for each read: the registers that it stands for change as the machine runs. */
  constructor(
    private readonly port: DebugPort,
    readonly space: () => PortSpace,
  ) {}

  /** Exactly `length` bytes. Throws `MemoryError`. */
  bytes(address: bigint, length: number): Uint8Array {
    const { bytes, fault } = this.port.read(this.space(), address, length);
    if (fault !== undefined)
      throw new MemoryError(`cannot read 0x${BigInt.asUintN(64, address).toString(16)}: ${fault}`);
    return bytes;
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
