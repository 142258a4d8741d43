/**
 * Every system register of the Cortex-A53 in AArch64 state, as data (Arm ARM D12, Cortex-A53 TRM chapter 4).
 *
 * Not in the table, so UNDEFINED: the GICv3 CPU interface (GICCDISABLE is tied high where a GIC-400 is used), RVBAR and RMR of
 * any level but the highest, and the debug-state registers DLR_EL0 and DSPSR_EL0 outside Debug state.
 */

/** Register groups as the register view shows them. */
export type SysregGroup = 'ID' | 'SYSCFG' | 'MEMORY' | 'EXCEPTION' | 'THREAD' | 'TIMER' | 'DEBUG' | 'PMU' | 'IMPDEF';

/** One system register. */
export interface SystemRegister<Name extends string = string> {
  readonly name: Name;
  /** op0:op1:CRn:CRm:op2 in 16 bits, as `sysregEncoding` packs it. */
  readonly encoding: number;
  readonly group: SysregGroup;
  /** Lowest exception level that may read (MRS); 4 when nobody may. Trap controls come on top. */
  readonly readEl: number;
  /** Lowest exception level that may write (MSR); 4 when nobody may. */
  readonly writeEl: number;
  /** Value after a cold reset, EL2 entry, CPU 0. */
  readonly reset: bigint;
  /** Bits a write changes. The others keep their reset value: RES0 bits are hardwired, RES1 bits hold what was written last. */
  readonly writable: bigint;
}

/** Packs op0:op1:CRn:CRm:op2 into 16 bits (2, 3, 4, 4 and 3 bits). */
export function sysregEncoding(op0: number, op1: number, crn: number, crm: number, op2: number): number {
  return (op0 << 14) | (op1 << 11) | (crn << 7) | (crm << 3) | op2;
}

/** The five parts of a packed encoding. */
export interface EncodingParts {
  readonly op0: number;
  readonly op1: number;
  readonly crn: number;
  readonly crm: number;
  readonly op2: number;
}

/** Splits a packed encoding. */
export function encodingParts(encoding: number): EncodingParts {
  return {
    op0: (encoding >>> 14) & 3,
    op1: (encoding >>> 11) & 7,
    crn: (encoding >>> 7) & 15,
    crm: (encoding >>> 3) & 15,
    op2: encoding & 7,
  };
}

/** The name an assembler takes for any encoding: `S3_1_C15_C2_0`. */
export function genericName(encoding: number): string {
  const { op0, op1, crn, crm, op2 } = encodingParts(encoding);
  return `S${op0}_${op1}_C${crn}_C${crm}_${op2}`;
}

/** Mask with the named bits set; a pair is an inclusive range, high bit first. */
function bits(...list: readonly (number | readonly [number, number])[]): bigint {
  let mask = 0n;
  for (const item of list) {
    const [high, low] = typeof item === 'number' ? [item, item] : item;
    mask |= ((1n << BigInt(high - low + 1)) - 1n) << BigInt(low);
  }
  return mask;
}

const ALL = (1n << 64n) - 1n;
const WORD = 0xffff_ffffn;
const NONE = 0n;

/** Access: `rw1` read and write from EL1, `r0w1` read from EL0 and write from EL1, `r1` read only, `w1` write only. */
type Level = 0 | 1 | 2 | 3;
type AccessText = `rw${Level}` | `r${Level}` | `w${Level}` | `r${Level}w${Level}`;
type Place = readonly [op0: number, op1: number, crn: number, crm: number, op2: number];

function lowestEl(access: AccessText, letter: 'r' | 'w'): number {
  const match = new RegExp(letter === 'r' ? 'rw?(\\d)' : 'w(\\d)').exec(access);
  return match === null ? 4 : Number(match[1]);
}

function row<const Name extends string>(
  name: Name,
  place: Place,
  group: SysregGroup,
  access: AccessText,
  reset: bigint = 0n,
  writable: bigint = lowestEl(access, 'w') === 4 ? NONE : ALL,
): SystemRegister<Name> {
  const encoding = sysregEncoding(...place);
  return { name, encoding, group, readEl: lowestEl(access, 'r'), writeEl: lowestEl(access, 'w'), reset, writable };
}

