import { expect, it } from 'vitest';
import { describeSearch, parsePattern } from './find-pattern.ts';

const text = (input: string): unknown => {
  const pattern = parsePattern(input);
  return pattern && [pattern.kind, ...pattern.bytes];
};

it('reads pairs of digits as bytes', () => {
  expect(text('7f 45 4c 46')).toEqual(['bytes', 0x7f, 0x45, 0x4c, 0x46]);
  expect(text('0x07ff')).toEqual(['bytes', 0x07, 0xff]);
  expect(text('cafe')).toEqual(['bytes', 0xca, 0xfe]);
});

it('reads everything else as text', () => {
  expect(text('ELF')).toEqual(['text', 0x45, 0x4c, 0x46]);
  expect(text('"cafe"')).toEqual(['text', 0x63, 0x61, 0x66, 0x65]);
  expect(text('é')).toEqual(['text', 0xc3, 0xa9]);
  expect(text('abc')).toEqual(['text', 0x61, 0x62, 0x63]);
});

it('looks for nothing when nothing was typed', () => {
  expect(text('  ')).toBeNull();
  expect(text('"')).toBeNull();
});

it('says where it looked', () => {
  const space = { kind: 'ipa', domain: 1 } as const;
  expect(describeSearch({ found: null, from: 0x4000n, to: 0x104000n, unreadable: 8192 }, space)).toBe(
    'not in d1:IPA:0x4000 to 0x104000 (1 MB, 8 KB of it not readable); find again to go on',
  );
  expect(describeSearch({ found: 0x4010n, from: 0x4000n, to: 0x5000n, unreadable: 0 }, space)).toBe(
    'found at d1:IPA:0x4010',
  );
});
