import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { cached, contentKey } from './cache.ts';

let home: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'trapline-cache-'));
  vi.stubEnv('XDG_CACHE_HOME', home);
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true });
});

const fill = (text: string) => async (folder: string) => writeFileSync(join(folder, 'result'), text);
const steps = (): string[] => readdirSync(join(home, 'trapline/steps'));

describe('a cached step', () => {
  it('is done once for the same inputs', async () => {
    const first = await cached('a', { x: 1 }, fill('one'));
    const again = await cached('a', { x: 1 }, fill('two'));
    expect([first.isReused, again.isReused, again.folder]).toEqual([false, true, first.folder]);
    expect(readFileSync(join(again.folder, 'result'), 'utf8')).toBe('one');
    expect((await cached('a', { x: 2 }, fill('three'))).isReused).toBe(false);
  });

  it('that fails leaves no result, and is done again', async () => {
    const failing = cached('a', 1, async (folder) => {
      await fill('half')(folder);
      throw new Error('no space');
    });
    await expect(failing).rejects.toThrow('no space');
    const { folder, isReused } = await cached('a', 1, fill('whole'));
    expect([isReused, readFileSync(join(folder, 'result'), 'utf8')]).toEqual([false, 'whole']);
  });

  it('sweeps what killed builds have left', async () => {
    const { folder } = await cached('a', 1, fill('one'));
    const left = `${folder}.part-999999999`;
    writeFileSync(left, '');
    await cached('a', 2, fill('two'));
    expect(existsSync(left)).toBe(false);
  });

  it('keeps a few results only', async () => {
    for (let input = 0; input < 6; input++) await cached('a', input, fill('x'));
    await cached('b', 0, fill('x'));
    expect(steps().filter((name) => name.startsWith('a-'))).toHaveLength(3);
    expect(steps().filter((name) => name.startsWith('b-'))).toHaveLength(1);
  });
});

describe('a content key', () => {
  it('changes with contents, and not with tests or what is not there', async () => {
    writeFileSync(join(home, 'a.ts'), '1');
    const key = await contentKey([home]);
    writeFileSync(join(home, 'a.test.ts'), 'x');
    expect(await contentKey([home, join(home, 'nothing')])).toBe(key);
    writeFileSync(join(home, 'a.ts'), '2');
    expect(await contentKey([home])).not.toBe(key);
  });
});