type Numbered<Prefix extends string, Suffix extends string, N extends number> = `${Prefix}${N}${Suffix}`;

function numbered<const Prefix extends string, const Suffix extends string, const N extends number>(
  prefix: Prefix,
  suffix: Suffix,
  numbers: readonly N[],
  place: (n: number) => Place,
  group: SysregGroup,
  access: AccessText,
  writable: (n: number) => bigint,
): SystemRegister<Numbered<Prefix, Suffix, N>>[] {
  return numbers.map((n) =>
    row(`${prefix}${n}${suffix}` as Numbered<Prefix, Suffix, N>, place(n), group, access, 0n, writable(n)),
  );
}

const SIX = [0, 1, 2, 3, 4, 5] as const;
const FOUR = [0, 1, 2, 3] as const;

/** Context-aware breakpoints compare all of DBGBVR with CONTEXTIDR or VMID; the others hold a word-aligned address. */
const FIRST_CONTEXT_BREAKPOINT = 4;
const WORD_ADDRESS = ALL & ~3n;

const SCTLR_EL1_BITS = bits([5, 0], [9, 7], [12, 11], [16, 14], [20, 18], [26, 22], [29, 28]);
const SCTLR_EL2_BITS = bits([5, 0], [12, 11], 16, [19, 18], [23, 22], 25, [29, 28]);
const TCR_EL1_BITS = bits([5, 0], [34, 7], [38, 36]);
const TCR_EL2_BITS = bits([5, 0], [15, 8], [18, 16], 20, 23, 31);
const VTCR_EL2_BITS = bits([18, 0], 31);
const VTTBR_EL2_BITS = bits([55, 0]);
/** HCD (bit 29) is RES0 because EL3 exists; RW (bit 31) is RAO/WI because EL1 is AArch64 only; SWIO (bit 1) is RES1 on the A53. */
const HCR_EL2_BITS = bits([28, 2], 0, 30, [33, 32]);
const SPSR_BITS = bits([31, 28], [21, 20], [9, 6], [4, 0]);
const VBAR_BITS = ALL & ~0x7ffn;
const PMU_COUNTERS = bits(31, [5, 0]);
const PMU_FILTER = bits([31, 26]);

