/** Protocol Buffers on the wire: just enough to write messages and to read them back. */

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;

const encoder = new TextEncoder();

/** Writes one message. Fields appear in the order of the calls. */
export class ProtobufWriter {
  private bytes = new Uint8Array(256);
  private length = 0;

  /** An unsigned whole number below 2^53, an enumeration or a boolean. */
  uint(field: number, value: number): this {
    this.varint(field * 8 + VARINT);
    this.varint(value);
    return this;
  }

  /** A double. */
  double(field: number, value: number): this {
    this.varint(field * 8 + FIXED64);
    this.reserve(8);
    new DataView(this.bytes.buffer).setFloat64(this.length, value, true);
    this.length += 8;
    return this;
  }

  /** A fixed64 whose value is below 2^53. */
  fixed64(field: number, value: number): this {
    this.varint(field * 8 + FIXED64);
    this.reserve(8);
    const view = new DataView(this.bytes.buffer);
    view.setUint32(this.length, value % 2 ** 32, true);
    view.setUint32(this.length + 4, Math.floor(value / 2 ** 32), true);
    this.length += 8;
    return this;
  }

  string(field: number, value: string): this {
    return this.blob(field, encoder.encode(value));
  }

  message(field: number, value: ProtobufWriter): this {
    return this.blob(field, value.finish());
  }

  /** What was written, without a copy: valid until something more is. */
  finish(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }

  clear(): this {
    this.length = 0;
    return this;
  }

  private blob(field: number, value: Uint8Array): this {
    this.varint(field * 8 + BYTES);
    this.varint(value.length);
    this.reserve(value.length);
    this.bytes.set(value, this.length);
    this.length += value.length;
    return this;
  }

  private varint(value: number): void {
    this.reserve(10);
    let rest = value;
    while (rest >= 0x80) {
      this.bytes[this.length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.bytes[this.length++] = rest;
  }

  private reserve(count: number): void {
    if (this.length + count <= this.bytes.length) return;
    const larger = new Uint8Array(Math.max(this.bytes.length * 2, this.length + count));
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
  }
}
