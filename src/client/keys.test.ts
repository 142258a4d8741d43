import { expect, it } from 'vitest';
import { chordOf, isTyping, type KeyPress } from './keys.ts';

const press = (change: Partial<KeyPress>): KeyPress => ({
  key: '',
  code: '',
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  ...change,
});

it.each<[string, Partial<KeyPress>]>([
  ['F5', { key: 'F5', code: 'F5' }],
  ['Alt+Shift+F11', { key: 'F11', code: 'F11', altKey: true, shiftKey: true }],
  ['Ctrl+Shift+P', { key: 'P', code: 'KeyP', ctrlKey: true, shiftKey: true }],
  ['Ctrl+Shift+P', { key: 'p', code: 'KeyP', metaKey: true, shiftKey: true }],
  ['Alt+Shift+[', { key: '{', code: 'BracketLeft', altKey: true, shiftKey: true }],
  ['?', { key: '?', code: 'Slash', shiftKey: true }],
])('names the chord %s', (chord, change) => {
  expect(chordOf(press(change))).toBe(chord);
});

it('tells typing from commands', () => {
  expect(isTyping('A')).toBe(true);
  expect(isTyping('?')).toBe(true);
  expect(isTyping('Ctrl+C')).toBe(true);
  expect(isTyping('F10')).toBe(false);
  expect(isTyping('Ctrl+Shift+P')).toBe(false);
  expect(isTyping('Alt+F5')).toBe(false);
});
