import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { machineSources } from './snapshot.ts';
import { sourceClosure } from './source-closure.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trapline-closure-'));
  await mkdir(join(folder, 'parts'));
  const files = {
    'main.ts': `import fs from 'node:fs';\nimport { a } from './parts/a.ts';\nimport type { T } from './types.ts';\n`,
    'parts/a.ts': `export {\n  b,\n} from './b.ts';\nimport '../side.ts';\nimport '../main.ts';\n`,
    'parts/b.ts': `const text = "import './no.ts'";\n`,
    'side.ts': '',
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
});
afterAll(() => rm(folder, { recursive: true }));

it('follows imports, also those for their effects and those that are passed on, but no types', async () => {
  const names = (await sourceClosure(join(folder, 'main.ts'))).map((path) => path.slice(folder.length + 1));
  expect(names).toEqual(['main.ts', 'parts/a.ts', 'parts/b.ts', 'side.ts']);
});

it('finds all that the boot snapshot depends on', async () => {
  const sources = (await machineSources()).map((path) => path.replace(/.*\/src\//, ''));
  for (const name of [
    'emulator/machine.ts',
    'emulator/devices/psci.ts',
    'emulator/cpu/uops/branches.ts',
    'arch/sysregs.ts',
    'wasm/module.ts',
    'formats/lz4.ts',
    'workers/guest-consoles.ts',
    'awareness/console-input.ts',
    'headless/transcripts.ts',
  ])
    expect(sources).toContain(name);
  expect(sources.filter((name) => /^(views|ui|client|debugger)/.test(name))).toEqual([]);
});
