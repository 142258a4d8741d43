/** Memory of a traced program: its stack as recorded, its code and data from the file. */
import { FrameScope, type MachineAccess } from '../debugger/expressions/frame-scope.ts';
import { Registers } from '../debugger/unwinding/registers.ts';
import { topFrame, type Unwinder } from '../debugger/unwinding/unwinder.ts';
import type { UnwindSpace } from '../debugger/unwinding/frame.ts';
import { PT_LOAD } from '../formats/elf/elf.ts';
import type { SymbolFile } from '../debugger/symbols/symbol-file.ts';
import type { TracedStep } from './step-trace.ts';

/** The space of `step`. With `withoutFrameInfo` the module pretends to have no call frame information. */
export function tracedSpace(file: SymbolFile, step: TracedStep, withoutFrameInfo: boolean): UnwindSpace {
  const sp = step.registers[31];
  const end = sp + BigInt(step.stack.length);
  const module = { file: withoutFrameInfo ? withoutCfi(file) : file, slide: 0n };
  return {
    moduleAt: () => module,
    readMemory: async (address, length) => {
      if (address >= sp && address + BigInt(length) <= end) {
        const from = Number(address - sp);
        return step.stack.slice(from, from + length);
      }
      return readLoaded(file, address, length);
    },
  };
}

/** `file` without call frame information. */
export function withoutCfi(file: SymbolFile): SymbolFile {
  return new Proxy(file, {
    get(target, name) {
      if (name === 'frameInfo') return () => Promise.resolve(undefined);
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

async function readLoaded(file: SymbolFile, address: bigint, length: number): Promise<Uint8Array> {
  const { elf } = file;
  const segment = elf.phdrs.find((it) => {
    const within = address - it.virtualAddress;
    return it.type === PT_LOAD && within >= 0n && within + BigInt(length) <= BigInt(it.fileSize);
  });
  if (!segment) throw new Error(`no memory at 0x${address.toString(16)}`);
  const offset = segment.offset + Number(address - segment.virtualAddress);
  return elf.pager.run(() => elf.pager.bytes(offset, length).slice());
}

/** The scope of the youngest frame of `step`. Nothing can be written. */
export function tracedScope(file: SymbolFile, step: TracedStep, unwinder: Unwinder, inlineDepth = 0): FrameScope {
  const space = tracedSpace(file, step, false);
  const frame = topFrame(space, new Registers(step.registers));
  const machine: MachineAccess = {
    register: async (name) => {
      const vector = /^V(\d+)$/.exec(name);
      return vector && Number(vector[1]) < step.vectors.length
        ? { name, value: step.vectors[Number(vector[1])], size: 16 }
        : undefined;
    },
    writeRegister: () => Promise.reject(new Error('a recording cannot be changed')),
    writeMemory: () => Promise.reject(new Error('a recording cannot be changed')),
  };
  return new FrameScope({ view: { frame, module: { file, slide: 0n }, unwinder }, inlineDepth, machine });
}
