/** Reads little-endian DWARF values from bytes, one after another. */
import { decodeText } from '../elf/section.ts';
import { DwarfError } from './dwarf-error.ts';

/** What `initialLength` found. `is64` says that offsets in what follows are 8 bytes. */
export interface InitialLength {
  readonly length: number;
  readonly is64: boolean;
}

/** A position in a byte array. Every read past the end throws `DwarfError` with code `truncated`. */
export class Cursor {
  readonly #view: DataView;

  constructor(
    readonly bytes: Uint8Array,
    public at = 0,
    readonly end = bytes.length,
    view?: DataView,
  ) {
    // Views cost more than all else here: whoever makes many cursors over the same bytes shares one.
    this.#view = view ?? new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get isAtEnd(): boolean {
    return this.at >= this.end;
  }

  u8(): number {
    return this.bytes[this.#take(1)];
  }
  i8(): number {
    return this.#view.getInt8(this.#take(1));
  }
  u16(): number {
    return this.#view.getUint16(this.#take(2), true);
  }
  u24(): number {
    return this.u16() | (this.u8() << 16);
  }
  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }
  u64(): bigint {
    return this.#view.getBigUint64(this.#take(8), true);
  }

  /** A 64-bit value that must be usable as a JavaScript number. */
  safe64(): number {
    const value = this.u64();
    if (value > BigInt(Number.MAX_SAFE_INTEGER))
      throw new DwarfError('malformed', `size or offset 0x${value.toString(16)}`);
    return Number(value);
  }

  /** A section offset: 4 or 8 bytes. */
  offset(is64: boolean): number {
    return is64 ? this.safe64() : this.u32();
  }

  /** A target address of `size` bytes. */
  address(size: number): bigint {
    if (size === 8) return this.u64();
    if (size === 4) return BigInt(this.u32());
    throw new DwarfError('unsupported', `address size ${size}`);
  }

  /** Unsigned LEB128 as a number; throws when it is not below 2^53. */
  uleb(): number {
    const first = this.u8();
    if (first < 0x80) return first;
    let result = first & 0x7f;
    for (let scale = 0x80; ; scale *= 0x80) {
      const byte = this.u8();
      result += (byte & 0x7f) * scale;
      if (result > Number.MAX_SAFE_INTEGER) throw new DwarfError('malformed', 'LEB128 value too large');
      if (byte < 0x80) return result;
      if (scale > 2 ** 63) throw new DwarfError('malformed', 'LEB128 value has no end');
    }
  }

  /** Unsigned LEB128, modulo 2^64. */
  ulebBig(): bigint {
    return BigInt.asUintN(64, this.#leb().value);
  }

  /** Signed LEB128, 64 bits. */
  slebBig(): bigint {
    const { value, bits } = this.#leb();
    return BigInt.asIntN(Math.min(bits, 64), value);
  }

  /** Signed LEB128 as a number; throws outside +-2^53. */
  sleb(): number {
    const first = this.bytes[this.at];
    if (this.at < this.end && first < 0x80) {
      this.at++;
      return (first << 25) >> 25;
    }
    const value = Number(this.slebBig());
    if (!Number.isSafeInteger(value)) throw new DwarfError('malformed', 'LEB128 value too large');
    return value;
  }

  /** Moves over one LEB128 value. */
  skipLeb(): void {
    while (this.u8() >= 0x80);
  }

  cstring(): string {
    const end = this.bytes.indexOf(0, this.at);
    if (end < 0 || end >= this.end) throw new DwarfError('truncated', 'string has no end');
    const text = decodeText(this.bytes.subarray(this.at, end), end - this.at);
    this.at = end + 1;
    return text;
  }

  skipCstring(): void {
    const end = this.bytes.indexOf(0, this.at);
    if (end < 0 || end >= this.end) throw new DwarfError('truncated', 'string has no end');
    this.at = end + 1;
  }

  /** The next `length` bytes, not copied. */
  block(length: number): Uint8Array {
    const start = this.#take(length);
    return this.bytes.subarray(start, start + length);
  }

  skip(length: number): void {
    this.#take(length);
  }

  /** Section 7.4: a 4-byte length, or 0xFFFFFFFF and an 8-byte one. */
  initialLength(): InitialLength {
    const length = this.u32();
    if (length < 0xffff_fff0) return { length, is64: false };
    if (length !== 0xffff_ffff) throw new DwarfError('malformed', `reserved initial length 0x${length.toString(16)}`);
    return { length: this.safe64(), is64: true };
  }

  #take(length: number): number {
    const start = this.at;
    if (!(length >= 0) || start + length > this.end) {
      throw new DwarfError('truncated', `${length} bytes at ${start}, but only ${this.end - start} are left`);
    }
    this.at = start + length;
    return start;
  }

  /** At most 10 bytes carry meaning; longer encodings are padding and are cut off. */
  #leb(): { value: bigint; bits: number } {
    let value = 0n;
    for (let shift = 0; ; shift += 7) {
      const byte = this.u8();
      if (shift < 70) value |= BigInt(byte & 0x7f) << BigInt(shift);
      if (byte < 0x80) return { value, bits: shift + 7 };
    }
  }
}
