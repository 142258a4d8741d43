/** What decides whether an access is carried out, trapped or UNDEFINED (Arm ARM D1.15 and the accessibility part of each register). */
import type { Cpu } from '../cpu.ts';
import { Hcr } from './bits.ts';
import { Reg } from './offsets.ts';

/** Outcome of a check. `el1` and `el2` trap with exception class 0x18; `fp` asks the FP access check, which traps with its own class. */
export const Outcome = { allowed: 0, el1: 1, el2: 2, undefined: 3, fp: 4 } as const;
export type Outcome = (typeof Outcome)[keyof typeof Outcome];

/** Checks an access from `el`, which is at least the register's lowest level. */
export type Check = (cpu: Cpu, el: number, isRead: boolean) => Outcome;

const HCR_WORD = Reg.HCR_EL2 >>> 2;

/** A trap to EL1 from EL0, which HCR_EL2.TGE sends to EL2. */
export function trapToEl1(cpu: Cpu): Outcome {
  return (cpu.state.u32[HCR_WORD] & Hcr.TGE) === 0 ? Outcome.el1 : Outcome.el2;
}

/** Traps EL0 and EL1 accesses to EL2 while any bit of `mask` in HCR_EL2 is set. */
export function hcrTrap(mask: number): Check {
  return (cpu, el) => (el < 2 && (cpu.state.u32[HCR_WORD] & mask) !== 0 ? Outcome.el2 : Outcome.allowed);
}

/** Traps EL0 accesses while `mask` in a register that EL1 controls is clear. */
export function el0Needs(offset: number, mask: number): Check {
  return (cpu, el) => (el === 0 && (cpu.state.u32[offset >>> 2] & mask) === 0 ? trapToEl1(cpu) : Outcome.allowed);
}

/** Traps EL0 and EL1 accesses to EL2 while `mask` in the register at `offset` is set. */
export function el2Traps(offset: number, mask: number): Check {
  return (cpu, el) => (el < 2 && (cpu.state.u32[offset >>> 2] & mask) !== 0 ? Outcome.el2 : Outcome.allowed);
}

/** Traps EL0 and EL1 accesses to EL2 while `mask` in the register at `offset` is clear. */
export function el2Needs(offset: number, mask: number): Check {
  return (cpu, el) => (el < 2 && (cpu.state.u32[offset >>> 2] & mask) === 0 ? Outcome.el2 : Outcome.allowed);
}

/** The first check that does not allow the access decides. */
export function all(...checks: readonly Check[]): Check {
  return (cpu, el, isRead) => {
    for (const check of checks) {
      const outcome = check(cpu, el, isRead);
      if (outcome !== Outcome.allowed) return outcome;
    }
    return Outcome.allowed;
  };
}

/** Applies to reads only, or to writes only. */
export const onRead =
  (check: Check): Check =>
  (cpu, el, isRead) =>
    isRead ? check(cpu, el, isRead) : Outcome.allowed;
export const onWrite =
  (check: Check): Check =>
  (cpu, el, isRead) =>
    isRead ? Outcome.allowed : check(cpu, el, isRead);
