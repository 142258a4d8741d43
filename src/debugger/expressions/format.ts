/** Writes values as C would, the way people know from gdb. */
import { DW_ATE_boolean, DW_ATE_signed_char, DW_ATE_unsigned_char } from '../../formats/dwarf/constants.ts';
import type { TypeSummary } from '../symbols/type-reader.ts';
import { strip, type ArrayType, type EnumType, type Member, type StructType, type Type } from '../symbols/types.ts';
import { isFloating } from './c-types.ts';
import type { ExpressionScope } from './scope.ts';
import { elementValue, memberValue, toInteger, toNumber, type Value } from './value.ts';

/** How values are written. */
export interface FormatOptions {
  /** Integers in base 16; 10 when absent. */
  readonly radix?: 10 | 16;
  /** Elements of an array, and characters of a string, that are shown. */
  readonly limit?: number;
  /** Levels of nested structures that are shown. */
  readonly depth?: number;
}

const DEFAULTS = { radix: 10, limit: 200, depth: 8 } as const;
type Settings = Required<FormatOptions>;

/** `value` as text. Strings behind `char *` are read from memory. */
export async function formatValue(value: Value, scope: ExpressionScope, options: FormatOptions = {}): Promise<string> {
  return new Formatter(scope, { ...DEFAULTS, ...options }).format(value, 0);
}

class Formatter {
  constructor(
    private readonly scope: ExpressionScope,
    private readonly settings: Settings,
  ) {}

  async format(value: Value, depth: number): Promise<string> {
    if (!value.bytes) return `<${value.absence ?? 'not available'}>`;
    const bare = strip(value.type);
    switch (bare.kind) {
      case 'struct':
      case 'union':
        return this.#struct(value, bare, depth);
      case 'array':
        return this.#array(value, bare, depth);
      case 'pointer':
        return this.#pointer(value);
      case 'enum':
        return formatEnum(toInteger(value)!, bare);
      case 'function':
        return this.#function(value);
      case 'void':
        return 'void';
      default:
        return this.#number(value, bare);
    }
  }

  async #struct(value: Value, struct: StructType, depth: number): Promise<string> {
    if (struct.isDeclaration) return '<incomplete type>';
    if (depth >= this.settings.depth) return '{...}';
    const parts: string[] = [];
    for (const member of struct.members) parts.push(await this.#member(value, member, depth));
    return `{${parts.join(', ')}}`;
  }

  async #member(value: Value, member: Member, depth: number): Promise<string> {
    const text = await this.format(memberValue(value, member), depth + 1);
    return member.name === undefined ? text : `${member.name} = ${text}`;
  }

  async #array(value: Value, { element, count }: ArrayType, depth: number): Promise<string> {
    if (isCharacter(element)) return quoteArray(value.bytes!, this.settings.limit);
    const total = count ?? Math.floor(value.bytes!.length / Math.max(element.byteSize, 1));
    const parts: string[] = [];
    for (let i = 0; i < Math.min(total, this.settings.limit); i++) {
      parts.push(await this.format(elementValue(value, element, i), depth + 1));
    }
    const texts = collapseRepeats(parts);
    return `{${texts.join(', ')}${total > parts.length ? '...' : ''}}`;
  }

  async #pointer(value: Value): Promise<string> {
    const address = toInteger(value)!;
    const hex = `0x${address.toString(16)}`;
    const bare = strip(value.type);
    if (bare.kind !== 'pointer' || address === 0n) return hex;
    const target = bare.targetType ? summaryOf(bare.targetType) : await this.scope.summary(bare.target);
    if (target === 'character') return `${hex} ${await this.#string(address)}`.trimEnd();
    const symbol = await this.scope.symbolize(address);
    return symbol === undefined ? hex : `${hex} <${symbol}>`;
  }

  async #function(value: Value): Promise<string> {
    if (value.place?.kind !== 'memory') return '{function}';
    const symbol = await this.scope.symbolize(value.place.address);
    return `{${value.type.name}} 0x${value.place.address.toString(16)}${symbol === undefined ? '' : ` <${symbol}>`}`;
  }

  /** Reads up to the terminating NUL, in pieces that do not cross pages: what follows may not be mapped. */
  async #string(address: bigint): Promise<string> {
    const bytes: number[] = [];
    for (let at = address; bytes.length < this.settings.limit;) {
      const length = Math.min(64 - Number(at % 64n), this.settings.limit - bytes.length);
      const piece = await this.scope.readMemory(at, length).catch(() => undefined);
      if (!piece) return bytes.length === 0 ? '<unreadable>' : `${quote(bytes)}...`;
      const end = piece.indexOf(0);
      bytes.push(...(end >= 0 ? piece.subarray(0, end) : piece));
      if (end >= 0) return quote(bytes);
      at += BigInt(length);
    }
    return `${quote(bytes)}...`;
  }

  #number(value: Value, type: Type): string {
    if (isFloating(type)) return formatFloat(toNumber(value)!, type.byteSize === 4 ? 9 : 17);
    const integer = toInteger(value)!;
    const text = this.settings.radix === 16 ? hexadecimal(integer, type.byteSize) : `${integer}`;
    if (type.kind !== 'base') return text;
    if (type.encoding === DW_ATE_boolean) return integer === 0n ? 'false' : integer === 1n ? 'true' : text;
    // A char in decimal comes with its character; `uint8_t` is one too and cannot be told apart.
    return isCharacter(type) && this.settings.radix === 10
      ? `${text} '${escapeByte(Number(integer) & 0xff, "'")}'`
      : text;
  }
}

