/** Memory-mapped device accesses: the bounce buffer on one side, the bus in pieces of at most 4 bytes on the other. */
import type { Cpu } from '../cpu/cpu.ts';
import { SCRATCH } from '../memory-layout.ts';

/** Carries out an access of `size` bytes at physical address `pa` from or to `SCRATCH`. */
export function busAccess(bytes: Uint8Array, cpu: Cpu, pa: number, size: number, write: boolean): void {
  const width = pieceWidth(pa, size);
  for (let offset = 0; offset < size; offset += width) {
    if (write) cpu.host.busWrite(cpu, pa + offset, width, load(bytes, SCRATCH + offset, width));
    else store(bytes, SCRATCH + offset, width, cpu.host.busRead(cpu, pa + offset, width));
  }
}

/** Unaligned accesses (possible where a device is mapped as Normal memory) go byte by byte. */
function pieceWidth(pa: number, size: number): 1 | 2 | 4 {
  if (size >= 4 && pa % 4 === 0) return 4;
  return size === 2 && pa % 2 === 0 ? 2 : 1;
}

function load(bytes: Uint8Array, at: number, width: number): number {
  let value = 0;
  for (let i = width - 1; i >= 0; i--) value = (value << 8) | bytes[at + i];
  return value >>> 0;
}

function store(bytes: Uint8Array, at: number, width: number, value: number): void {
  for (let i = 0; i < width; i++) bytes[at + i] = value >>> (8 * i);
}
