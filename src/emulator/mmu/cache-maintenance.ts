/** DC and IC instructions. No caches are modelled, so only their faults and DC ZVA have an effect; code coherence is kept by the TLB's write tags. */
import { Access, Status } from '../cpu/cpu.ts';
import type { Cpu } from '../cpu/cpu.ts';
import { EL } from '../cpu/state.ts';
import { ramOffset } from '../memory-layout.ts';
import { CACHE_MAINTENANCE, raiseDataAbort } from './abort.ts';
import { Located } from './core.ts';
import type { MmuCore } from './core.ts';
import { Want } from './translation-table-walk.ts';

/** Bytes that DC ZVA clears (DCZID_EL0.BS = 4), and of a cache line. */
const ZVA_SIZE = 64;

/** op1:CRn:CRm:op2 of the operations by address. */
const BY_ADDRESS = { IVAC: 0x3b1, IVAU: 0x1ba9, CVAC: 0x1bd1, CVAU: 0x1bd9, CIVAC: 0x1bf1, ZVA: 0x1ba1 } as const;

/** Carries out DC or IC `encoding` (op0:op1:CRn:CRm:op2). Operations by set/way and on everything do nothing. */
export function cacheMaintenance(core: MmuCore, cpu: Cpu, encoding: number, rt: number): Status {
  const vaLo = cpu.state.u32[2 * rt];
  const vaHi = cpu.state.u32[2 * rt + 1];
  switch (encoding & 0x3fff) {
    case BY_ADDRESS.ZVA:
      return zeroBlock(core, cpu, vaLo, vaHi);
    case BY_ADDRESS.IVAC:
      return checkAddress(core, cpu, vaLo, vaHi, Want.write);
    case BY_ADDRESS.IVAU:
    case BY_ADDRESS.CVAC:
    case BY_ADDRESS.CVAU:
    case BY_ADDRESS.CIVAC:
      // Only EL0 needs permission (to read).
      return checkAddress(core, cpu, vaLo, vaHi, cpu.state.u32[EL >>> 2] === 0 ? Want.read : 0);
    default:
      return Status.next;
  }
}

function checkAddress(core: MmuCore, cpu: Cpu, vaLo: number, vaHi: number, want: number): Status {
  const context = core.sets[cpu.index].current;
  const isInvalidation = want === Want.write;
  if (!isInvalidation && context.find(vaLo, vaHi) >= 0) return Status.next;
  if (core.translate(context, vaLo, vaHi, want)) {
    // Of all maintenance only DC IVAC is a store to a watchpoint.
    if (isInvalidation && core.isWatched(cpu, vaLo & -ZVA_SIZE, vaHi, ZVA_SIZE, Access.write)) {
      raiseDataAbort(cpu, core.fault, vaLo, vaHi, CACHE_MAINTENANCE);
      return Status.resync;
    }
    // Loops over a range come once a line: the next ones must find the page without a walk.
    const linear = ramOffset(core.walker.pa);
    if (linear !== 0) core.install(context, vaLo, vaHi, linear - (vaLo & 0xfff));
    return Status.next;
  }
  raiseDataAbort(cpu, core.fault, vaLo, vaHi, CACHE_MAINTENANCE);
  return Status.resync;
}

function zeroBlock(core: MmuCore, cpu: Cpu, vaLo: number, vaHi: number): Status {
  const context = core.sets[cpu.index].current;
  const info = Access.write | Access.noSyndrome;
  // On Device memory DC ZVA is an alignment fault, which is what an unaligned access gets there.
  const first = vaLo & -ZVA_SIZE;
  const linear = core.locate(cpu, context, first, vaHi, Want.write | Want.unaligned, info, ZVA_SIZE);
  if (linear === Located.fault) {
    raiseDataAbort(cpu, core.fault, vaLo, vaHi, info);
    return Status.resync;
  }
  if (linear !== Located.notRam) core.bytes.fill(0, linear, linear + ZVA_SIZE);
  else clearBus(cpu, core.walker.pa);
  return Status.next;
}

function clearBus(cpu: Cpu, pa: number): void {
  for (let offset = 0; offset < ZVA_SIZE; offset += 4) cpu.host.busWrite(cpu, pa + offset, 4, 0);
}
