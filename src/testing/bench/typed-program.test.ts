import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { assembleFlat } from '../cross-compile.ts';
import { typedProgram } from './typed-program.ts';

describe('a program that is typed', () => {
  it('is the assembled one when a shell has executed its lines, and runs', () => {
    const folder = mkdtempSync(join(tmpdir(), 'trapline-typed-'));
    const path = join(folder, 'walk');
    const lines = typedProgram('walk', path);
    execFileSync('sh', ['-c', lines.join('\n')]);
    expect(new Uint8Array(readFileSync(path))).toEqual(new Uint8Array(assembleFlat('walk')));
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThan(1024);
    // Exit status 0: the walk ended where it began.
    execFileSync('qemu-aarch64-static', [path]);
    rmSync(folder, { recursive: true });
  });
});
