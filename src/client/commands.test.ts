import { expect, it, vi } from 'vitest';
import { CommandRegistry, type Command } from './commands.ts';

const command = (change: Partial<Command>): Command => ({
  id: 'run.continue',
  title: 'Continue',
  category: 'Run',
  keys: ['F5', 'Alt+F5'],
  isEnabled: () => true,
  run: () => undefined,
  ...change,
});
const f5 = { key: 'F5', code: 'F5', ctrlKey: false, metaKey: false, altKey: false, shiftKey: false };
const question = { ...f5, key: '?', code: 'Slash', shiftKey: true };

it('runs a command by its key and by its alias', () => {
  const run = vi.fn();
  const registry = new CommandRegistry(() => undefined);
  registry.register([command({ run })]);
  expect(registry.handleKey(f5, true)).toBe(true);
  expect(registry.handleKey({ ...f5, altKey: true }, false)).toBe(true);
  expect(run).toHaveBeenCalledTimes(2);
});

it('keeps the key from the browser even while the command is disabled', () => {
  const run = vi.fn();
  const registry = new CommandRegistry(() => undefined);
  registry.register([command({ run, isEnabled: () => false })]);
  expect(registry.handleKey(f5, false)).toBe(true);
  expect(run).not.toHaveBeenCalled();
});

it('records any key but Tab, by which the focus leaves', () => {
  const recorded: string[] = [];
  const registry = new CommandRegistry(() => undefined);
  registry.record((chord) => recorded.push(chord));
  expect(registry.handleKey({ ...f5, shiftKey: true }, false)).toBe(true);
  expect(registry.handleKey({ ...f5, key: 'Tab', code: 'Tab' }, false)).toBe(false);
  expect(recorded).toEqual(['Shift+F5', 'Escape']);
});

it('leaves single characters to text fields', () => {
  const registry = new CommandRegistry(() => undefined);
  registry.register([command({ keys: ['?'] })]);
  expect(registry.handleKey(question, true)).toBe(false);
  expect(registry.handleKey(question, false)).toBe(true);
});

it('reports failures of both kinds', async () => {
  const errors: string[] = [];
  const registry = new CommandRegistry((message) => errors.push(message));
  const fail = (): never => {
    throw new Error('at once');
  };
  registry.register([
    command({ id: 'a', keys: [], run: fail }),
    command({ id: 'b', keys: [], run: () => Promise.reject(new Error('later')) }),
  ]);
  registry.run('a');
  registry.run('b');
  await Promise.resolve();
  await Promise.resolve();
  expect(errors).toEqual(['at once', 'later']);
});

it('refuses two owners of one key', () => {
  const registry = new CommandRegistry(() => undefined);
  registry.register([command({})]);
  expect(() => registry.register([command({ id: 'other' })])).toThrow('F5 belongs to run.continue');
});

it('gives a command the person’s own keys instead of its own', () => {
  const run = vi.fn();
  const registry = new CommandRegistry(() => undefined);
  registry.register([command({ run }), command({ id: 'other', keys: ['F6'] })]);
  registry.customize({ 'run.continue': ['F6'] });
  expect(registry.handleKey(f5, false)).toBe(false);
  expect(registry.handleKey({ ...f5, key: 'F6', code: 'F6' }, false)).toBe(true);
  expect(run).toHaveBeenCalledOnce();
  expect(registry.get('other')?.keys).toEqual([]);
  expect(registry.ownerOf('F6')?.id).toBe('run.continue');
});

it('gives keys back when they are no longer the person’s own', () => {
  const registry = new CommandRegistry(() => undefined);
  registry.register([command({}), command({ id: 'other', keys: ['F6'] })]);
  registry.customize({ 'run.continue': ['F6'] });
  registry.customize({});
  expect(registry.keysOf('run.continue')).toEqual(['F5', 'Alt+F5']);
  expect(registry.keysOf('other')).toEqual(['F6']);
});

it('records chords instead of running commands, and waits for more than a modifier', () => {
  const run = vi.fn();
  const chords: string[] = [];
  const registry = new CommandRegistry(() => undefined);
  registry.register([command({ run })]);
  registry.record((chord) => chords.push(chord));
  registry.handleKey({ ...f5, key: 'Control', code: 'ControlLeft', ctrlKey: true }, false);
  registry.handleKey(f5, false);
  registry.record(null);
  expect(chords).toEqual(['F5']);
  expect(run).not.toHaveBeenCalled();
});
