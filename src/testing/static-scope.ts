/** A program that is not running: its data as in the file, registers as the test sets them. Writes go to an overlay. */
import { FrameScope } from '../debugger/expressions/frame-scope.ts';
import type { RegisterValue } from '../debugger/expressions/scope.ts';
import { PT_LOAD } from '../formats/elf/elf.ts';
import type { SymbolFile } from '../debugger/symbols/symbol-file.ts';
import { Registers } from '../debugger/unwinding/registers.ts';
import { topFrame, Unwinder } from '../debugger/unwinding/unwinder.ts';

/** A scope at the entry of `main`. `registers` holds system registers by name. */
export async function staticScope(
  file: SymbolFile,
  registers: Map<string, RegisterValue>,
  hasSymbols = true,
): Promise<FrameScope> {
  const [main] = await file.lookupFunction('main');
  const written = new Map<bigint, number>();
  const readMemory = async (address: bigint, length: number): Promise<Uint8Array> => {
    const bytes = await readSegment(file, address, length);
    return bytes.map((byte, i) => written.get(address + BigInt(i)) ?? byte);
  };
  const module = hasSymbols ? { file, slide: 0n } : undefined;
  const space = { moduleAt: () => module, readMemory };
  const values = Array.from({ length: 31 }, (_, i) => BigInt(i * 0x1111));
  const frame = topFrame(space, new Registers([...values, 0x8000n, main.lowPc]));
  return new FrameScope({
    view: { frame, module, unwinder: new Unwinder() },
    inlineDepth: 0,
    machine: {
      register: async (name) => registers.get(name.toUpperCase()),
      writeRegister: async (name, value) => {
        const old = registers.get(name.toUpperCase());
        registers.set(name.toUpperCase(), { name, size: 8, ...old, value });
      },
      writeMemory: async (address, bytes) => {
        bytes.forEach((byte, i) => written.set(address + BigInt(i), byte));
      },
    },
  });
}

/** What the file does not store (.bss) is zero. */
async function readSegment({ elf }: SymbolFile, address: bigint, length: number): Promise<Uint8Array> {
  const segment = elf.phdrs.find((it) => {
    const within = address - it.virtualAddress;
    return it.type === PT_LOAD && within >= 0n && within + BigInt(length) <= it.memorySize;
  });
  if (!segment) throw new Error(`no memory at 0x${address.toString(16)}`);
  const offset = Number(address - segment.virtualAddress);
  const stored = Math.max(Math.min(length, segment.fileSize - offset), 0);
  const bytes = new Uint8Array(length);
  if (stored > 0) bytes.set(await elf.pager.run(() => elf.pager.bytes(segment.offset + offset, stored)));
  return bytes;
}
