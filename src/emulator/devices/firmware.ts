/** The firmware at EL3: SMC calls by the SMC Calling Convention (DEN 0028), of which only X0-X3 are ever used as results. */
import { type Cpu, Status } from '../cpu/cpu.ts';
import { eemiCall, isEemiCall } from './eemi.ts';
import { isPsciCall, psciCall, type PsciHost } from './psci.ts';

const NOT_SUPPORTED = 0xffff_ffff_ffff_ffffn;

/** Answers an SMC; PC is past it. Unknown functions, SMCCC_VERSION among them, are NOT_SUPPORTED: this is an SMCCC 1.0 firmware. */
export function firmwareCall(cpu: Cpu, host: PsciHost): Status {
  const id = cpu.state.u32[0];
  if (isPsciCall(id)) return psciCall(cpu, host);
  if (isEemiCall(id)) return eemiCall(cpu);
  cpu.state.setX(0, NOT_SUPPORTED);
  return Status.resync;
}