/** The table. Order assigns the storage index in the CPU's state block: the registers that are touched most come first. */
export const SYSTEM_REGISTERS = [
  row('SP_EL0', [3, 0, 4, 1, 0], 'THREAD', 'rw1'),
  row('SP_EL1', [3, 4, 4, 1, 0], 'THREAD', 'rw2'),
  row('SP_EL2', [3, 6, 4, 1, 0], 'THREAD', 'rw3'),
  row('TPIDR_EL0', [3, 3, 13, 0, 2], 'THREAD', 'rw0'),
  row('TPIDRRO_EL0', [3, 3, 13, 0, 3], 'THREAD', 'r0w1'),
  row('TPIDR_EL1', [3, 0, 13, 0, 4], 'THREAD', 'rw1'),
  row('TPIDR_EL2', [3, 4, 13, 0, 2], 'THREAD', 'rw2'),
  row('TPIDR_EL3', [3, 6, 13, 0, 2], 'THREAD', 'rw3'),
  row('ELR_EL1', [3, 0, 4, 0, 1], 'EXCEPTION', 'rw1'),
  row('ELR_EL2', [3, 4, 4, 0, 1], 'EXCEPTION', 'rw2'),
  row('ELR_EL3', [3, 6, 4, 0, 1], 'EXCEPTION', 'rw3'),
  row('SPSR_EL1', [3, 0, 4, 0, 0], 'EXCEPTION', 'rw1', 0n, SPSR_BITS),
  row('SPSR_EL2', [3, 4, 4, 0, 0], 'EXCEPTION', 'rw2', 0n, SPSR_BITS),
  row('SPSR_EL3', [3, 6, 4, 0, 0], 'EXCEPTION', 'rw3', 0n, SPSR_BITS),
  row('ESR_EL1', [3, 0, 5, 2, 0], 'EXCEPTION', 'rw1', 0n, WORD),
  row('ESR_EL2', [3, 4, 5, 2, 0], 'EXCEPTION', 'rw2', 0n, WORD),
  row('ESR_EL3', [3, 6, 5, 2, 0], 'EXCEPTION', 'rw3', 0n, WORD),
  row('FAR_EL1', [3, 0, 6, 0, 0], 'EXCEPTION', 'rw1'),
  row('FAR_EL2', [3, 4, 6, 0, 0], 'EXCEPTION', 'rw2'),
  row('FAR_EL3', [3, 6, 6, 0, 0], 'EXCEPTION', 'rw3'),
  row('HPFAR_EL2', [3, 4, 6, 0, 4], 'EXCEPTION', 'rw2', 0n, bits([39, 4])),
  row('VBAR_EL1', [3, 0, 12, 0, 0], 'EXCEPTION', 'rw1', 0n, VBAR_BITS),
  row('VBAR_EL2', [3, 4, 12, 0, 0], 'EXCEPTION', 'rw2', 0n, VBAR_BITS),
  row('VBAR_EL3', [3, 6, 12, 0, 0], 'EXCEPTION', 'rw3', 0n, VBAR_BITS),
  row('CONTEXTIDR_EL1', [3, 0, 13, 0, 1], 'MEMORY', 'rw1', 0n, WORD),
  row('SCTLR_EL1', [3, 0, 1, 0, 0], 'SYSCFG', 'rw1', 0x00c5_0838n, SCTLR_EL1_BITS),
  row('SCTLR_EL2', [3, 4, 1, 0, 0], 'SYSCFG', 'rw2', 0x30c5_0838n, SCTLR_EL2_BITS),
  row('SCTLR_EL3', [3, 6, 1, 0, 0], 'SYSCFG', 'rw3', 0x00c5_0838n, SCTLR_EL2_BITS),
  row('TTBR0_EL1', [3, 0, 2, 0, 0], 'MEMORY', 'rw1'),
  row('TTBR1_EL1', [3, 0, 2, 0, 1], 'MEMORY', 'rw1'),
  row('TCR_EL1', [3, 0, 2, 0, 2], 'MEMORY', 'rw1', 0n, TCR_EL1_BITS),
  row('MAIR_EL1', [3, 0, 10, 2, 0], 'MEMORY', 'rw1', 0x44e0_48e0_0009_8aa4n),
  row('TTBR0_EL2', [3, 4, 2, 0, 0], 'MEMORY', 'rw2', 0n, bits([47, 0])),
  row('TCR_EL2', [3, 4, 2, 0, 2], 'MEMORY', 'rw2', 0n, TCR_EL2_BITS),
  row('MAIR_EL2', [3, 4, 10, 2, 0], 'MEMORY', 'rw2'),
  row('VTTBR_EL2', [3, 4, 2, 1, 0], 'MEMORY', 'rw2', 0n, VTTBR_EL2_BITS),
  row('VTCR_EL2', [3, 4, 2, 1, 2], 'MEMORY', 'rw2', 0n, VTCR_EL2_BITS),
  row('TTBR0_EL3', [3, 6, 2, 0, 0], 'MEMORY', 'rw3', 0n, bits([47, 0])),
  row('TCR_EL3', [3, 6, 2, 0, 2], 'MEMORY', 'rw3', 0n, TCR_EL2_BITS),
  row('MAIR_EL3', [3, 6, 10, 2, 0], 'MEMORY', 'rw3', 0x44e0_48e0_0009_8aa4n),
  row('PAR_EL1', [3, 0, 7, 4, 0], 'MEMORY', 'rw1'),
  row('AMAIR_EL1', [3, 0, 10, 3, 0], 'MEMORY', 'rw1', 0n, NONE),
  row('AMAIR_EL2', [3, 4, 10, 3, 0], 'MEMORY', 'rw2', 0n, NONE),
  row('AMAIR_EL3', [3, 6, 10, 3, 0], 'MEMORY', 'rw3', 0n, NONE),
  row('DACR32_EL2', [3, 4, 3, 0, 0], 'MEMORY', 'rw2', 0n, WORD),

  row('HCR_EL2', [3, 4, 1, 1, 0], 'SYSCFG', 'rw2', 0x8000_0002n, HCR_EL2_BITS),
  row('MDCR_EL2', [3, 4, 1, 1, 1], 'DEBUG', 'rw2', 6n, bits([11, 0])),
  row('CPTR_EL2', [3, 4, 1, 1, 2], 'SYSCFG', 'rw2', 0n, bits([10, 0], [13, 12], 31)),
  row('HSTR_EL2', [3, 4, 1, 1, 3], 'SYSCFG', 'rw2', 0n, bits([3, 0], [13, 5], 15)),
  row('HACR_EL2', [3, 4, 1, 1, 7], 'SYSCFG', 'rw2', 0n, NONE),
  row('CPACR_EL1', [3, 0, 1, 0, 2], 'SYSCFG', 'rw1', 0n, bits([21, 20])),
  row('ACTLR_EL1', [3, 0, 1, 0, 1], 'SYSCFG', 'rw1', 0n, NONE),
  row('ACTLR_EL2', [3, 4, 1, 0, 1], 'SYSCFG', 'rw2', 0n, bits([1, 0], [6, 4])),
  row('ACTLR_EL3', [3, 6, 1, 0, 1], 'SYSCFG', 'rw3', 0x73n, bits([1, 0], [6, 4])),
  row('SCR_EL3', [3, 6, 1, 1, 0], 'SYSCFG', 'rw3', 0x501n, bits([3, 0], [13, 7])),
  row('SDER32_EL3', [3, 6, 1, 1, 1], 'DEBUG', 'rw3', 0n, bits([1, 0])),
  row('CPTR_EL3', [3, 6, 1, 1, 2], 'SYSCFG', 'rw3', 0n, bits(10, 31)),
  row('MDCR_EL3', [3, 6, 1, 3, 1], 'DEBUG', 'rw3', 0n, bits([10, 9], [17, 14], [21, 20])),
  row('RVBAR_EL3', [3, 6, 12, 0, 1], 'SYSCFG', 'r3'),
  row('RMR_EL3', [3, 6, 12, 0, 2], 'SYSCFG', 'rw3', 1n, bits(1)),
  row('VPIDR_EL2', [3, 4, 0, 0, 0], 'ID', 'rw2', 0x410f_d034n, WORD),
  row('VMPIDR_EL2', [3, 4, 0, 0, 5], 'ID', 'rw2', 0x8000_0000n, bits([39, 30], [24, 0])),

  row('CurrentEL', [3, 0, 4, 2, 2], 'THREAD', 'r1'),
  row('SPSel', [3, 0, 4, 2, 0], 'THREAD', 'rw1', 1n, bits(0)),
  row('NZCV', [3, 3, 4, 2, 0], 'THREAD', 'rw0', 0n, bits([31, 28])),
  row('DAIF', [3, 3, 4, 2, 1], 'THREAD', 'rw0', 0x3c0n, bits([9, 6])),
  row('FPCR', [3, 3, 4, 4, 0], 'THREAD', 'rw0', 0n, bits([26, 22])),
  row('FPSR', [3, 3, 4, 4, 1], 'THREAD', 'rw0', 0n, bits(27, 7, [4, 0])),
  row('SPSR_irq', [3, 4, 4, 3, 0], 'EXCEPTION', 'rw2', 0n, WORD),
  row('SPSR_abt', [3, 4, 4, 3, 1], 'EXCEPTION', 'rw2', 0n, WORD),
  row('SPSR_und', [3, 4, 4, 3, 2], 'EXCEPTION', 'rw2', 0n, WORD),
  row('SPSR_fiq', [3, 4, 4, 3, 3], 'EXCEPTION', 'rw2', 0n, WORD),
  row('IFSR32_EL2', [3, 4, 5, 0, 1], 'EXCEPTION', 'rw2', 0n, bits(12, [10, 9], [5, 0])),
  row('FPEXC32_EL2', [3, 4, 5, 3, 0], 'EXCEPTION', 'rw2', 0x700n, bits(30)),
  row('AFSR0_EL1', [3, 0, 5, 1, 0], 'EXCEPTION', 'rw1', 0n, NONE),
  row('AFSR1_EL1', [3, 0, 5, 1, 1], 'EXCEPTION', 'rw1', 0n, NONE),
  row('AFSR0_EL2', [3, 4, 5, 1, 0], 'EXCEPTION', 'rw2', 0n, NONE),
  row('AFSR1_EL2', [3, 4, 5, 1, 1], 'EXCEPTION', 'rw2', 0n, NONE),
  row('AFSR0_EL3', [3, 6, 5, 1, 0], 'EXCEPTION', 'rw3', 0n, NONE),
  row('AFSR1_EL3', [3, 6, 5, 1, 1], 'EXCEPTION', 'rw3', 0n, NONE),
  row('ISR_EL1', [3, 0, 12, 1, 0], 'EXCEPTION', 'r1'),

  row('MIDR_EL1', [3, 0, 0, 0, 0], 'ID', 'r1', 0x410f_d034n),
  row('MPIDR_EL1', [3, 0, 0, 0, 5], 'ID', 'r1', 0x8000_0000n),
  row('REVIDR_EL1', [3, 0, 0, 0, 6], 'ID', 'r1'),
  row('ID_PFR0_EL1', [3, 0, 0, 1, 0], 'ID', 'r1', 0x131n),
  row('ID_PFR1_EL1', [3, 0, 0, 1, 1], 'ID', 'r1', 0x0001_1011n),
  row('ID_DFR0_EL1', [3, 0, 0, 1, 2], 'ID', 'r1', 0x0301_0066n),
  row('ID_AFR0_EL1', [3, 0, 0, 1, 3], 'ID', 'r1'),
  row('ID_MMFR0_EL1', [3, 0, 0, 1, 4], 'ID', 'r1', 0x1010_1105n),
  row('ID_MMFR1_EL1', [3, 0, 0, 1, 5], 'ID', 'r1', 0x4000_0000n),
  row('ID_MMFR2_EL1', [3, 0, 0, 1, 6], 'ID', 'r1', 0x0126_0000n),
  row('ID_MMFR3_EL1', [3, 0, 0, 1, 7], 'ID', 'r1', 0x0210_2211n),
  row('ID_ISAR0_EL1', [3, 0, 0, 2, 0], 'ID', 'r1', 0x0210_1110n),
  row('ID_ISAR1_EL1', [3, 0, 0, 2, 1], 'ID', 'r1', 0x1311_2111n),
  row('ID_ISAR2_EL1', [3, 0, 0, 2, 2], 'ID', 'r1', 0x2123_2042n),
  row('ID_ISAR3_EL1', [3, 0, 0, 2, 3], 'ID', 'r1', 0x0111_2131n),
  row('ID_ISAR4_EL1', [3, 0, 0, 2, 4], 'ID', 'r1', 0x0001_1142n),
  row('ID_ISAR5_EL1', [3, 0, 0, 2, 5], 'ID', 'r1', 0x0001_1121n),
  row('MVFR0_EL1', [3, 0, 0, 3, 0], 'ID', 'r1', 0x1011_0222n),
  row('MVFR1_EL1', [3, 0, 0, 3, 1], 'ID', 'r1', 0x1211_1111n),
  row('MVFR2_EL1', [3, 0, 0, 3, 2], 'ID', 'r1', 0x43n),
  row('ID_AA64PFR0_EL1', [3, 0, 0, 4, 0], 'ID', 'r1', 0x1111n),
  row('ID_AA64PFR1_EL1', [3, 0, 0, 4, 1], 'ID', 'r1'),
  row('ID_AA64DFR0_EL1', [3, 0, 0, 5, 0], 'ID', 'r1', 0x1030_5106n),
  row('ID_AA64DFR1_EL1', [3, 0, 0, 5, 1], 'ID', 'r1'),
  row('ID_AA64AFR0_EL1', [3, 0, 0, 5, 4], 'ID', 'r1'),
  row('ID_AA64AFR1_EL1', [3, 0, 0, 5, 5], 'ID', 'r1'),
  row('ID_AA64ISAR0_EL1', [3, 0, 0, 6, 0], 'ID', 'r1', 0x0001_1120n),
  row('ID_AA64ISAR1_EL1', [3, 0, 0, 6, 1], 'ID', 'r1'),
  row('ID_AA64MMFR0_EL1', [3, 0, 0, 7, 0], 'ID', 'r1', 0x1122n),
  row('ID_AA64MMFR1_EL1', [3, 0, 0, 7, 1], 'ID', 'r1'),
  row('CCSIDR_EL1', [3, 1, 0, 0, 0], 'ID', 'r1', 0x700f_e01an),
  row('CLIDR_EL1', [3, 1, 0, 0, 1], 'ID', 'r1', 0x0a20_0023n),
  row('AIDR_EL1', [3, 1, 0, 0, 7], 'ID', 'r1'),
  row('CSSELR_EL1', [3, 2, 0, 0, 0], 'ID', 'rw1', 0n, bits([3, 0])),
  row('CTR_EL0', [3, 3, 0, 0, 1], 'ID', 'r0', 0x8444_8004n),
  row('DCZID_EL0', [3, 3, 0, 0, 7], 'ID', 'r0', 4n),

  row('CNTFRQ_EL0', [3, 3, 14, 0, 0], 'TIMER', 'r0w3', 100_000_000n, WORD),
  row('CNTPCT_EL0', [3, 3, 14, 0, 1], 'TIMER', 'r0'),
  row('CNTVCT_EL0', [3, 3, 14, 0, 2], 'TIMER', 'r0'),
  row('CNTP_TVAL_EL0', [3, 3, 14, 2, 0], 'TIMER', 'rw0', 0n, WORD),
  row('CNTP_CTL_EL0', [3, 3, 14, 2, 1], 'TIMER', 'rw0', 0n, bits([1, 0])),
  row('CNTP_CVAL_EL0', [3, 3, 14, 2, 2], 'TIMER', 'rw0'),
  row('CNTV_TVAL_EL0', [3, 3, 14, 3, 0], 'TIMER', 'rw0', 0n, WORD),
  row('CNTV_CTL_EL0', [3, 3, 14, 3, 1], 'TIMER', 'rw0', 0n, bits([1, 0])),
  row('CNTV_CVAL_EL0', [3, 3, 14, 3, 2], 'TIMER', 'rw0'),
  row('CNTKCTL_EL1', [3, 0, 14, 1, 0], 'TIMER', 'rw1', 0n, bits([9, 0])),
  row('CNTVOFF_EL2', [3, 4, 14, 0, 3], 'TIMER', 'rw2'),
  row('CNTHCTL_EL2', [3, 4, 14, 1, 0], 'TIMER', 'rw2', 3n, bits([7, 0])),
  row('CNTHP_TVAL_EL2', [3, 4, 14, 2, 0], 'TIMER', 'rw2', 0n, WORD),
  row('CNTHP_CTL_EL2', [3, 4, 14, 2, 1], 'TIMER', 'rw2', 0n, bits([1, 0])),
  row('CNTHP_CVAL_EL2', [3, 4, 14, 2, 2], 'TIMER', 'rw2'),
  row('CNTPS_TVAL_EL1', [3, 7, 14, 2, 0], 'TIMER', 'rw3', 0n, WORD),
  row('CNTPS_CTL_EL1', [3, 7, 14, 2, 1], 'TIMER', 'rw3', 0n, bits([1, 0])),
  row('CNTPS_CVAL_EL1', [3, 7, 14, 2, 2], 'TIMER', 'rw3'),

  row('MDSCR_EL1', [2, 0, 0, 2, 2], 'DEBUG', 'rw1', 0n, bits(0, 6, [15, 12], [23, 21], [27, 26], [30, 29])),
  row('MDCCINT_EL1', [2, 0, 0, 2, 0], 'DEBUG', 'rw1', 0n, bits([30, 29])),
  row('OSDTRRX_EL1', [2, 0, 0, 0, 2], 'DEBUG', 'rw1', 0n, WORD),
  row('OSDTRTX_EL1', [2, 0, 0, 3, 2], 'DEBUG', 'rw1', 0n, WORD),
  row('OSECCR_EL1', [2, 0, 0, 6, 2], 'DEBUG', 'rw1', 0n, WORD),
  row('MDCCSR_EL0', [2, 3, 0, 1, 0], 'DEBUG', 'r0'),
  row('DBGDTR_EL0', [2, 3, 0, 4, 0], 'DEBUG', 'rw0', 0n, NONE),
  row('DBGDTRRX_EL0', [2, 3, 0, 5, 0], 'DEBUG', 'rw0', 0n, NONE),
  row('DBGVCR32_EL2', [2, 4, 0, 7, 0], 'DEBUG', 'rw2', 0n, WORD),
  row('MDRAR_EL1', [2, 0, 1, 0, 0], 'DEBUG', 'r1'),
  row('OSLAR_EL1', [2, 0, 1, 0, 4], 'DEBUG', 'w1', 0n, bits(0)),
  row('OSLSR_EL1', [2, 0, 1, 1, 4], 'DEBUG', 'r1', 0xan),
  row('OSDLR_EL1', [2, 0, 1, 3, 4], 'DEBUG', 'rw1', 0n, bits(0)),
  row('DBGPRCR_EL1', [2, 0, 1, 4, 4], 'DEBUG', 'rw1', 0n, bits(0)),
  row('DBGCLAIMSET_EL1', [2, 0, 7, 8, 6], 'DEBUG', 'rw1', 0xffn, bits([7, 0])),
  row('DBGCLAIMCLR_EL1', [2, 0, 7, 9, 6], 'DEBUG', 'rw1', 0n, bits([7, 0])),
  row('DBGAUTHSTATUS_EL1', [2, 0, 7, 14, 6], 'DEBUG', 'r1', 0xaan),
  ...numbered(
    'DBGBVR',
    '_EL1',
    SIX,
    (n) => [2, 0, 0, n, 4],
    'DEBUG',
    'rw1',
    (n) => (n < FIRST_CONTEXT_BREAKPOINT ? WORD_ADDRESS : ALL),
  ),
  ...numbered(
    'DBGBCR',
    '_EL1',
    SIX,
    (n) => [2, 0, 0, n, 5],
    'DEBUG',
    'rw1',
    () => bits([2, 0], [8, 5], [23, 13]),
  ),
  ...numbered(
    'DBGWVR',
    '_EL1',
    FOUR,
    (n) => [2, 0, 0, n, 6],
    'DEBUG',
    'rw1',
    () => WORD_ADDRESS,
  ),
  ...numbered(
    'DBGWCR',
    '_EL1',
    FOUR,
    (n) => [2, 0, 0, n, 7],
    'DEBUG',
    'rw1',
    () => bits([20, 0], [28, 24]),
  ),

  row('PMCR_EL0', [3, 3, 9, 12, 0], 'PMU', 'rw0', 0x4103_3000n, bits([6, 0])),
  row('PMCNTENSET_EL0', [3, 3, 9, 12, 1], 'PMU', 'rw0', 0n, PMU_COUNTERS),
  row('PMCNTENCLR_EL0', [3, 3, 9, 12, 2], 'PMU', 'rw0', 0n, PMU_COUNTERS),
  row('PMOVSCLR_EL0', [3, 3, 9, 12, 3], 'PMU', 'rw0', 0n, PMU_COUNTERS),
  row('PMSWINC_EL0', [3, 3, 9, 12, 4], 'PMU', 'w0', 0n, bits([5, 0])),
  row('PMSELR_EL0', [3, 3, 9, 12, 5], 'PMU', 'rw0', 0n, bits([4, 0])),
  // The events that are counted (`cpu/system-registers/pmu.ts`). The A53 has more (0x67FFBFFF), which would read as zero here.
  row('PMCEID0_EL0', [3, 3, 9, 12, 6], 'PMU', 'r0', 0x4002_0f01n),
  row('PMCEID1_EL0', [3, 3, 9, 12, 7], 'PMU', 'r0'),
  row('PMCCNTR_EL0', [3, 3, 9, 13, 0], 'PMU', 'rw0'),
  row('PMXEVTYPER_EL0', [3, 3, 9, 13, 1], 'PMU', 'rw0', 0n, WORD),
  row('PMXEVCNTR_EL0', [3, 3, 9, 13, 2], 'PMU', 'rw0', 0n, WORD),
  row('PMUSERENR_EL0', [3, 3, 9, 14, 0], 'PMU', 'r0w1', 0n, bits([3, 0])),
  row('PMOVSSET_EL0', [3, 3, 9, 14, 3], 'PMU', 'rw0', 0n, PMU_COUNTERS),
  row('PMINTENSET_EL1', [3, 0, 9, 14, 1], 'PMU', 'rw1', 0n, PMU_COUNTERS),
  row('PMINTENCLR_EL1', [3, 0, 9, 14, 2], 'PMU', 'rw1', 0n, PMU_COUNTERS),
  ...numbered(
    'PMEVCNTR',
    '_EL0',
    SIX,
    (n) => [3, 3, 14, 8, n],
    'PMU',
    'rw0',
    () => WORD,
  ),
  ...numbered(
    'PMEVTYPER',
    '_EL0',
    SIX,
    (n) => [3, 3, 14, 12, n],
    'PMU',
    'rw0',
    () => PMU_FILTER | bits([9, 0]),
  ),
  row('PMCCFILTR_EL0', [3, 3, 14, 15, 7], 'PMU', 'rw0', 0n, PMU_FILTER),

  // Four cores; the ZynqMP protects both cache levels by ECC (bits 22 and 21).
  row('L2CTLR_EL1', [3, 1, 11, 0, 2], 'IMPDEF', 'rw1', 0x0360_0000n, bits(5, 0)),
  row('L2ECTLR_EL1', [3, 1, 11, 0, 3], 'IMPDEF', 'rw1', 0n, bits([30, 29], [2, 0])),
  row('L2ACTLR_EL1', [3, 1, 15, 0, 0], 'IMPDEF', 'rw1', 0x8000_0000n, bits([31, 30], 14, 3)),
  row('CPUACTLR_EL1', [3, 1, 15, 2, 0], 'IMPDEF', 'rw1', 0x0000_0000_090c_a000n, bits(49, 44, [31, 0])),
  row('CPUECTLR_EL1', [3, 1, 15, 2, 1], 'IMPDEF', 'rw1', 0n, bits([6, 0])),
  row('CPUMERRSR_EL1', [3, 1, 15, 2, 2], 'IMPDEF', 'rw1', 0n, NONE),
  row('L2MERRSR_EL1', [3, 1, 15, 2, 3], 'IMPDEF', 'rw1', 0n, NONE),
  row('CBAR_EL1', [3, 1, 15, 3, 0], 'IMPDEF', 'r1', 0xf900_0000n),
  ...numbered(
    'CDBGDR',
    '_EL3',
    FOUR,
    (n) => [3, 6, 15, 0, n],
    'IMPDEF',
    'r3',
    () => NONE,
  ),
] as const satisfies readonly SystemRegister[];

