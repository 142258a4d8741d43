import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SymbolFacts, symbolFacts } from './symbol-index.ts';
import { kernelPrefixes, namesBelow } from './sources.ts';

describe('the source files that a symbol file names', () => {
  let folder: string;
  let facts: SymbolFacts;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'trapline-lines-'));
    mkdirSync(join(folder, 'include/deep'), { recursive: true });
    mkdirSync(join(folder, 'lib'));
    writeFileSync(join(folder, 'include/deep/inline.h'), 'static inline int twice(int x) { return x + x; }\n');
    writeFileSync(
      join(folder, 'lib/a.c'),
      '#include "../include/./deep/inline.h"\nint a(int x) { return twice(x); }\n',
    );
    writeFileSync(join(folder, 'b.c'), 'int a(int); int _start(int x) { return a(x); }\n');
    const flags = ['-g', '-O1', '-nostdlib', '-static', '-Wl,--build-id', `-fdebug-prefix-map=${folder}=/src/tree`];
    execFileSync('aarch64-linux-gnu-gcc', [...flags, '-o', 'out', 'lib/a.c', 'b.c'], { cwd: folder });
    facts = await symbolFacts(join(folder, 'out'));
  });

  afterAll(() => rmSync(folder, { recursive: true }));

  it('are those that readelf lists', () => {
    expect([...facts.names].sort()).toEqual(['/src/tree/b.c', '/src/tree/include/deep/inline.h', '/src/tree/lib/a.c']);
    const notes = execFileSync('readelf', ['-n', join(folder, 'out')], { encoding: 'utf8' });
    expect(facts.buildId).toBe(/Build ID: (\w+)/.exec(notes)?.[1]);
  });

  it('are told relative to the source tree', () => {
    expect(namesBelow(facts.names, ['/src/tree'])).toEqual(['b.c', 'include/deep/inline.h', 'lib/a.c']);
    expect(namesBelow(facts.names, ['/src/tree/lib', '/other'])).toEqual(['a.c']);
  });
});

describe("the kernel's tree", () => {
  it('is found below directories of compilation that are relative, and below that of the package build', () => {
    const names = ['init/main.c', '/build/path/linux-6.1/arch/a.S', '/usr/include/stdio.h'];
    expect(kernelPrefixes(names)).toEqual(['/build/path/linux-6.1', '']);
    expect(namesBelow(names, kernelPrefixes(names))).toEqual(['arch/a.S', 'init/main.c']);
  });
});
