/** What a pCPU's registers tell of the vCPU that is loaded, without asking Xen. */
import type { CpuState } from '../emulator/cpu/state.ts';
import { Reg } from '../emulator/cpu/system-registers/offsets.ts';

/** VTTBR_EL2.VMID. */
export function vmidOf(state: CpuState): number {
  return (state.get(Reg.VTTBR_EL2 + 4) >>> 16) & 0xff;
}

/** The number of the vCPU within its domain: Xen writes it into VMPIDR_EL2, four bits of it into Aff0. */
export function vcpuOf(state: CpuState): number {
  const mpidr = state.get(Reg.VMPIDR_EL2);
  return (mpidr & 0xff) + ((mpidr >>> 8) & 0xff) * 16;
}
