/** `--trace` from the command line: a window of the past, run again with more of it recorded. Needs the default pack. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasDefaultPack } from '../testing/busy-system.ts';

const MAIN = join(import.meta.dirname, 'main.ts');
const LOOP = 'while true; do cat /sys/hypervisor/version/major; done\\n';
let folder: string;

interface Result {
  readonly hash: string;
  readonly trace?: { readonly recorded: number; readonly dropped: number };
}

function headless(...args: string[]): { readonly result: Result; readonly stderr: string } {
  const words = ['--import', 'tsx', MAIN, '--quiet', '--json', '--hash', ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8', maxBuffer: 2 ** 26 });
  if (status !== 0) throw new Error(stderr);
  return { result: JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as Result, stderr };
}

describe.runIf(hasDefaultPack)('a window of the past', () => {
  let before: string;
  let plain: Result;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'headless-trace-'));
    before = join(folder, 'before');
    const window = ['--instructions', '30_000_000'];
    plain = headless('--type', 'd1', LOOP, '--instructions', '30_000_000', '--save', before, ...window).result;
  }, 300_000);
  afterAll(() => rmSync(folder, { recursive: true }));

  it('can be run again with probes, and nothing in it changes', () => {
    const file = join(folder, 'trace.json');
    const probes = ['--probe', 'xen:do_xen_version', '--probe', 'd1:vfs_read/3', '--trace-format', 'chrome'];
    const { result, stderr } = headless('--load', before, '--trace', file, ...probes, '--instructions', '30_000_000');
    expect(result.hash).toBe(plain.hash);
    expect(plain.trace).toBeUndefined();
    expect(result.trace?.dropped).toBe(0);
    expect(stderr).toContain(`trace: ${result.trace?.recorded} events; chrome in ${file}`);
    const { traceEvents } = JSON.parse(readFileSync(file, 'utf8')) as { traceEvents: { name: string; ph: string }[] };
    const names = traceEvents.filter(({ ph }) => ph === 'X').map(({ name }) => name);
    expect(names.filter((name) => name.startsWith('do_xen_version(')).length).toBeGreaterThan(2);
    expect(names.filter((name) => /^vfs_read\(0x\w+, 0x\w+, 0x\w+\)$/.test(name)).length).toBeGreaterThan(2);
  }, 300_000);

  it('says what a budget that was too small cost', () => {
    const file = join(folder, 'trace.csv');
    const hot = [
      '--probe',
      'd1:el0t_64_sync_handler/8',
      '--probe',
      'd1:__schedule/8',
      '--probe',
      'd1:handle_mm_fault/8',
    ];
    const trace = ['--trace', file, '--trace-format', 'csv', '--trace-budget', '1', ...hot];
    const { result, stderr } = headless('--load', before, ...trace, '--instructions', '250_000_000');
    const { recorded, dropped } = result.trace ?? { recorded: 0, dropped: 0 };
    expect(dropped).toBeGreaterThan(0);
    expect(recorded).toBeGreaterThan(dropped);
    expect(stderr).toContain(
      `trace: ${recorded} events, the oldest ${dropped} events of them dropped (--trace-budget)`,
    );
    expect(readFileSync(file, 'utf8')).toMatch(/^table,domain/);
  }, 300_000);
});
