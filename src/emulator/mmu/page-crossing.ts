/** Accesses that lie in two pages: both are translated before anything is read or written. */
import { Access } from '../cpu/cpu.ts';
import type { Cpu } from '../cpu/cpu.ts';
import { SCRATCH } from '../memory-layout.ts';
import { raiseDataAbort } from './abort.ts';
import { Located } from './core.ts';
import type { MmuCore } from './core.ts';
import type { TlbContext } from './tlb.ts';

/** Part of an access: in RAM at `linear`, or on the bus at `pa` when `linear` is 0. */
interface Part {
  readonly linear: number;
  readonly pa: number;
}

/** Carries the access (`want` as in `Want`, `info` as in `Access`) out through `SCRATCH` and returns it; 0 when an abort was taken. */
export function crossingAccess(
  core: MmuCore,
  cpu: Cpu,
  context: TlbContext,
  vaLo: number,
  vaHi: number,
  want: number,
  info: number,
): number {
  const size = 1 << (info & Access.sizeMask);
  const split = 4096 - (vaLo & 0xfff);
  const first = locatePart(core, cpu, context, vaLo, vaHi, want, info, split);
  if (first === undefined) return 0;
  const nextLo = ((vaLo | 0xfff) + 1) >>> 0;
  const nextHi = (nextLo === 0 ? vaHi + 1 : vaHi) >>> 0;
  const second = locatePart(core, cpu, context, nextLo, nextHi, want, info, size - split);
  if (second === undefined) return 0;
  for (let i = 0; i < size; i++) {
    const [part, offset] = i < split ? [first, i] : [second, i - split];
    moveByte(core, cpu, part, offset, SCRATCH + i, (info & Access.write) !== 0);
  }
  return SCRATCH;
}

function locatePart(
  core: MmuCore,
  cpu: Cpu,
  context: TlbContext,
  vaLo: number,
  vaHi: number,
  want: number,
  info: number,
  bytes: number,
): Part | undefined {
  const linear = core.locate(cpu, context, vaLo, vaHi, want, info, bytes);
  if (linear !== Located.fault) return { linear, pa: core.walker.pa };
  raiseDataAbort(cpu, core.fault, vaLo, vaHi, info);
  return undefined;
}

function moveByte(core: MmuCore, cpu: Cpu, part: Part, offset: number, at: number, write: boolean): void {
  const { bytes } = core;
  if (part.linear === Located.notRam) {
    if (write) cpu.host.busWrite(cpu, part.pa + offset, 1, bytes[at]);
    else bytes[at] = cpu.host.busRead(cpu, part.pa + offset, 1);
  } else if (write) bytes[part.linear + offset] = bytes[at];
  else bytes[at] = bytes[part.linear + offset];
}
