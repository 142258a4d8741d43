/** AT instructions: a translation whose outcome goes to PAR_EL1. */
import { Status } from '../cpu/cpu.ts';
import type { Cpu } from '../cpu/cpu.ts';
import { EL } from '../cpu/state.ts';
import { Reg } from '../cpu/system-registers/offsets.ts';
import { CACHE_MAINTENANCE, raiseDataAbort } from './abort.ts';
import { captureRegisters } from './contexts.ts';
import type { MmuCore } from './core.ts';
import { Fsc, NO_FAULT } from './fault.ts';
import { effectiveShareability } from './memory-attributes.ts';
import { currentVmid, Regime } from './regime.ts';
import { Want } from './translation-table-walk.ts';

const PAR = Reg.PAR_EL1 >>> 2;
/** Bit 11 of PAR_EL1 is RES1 in the 64-bit format. */
const PAR_RES1 = 1 << 11;
/** PAR_EL1.NS: the result is in the Non-secure address space. */
const PAR_NS = 1 << 9;

const el1Registers = new Uint32Array(24);
const el2Registers = new Uint32Array(24);
const regime = new Regime();

/** Carries out AT `encoding` (op0:op1:CRn:CRm:op2): op1 0 and op2 0-3 are S1E1/S1E0, op1 4 is S1E2 (0, 1) and S12E1/S12E0 (4-7). */
export function addressTranslation(core: MmuCore, cpu: Cpu, encoding: number, rt: number): Status {
  const op1 = (encoding >>> 11) & 7;
  const operation = encoding & 7;
  const el2 = op1 === 4 && operation < 2;
  const registers = el2 ? el2Registers : el1Registers;
  captureRegisters(cpu.state, el2 ? 2 : 1, registers);
  regime.decode(registers, el2 ? 2 : 1);
  const owner = regime.stage2 ? core.cache.owner(regime.table2, currentVmid(registers)) : -1;
  const vaLo = cpu.state.u32[2 * rt];
  const vaHi = cpu.state.u32[2 * rt + 1];
  core.walker.translate(regime, vaLo, vaHi, wanted(operation, el2, op1 === 0), owner);
  return report(core, cpu, vaLo, vaHi, el2 ? 2 : 1);
}

function wanted(operation: number, el2: boolean, stage1Only: boolean): number {
  const access = (operation & 1) !== 0 ? Want.write : Want.read;
  const el0 = !el2 && (operation & 2) !== 0 ? Want.el0 : 0;
  return access | el0 | (stage1Only ? Want.stage1Only : 0);
}

function report(core: MmuCore, cpu: Cpu, vaLo: number, vaHi: number, target: 1 | 2): Status {
  const { walker } = core;
  if (walker.fsc === NO_FAULT) {
    writeResult(core, cpu);
    return Status.next;
  }
  // A stage-2 fault on a stage-1 walk that EL1 asked for, and any external abort, are taken instead of reported.
  const fromEl1 = cpu.state.u32[EL >>> 2] === 1 && target === 1;
  const external = (walker.fsc & ~3) === Fsc.externalOnWalk;
  if (external || (walker.faultS1ptw && fromEl1)) {
    raiseDataAbort(cpu, core.fault, vaLo, vaHi, CACHE_MAINTENANCE);
    return Status.resync;
  }
  const s = walker.faultStage2 ? 1 << 9 : 0;
  const ptw = walker.faultS1ptw ? 1 << 8 : 0;
  cpu.state.u32[PAR] = PAR_RES1 | s | ptw | (walker.fsc << 1) | 1;
  cpu.state.u32[PAR + 1] = 0;
  return Status.next;
}

function writeResult(core: MmuCore, cpu: Cpu): void {
  const { pa, attributes, shareability } = core.walker;
  const sh = effectiveShareability(attributes, shareability);
  cpu.state.u32[PAR] = ((pa & -4096) | PAR_RES1 | PAR_NS | (sh << 7)) >>> 0;
  cpu.state.u32[PAR + 1] = ((attributes << 24) | Math.floor(pa / 2 ** 32)) >>> 0;
}
