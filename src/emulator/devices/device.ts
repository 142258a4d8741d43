/** What a memory-mapped device is to the machine, and what the machine is to a device. */

/** Access width in bytes. Wider accesses are split by the bus, low half first. */
export type Width = 1 | 2 | 4;

/** A value that can be written to a snapshot and hashed: plain data only, keys in a fixed order. */
export type Plain = number | string | boolean | null | readonly Plain[] | { readonly [key: string]: Plain };

/** One physical window of a device. */
export interface Region {
  /** Physical address of the first byte. */
  readonly base: number;
  /** Bytes. */
  readonly size: number;
}

/** A memory-mapped device. One file, one class, one line in `board.ts`. */
export interface Device {
  readonly name: string;
  readonly regions: readonly Region[];
  /** Reads `width` bytes at `offset` into region `region`; `cpu` is who asks (banked registers). Result is unsigned. */
  read(offset: number, width: Width, cpu: number, region: number): number;
  write(offset: number, width: Width, value: number, cpu: number, region: number): void;
  reset(): void;
  save(): Plain;
  /** Takes what `save` gave. Throws `StateError` on anything else. */
  restore(state: Plain): void;
}

/** What the machine offers to devices. */
export interface DeviceHost {
  /** Virtual time in nanoseconds, as the CPU that is executing sees it (exact to the instruction). */
  now(): number;
  /** Sets the level of a shared peripheral interrupt: `spi` is the number in the device tree (INTID - 32). */
  setSpi(spi: number, level: boolean): void;
  /** Sets the level of a private peripheral interrupt (INTID 16-31) of one CPU. */
  setPpi(cpu: number, intid: number, level: boolean): void;
  /** Sets the interrupt signals the GIC drives into a CPU (`Line` bits). */
  setLines(cpu: number, lines: number): void;
  /** Something a timer is due at has changed: the machine must ask `nextDeadline` again before it retires another instruction. */
  deadlineChanged(cpu: number): void;
  /** A byte left the machine on serial port `port`. */
  serialOutput(port: number, byte: number): void;
}

/** Thrown when a snapshot does not describe the device it is given to. */
export class StateError extends Error {}