function hexadecimal(value: bigint, byteSize: number): string {
  return `0x${BigInt.asUintN(byteSize * 8, value).toString(16)}`;
}

/** As C's `%g` with as many digits as tell all numbers of a type apart. */
function formatFloat(value: number, digits: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const [mantissa, exponent] = value.toExponential(digits - 1).split('e');
  if (Number(exponent) >= -4 && Number(exponent) < digits)
    return trimZeros(value.toFixed(digits - 1 - Number(exponent)));
  return `${trimZeros(mantissa)}e${exponent[0]}${exponent.slice(1).padStart(2, '0')}`;
}

function trimZeros(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

/** An enumerator, or flags joined by `|`, or the number. */
function formatEnum(value: bigint, { enumerators }: EnumType): string {
  const exact = enumerators.find((it) => it.value === value);
  if (exact) return exact.name;
  const isFlags = enumerators.every(({ value: it }) => it >= 0n && (it & (it - 1n)) === 0n) && enumerators.length > 0;
  if (!isFlags || value <= 0n) return `${value}`;
  const set = enumerators.filter((it) => it.value !== 0n && (value & it.value) === it.value);
  const rest = set.reduce((left, it) => left & ~it.value, value);
  if (set.length === 0) return `(unknown: 0x${value.toString(16)})`;
  const names = set.map((it) => it.name).join(' | ');
  return rest === 0n ? `(${names})` : `(${names} | unknown: 0x${rest.toString(16)})`;
}

function summaryOf(type: Type): TypeSummary {
  if (isCharacter(type)) return 'character';
  return strip(type).kind === 'function' ? 'function' : 'other';
}

/** True for the types that hold text. */
function isCharacter(type: Type): boolean {
  const bare = strip(type);
  if (bare.kind !== 'base' || bare.byteSize !== 1) return false;
  return bare.encoding === DW_ATE_signed_char || bare.encoding === DW_ATE_unsigned_char;
}

/** NULs at the end of an array are padding, not text. */
function quoteArray(bytes: Uint8Array, limit: number): string {
  let length = bytes.length;
  while (length > 0 && bytes[length - 1] === 0) length--;
  const shown = bytes.subarray(0, Math.min(length, limit));
  return quote([...shown]) + (length > limit ? '...' : '');
}

function quote(bytes: readonly number[]): string {
  return `"${bytes.map((byte) => escapeByte(byte, '"')).join('')}"`;
}

const NAMED_ESCAPES: Readonly<Record<number, string>> = {
  7: 'a',
  8: 'b',
  9: 't',
  10: 'n',
  11: 'v',
  12: 'f',
  13: 'r',
  27: '033',
};

function escapeByte(byte: number, delimiter: string): string {
  const named = NAMED_ESCAPES[byte];
  if (named) return `\\${named}`;
  if (byte < 0x20 || byte >= 0x7f) return `\\${byte.toString(8).padStart(3, '0')}`;
  const character = String.fromCharCode(byte);
  return character === delimiter || character === '\\' ? `\\${character}` : character;
}

const MIN_REPEATS = 10;

/** Ten or more equal neighbours are written once. */
function collapseRepeats(parts: readonly string[]): string[] {
  const result: string[] = [];
  for (let i = 0; i < parts.length;) {
    let end = i + 1;
    while (end < parts.length && parts[end] === parts[i]) end++;
    if (end - i >= MIN_REPEATS) result.push(`${parts[i]} <repeats ${end - i} times>`);
    else result.push(...parts.slice(i, end));
    i = end;
  }
  return result;
}
