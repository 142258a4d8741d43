import { expect, it } from 'vitest';
import { fitBehind, inlineTexts } from './inline-values.ts';

const LINES = [
  'static int show(struct attr *attr, char *buffer)',
  '{',
  '    int version = f(attr->version, buffer); /* attr */',
  '    return print("%d attr", version);',
  '}',
];
const VALUES = [
  { name: 'attr', text: '0x10' },
  { name: 'buffer', text: '0x20' },
  { name: 'version', text: '4' },
];

function texts(fromLine: number, toLine: number): [number, string][] {
  return [...inlineTexts(LINES, { path: 'a.c', fromLine, toLine, values: VALUES })];
}

it('puts values behind the lines that name them, in the order of the names', () => {
  expect(texts(1, 4)).toEqual([
    [1, 'attr = 0x10, buffer = 0x20'],
    [3, 'version = 4, attr = 0x10, buffer = 0x20'],
    [4, 'version = 4'],
  ]);
});

it('shows nothing outside of the lines that were executed in this function', () => {
  expect(texts(4, 4)).toEqual([[4, 'version = 4']]);
});

it('takes members, comments and strings for no variables', () => {
  const lines = ['x->attr = y.buffer; // version', '"version"'];
  expect([...inlineTexts(lines, { path: 'a.c', fromLine: 1, toLine: 2, values: VALUES })]).toEqual([]);
});

it('leaves out what the program does not have at this moment', () => {
  const values = [...VALUES.slice(1), { name: 'attr', text: '<optimised out>' }];
  const found = inlineTexts(LINES, { path: 'a.c', fromLine: 1, toLine: 1, values });
  expect([...found]).toEqual([[1, 'buffer = 0x20']]);
});

it('ends within the columns that are in sight, or is left out', () => {
  expect(fitBehind('\tint a;', 'a = 1', 30, 8)).toBe('a = 1');
  expect(fitBehind('\tint a;', 'a = {x = 1, y = 2}', 30, 8)).toBe('a = {x = 1, y …');
  expect(fitBehind('\tint a = f(b, c, d);', 'a = 1, b = 2', 30, 8)).toBeUndefined();
});
