/** The call stack across exception levels: Xen, the guest's kernel, its program, with a boundary row at each exception. */
import type { ExecutionContext, System } from '../contexts/system.ts';
import type { AddressSpace } from '../contexts/spaces.ts';
import type { PhysicalFrame, UnwindEnd } from '../unwinding/frame.ts';
import type { Boundary } from './boundary.ts';
import { type LogicalFrame, logicalFrames, topFrame, Unwinder } from '../unwinding/unwinder.ts';
import { CodeSpace, ownerOf, unwindRegisters } from './code-space.ts';
import { entryPlace } from './entry-code.ts';
import { linuxBoundary } from './linux-boundary.ts';
import { linuxUserRegisters, type UserRegistersLayout, xenUserRegisters } from './user-registers.ts';
import { xenBoundary } from './xen-boundary.ts';

/** A row of the stack. */
export type StackRow =
  | {
      readonly kind: 'frame';
      readonly space: AddressSpace;
      /** Of the frame's instruction; where a call returns to, for all but the youngest. */
      readonly pc: bigint;
      readonly frame: LogicalFrame;
      readonly task: bigint | undefined;
    }
  /** `HVC #0xEA1 → EL2`. */
  | { readonly kind: 'boundary'; readonly label: string }
  | { readonly kind: 'end'; readonly reason: UnwindEnd };

export class CallStacks {
  readonly unwinder = new Unwinder();
  readonly #layouts = new Map<string, Promise<UserRegistersLayout | undefined>>();

  constructor(private readonly system: System) {}

  /** The youngest frame of a pCPU. */
  topOfCpu(cpu: number): PhysicalFrame {
    const context: ExecutionContext = this.system.context(cpu);
    const space = new CodeSpace(this.system, context.space, context.vcpuAddress, context.task, cpu);
    return topFrame(space, unwindRegisters({ read: (name) => this.system.port.readRegister(cpu, name) }));
  }

  /** The youngest frame of a vCPU, wherever it is: on a pCPU, or switched away from within Xen. */
  topOfVcpu(address: bigint): PhysicalFrame {
    const { hypervisor } = this.system;
    if (!hypervisor) throw new Error('vCPUs are known only with symbols for Xen');
    const cpu = hypervisor.cpuOf(address);
    if (cpu !== undefined) return this.topOfCpu(cpu);
    const space = new CodeSpace(this.system, { kind: 'xen' }, address, undefined, undefined);
    return topFrame(space, unwindRegisters(hypervisor.hypervisorRegisters(address)));
  }

  /** All rows from `top` on. */
  async *rows(top: PhysicalFrame, limit = 256): AsyncGenerator<StackRow> {
    const boundary = (frame: PhysicalFrame): Promise<Boundary | undefined> => this.boundaryBelow(frame);
    for await (const entry of this.unwinder.walk(top, { limit, boundary })) {
      if (entry.kind === 'boundary') yield entry;
      else if (entry.kind === 'end') yield entry;
      else yield* this.#frameRows(entry.frame);
    }
  }

  /** The exception whose entry code `frame` is, if it is. */
  async boundaryBelow(frame: PhysicalFrame): Promise<Boundary | undefined> {
    const place = await entryPlace(frame);
    if (!place) return undefined;
    const owner = ownerOf(frame);
    const module = this.system.moduleIn(owner.space);
    if (!module) return undefined;
    if (owner.space.kind === 'xen') {
      const layout = await this.#layout('xen', () => xenUserRegisters(module.file));
      return layout && xenBoundary(this.system, layout, frame, place);
    }
    const layout = await this.#layout('linux', () => linuxUserRegisters(module.file));
    return layout && linuxBoundary(this.system, module.file, layout, frame, place);
  }

  async *#frameRows(frame: PhysicalFrame): AsyncGenerator<StackRow> {
    const { space, task } = ownerOf(frame);
    for (const logical of await logicalFrames(frame))
      yield { kind: 'frame', space, pc: frame.pc, frame: logical, task };
  }

  #layout(key: string, make: () => Promise<UserRegistersLayout | undefined>): Promise<UserRegistersLayout | undefined> {
    const known = this.#layouts.get(key) ?? make();
    this.#layouts.set(key, known);
    return known;
  }
}
