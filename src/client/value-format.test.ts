import { expect, it } from 'vitest';
import { formatOf, formatScalar, textOf, VALUE_FORMATS } from './value-format.ts';

const MINUS_TWO = { value: -2n, bits: 16 };

it.each([
  ['hex', '0xfffe'],
  ['decimal', '-2'],
  ['unsigned', '65534'],
  ['octal', '0177776'],
  ['binary', '0b1111_1111_1111_1110'],
  ['char', String.raw`'\xfe\xff'`],
] as const)('writes a number as %s', (format, text) => {
  expect(formatScalar(MINUS_TWO, format)).toBe(text);
});

it('reads the sign of an unsigned value where that is asked for', () => {
  expect(formatScalar({ value: 0xffn, bits: 8 }, 'decimal')).toBe('-1');
});

it('leaves to others what is not about the number alone', () => {
  const rest = VALUE_FORMATS.filter((format) => formatScalar(MINUS_TWO, format) === undefined);
  expect(rest).toEqual(['natural', 'string']);
});

it('escapes what cannot stand in a C string', () => {
  expect(textOf([0x41, 0x22, 0x0a, 0x01])).toBe(String.raw`A\"\n\x01`);
});

it('writes the members of a structure in the format of the nearest whole that has one', () => {
  const formats = { regs: 'hex', 'regs.lr': 'binary', name: 'string' } as const;
  expect(formatOf(formats, 'regs.x[3]')).toBe('hex');
  expect(formatOf(formats, 'regs.lr')).toBe('binary');
  expect(formatOf(formats, 'regs2.x')).toBe('natural');
  expect(formatOf(formats, 'name[0]')).toBe('natural');
});
