/** Numbers and texts of the index file, one after another. */

/** Bytes that grow. Numbers are LEB128, as in DWARF. */
export class ByteWriter {
  #bytes = new Uint8Array(64);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  u8(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  u32(value: number): void {
    for (let shift = 0; shift < 32; shift += 8) this.u8((value >>> shift) & 0xff);
  }

  uleb(value: number): void {
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) this.u8((rest % 0x80) | 0x80);
    this.u8(rest);
  }

  /** A signed number as an unsigned one: its sign is the lowest bit. Small distances either way take one byte. */
  zigzag(value: number): void {
    this.uleb(value < 0 ? -value * 2 - 1 : value * 2);
  }

  cstring(text: string): void {
    this.bytes(encoder.encode(text));
    this.u8(0);
  }

  bytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + count));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}

const encoder = new TextEncoder();

/** What `ByteWriter.zigzag` wrote, from the number that stands for it. */
export function fromZigzag(value: number): number {
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}

/** A column of numbers that grows. */
export class Numbers {
  #values: Float64Array;
  #length = 0;

  constructor(capacity = 1 << 12) {
    this.#values = new Float64Array(capacity);
  }

  push(value: number): void {
    if (this.#length === this.#values.length) {
      const larger = new Float64Array(this.#length * 2);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.#length++] = value;
  }

  get length(): number {
    return this.#length;
  }

  /** What there is so far; not a copy. */
  values(): Float64Array {
    return this.#values.subarray(0, this.#length);
  }
}
