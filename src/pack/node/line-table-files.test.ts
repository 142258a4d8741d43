import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LineTableFiles, lineTableFiles } from './line-table-files.ts';
import { kernelPrefixes, namesBelow } from './sources.ts';

describe('the files that line tables name', () => {
  let folder: string;
  let tables: LineTableFiles;

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
    tables = await lineTableFiles(join(folder, 'out'));
  });

  afterAll(() => rmSync(folder, { recursive: true }));

  it('are those that readelf lists', () => {
    expect([...tables.names].sort()).toEqual(['/src/tree/b.c', '/src/tree/include/deep/inline.h', '/src/tree/lib/a.c']);
    expect(tables.compilationDirectory).toBe('/src/tree');
    const notes = execFileSync('readelf', ['-n', join(folder, 'out')], { encoding: 'utf8' });
    expect(tables.buildId).toBe(/Build ID: (\w+)/.exec(notes)?.[1]);
  });

  it('are told relative to the source tree', () => {
    expect(namesBelow(tables, ['/src/tree'])).toEqual(['b.c', 'include/deep/inline.h', 'lib/a.c']);
    expect(namesBelow(tables, ['/src/tree/lib', '/other'])).toEqual(['a.c']);
  });
});

describe("the kernel's tree", () => {
  it('is found below the compilation directory and below that of the package build', () => {
    const tables = {
      names: new Set(['debian/build/x/init/main.c', '/build/path/linux-6.1/arch/a.S', '/usr/include/stdio.h']),
      compilationDirectory: 'debian/build/x',
      buildId: '',
    };
    expect(kernelPrefixes(tables)).toEqual(['debian/build/x', '/build/path/linux-6.1']);
    expect(namesBelow(tables, kernelPrefixes(tables))).toEqual(['arch/a.S', 'init/main.c']);
  });
});
