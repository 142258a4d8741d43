/** Control bits the emulator tests, as 32-bit masks of the low word (`...Hi`: of the high word). Names as in the Arm ARM. */

const bit = (n: number): number => (1 << n) >>> 0;

/** HCR_EL2, bits 31:0. */
export const Hcr = {
  VM: bit(0),
  SWIO: bit(1),
  PTW: bit(2),
  FMO: bit(3),
  IMO: bit(4),
  AMO: bit(5),
  VF: bit(6),
  VI: bit(7),
  VSE: bit(8),
  FB: bit(9),
  DC: bit(12),
  TWI: bit(13),
  TWE: bit(14),
  TID1: bit(16),
  TID2: bit(17),
  TID3: bit(18),
  TSC: bit(19),
  TIDCP: bit(20),
  TACR: bit(21),
  TSW: bit(22),
  TPC: bit(23),
  TPU: bit(24),
  TTLB: bit(25),
  TVM: bit(26),
  TGE: bit(27),
  TDZ: bit(28),
  TRVM: bit(30),
} as const;

/** SCTLR_EL1 and SCTLR_EL2. */
export const Sctlr = {
  M: bit(0),
  A: bit(1),
  C: bit(2),
  SA: bit(3),
  SA0: bit(4),
  UMA: bit(9),
  I: bit(12),
  DZE: bit(14),
  UCT: bit(15),
  nTWI: bit(16),
  nTWE: bit(18),
  WXN: bit(19),
  E0E: bit(24),
  EE: bit(25),
  UCI: bit(26),
} as const;

/** MDCR_EL2. */
export const Mdcr = {
  HPMN: 0x1f,
  TPMCR: bit(5),
  TPM: bit(6),
  HPME: bit(7),
  TDE: bit(8),
  TDA: bit(9),
  TDOSA: bit(10),
  TDRA: bit(11),
} as const;

/** CPTR_EL2. */
export const Cptr = { TFP: bit(10), TCPAC: bit(31) } as const;

/** MDSCR_EL1. */
export const Mdscr = { SS: bit(0), TDCC: bit(12), KDE: bit(13), MDE: bit(15) } as const;

/** CNTKCTL_EL1 and CNTHCTL_EL2. */
export const Cntkctl = { EL0PCTEN: 1, EL0VCTEN: 2, EVNTEN: 4, EVNTDIR: 8, EL0VTEN: bit(8), EL0PTEN: bit(9) } as const;
export const Cnthctl = { EL1PCTEN: 1, EL1PCEN: 2, EVNTEN: 4, EVNTDIR: 8 } as const;

/** PMUSERENR_EL0. */
export const Pmuserenr = { EN: 1, SW: 2, CR: 4, ER: 8 } as const;

/** PMCR_EL0. */
export const Pmcr = { E: 1, P: 2, C: 4, D: 8, X: 16, DP: 32, LC: 64 } as const;
