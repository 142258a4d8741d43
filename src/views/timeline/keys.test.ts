import { expect, it } from 'vitest';
import { actionOf, type KeyPress } from './keys.ts';

const press = (key: string, modifiers: Partial<KeyPress> = {}): ReturnType<typeof actionOf> =>
  actionOf({ key, ctrlKey: false, shiftKey: false, altKey: false, metaKey: false, ...modifiers });

it.each([
  ['w', '+'],
  ['s', '-'],
  ['a', 'ArrowLeft'],
  ['d', 'ArrowRight'],
])('%s has %s beside it', (letter, other) => {
  expect(press(letter)).toBeDefined();
  expect(press(other)).toEqual(press(letter));
});

it('goes along a track, along arrows and between those of one slice', () => {
  expect(press('.')).toEqual({ kind: 'neighbour', direction: 1 });
  expect(press('[')).toEqual({ kind: 'flow', direction: -1 });
  expect(press(']', { ctrlKey: true })).toEqual({ kind: 'cycle', direction: 1 });
});

it('tells a mark from one to keep', () => {
  expect([press('m')?.kind, press('M', { shiftKey: true })?.kind]).toEqual(['mark', 'keep mark']);
});

it('leaves other keys with modifiers to others', () => {
  expect(press('w', { ctrlKey: true })).toBeUndefined();
  expect(press('a', { ctrlKey: true })).toEqual({ kind: 'select all' });
  expect(press('ArrowDown', { altKey: true })).toEqual({ kind: 'move', by: 1 });
  expect(press('F5')).toBeUndefined();
});
