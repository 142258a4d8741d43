/** Exception entry: which level, what is saved, where execution goes on (Arm ARM D1.10, pseudocode AArch64.TakeException). */
import { Spsr } from '../../arch/spsr.ts';
import { ExceptionClass, makeEsr } from '../../arch/esr.ts';
import { TraceKind } from '../trace-events.ts';
import { type Cpu, Status } from './cpu.ts';
import { updateFpTrap } from './fp-access.ts';
import { CF, type CpuState, DAIF, EL, IL, NF, PC, SLOT_SP, SPSEL, SS, VF, X, ZF } from './state.ts';
import { Hcr } from './system-registers/bits.ts';
import { Reg } from './system-registers/offsets.ts';
import { countEvent, Event, syncPmuBeforeLevel } from './system-registers/pmu.ts';

/** Offsets from VBAR_ELx within one of its four groups. */
export const Vector = { synchronous: 0, irq: 0x80, fiq: 0x100, serror: 0x180 } as const;

const PC_WORD = PC >>> 2;
const EL_WORD = EL >>> 2;
const SPSEL_WORD = SPSEL >>> 2;
const SP_WORD = (X >>> 2) + 2 * SLOT_SP;
const HCR_WORD = Reg.HCR_EL2 >>> 2;

/** Word index of a banked register by exception level; EL3 is never entered. */
const SPSR_WORD = [0, Reg.SPSR_EL1 >>> 2, Reg.SPSR_EL2 >>> 2];
const ELR_WORD = [0, Reg.ELR_EL1 >>> 2, Reg.ELR_EL2 >>> 2];
const ESR_WORD = [0, Reg.ESR_EL1 >>> 2, Reg.ESR_EL2 >>> 2];
const FAR_WORD = [0, Reg.FAR_EL1 >>> 2, Reg.FAR_EL2 >>> 2];
const VBAR_WORD = [0, Reg.VBAR_EL1 >>> 2, Reg.VBAR_EL2 >>> 2];
const SP_BANK_WORD = [Reg.SP_EL0 >>> 2, Reg.SP_EL1 >>> 2, Reg.SP_EL2 >>> 2];

/** Moves PC past the current instruction. */
export function advance(cpu: Cpu): void {
  const u = cpu.state.u32;
  const low = (u[PC_WORD] + 4) >>> 0;
  u[PC_WORD] = low;
  if (low < 4) u[PC_WORD + 1]++;
}

/** PSTATE as SPSR_ELx holds it. */
export function pstate(state: CpuState): number {
  const u = state.u32;
  const n = u[NF >>> 2] & Spsr.N;
  const z = u[ZF >>> 2] === 0 ? Spsr.Z : 0;
  const v = (u[VF >>> 2] & 0x8000_0000) >>> 3;
  const mode = (u[EL_WORD] << 2) | u[SPSEL_WORD];
  return (n | z | (u[CF >>> 2] << 29) | v | (u[SS >>> 2] << 21) | (u[IL >>> 2] << 20) | u[DAIF >>> 2] | mode) >>> 0;
}

/** Selects the stack pointer of (`el`, `spsel`): slot 32 is written back to its bank and loaded from the new one. */
export function selectStack(state: CpuState, el: number, spsel: number): void {
  const u = state.u32;
  const old = SP_BANK_WORD[u[SPSEL_WORD] === 0 ? 0 : u[EL_WORD]];
  const fresh = SP_BANK_WORD[spsel === 0 ? 0 : el];
  u[EL_WORD] = el;
  u[SPSEL_WORD] = spsel;
  if (old === fresh) return;
  u[old] = u[SP_WORD];
  u[old + 1] = u[SP_WORD + 1];
  u[SP_WORD] = u[fresh];
  u[SP_WORD + 1] = u[fresh + 1];
}

/** True while (`el`, PSTATE.SP) has SP_EL`bank` in slot 32, so that its bank slot is out of date. */
export function stackInUse(state: CpuState, bank: number): boolean {
  const u = state.u32;
  return (u[SPSEL_WORD] === 0 ? 0 : u[EL_WORD]) === bank;
}

/** Target of a synchronous exception that has no routing control of its own but HCR_EL2.TGE. */
export function synchronousTarget(cpu: Cpu): number {
  const u = cpu.state.u32;
  if (u[EL_WORD] !== 0) return u[EL_WORD];
  return (u[HCR_WORD] & Hcr.TGE) === 0 ? 1 : 2;
}

