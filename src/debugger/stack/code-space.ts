/** The spaces that frames belong to, as the unwinder wants them, and whose they are. */
import type { RegisterValues } from '../contexts/guests.ts';
import type { AddressSpace } from '../contexts/spaces.ts';
import type { System } from '../contexts/system.ts';
import type { Module, PhysicalFrame, UnwindSpace } from '../unwinding/frame.ts';
import { Registers } from '../unwinding/registers.ts';

/** A space with its owner: Xen working for a vCPU, a guest's kernel, or a task's program. */
export class CodeSpace implements UnwindSpace {
  constructor(
    private readonly system: System,
    readonly space: AddressSpace,
    /** Whose frames these are. */
    readonly vcpuAddress: bigint | undefined,
    readonly task: bigint | undefined,
    /** pCPU whose registers are live at the youngest frame; undefined when they were saved. */
    readonly cpu: number | undefined,
  ) {}

  moduleAt(): Module | undefined {
    const module = this.system.moduleIn(this.space, this.task);
    return module && { file: module.file, slide: this.system.slide(module, this.space) ?? 0n };
  }

  readMemory(address: bigint, length: number): Promise<Uint8Array> {
    const { bytes, fault } = this.system.port.read(this.system.portSpace(this.space, this.task), address, length);
    return fault === undefined ? Promise.resolve(bytes) : Promise.reject(new Error(fault));
  }

  /** A 64-bit word; undefined when it cannot be read. */
  word(address: bigint): bigint | undefined {
    const { bytes, fault } = this.system.port.read(this.system.portSpace(this.space, this.task), address, 8);
    return fault === undefined ? new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true) : undefined;
  }
}

/** General registers, SP and PC out of `values`. */
export function unwindRegisters(values: RegisterValues | { read(name: string): bigint | undefined }): Registers {
  const general = Array.from({ length: 31 }, (_, n) => values.read(`X${n}`));
  return new Registers([...general, values.read('SP'), values.read('PC')]);
}

/** The owner of a frame. All frames of a stack made here have one. */
export function ownerOf(frame: PhysicalFrame): CodeSpace {
  if (!(frame.space instanceof CodeSpace)) throw new Error('a frame of another stack');
  return frame.space;
}
