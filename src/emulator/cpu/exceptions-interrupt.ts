/** Interrupts: routing, masking and wake-up (Arm ARM D1.13, D1.14, D1.16). */
import { ExceptionClass, makeEsr } from '../../arch/esr.ts';
import { Spsr } from '../../arch/spsr.ts';
import { TraceKind } from '../trace-events.ts';
import type { Cpu } from './cpu.ts';
import { noteStreamEvents } from './event-stream.ts';
import { enterException, setEsr, Vector, vectorOffset } from './exceptions-entry.ts';
import { DAIF, EL, EVENT, Line, LINES, SLEEP } from './state.ts';
import { Hcr } from './system-registers/bits.ts';
import { Reg } from './system-registers/offsets.ts';
import { restartPmu } from './system-registers/pmu.ts';

/** A virtual SError has no `Line`: it is HCR_EL2.VSE. */
const V_SERROR = 16;

const HCR_WORD = Reg.HCR_EL2 >>> 2;

/** Everything asserted now: the lines of the GIC and HCR_EL2.{VI, VF, VSE}. */
function asserted(u: Uint32Array): number {
  const hcr = u[HCR_WORD];
  const software = ((hcr & Hcr.VI) >>> 5) | ((hcr & Hcr.VF) >>> 3) | ((hcr & Hcr.VSE) >>> 4);
  return u[LINES >>> 2] | software;
}

/** Virtual interrupts exist at EL0 and EL1 only, each while its HCR_EL2.xMO is set, and none with TGE. */
function virtualEnabled(u: Uint32Array): number {
  const hcr = u[HCR_WORD];
  if (u[EL >>> 2] > 1 || (hcr & Hcr.TGE) !== 0) return 0;
  return ((hcr & Hcr.IMO) >>> 2) | (hcr & Hcr.FMO) | ((hcr & Hcr.AMO) >>> 1);
}

/** Target level of a physical interrupt. */
function physicalTarget(u: Uint32Array, overrideBit: number): number {
  return (u[HCR_WORD] & (overrideBit | Hcr.TGE)) === 0 ? 1 : 2;
}

function physicalDeliverable(u: Uint32Array, overrideBit: number, maskBit: number): boolean {
  const target = physicalTarget(u, overrideBit);
  const el = u[EL >>> 2];
  if (el > target) return false;
  if (el < target && target === 2) return true;
  return (u[DAIF >>> 2] & maskBit) === 0;
}

/** The interrupt that would be taken now, as a `Line` bit (16: virtual SError), or 0. Their order is IMPLEMENTATION DEFINED; this is QEMU's. */
export function deliverableInterrupt(cpu: Cpu): number {
  const u = cpu.state.u32;
  const lines = asserted(u);
  if (lines === 0) return 0;
  if ((lines & Line.FIQ) !== 0 && physicalDeliverable(u, Hcr.FMO, Spsr.F)) return Line.FIQ;
  if ((lines & Line.IRQ) !== 0 && physicalDeliverable(u, Hcr.IMO, Spsr.I)) return Line.IRQ;
  const virtual = lines & virtualEnabled(u);
  const daif = u[DAIF >>> 2];
  if ((virtual & Line.vIRQ) !== 0 && (daif & Spsr.I) === 0) return Line.vIRQ;
  if ((virtual & Line.vFIQ) !== 0 && (daif & Spsr.F) === 0) return Line.vFIQ;
  if ((virtual & V_SERROR) !== 0 && (daif & Spsr.A) === 0) return V_SERROR;
  return 0;
}

/** Pending whatever PSTATE masks: what ends WFI, and what ISR_EL1 shows. */
export function pendingInterrupts(cpu: Cpu): number {
  const u = cpu.state.u32;
  return asserted(u) & (Line.IRQ | Line.FIQ | virtualEnabled(u));
}

/** ISR_EL1: A, I and F pending, the virtual ones where they replace the physical (Arm ARM D13.2.60). */
export function interruptStatus(cpu: Cpu): number {
  const u = cpu.state.u32;
  const lines = asserted(u);
  const virtual = virtualEnabled(u);
  const irq = (virtual & Line.vIRQ) === 0 ? Line.IRQ : Line.vIRQ;
  const fiq = (virtual & Line.vFIQ) === 0 ? Line.FIQ : Line.vFIQ;
  const serror = (lines & virtual & V_SERROR) === 0 ? 0 : Spsr.A;
  return ((lines & irq) === 0 ? 0 : Spsr.I) | ((lines & fiq) === 0 ? 0 : Spsr.F) | serror;
}

const VECTORS: Readonly<Record<number, number>> = {
  [Line.IRQ]: Vector.irq,
  [Line.vIRQ]: Vector.irq,
  [Line.FIQ]: Vector.fiq,
  [Line.vFIQ]: Vector.fiq,
  [V_SERROR]: Vector.serror,
};

function targetOf(cpu: Cpu, line: number): number {
  if (line === Line.IRQ) return physicalTarget(cpu.state.u32, Hcr.IMO);
  return line === Line.FIQ ? physicalTarget(cpu.state.u32, Hcr.FMO) : 1;
}

/** A virtual SError is self-clearing; its syndrome is IMPLEMENTATION DEFINED without RAS, 0 here. */
function acknowledgeSerror(cpu: Cpu): number {
  cpu.state.u32[HCR_WORD] &= ~Hcr.VSE;
  const esr = makeEsr(ExceptionClass.serror, 0);
  setEsr(cpu, 1, esr);
  return esr;
}

/** Takes the highest-priority unmasked interrupt; PC is the next instruction. False when there is none. */
export function takeInterrupt(cpu: Cpu): boolean {
  const line = deliverableInterrupt(cpu);
  if (line === 0) return false;
  wake(cpu);
  const target = targetOf(cpu, line);
  const offset = vectorOffset(cpu.state, target, VECTORS[line]);
  const virtual = line >= Line.vIRQ ? 0x100 : 0;
  const esr = line === V_SERROR ? acknowledgeSerror(cpu) : 0;
  cpu.host.trace(cpu, TraceKind.interruptEntry, esr, (offset << 16) | virtual | target);
  enterException(cpu, target, VECTORS[line]);
  return true;
}

/**
 * True when a sleeping CPU must go on: WFI on any pending interrupt, masked or not; WFE on one that is not masked and on the event register,
 * which is consumed by waking up (`wake`).
 */
export function shouldWake(cpu: Cpu): boolean {
  const u = cpu.state.u32;
  if (u[SLEEP >>> 2] === 1) return pendingInterrupts(cpu) !== 0;
  noteStreamEvents(cpu);
  return u[EVENT >>> 2] !== 0 || deliverableInterrupt(cpu) !== 0;
}

/** Ends WFI or WFE. The machine calls it when `shouldWake` says so, at the CPU's exact time. */
export function wake(cpu: Cpu): void {
  const u = cpu.state.u32;
  if (u[SLEEP >>> 2] === 0) return;
  if (u[SLEEP >>> 2] === 2) u[EVENT >>> 2] = 0;
  u[SLEEP >>> 2] = 0;
  restartPmu(cpu);
  cpu.host.trace(cpu, TraceKind.wake, 0, 0);
}
