import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const MAIN = join(import.meta.dirname, 'main.ts');
let folder: string;

function headless(...args: string[]): { readonly status: number | null; readonly stderr: string } {
  const { status, stderr } = spawnSync(process.execPath, ['--import', 'tsx', MAIN, ...args], { encoding: 'utf8' });
  return { status, stderr };
}

describe("the headless runner's exit status is 2", () => {
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'headless-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('for bad arguments, with the usage', () => {
    const { status, stderr } = headless('--untill', 'd0', 'x');
    expect(status).toBe(2);
    expect(stderr).toMatch(/^--untill is not an option\n\nUsage: /);
  }, 30_000);

  it('for a pattern that is none, and for a console of no domain of the pack', () => {
    expect(headless('--until', 'd1', '(')).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/^--until: \( is not a regular expression\n/),
    });
    expect(headless('--until', 'd9', 'x')).toEqual({
      status: 2,
      stderr: '--until: the pack has no domain for console d9 (xen, d0, d1, d2)\n',
    });
  }, 30_000);

  it('for a pack that is not there, cold or from its snapshot', () => {
    for (const more of [[], ['--cold']]) {
      const { status, stderr } = headless('--pack', folder, ...more);
      expect([status, stderr.trim()]).toEqual([2, `${join(folder, 'manifest.json')}: no such file`]);
    }
  }, 30_000);

  it('for a pack of another format', () => {
    writeFileSync(join(folder, 'manifest.json'), '{"format": 99}');
    const { status, stderr } = headless('--pack', folder, '--cold');
    expect(status).toBe(2);
    expect(stderr).toContain('99');
    expect(stderr).not.toMatch(/^ +at /m);
  }, 30_000);

  it('for a state file that is none', () => {
    const file = join(folder, 'state');
    writeFileSync(file, 'no state');
    const { status, stderr } = headless('--load', file);
    expect([status, stderr.trim()]).toEqual([2, 'step 1 (--load): This is not a snapshot of the machine.']);
  }, 30_000);
});