function savePstate(state: CpuState, target: number): void {
  const u = state.u32;
  u[SPSR_WORD[target]] = pstate(state);
  u[SPSR_WORD[target] + 1] = 0;
  u[ELR_WORD[target]] = u[PC_WORD];
  u[ELR_WORD[target] + 1] = u[PC_WORD + 1];
}

/** Offset from VBAR for an exception taken now to `target`. AArch32 lower levels do not exist. */
export function vectorOffset(state: CpuState, target: number, vector: number): number {
  const u = state.u32;
  if (target > u[EL_WORD]) return vector + 0x400;
  return u[SPSEL_WORD] === 0 ? vector : vector + 0x200;
}

/** Enters `target` (1 or 2) through `vector`; PC is the preferred return address. ESR and FAR are the caller's. */
export function enterException(cpu: Cpu, target: number, vector: number): void {
  const { state } = cpu;
  const u = state.u32;
  const offset = vectorOffset(state, target, vector);
  const changesLevel = u[EL_WORD] !== target;
  if (changesLevel) syncPmuBeforeLevel(cpu);
  countEvent(cpu, Event.EXC_TAKEN);
  savePstate(state, target);
  u[DAIF >>> 2] = Spsr.DAIF;
  u[IL >>> 2] = 0;
  u[SS >>> 2] = 0;
  selectStack(state, target, 1);
  u[PC_WORD] = (u[VBAR_WORD[target]] | offset) >>> 0;
  u[PC_WORD + 1] = u[VBAR_WORD[target] + 1];
  if (!changesLevel) return;
  updateFpTrap(state);
  cpu.mmu.selectContext(cpu);
}

function traceSynchronous(cpu: Cpu, target: number, esr: number): void {
  const offset = vectorOffset(cpu.state, target, Vector.synchronous);
  cpu.host.trace(cpu, TraceKind.exceptionEntry, esr, (offset << 16) | target);
  traceDetail(cpu, target, esr >>> 26);
}

/** What a reader of the trace needs to name the exception: call numbers, faulting addresses. */
function traceDetail(cpu: Cpu, target: number, exceptionClass: number): void {
  const u = cpu.state.u32;
  if (exceptionClass === ExceptionClass.hvc) detail(cpu, u[2 * 16], u[0]);
  else if (exceptionClass === ExceptionClass.svc) detail(cpu, u[2 * 8], u[0]);
  else if (exceptionClass === ExceptionClass.smc) detail(cpu, u[0], u[2]);
  else if (exceptionClass >= ExceptionClass.instructionAbortLower && exceptionClass <= ExceptionClass.dataAbortSame) {
    traceAddress(cpu, target);
  }
}

/** IPA of an abort taken to EL2, virtual address of one taken to EL1. */
function traceAddress(cpu: Cpu, target: number): void {
  const u = cpu.state.u32;
  const far = FAR_WORD[target];
  if (target === 1) return detail(cpu, u[far], u[far + 1]);
  const page = u[Reg.HPFAR_EL2 >>> 2];
  const high = (u[(Reg.HPFAR_EL2 >>> 2) + 1] << 8) | (page >>> 24);
  return detail(cpu, ((page << 8) & 0xffff_f000) | (u[far] & 0xfff), high);
}

function detail(cpu: Cpu, low: number, high: number): void {
  cpu.host.trace(cpu, TraceKind.exceptionDetail, low, high);
}

/** Takes a synchronous exception to `target` with the given class and ISS. PC is the preferred return address. */
export function takeSynchronous(cpu: Cpu, target: number, exceptionClass: number, iss: number): Status {
  const u = cpu.state.u32;
  const esr = makeEsr(exceptionClass, iss);
  traceSynchronous(cpu, target, esr);
  u[ESR_WORD[target]] = esr;
  u[ESR_WORD[target] + 1] = 0;
  enterException(cpu, target, Vector.synchronous);
  return Status.resync;
}

/** Sets ESR_EL`target` for an SError. */
export function setEsr(cpu: Cpu, target: number, esr: number): void {
  cpu.state.u32[ESR_WORD[target]] = esr;
  cpu.state.u32[ESR_WORD[target] + 1] = 0;
}

/** Sets FAR_EL`target`. */
export function setFar(cpu: Cpu, target: number, low: number, high: number): void {
  cpu.state.u32[FAR_WORD[target]] = low;
  cpu.state.u32[FAR_WORD[target] + 1] = high;
}
