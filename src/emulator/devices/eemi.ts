/** Xilinx Embedded Energy Management Interface by SMC (UG1200): what Xen forwards from Dom0. The rest is not supported. */
import { type Cpu, Status } from '../cpu/cpu.ts';

const SIP_SMC64 = 0xc200_0000;
const Api = { GET_API_VERSION: 1, GET_CHIPID: 24, GET_TRUSTZONE_VERSION: 0xa03 } as const;

const API_VERSION = 0x0001_0001n;
const TRUSTZONE_VERSION = 0x0001_0000n;
/** JTAG IDCODE of the XCZU9EG of the ZCU102. */
const IDCODE = 0x2473_8093n;
const PS_VERSION = 0n;
const NOT_SUPPORTED = 0xffff_ffff_ffff_ffffn;

/** True for a function identifier of the silicon partner's 64-bit range. */
export function isEemiCall(id: number): boolean {
  return (id & 0xffff_0000) >>> 0 === SIP_SMC64;
}

/** Results come two to a register, low word first: status (0 is success), then values. */
function results(id: number): readonly bigint[] {
  switch (id & 0xffff) {
    case Api.GET_API_VERSION:
      return [API_VERSION << 32n];
    case Api.GET_CHIPID:
      return [IDCODE << 32n, PS_VERSION];
    case Api.GET_TRUSTZONE_VERSION:
      return [TRUSTZONE_VERSION << 32n];
    default:
      return [NOT_SUPPORTED];
  }
}

/** Answers an EEMI call: function in W0, results in X0 and X1. PC is past the SMC. */
export function eemiCall(cpu: Cpu): Status {
  const id = cpu.state.u32[0];
  results(id).forEach((value, n) => cpu.state.setX(n, value));
  return Status.resync;
}
