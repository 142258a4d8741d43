/** FPCR and FPSR as the soft float sees them (Arm ARM C5.2.7, C5.2.8). */

/** FPCR control bits that exist on a Cortex-A53. */
export const Fpcr = { ahp: 1 << 26, dn: 1 << 25, fz: 1 << 24, rModeShift: 22 } as const;

/** FPSR cumulative exception bits. */
export const Fpsr = { ioc: 1, dzc: 2, ofc: 4, ufc: 8, ixc: 16, idc: 128 } as const;

/** Rounding modes. The first four are the values of FPCR.RMode; the others are asked for by instructions. */
export const Rounding = { tieEven: 0, posInf: 1, negInf: 2, zero: 3, tieAway: 4, odd: 5 } as const;
export type Rounding = (typeof Rounding)[keyof typeof Rounding];

/** What an operation runs under, and where it leaves its exceptions: `fpsr` only ever gains bits. */
export interface FpContext {
  fpcr: number;
  fpsr: number;
}

/** FPRoundingMode(): the mode FPCR asks for. */
export function fpcrRounding(fp: FpContext): Rounding {
  return ((fp.fpcr >>> Fpcr.rModeShift) & 3) as Rounding;
}
