/**
 * Framing of GDB's remote serial protocol (GDB manual, appendix E.1): `$payload#checksum`, acknowledgements and the interrupt byte.
 * Payloads are strings with one character (0 to 255) for each byte.
 */

/** What arrives on the line. */
export type Incoming =
  | { readonly kind: 'packet'; readonly payload: string }
  /** A packet whose checksum is wrong. */
  | { readonly kind: 'damaged' }
  /** The last packet sent is to be sent again. */
  | { readonly kind: 'nack' }
  | { readonly kind: 'interrupt' };

const INTERRUPT = 0x03;
const ESCAPE = '}';
/** Bytes that must be escaped in binary data. */
const ESCAPED = /[#$}*]/g;
const ESCAPE_XOR = 0x20;

/** Cuts the stream of bytes into packets. */
export class PacketReader {
  /** Of the packet under way: what came after `$`; undefined between packets. */
  #packet: string | undefined;

  feed(bytes: Uint8Array): Incoming[] {
    return Array.from(bytes).flatMap((byte) => this.#take(byte));
  }

  #take(byte: number): Incoming[] {
    const character = String.fromCharCode(byte);
    if (this.#packet === undefined) return this.#between(byte, character);
    if (character === '$') this.#packet = '';
    else this.#packet += character;
    const end = this.#packet.length - 3;
    if (this.#packet[end] !== '#') return [];
    const payload = this.#packet.slice(0, end);
    const isRight = this.#packet.slice(end + 1).toLowerCase() === checksum(payload);
    this.#packet = undefined;
    return [isRight ? { kind: 'packet', payload } : { kind: 'damaged' }];
  }

  #between(byte: number, character: string): Incoming[] {
    if (byte === INTERRUPT) return [{ kind: 'interrupt' }];
    if (character === '-') return [{ kind: 'nack' }];
    if (character === '$') this.#packet = '';
    return [];
  }
}

/** Sum of the payload's bytes, modulo 256, as two hexadecimal digits. */
function checksum(payload: string): string {
  let sum = 0;
  for (let i = 0; i < payload.length; i++) sum += payload.charCodeAt(i);
  return hexByte(sum & 0xff);
}

/** A packet as it goes on the line. */
export function framePacket(payload: string): Uint8Array {
  return toBytes(`$${payload}#${checksum(payload)}`);
}

/** Escapes text or binary data for a payload. */
export function escapeBinary(data: string): string {
  return data.replace(ESCAPED, (character) => ESCAPE + String.fromCharCode(character.charCodeAt(0) ^ ESCAPE_XOR));
}

/** Bytes of escaped binary data. */
export function unescapeBinary(data: string): Uint8Array {
  return toBytes(
    data.replace(/\}([^])/g, (_, character: string) => String.fromCharCode(character.charCodeAt(0) ^ ESCAPE_XOR)),
  );
}

/** One byte for each character. */
export function toBytes(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

export function hexBytes(bytes: Uint8Array): string {
  return Array.from(bytes, hexByte).join('');
}

/** Reads what `hexBytes` writes; undefined when it is not hexadecimal. */
export function parseHexBytes(text: string): Uint8Array | undefined {
  if (!/^([0-9a-f]{2})*$/i.test(text)) return undefined;
  return Uint8Array.from(text.match(/../g) ?? [], (digits) => parseInt(digits, 16));
}

/** A register's value in target byte order: `bits` / 8 bytes, little-endian; `x`s when it is not known. */
export function hexRegister(value: bigint | undefined, bits: number): string {
  if (value === undefined) return 'x'.repeat(bits / 4);
  return Array.from({ length: bits / 8 }, (_, i) => hexByte(Number((value >> BigInt(8 * i)) & 0xffn))).join('');
}

/** Reads what `hexRegister` writes; undefined when it is not hexadecimal. */
export function parseHexRegister(text: string): bigint | undefined {
  const bytes = text === '' ? undefined : parseHexBytes(text);
  return bytes?.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

function hexByte(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}
