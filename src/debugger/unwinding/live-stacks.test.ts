/** Stacks of real kernels and of Xen at random stops of the booted machine, when the default pack has been built. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DebugPort } from '../../emulator/debug-port.ts';
import { Runner } from '../../headless/runner.ts';
import { CountedFile, randomNumbers } from '../../testing/cross-compile.ts';
import { withoutCfi } from '../../testing/traced-space.ts';
import { SymbolFile } from '../symbols/symbol-file.ts';
import type { PhysicalFrame, UnwindSpace } from './frame.ts';
import { Registers } from './registers.ts';
import { topFrame, Unwinder } from './unwinder.ts';

const PACK = join(import.meta.dirname, '../../../public/packs/default');
const STOPS = 25;
const CPUS = [0, 1, 2, 3];
const BL = 0b100101;

/** Keeps a guest busy in its kernel and in Xen. */
const WORK = 'while true; do cat /sys/hypervisor/version/major; ls -lR /sys/kernel | md5sum; done\n';

async function framesOf(space: UnwindSpace, registers: Registers): Promise<PhysicalFrame[]> {
  const frames: PhysicalFrame[] = [];
  for await (const entry of new Unwinder().walk(topFrame(space, registers), { limit: 64 })) {
    if (entry.kind === 'frame') frames.push(entry.frame);
  }
  return frames;
}

/** Addresses and stack pointers of frames. */
function placesOf(frames: readonly PhysicalFrame[]): string[] {
  return frames.map((frame) => `${frame.pc.toString(16)} ${frame.registers.sp?.toString(16)}`);
}

/** True when the instruction before `pc` is a BL or BLR. */
async function followsCall(space: UnwindSpace, pc: bigint): Promise<boolean> {
  const bytes = await space.readMemory(pc - 4n, 4);
  const word = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  return word >>> 26 === BL || (word & 0xffff_fc1f) >>> 0 === 0xd63f_0000;
}

describe.runIf(existsSync(join(PACK, 'boot.snapshot')))('stacks of the booted machine', () => {
  let sources: CountedFile[];
  let xen: SymbolFile;
  let linux: SymbolFile;
  let runner: Runner;
  let port: DebugPort;
  beforeAll(async () => {
    sources = await Promise.all(['xen-syms', 'vmlinux'].map((name) => CountedFile.open(join(PACK, name))));
    [xen, linux] = await Promise.all(sources.map((source, i) => SymbolFile.open(source, ['xen', 'linux'][i])));
    runner = new Runner(1e12, () => {});
    runner.load(new Uint8Array(readFileSync(join(PACK, 'boot.snapshot'))));
    port = new DebugPort(runner.machine);
    runner.step({ kind: 'type', console: 'd1', text: WORK });
    runner.step({ kind: 'type', console: 'd2', text: WORK });
  }, 60_000);
  afterAll(() => Promise.all(sources.map((source) => source.close())));

  function spaceOf(cpu: number, file: SymbolFile): UnwindSpace {
    const view = port.view(cpu);
    const symbolAt = (pc: bigint): boolean => file.symbols.covering(pc) !== undefined;
    return {
      moduleAt: (pc) => (symbolAt(pc) ? { file, slide: 0n } : undefined),
      readMemory: (address, length) => {
        const { bytes, fault } = port.read({ kind: 'va', view }, address, length);
        return fault === undefined ? Promise.resolve(bytes) : Promise.reject(new Error(fault));
      },
    };
  }

  function registersOf(cpu: number): Registers {
    const names = [...Array.from({ length: 31 }, (_, n) => `X${n}`), 'SP', 'PC'];
    return new Registers(names.map((name) => port.readRegister(cpu, name)));
  }

  /** Frames that symbols are known for: below exception entry code it is a boundary's business. */
  function named(frames: readonly PhysicalFrame[], file: SymbolFile): PhysicalFrame[] {
    return frames.filter((frame) => file.symbols.covering(frame.pc) !== undefined);
  }

  it('have calls before every return address, and are the same from code as from call frame information', async () => {
    const random = randomNumbers(11);
    const wrong: string[] = [];
    let deepest = 0;
    let kernels = 0;
    for (let stop = 0; stop < STOPS; stop++) {
      runner.step({ kind: 'instructions', count: 100_000 + random(2_000_000) });
      for (const cpu of CPUS.filter((it) => port.status(it).el > 0)) {
        const file = port.status(cpu).el === 2 ? xen : linux;
        const space = spaceOf(cpu, file);
        const frames = named(await framesOf(space, registersOf(cpu)), file);
        // Frames of assembly that control was passed to by an exception or a switch follow no call.
        for (const frame of frames.slice(1)) {
          const { frames: known } = await file.lookupAddress(frame.pc - 1n);
          const isC = known.at(-1)?.file.endsWith('.c') ?? false;
          if (isC && !(await followsCall(space, frame.pc))) wrong.push(`no call before 0x${frame.pc.toString(16)}`);
        }
        deepest = Math.max(deepest, frames.length);
        if (file !== linux) continue;
        kernels++;
        const byCode = named(await framesOf(spaceOf(cpu, withoutCfi(file)), registersOf(cpu)), file);
        const [expected, own] = [placesOf(frames), placesOf(byCode)];
        if (own.join() !== expected.join()) wrong.push(`${own.join()}, not ${expected.join()}`);
      }
    }
    expect(wrong).toEqual([]);
    expect(deepest).toBeGreaterThan(8);
    expect(kernels).toBeGreaterThan(STOPS / 2);
  }, 120_000);
});
