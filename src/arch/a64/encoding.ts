/**
 * The form of an A64 encoding row, and the reader of its bit pattern.
 *
 * A pattern is 32 bits, most significant first: literal `0` and `1` bits, and fields `name` (1 bit) or `name:width`, separated by blanks
 * where needed: `sf 0 0 100010 sh imm12:12 Rn:5 Rd:5`. Combinations of field values that the architecture leaves UNALLOCATED are
 * excluded by `where`, so that an UNDEFINED word matches no row.
 */

/** Field values of one instruction word, unsigned. */
export type Fields = Record<string, number>;

/** A contiguous bit field; `lsb` is its lowest bit in the word. */
interface Field {
  readonly name: string;
  readonly lsb: number;
  readonly width: number;
}

/** Another assembler syntax that is preferred when its condition holds (Arm ARM C6, "Alias conditions"). */
export interface Alias {
  readonly when: (fields: Fields) => boolean;
  readonly asm: string;
}

/** One instruction of an Arm ARM encoding class. */
export interface Encoding {
  /** Mnemonic, `_`, class identifier of the Arm ARM: `ADD_addsub_imm`. Unique. */
  readonly name: string;
  /** The class identifier alone: `addsub_imm`. */
  readonly group: string;
  readonly pattern: string;
  /** A word belongs to the row when `(word & mask) === value` (unsigned) and `where` agrees. */
  readonly mask: number;
  readonly value: number;
  readonly fields: readonly Field[];
  readonly where?: (fields: Fields) => boolean;
  /** Assembler syntax: text with `{operand}` places, see `operand-text.ts`. */
  readonly asm: string;
  /** In order of preference. */
  readonly aliases: readonly Alias[];
}

/** What a row may say beyond its pattern and syntax. */
export interface EncodingOptions {
  readonly where?: (fields: Fields) => boolean;
  readonly aliases?: readonly Alias[];
}

interface Layout {
  mask: number;
  value: number;
  fields: Field[];
}

function addLiteral(layout: Layout, bits: string, msb: number): number {
  let lsb = msb;
  for (const bit of bits) {
    layout.mask |= 1 << lsb;
    layout.value |= Number(bit) << lsb;
    lsb -= 1;
  }
  return lsb;
}

/** Reads a pattern; throws when it is not 32 bits long or names a field twice. */
export function parsePattern(pattern: string): Layout {
  const layout: Layout = { mask: 0, value: 0, fields: [] };
  let msb = 31;
  for (const token of pattern.trim().split(/\s+/)) {
    if (/^[01]+$/.test(token)) {
      msb = addLiteral(layout, token, msb);
      continue;
    }
    const [name, width = '1'] = token.split(':');
    if (layout.fields.some((field) => field.name === name)) throw new Error(`field ${name} twice in '${pattern}'`);
    msb -= Number(width);
    layout.fields.push({ name, lsb: msb + 1, width: Number(width) });
  }
  if (msb !== -1) throw new Error(`'${pattern}' has ${31 - msb} bits`);
  return { mask: layout.mask >>> 0, value: layout.value >>> 0, fields: layout.fields };
}

/** Makes a row: `mnemonic` may carry `_V` or the like, `group` is the class identifier. */
export function encoding(
  group: string,
  mnemonic: string,
  pattern: string,
  asm: string,
  options: EncodingOptions = {},
): Encoding {
  const { mask, value, fields } = parsePattern(pattern);
  const { where, aliases = [] } = options;
  return { name: `${mnemonic}_${group}`, group, pattern, mask, value, fields, where, asm, aliases };
}

/** Extracts the fields of a row from a word that matches it. */
export function fieldsOf(row: Encoding, word: number): Fields {
  const fields: Fields = {};
  for (const { name, lsb, width } of row.fields) fields[name] = (word >>> lsb) & (2 ** width - 1);
  return fields;
}

/** Puts field values into a row's pattern; fields not given are 0. The inverse of `fieldsOf`. */
export function encode(row: Encoding, fields: Fields): number {
  let word = row.value;
  for (const { name, lsb, width } of row.fields) word |= ((fields[name] ?? 0) & (2 ** width - 1)) << lsb;
  return word >>> 0;
}
