/** Values of the program being debugged: a type, bytes, and where the bytes came from. */
import { strip, type MemberPlace, type Type } from '../symbols/types.ts';
import { isFloating, isSigned } from './c-types.ts';

/** Where a value can be written back to. */
export type Place =
  | { readonly kind: 'memory'; readonly address: bigint }
  /** A register of the frame, by DWARF number. */
  | { readonly kind: 'register'; readonly register: number }
  /** A register by name, `X0` or `ESR_EL2`. */
  | { readonly kind: 'systemRegister'; readonly name: string };

/** Why there are no bytes. */
export type Absence = 'optimised out' | 'unreadable' | 'incomplete type';

/** A value. Either `bytes` or `absence` is there. */
export interface Value {
  readonly type: Type;
  readonly bytes: Uint8Array | undefined;
  readonly place: Place | undefined;
  readonly absence?: Absence;
  /** For bit-fields: position from the start of `bytes`, and width. */
  readonly bitField?: { readonly offset: number; readonly size: number };
}

/** Largest value that is read whole, in bytes. */
export const MAX_VALUE = 1 << 20;

/** A value that is nowhere in the program. */
export function constantValue(type: Type, value: bigint): Value {
  return { type, bytes: integerBytes(value, type.byteSize || 8), place: undefined };
}

export function absentValue(type: Type, absence: Absence, place?: Place): Value {
  return { type, bytes: undefined, place, absence };
}

/** A floating-point value. */
export function floatValue(type: Type, value: number): Value {
  const bytes = new Uint8Array(type.byteSize);
  const view = new DataView(bytes.buffer);
  if (type.byteSize === 4) view.setFloat32(0, value, true);
  else view.setFloat64(0, value, true);
  return { type, bytes, place: undefined };
}

/** The low `size` bytes of `value`, little-endian. */
export function integerBytes(value: bigint, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let rest = BigInt.asUintN(size * 8, value);
  for (let i = 0; i < size; i++, rest >>= 8n) bytes[i] = Number(rest & 0xffn);
  return bytes;
}

/** `bytes` as an unsigned number. */
export function bytesToInteger(bytes: Uint8Array): bigint {
  return bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

/** The number that an integer, enumeration, pointer or bit-field stands for; undefined without bytes. */
export function toInteger(value: Value): bigint | undefined {
  if (!value.bytes) return undefined;
  const bits = value.bitField?.size ?? value.type.byteSize * 8;
  const raw = bytesToInteger(value.bytes) >> BigInt(value.bitField?.offset ?? 0);
  return isSigned(value.type) ? BigInt.asIntN(bits, raw) : BigInt.asUintN(bits, raw);
}

/** The number that a floating-point or integral value stands for. */
export function toNumber(value: Value): number | undefined {
  if (!value.bytes) return undefined;
  if (!isFloating(value.type)) return Number(toInteger(value));
  const view = new DataView(value.bytes.buffer, value.bytes.byteOffset);
  if (value.type.byteSize === 4) return view.getFloat32(0, true);
  return value.type.byteSize === 8 ? view.getFloat64(0, true) : quadToNumber(bytesToInteger(value.bytes));
}

/** `long double` is binary128 here: sign, 15 exponent bits, 112 fraction bits; rounded towards zero. */
function quadToNumber(bits: bigint): number {
  const exponent = Number((bits >> 112n) & 0x7fffn);
  const fraction = Number((bits >> 60n) & 0xf_ffff_ffff_ffffn) / 2 ** 52;
  const sign = bits >> 127n ? -1 : 1;
  if (exponent === 0x7fff) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? 0 : sign * (1 + fraction) * 2 ** (exponent - 16383);
}

/** The part of `value` that `member` describes. */
export function memberValue(value: Value, member: MemberPlace): Value {
  const isBitField = member.bitSize > 0;
  const start = isBitField ? Math.floor(member.bitOffset / 8) : member.offset;
  const bits = member.bitOffset - start * 8;
  const size = isBitField ? Math.ceil((bits + member.bitSize) / 8) : sizeOf(member.type, value, start);
  const place: Place | undefined =
    value.place?.kind === 'memory' ? { kind: 'memory', address: value.place.address + BigInt(start) } : undefined;
  const common = {
    type: member.type,
    place,
    ...(isBitField ? { bitField: { offset: bits, size: member.bitSize } } : {}),
  };
  if (!value.bytes) return { ...common, bytes: undefined, absence: value.absence };
  return { ...common, bytes: value.bytes.subarray(start, start + size) };
}

/** A flexible array member extends to the end of what was read. */
function sizeOf(type: Type, whole: Value, start: number): number {
  const bare = strip(type);
  if (bare.kind !== 'array' || bare.count !== undefined) return type.byteSize;
  return Math.max((whole.bytes?.length ?? 0) - start, 0);
}

/** Element `index` of an array whose bytes are at hand. */
export function elementValue(array: Value, element: Type, index: number): Value {
  const start = index * element.byteSize;
  const place: Place | undefined =
    array.place?.kind === 'memory' ? { kind: 'memory', address: array.place.address + BigInt(start) } : undefined;
  if (!array.bytes) return { type: element, bytes: undefined, place, absence: array.absence };
  const bytes = array.bytes.subarray(start, start + element.byteSize);
  return bytes.length === element.byteSize
    ? { type: element, bytes, place }
    : { type: element, bytes: undefined, place, absence: 'unreadable' };
}
