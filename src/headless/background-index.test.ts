import { expect, it } from 'vitest';
import { SymbolFile } from '../debugger/symbols/symbol-file.ts';
import { compileProgram, fileInMemory } from '../testing/cross-compile.ts';
import { indexInBackground } from '../workers/background-index.ts';

it('makes the index of a program that came without, and rests longer while the machine runs', async () => {
  const path = compileProgram('inlines', ['-O2', '-gdwarf-5']);
  for (const isRunning of [false, true]) {
    const file = await SymbolFile.open(fileInMemory(path), path);
    const rests: number[] = [];
    let now = 0;
    const host = {
      now: () => (now += 20),
      yield: (rest: number) => Promise.resolve(void rests.push(rest)),
    };
    await indexInBackground([{ role: 'program', name: 'inlines', file, domains: [0] }], {
      host,
      isRunning: () => isRunning,
    });
    expect(file.hasIndex).toBe(true);
    expect(new Set(rests)).toEqual(new Set([isRunning ? 40 : 0]));
  }
});
