import { expect, it, vi } from 'vitest';
import { SourceTexts } from './source-cache.ts';

const found = { kind: 'found', path: 'a.c', text: 'int a;' } as never;

it('reads a file once and has it at hand afterwards', async () => {
  const read = vi.fn(() => Promise.resolve(found));
  const texts = new SourceTexts(read);
  expect(texts.peek('a.c')).toBeUndefined();
  await Promise.all([texts.get('a.c'), texts.get('a.c')]);
  expect(texts.peek('a.c')).toBe(found);
  expect(read).toHaveBeenCalledTimes(1);
});

it('asks again for a file that could not be read', async () => {
  const read = vi.fn(() => Promise.resolve(found));
  read.mockRejectedValueOnce(new Error('no symbols yet'));
  const texts = new SourceTexts(read);
  await expect(texts.get('a.c')).rejects.toThrow('no symbols yet');
  expect(await texts.get('a.c')).toBe(found);
});
