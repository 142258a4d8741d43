/** Reads Protocol Buffers by a schema, strictly: what the schema does not know is an error. */

/** Type of a field: a scalar, or the name of a message. `repeated` fields become arrays. */
export interface FieldSchema {
  readonly name: string;
  readonly type: 'uint' | 'double' | 'fixed64' | 'string' | { readonly message: string };
  readonly isRepeated?: boolean;
}

/** Fields by number, by message. */
export type Schema = Readonly<Record<string, Readonly<Record<number, FieldSchema>>>>;

export type Message = { [field: string]: Value };
type Value = number | string | Message | Value[];

const WIRE_TYPES = { uint: 0, double: 1, fixed64: 1, string: 2 } as const;

/** Reads a message of type `type`. Throws on anything that is not in the schema. */
export function readMessage(schema: Schema, type: string, bytes: Uint8Array): Message {
  const reader = new Reader(bytes);
  const message: Message = {};
  while (!reader.isAtEnd) {
    const tag = reader.varint();
    const field = schema[type]?.[tag >>> 3];
    if (!field) throw new Error(`${type} has no field ${tag >>> 3}`);
    const wireType = typeof field.type === 'object' ? 2 : WIRE_TYPES[field.type];
    if ((tag & 7) !== wireType) throw new Error(`${type}.${field.name} has wire type ${tag & 7}`);
    const value = readValue(schema, field, reader);
    if (field.isRepeated) (message[field.name] = (message[field.name] as Value[] | undefined) ?? []).push(value);
    else if (field.name in message) throw new Error(`${type}.${field.name} is there twice`);
    else message[field.name] = value;
  }
  return message;
}

function readValue(schema: Schema, { type }: FieldSchema, reader: Reader): Value {
  if (type === 'uint') return reader.varint();
  if (type === 'double') return reader.double();
  if (type === 'fixed64') return reader.fixed64();
  const bytes = reader.bytes(reader.varint());
  return type === 'string'
    ? new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    : readMessage(schema, type.message, bytes);
}

class Reader {
  private at = 0;
  private readonly view: DataView;

  constructor(private readonly data: Uint8Array) {
    this.view = new DataView(data.buffer, data.byteOffset, data.length);
  }

  get isAtEnd(): boolean {
    return this.at === this.data.length;
  }

  varint(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 0x80) {
      const byte = this.view.getUint8(this.at++);
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
  }

  double(): number {
    this.at += 8;
    return this.view.getFloat64(this.at - 8, true);
  }

  fixed64(): number {
    this.at += 8;
    return Number(this.view.getBigUint64(this.at - 8, true));
  }

  bytes(length: number): Uint8Array {
    if (this.at + length > this.data.length) throw new Error('a field reaches beyond its message');
    this.at += length;
    return this.data.subarray(this.at - length, this.at);
  }
}
