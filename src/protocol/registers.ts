/** Registers by group; fields are decoded by the reader from `arch/sysregs.ts`. */

/** Groups, in the order they are shown. */
export const REGISTER_GROUPS = [
  'GENERAL',
  'SIMD',
  'EXCEPTION',
  'MEMORY',
  'SYSCFG',
  'THREAD',
  'TIMER',
  'GIC',
  'ID',
  'DEBUG',
  'PMU',
  'IMPDEF',
] as const;
export type RegisterGroup = (typeof REGISTER_GROUPS)[number];

/** One register. */
export interface RegisterValue {
  /** As printed in the Arm ARM: `X0`, `ESR_EL2`, `V3`, `GICH_LR0`. */
  readonly name: string;
  readonly group: RegisterGroup;
  /** Width in bits: 32, 64 or 128. */
  readonly bits: number;
  readonly value: bigint;
  readonly writable: boolean;
}

/** The registers of one target at one stop. */
export interface RegisterSet {
  /** `live`: in the pCPU. `saved`: copied from the descheduled vCPU's structure. */
  readonly origin: 'live' | 'saved';
  /** `pCPU 2`, `d1v0, saved in struct vcpu`. */
  readonly label: string;
  readonly registers: readonly RegisterValue[];
}
