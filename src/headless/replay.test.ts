import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const HAS_PACK = existsSync(join(ROOT, 'public/packs/default/boot.snapshot'));
// The host may be busy.
const TIMEOUT = 300_000;

/** Hash and instruction count at the end of a run. */
function run(...args: string[]): unknown {
  const command = ['--import', 'tsx', 'src/headless/main.ts', '--quiet', ...args, '--hash', '--json'];
  const output = execFileSync(process.execPath, command, { cwd: ROOT, encoding: 'utf8', stdio: 'pipe' });
  const { hash, instructions } = JSON.parse(output.trimEnd().split('\n').at(-1) ?? '') as Record<string, unknown>;
  return { hash, instructions };
}

describe.skipIf(!HAS_PACK)('a run that was typed at', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'trapline-replay-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it(
    'is repeated from its input log, in another engine, to the same state',
    () => {
      const [early, late] = [join(folder, 'early'), join(folder, 'late')];
      const toUptime = ['--type', 'd2', 'cat /proc/uptime\\n', '--until', 'd2', '\\d+\\.\\d+ \\d'];
      const toAnswer = ['--type', 'd1', 'echo $((6*7))\\n', '--until', 'd1', '^42'];
      const toEarly = ['--instructions', '1000000', '--save', early];
      const toLate = ['--instructions', '1234567', '--save', late];
      const expected = run(...toEarly.concat(toAnswer, toUptime, toLate));
      expect(run('--replay', late)).toEqual(expected);
      expect(run('--load', early, '--engine', 'interpreter', '--replay', late)).toEqual(expected);
      expect(run('--load', late)).toEqual(expected);
    },
    TIMEOUT,
  );
});
