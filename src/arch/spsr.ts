/** SPSR_ELx as an exception from AArch64 leaves it (Arm ARM C5.2.18), and the PSTATE bits it holds. */

/** Bits of SPSR_ELx. */
export const Spsr = {
  N: 0x8000_0000,
  Z: 0x4000_0000,
  C: 0x2000_0000,
  V: 0x1000_0000,
  SS: 1 << 21,
  IL: 1 << 20,
  D: 1 << 9,
  A: 1 << 8,
  I: 1 << 7,
  F: 1 << 6,
  /** All four masks: the bits of PSTATE.DAIF. */
  DAIF: 0xf << 6,
  /** M[4]: the exception came from AArch32. */
  nRW: 1 << 4,
} as const;

const MODES: Readonly<Record<number, string>> = {
  0b00000: 'EL0t',
  0b00100: 'EL1t',
  0b00101: 'EL1h',
  0b01000: 'EL2t',
  0b01001: 'EL2h',
  0b01100: 'EL3t',
  0b01101: 'EL3h',
};

/** Name of SPSR.M[4:0]: `EL1h`. */
export function spsrMode(spsr: number): string {
  return MODES[spsr & 0x1f] ?? `M=0x${(spsr & 0x1f).toString(16)}`;
}
