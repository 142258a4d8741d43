/** From Xen's exception entry code to what it interrupted: a guest, or Xen itself (struct cpu_user_regs on the stack). */
import type { System } from '../contexts/system.ts';
import type { PhysicalFrame } from '../unwinding/frame.ts';
import type { Boundary } from './boundary.ts';
import { Registers } from '../unwinding/registers.ts';
import { CodeSpace, ownerOf, unwindRegisters } from './code-space.ts';
import { type EntryPlace } from './entry-code.ts';
import { exceptionLabel } from './exception-label.ts';
import { stackTaken } from './stack-adjustment.ts';
import type { UserRegistersLayout } from './user-registers.ts';

/** PSTATE.M[3:2]. */
const levelOf = (pstate: bigint): number => Number((pstate >> 2n) & 3n);

/** The boundary below a frame of Xen's entry code. */
export function xenBoundary(
  system: System,
  layout: UserRegistersLayout,
  frame: PhysicalFrame,
  place: EntryPlace,
): Boundary | undefined {
  const owner = ownerOf(frame);
  const base = frame.registers.sp;
  if (base === undefined) return undefined;
  // return_from_trap has the frame complete, and restores it.
  const isSaved = place.isSaved || place.symbol === 'return_from_trap';
  const values = isSaved ? fromMemory(owner, layout, base) : undefined;
  const cpu = owner.cpu;
  const live = (name: string): bigint | undefined =>
    cpu === undefined ? undefined : system.port.readRegister(cpu, name);
  const pstate = values?.read('PSTATE') ?? live('SPSR_EL2');
  if (pstate === undefined) return undefined;
  const level = levelOf(pstate);
  const label = exceptionLabel(place, isSaved ? values?.read('ESR') : live('ESR_EL2'));
  if (level === 2) return sameLevel(frame, label, place, values, live);
  return guestFrame(system, owner, level, label, place, live);
}

/** A hypervisor's own code was interrupted: everything about it is in the frame. */
function sameLevel(
  frame: PhysicalFrame,
  label: string,
  place: EntryPlace,
  values: ReturnType<typeof fromMemory> | undefined,
  live: (name: string) => bigint | undefined,
): Boundary | undefined {
  const read = (name: string): bigint | undefined => {
    if (values) return values.read(name);
    return name === 'PC' ? live('ELR_EL2') : name === 'SP' ? stackBefore(frame, place) : live(name);
  };
  const registers = unwindRegisters({ read });
  return {
    label: `${label} at EL2`,
    interrupted: { space: frame.space, registers, pc: registers.pc, isReturnAddress: false },
  };
}

function stackBefore(frame: PhysicalFrame, { symbol, offset }: EntryPlace): bigint | undefined {
  const { sp } = frame.registers;
  const start = /vector/.test(symbol) ? frame.pc : frame.pc - BigInt(offset);
  return sp === undefined ? undefined : sp + stackTaken(ownerOf(frame), start, frame.pc);
}

function guestFrame(
  system: System,
  owner: CodeSpace,
  level: number,
  label: string,
  place: EntryPlace,
  live: (name: string) => bigint | undefined,
): Boundary | undefined {
  const { hypervisor } = system;
  if (!hypervisor || owner.vcpuAddress === undefined) return undefined;
  const vcpu = hypervisor.vcpuOfAddress(owner.vcpuAddress);
  if (!vcpu) return undefined;
  const isSaved = place.isSaved || place.symbol === 'return_from_trap';
  const saved = hypervisor.guestRegisters(owner.vcpuAddress);
  const registers = isSaved ? unwindRegisters(saved) : unfinished(level, live);
  const space = { kind: 'guest', domain: vcpu.domid, el: level === 0 ? 0 : 1 } as const;
  const task = system.kernels.get(vcpu.domid)?.currentTask(owner.vcpuAddress);
  const code = new CodeSpace(system, space, owner.vcpuAddress, task, undefined);
  const interrupted = { space: code, registers, pc: registers.pc, isReturnAddress: false };
  return { label: `${label} \u2192 EL2`, interrupted };
}

/** While the entry code has saved nothing yet, the guest's registers are still in the CPU. */
function unfinished(level: number, live: (name: string) => bigint | undefined): Registers {
  return unwindRegisters({
    read: (name) => {
      if (name === 'PC') return live('ELR_EL2');
      return name === 'SP' ? live(`SP_EL${level}`) : live(name);
    },
  });
}

function fromMemory(owner: CodeSpace, layout: UserRegistersLayout, base: bigint) {
  return {
    read: (name: string): bigint | undefined => {
      const offset = layout.offsets.get(name);
      return offset === undefined ? undefined : owner.word(base + offset);
    },
  };
}