/** Name of a system register in the table. */
export type SysregName = (typeof SYSTEM_REGISTERS)[number]['name'];

const byEncoding = new Map<number, SystemRegister<SysregName>>(SYSTEM_REGISTERS.map((r) => [r.encoding, r]));
const byName = new Map<string, SystemRegister<SysregName>>(SYSTEM_REGISTERS.map((r) => [r.name.toUpperCase(), r]));

/** The register at an encoding, if the A53 has one. `DBGDTRTX_EL0` shares its encoding with `DBGDTRRX_EL0`. */
export function sysregAt(encoding: number): SystemRegister<SysregName> | undefined {
  return byEncoding.get(encoding);
}

/** The register of a name, in any case. */
export function sysregNamed(name: string): SystemRegister<SysregName> | undefined {
  return byName.get(name.toUpperCase());
}

/** Reserved identification registers, which read as zero: op0 3, op1 0, CRn 0, CRm 2-7 (Arm ARM D12.3.1). */
export function isReservedId(encoding: number): boolean {
  const { crm } = encodingParts(encoding);
  return (encoding & ~0x7f) === sysregEncoding(3, 0, 0, 0, 0) && crm >= 2 && crm <= 7 && !byEncoding.has(encoding);
}

/** Encodings of IMPLEMENTATION DEFINED registers and operations, trapped by HCR_EL2.TIDCP: op0 1 or 3, CRn 11 or 15. */
export function isImplementationDefined(encoding: number): boolean {
  const { op0, crn } = encodingParts(encoding);
  return (op0 === 1 || op0 === 3) && (crn === 11 || crn === 15);
}
