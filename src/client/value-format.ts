/** Ways to write a number. */
import type { ScalarValue } from '../protocol/inspect.ts';

/** `natural` is as C would write it; `string` reads the text in memory. */
export const VALUE_FORMATS = ['natural', 'hex', 'decimal', 'unsigned', 'octal', 'binary', 'char', 'string'] as const;
export type ValueFormat = (typeof VALUE_FORMATS)[number];

/** Digits in groups of four, from the right. */
function grouped(digits: string): string {
  return digits.replaceAll(/\B(?=(.{4})+$)/g, '_');
}

/** The bytes of a number as characters, lowest first; as a C constant. */
function characters(value: bigint, bits: number): string {
  const bytes = Array.from({ length: Math.ceil(bits / 8) }, (_, i) => Number((value >> BigInt(i * 8)) & 0xffn));
  return `'${textOf(bytes)}'`;
}

/** Bytes as the inside of a C string. */
export function textOf(bytes: readonly number[]): string {
  return bytes
    .map((byte) => {
      if (byte === 0x0a) return '\\n';
      if (byte === 0x22 || byte === 0x27 || byte === 0x5c) return `\\${String.fromCharCode(byte)}`;
      return byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`;
    })
    .join('');
}

/** A number in a format; undefined for those that are not about the number itself. */
export function formatScalar({ value, bits }: ScalarValue, format: ValueFormat): string | undefined {
  const unsigned = BigInt.asUintN(bits, value);
  switch (format) {
    case 'hex':
      return `0x${unsigned.toString(16)}`;
    case 'decimal':
      return BigInt.asIntN(bits, value).toString();
    case 'unsigned':
      return unsigned.toString();
    case 'octal':
      return `0${unsigned.toString(8)}`;
    case 'binary':
      return `0b${grouped(unsigned.toString(2).padStart(bits, '0'))}`;
    case 'char':
      return characters(unsigned, bits);
    case 'natural':
    case 'string':
      return undefined;
  }
}

/** Formats of what has members: they are those of all numbers below, or the whole is read as text. */
export const STRUCTURE_FORMATS = VALUE_FORMATS.filter((format) => format !== 'char');

/** What an expression begins with when it is a part of `whole`. */
function isPartOf(expression: string, whole: string): boolean {
  return expression.startsWith(whole) && /^(\.|->|\[)/.test(expression.slice(whole.length));
}

/** The format of an expression: the one chosen for it, else that of the smallest structure or array around it that has one. */
export function formatOf(formats: Readonly<Record<string, ValueFormat>>, expression: string): ValueFormat {
  const own = formats[expression];
  if (own) return own;
  const around = Object.keys(formats).filter((whole) => isPartOf(expression, whole) && formats[whole] !== 'string');
  const nearest = around.toSorted((a, b) => b.length - a.length).at(0);
  return nearest === undefined ? 'natural' : formats[nearest];
}
