/** From a Linux kernel's exception entry code to what it interrupted: a program, or the kernel itself (struct pt_regs on the stack). */
import type { System } from '../contexts/system.ts';
import type { SymbolFile } from '../symbols/symbol-file.ts';
import type { PhysicalFrame } from '../unwinding/frame.ts';
import type { Boundary } from './boundary.ts';
import { CodeSpace, ownerOf, unwindRegisters } from './code-space.ts';
import type { EntryPlace } from './entry-code.ts';
import { exceptionLabel, syndromeLabel } from './exception-label.ts';
import { stackTaken } from './stack-adjustment.ts';
import type { UserRegistersLayout } from './user-registers.ts';

/** ESR of an SVC #0, the only one Linux' programs make. */
const ESR_SVC_0 = 0x5600_0000;
const RETURNS = /^ret_to_(user|kernel)/;

/** The boundary below a frame of the kernel's entry code; undefined for a kernel thread's first frame. */
export async function linuxBoundary(
  system: System,
  file: SymbolFile,
  layout: UserRegistersLayout,
  frame: PhysicalFrame,
  place: EntryPlace,
): Promise<Boundary | undefined> {
  const owner = ownerOf(frame);
  const isSaved = place.isSaved || RETURNS.test(place.symbol);
  const read = isSaved
    ? fromMemory(owner, layout, frame.registers.sp)
    : unfinished(system, owner, frame, place, layout.size);
  const pstate = read('PSTATE');
  const registers = unwindRegisters({ read });
  if (pstate === undefined || registers.pc === 0n) return undefined;
  const isUser = ((pstate >> 2n) & 3n) === 0n;
  const label = await labelOf(
    system,
    file,
    owner,
    place,
    isUser ? read('SYSCALL') : undefined,
    isSaved ? undefined : read('ESR'),
  );
  if (!isUser) {
    return {
      label: `${label} at EL1`,
      interrupted: { space: owner, registers, pc: registers.pc, isReturnAddress: false },
    };
  }
  const domain = owner.space.kind === 'guest' ? owner.space.domain : 0;
  const space = new CodeSpace(system, { kind: 'guest', domain, el: 0 }, owner.vcpuAddress, owner.task, undefined);
  return { label: `${label} \u2192 EL1`, interrupted: { space, registers, pc: registers.pc, isReturnAddress: false } };
}

type Read = (name: string) => bigint | undefined;

function fromMemory(owner: CodeSpace, layout: UserRegistersLayout, base: bigint | undefined): Read {
  return (name) => {
    const offset = layout.offsets.get(name);
    return base === undefined || offset === undefined ? undefined : owner.word(base + offset);
  };
}

/** At the vector the registers are still those of what was interrupted. */
function unfinished(system: System, owner: CodeSpace, frame: PhysicalFrame, place: EntryPlace, size: number): Read {
  const vcpu = owner.vcpuAddress;
  const registers = vcpu === undefined ? undefined : system.hypervisor?.guestRegisters(vcpu);
  const pstate = registers?.read('SPSR_EL1') ?? 0n;
  const isUser = ((pstate >> 2n) & 3n) === 0n;
  return (name) => {
    if (name === 'PC') return registers?.read('ELR_EL1');
    if (name === 'PSTATE') return registers?.read('SPSR_EL1');
    if (name === 'SYSCALL') return undefined;
    if (name === 'ESR') return registers?.read('ESR_EL1');
    if (name === 'SP') return isUser ? registers?.read('SP_EL0') : stackBefore(owner, frame, place, size);
    return frame.registers.get(Number(name.slice(1)));
  };
}

/** Bytes of one entry of the vector table. */
const VECTOR_SIZE = 0x80n;

/** The vector makes room for the registers; the code that it branches to finds that done. */
function stackBefore(owner: CodeSpace, frame: PhysicalFrame, place: EntryPlace, size: number): bigint | undefined {
  const { sp } = frame.registers;
  const isVector = /vector/.test(place.symbol);
  const start = isVector ? frame.pc & -VECTOR_SIZE : frame.pc - BigInt(place.offset);
  const taken = stackTaken(owner, start, frame.pc) + (isVector ? 0n : BigInt(size));
  return sp === undefined ? undefined : sp + taken;
}

/** A system call has its name: `SVC #0 sendfile`. */
async function labelOf(
  system: System,
  file: SymbolFile,
  owner: CodeSpace,
  place: EntryPlace,
  syscall: bigint | undefined,
  esr: bigint | undefined,
): Promise<string> {
  const number = syscall === undefined ? -1 : Number(BigInt.asIntN(32, syscall));
  const isCall = /sync/.test(place.symbol) || RETURNS.test(place.symbol) || place.symbol === 'ret_from_fork';
  if (number < 0 || !isCall) return exceptionLabel(place, esr);
  const name = syscallName(system, file, owner, number);
  return name === undefined ? syndromeLabel(ESR_SVC_0) : `${syndromeLabel(ESR_SVC_0)} ${name}`;
}

/** The function in the kernel's table of system calls, without its prefix. */
function syscallName(system: System, file: SymbolFile, owner: CodeSpace, number: number): string | undefined {
  const table = file.symbols.named('sys_call_table').at(0)?.value;
  const module = system.moduleIn(owner.space);
  if (table === undefined || !module) return undefined;
  const slide = system.slide(module, owner.space) ?? 0n;
  const handler = owner.word(table + slide + BigInt(8 * number));
  const symbol = handler === undefined ? undefined : file.symbols.covering(handler - slide);
  const name = symbol?.name.replace(/^__arm64_sys_/, '');
  return name === undefined ? undefined : (RENAMED[name] ?? name);
}

/** System calls of 64-bit programs whose functions are called otherwise (asm-generic/unistd.h). */
const RENAMED: Readonly<Record<string, string>> = {
  sendfile64: 'sendfile',
  fadvise64_64: 'fadvise64',
  newfstat: 'fstat',
  newuname: 'uname',
};
