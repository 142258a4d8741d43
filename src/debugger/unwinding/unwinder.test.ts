import { beforeAll, describe, expect, it } from 'vitest';
import { compileProgram, fileInMemory } from '../../testing/cross-compile.ts';
import { traceSteps, type TracedStep } from '../../testing/step-trace.ts';
import { tracedSpace } from '../../testing/traced-space.ts';
import { SymbolFile } from '../symbols/symbol-file.ts';
import type { PhysicalFrame } from './frame.ts';
import { Registers } from './registers.ts';
import { logicalFrames, topFrame, Unwinder } from './unwinder.ts';

const STEPS = 1500;

async function framesOf(unwinder: Unwinder, top: PhysicalFrame, limit: number): Promise<PhysicalFrame[]> {
  const frames: PhysicalFrame[] = [];
  for await (const entry of unwinder.walk(top, { limit })) if (entry.kind === 'frame') frames.push(entry.frame);
  return frames;
}

/** Differences between gdb's frames and ours at one step, as text. */
async function differences(file: SymbolFile, step: TracedStep, unwinder: Unwinder, byCode: boolean): Promise<string[]> {
  const top = topFrame(tracedSpace(file, step, byCode), new Registers(step.registers));
  const frames = await framesOf(unwinder, top, step.frames.length);
  return step.frames.flatMap((expected, i) => {
    const place = `at 0x${step.registers[32].toString(16)} frame ${i} (${expected.name})`;
    const own = frames[i];
    if (own?.pc !== expected.pc) return [`${place}: pc 0x${own?.pc.toString(16)}, not 0x${expected.pc.toString(16)}`];
    if (own.registers.sp !== expected.sp) return [`${place}: sp ${own.registers.sp}, not ${expected.sp}`];
    const wrong = expected.saved.findIndex((value, register) => own.registers.get(19 + register) !== value);
    return wrong < 0 ? [] : [`${place}: x${19 + wrong}`];
  });
}

describe.each([
  ['-O0'],
  ['-O1'],
  ['-O2'],
  ['-O2', '-fomit-frame-pointer'],
  ['-Os'],
  ['-O3', '-fno-omit-frame-pointer'],
])('the stack of a program compiled with %s %s', (...flags) => {
  let file: SymbolFile;
  let steps: TracedStep[];
  beforeAll(async () => {
    const path = compileProgram('inlines', ['-g', ...flags.filter((it) => it !== undefined)]);
    file = await SymbolFile.open(fileInMemory(path), path);
    steps = traceSteps(path, STEPS);
  }, 60_000);

  it('is traced through many instructions', () => {
    expect(steps.length).toBeGreaterThan(200);
    expect(Math.max(...steps.map((step) => step.frames.length))).toBeGreaterThanOrEqual(3);
  });

  it.each([
    ['call frame information', false],
    ['the code alone', true],
  ])('is what gdb says at every instruction, from %s', async (_, byCode) => {
    const unwinder = new Unwinder();
    const found: string[] = [];
    for (const step of steps) found.push(...(await differences(file, step, unwinder, byCode)));
    expect(found.slice(0, 20)).toEqual([]);
  });
});

describe('logical frames', () => {
  it('put inlined functions above the function that they were inlined into', async () => {
    const path = compileProgram('inlines', ['-g', '-O2']);
    const file = await SymbolFile.open(fileInMemory(path), path);
    const names = new Set<string>();
    for (const step of traceSteps(path, 100)) {
      const top = topFrame(tracedSpace(file, step, false), new Registers(step.registers));
      const frames = await logicalFrames(top);
      names.add(frames.map((it) => it.function).join(' < '));
      expect(frames.at(-1)?.inlined).toBe(false);
    }
    expect([...names]).toContain('innermost < middle < outer');
  });
});
