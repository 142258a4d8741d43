/** Values of variables against gdb's, instruction by instruction. */
import { beforeAll, describe, expect, it } from 'vitest';
import { compileProgram, fileInMemory } from '../../testing/cross-compile.ts';
import { traceSteps, type TracedStep } from '../../testing/step-trace.ts';
import { tracedScope } from '../../testing/traced-space.ts';
import { SymbolFile } from '../symbols/symbol-file.ts';
import { Unwinder } from '../unwinding/unwinder.ts';
import { formatValue } from './format.ts';

/** gdb's words for what has no value are ours. */
function normalized(text: string): string {
  if (text.includes('optimized out') || text.includes('synthetic pointer')) return '<optimised out>';
  return text.replace(/^(0x[0-9a-f]+) .*/, '$1');
}

/** Numbers, pointers and what is optimised out; arrays are written differently on purpose. */
function isComparable(text: string): boolean {
  return /^(-?\d+|0x[0-9a-f]+|<optimised out>)$/.test(text);
}

/** Memory below SP is not recorded; there is none in use but while a frame is being made. */
function isBeyondRecording(text: string): boolean {
  return text === '<unreadable>';
}

/** gdb also works out what a function passed on by a tail call; we say that it is gone. */
function isTailCalled(text: string, step: TracedStep): boolean {
  return text === '<optimised out>' && step.frames[0].name === 'leaf' && step.frames[1].name !== 'outer';
}

/** gdb shows an array whose length it does not know as a null pointer. */
function isVariableLength(step: TracedStep, name: string): boolean {
  return step.frames[0].name === 'dynamic' && name === 'buffer';
}

describe.each([['-O0'], ['-O1'], ['-O2'], ['-O2', '-gdwarf-4'], ['-O3']])(
  'locals of a program compiled with %s %s',
  (...flags) => {
    let file: SymbolFile;
    let steps: TracedStep[];
    beforeAll(async () => {
      const path = compileProgram('inlines', ['-g', ...flags.filter((it) => it !== undefined)]);
      file = await SymbolFile.open(fileInMemory(path), path);
      steps = traceSteps(path, 1200);
    }, 60_000);

    it('have the values that gdb gives them at every instruction', async () => {
      const unwinder = new Unwinder();
      const found: string[] = [];
      let compared = 0;
      for (const step of steps) {
        const scope = tracedScope(file, step, unwinder);
        const locals = new Map((await scope.locals()).map((it) => [it.name, it.value]));
        for (const { name, value } of step.locals) {
          const own = locals.get(name);
          const expected = normalized(value);
          if (!isComparable(expected)) continue;
          const text = own ? normalized(await formatValue(own, scope)) : '<optimised out>';
          compared++;
          if (isBeyondRecording(text) || isTailCalled(text, step) || isVariableLength(step, name)) continue;
          if (text !== expected) found.push(`0x${step.registers[32].toString(16)} ${name}: ${text}, not ${value}`);
        }
      }
      expect(found.slice(0, 20)).toEqual([]);
      expect(compared).toBeGreaterThan(500);
    });
  },
);
