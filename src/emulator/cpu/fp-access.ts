/** Whether floating point and Advanced SIMD may be used (Arm ARM D1.15.2 CPACR_EL1.FPEN, D1.15.3 CPTR_EL2.TFP). */
import { type CpuState, EL, FP_TRAP } from './state.ts';
import { Cptr } from './system-registers/bits.ts';
import { Reg } from './system-registers/offsets.ts';

/** CPACR_EL1.FPEN: 0b01 traps EL0; 0b00 and 0b10 trap EL0 and EL1. EL2 is not concerned. */
export function cpacrTraps(state: CpuState): boolean {
  const el = state.u32[EL >>> 2];
  const fpen = (state.u32[Reg.CPACR_EL1 >>> 2] >>> 20) & 3;
  return el < 2 && ((fpen & 1) === 0 || (fpen === 1 && el === 0));
}

/** CPTR_EL2.TFP traps EL0, EL1 and EL2 to EL2. */
export function cptrTraps(state: CpuState): boolean {
  return (state.u32[Reg.CPTR_EL2 >>> 2] & Cptr.TFP) !== 0;
}

/** Keeps `FP_TRAP` in step with the level and the control registers. */
export function updateFpTrap(state: CpuState): void {
  state.u32[FP_TRAP >>> 2] = cpacrTraps(state) || cptrTraps(state) ? 1 : 0;
}
