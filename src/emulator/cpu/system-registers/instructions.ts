/** SYS instructions an A53 has, with their lowest level and trap controls (Arm ARM C5.3, D1.15). The work itself is the MMU's. */
import { sysregEncoding } from '../../../arch/sysregs.ts';
import { all, type Check, el0Needs, hcrTrap } from './access.ts';
import { Hcr, Sctlr } from './bits.ts';
import { Reg } from './offsets.ts';

/** One SYS encoding. */
export interface SysInstruction {
  readonly lowestEl: number;
  readonly check: Check | undefined;
}

const instructions = new Map<number, SysInstruction>();

function add(op1: number, crn: number, crm: number, op2s: readonly number[], lowestEl: number, check?: Check): void {
  for (const op2 of op2s) instructions.set(sysregEncoding(1, op1, crn, crm, op2), { lowestEl, check });
}

const fromEl0 = el0Needs(Reg.SCTLR_EL1, Sctlr.UCI);
const toUnification = hcrTrap(Hcr.TPU);
const toCoherency = hcrTrap(Hcr.TPC);
const bySetWay = hcrTrap(Hcr.TSW);
const tlb = hcrTrap(Hcr.TTLB);

/** IC IALLUIS, IC IALLU, IC IVAU. */
add(0, 7, 1, [0], 1, toUnification);
add(0, 7, 5, [0], 1, toUnification);
add(3, 7, 5, [1], 0, all(fromEl0, toUnification));
/** DC IVAC, ISW, CSW, CISW, ZVA, CVAC, CVAU, CIVAC. */
add(0, 7, 6, [1], 1, toCoherency);
add(0, 7, 6, [2], 1, bySetWay);
add(0, 7, 10, [2], 1, bySetWay);
add(0, 7, 14, [2], 1, bySetWay);
add(3, 7, 4, [1], 0, all(el0Needs(Reg.SCTLR_EL1, Sctlr.DZE), hcrTrap(Hcr.TDZ)));
add(3, 7, 10, [1], 0, all(fromEl0, toCoherency));
add(3, 7, 11, [1], 0, all(fromEl0, toUnification));
add(3, 7, 14, [1], 0, all(fromEl0, toCoherency));
/** AT S1E1R/W, S1E0R/W; S1E2R/W, S12E1R/W, S12E0R/W; S1E3R/W. */
add(0, 7, 8, [0, 1, 2, 3], 1);
add(4, 7, 8, [0, 1, 4, 5, 6, 7], 2);
add(6, 7, 8, [0, 1], 3);
/** TLBI VMALLE1, VAE1, ASIDE1, VAAE1, VALE1, VAALE1; ALLE2, VAE2, ALLE1, VALE2, VMALLS12E1; ALLE3, VAE3, VALE3: Inner Shareable and local. */
for (const crm of [3, 7]) {
  add(0, 8, crm, [0, 1, 2, 3, 5, 7], 1, tlb);
  add(4, 8, crm, [0, 1, 4, 5, 6], 2);
  add(6, 8, crm, [0, 1, 5], 3);
}
/** TLBI IPAS2E1, IPAS2LE1. */
for (const crm of [0, 4]) add(4, 8, crm, [1, 5], 2);

/** The SYS instruction at an encoding, if the A53 has one. */
export function sysInstruction(encoding: number): SysInstruction | undefined {
  return instructions.get(encoding);
}

/** Encodings of all SYS instructions. */
export function sysInstructionEncodings(): readonly number[] {
  return [...instructions.keys()];
}
