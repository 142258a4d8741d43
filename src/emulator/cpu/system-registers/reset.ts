/** Reset of one CPU: what the firmware hands over, EL2 in Non-secure state with everything masked. */
import { SYSTEM_REGISTERS } from '../../../arch/sysregs.ts';
import { Spsr } from '../../../arch/spsr.ts';
import { updateFpTrap } from '../fp-access.ts';
import { type CpuState, DAIF, EL, SYSREG_END, INDEX, SPSEL } from '../state.ts';
import { Reg } from './offsets.ts';

/** Puts registers, PSTATE and system registers of a CPU to their reset values, PC at `entry` with X0 = `x0`. The caches of the MMU are its own affair. */
export function resetCpuState(state: CpuState, entry: bigint, x0: bigint): void {
  state.u32.fill(0, 0, SYSREG_END >>> 2);
  for (const { name, reset } of SYSTEM_REGISTERS) state.set64(Reg[name], reset);
  const affinity = BigInt(state.index);
  state.set64(Reg.MPIDR_EL1, state.get64(Reg.MPIDR_EL1) | affinity);
  state.set64(Reg.VMPIDR_EL2, state.get64(Reg.VMPIDR_EL2) | affinity);
  state.set(INDEX, state.index);
  state.set(EL, 2);
  state.set(SPSEL, 1);
  state.set(DAIF, Spsr.DAIF);
  state.nzcv = 0;
  state.pc = entry;
  state.setX(0, x0);
  updateFpTrap(state);
}
