/**
 * The AArch64 system registers of the Cortex-A53 (its Technical Reference Manual, DDI 0500, chapters 4, 10, 11 and 12, and the Arm ARM), written down by
 * hand a second time and apart from the model's table, to hold that against (tests only). Values that QEMU has too are compared with its in
 * `bare-metal/system-qemu.test.ts`.
 *
 * One line for each: name; op0, op1, CRn, CRm, op2; lowest exception level that may read and write (`r1w2`; one letter where the other access does not
 * exist); reset value in hexadecimal, `-` where it is UNKNOWN or not the manual's to say. The values are those of the ZynqMP's four cores with 1 MB of L2,
 * ECC, the Cryptography Extension, no GIC CPU interface in the cores (GICCDISABLE) and PERIPHBASE 0xF9000000.
 */
const LINES = `
MIDR_EL1           3 0  0  0 0  r1    410fd034
MPIDR_EL1          3 0  0  0 5  r1    80000000
REVIDR_EL1         3 0  0  0 6  r1    0
ID_PFR0_EL1        3 0  0  1 0  r1    131
ID_PFR1_EL1        3 0  0  1 1  r1    11011
ID_DFR0_EL1        3 0  0  1 2  r1    3010066
ID_AFR0_EL1        3 0  0  1 3  r1    0
ID_MMFR0_EL1       3 0  0  1 4  r1    10101105
ID_MMFR1_EL1       3 0  0  1 5  r1    40000000
ID_MMFR2_EL1       3 0  0  1 6  r1    1260000
ID_MMFR3_EL1       3 0  0  1 7  r1    2102211
ID_ISAR0_EL1       3 0  0  2 0  r1    2101110
ID_ISAR1_EL1       3 0  0  2 1  r1    13112111
ID_ISAR2_EL1       3 0  0  2 2  r1    21232042
ID_ISAR3_EL1       3 0  0  2 3  r1    1112131
ID_ISAR4_EL1       3 0  0  2 4  r1    11142
ID_ISAR5_EL1       3 0  0  2 5  r1    11121
MVFR0_EL1          3 0  0  3 0  r1    10110222
MVFR1_EL1          3 0  0  3 1  r1    12111111
MVFR2_EL1          3 0  0  3 2  r1    43
ID_AA64PFR0_EL1    3 0  0  4 0  r1    2222
ID_AA64PFR1_EL1    3 0  0  4 1  r1    0
ID_AA64DFR0_EL1    3 0  0  5 0  r1    10305106
ID_AA64DFR1_EL1    3 0  0  5 1  r1    0
ID_AA64AFR0_EL1    3 0  0  5 4  r1    0
ID_AA64AFR1_EL1    3 0  0  5 5  r1    0
ID_AA64ISAR0_EL1   3 0  0  6 0  r1    11120
ID_AA64ISAR1_EL1   3 0  0  6 1  r1    0
ID_AA64MMFR0_EL1   3 0  0  7 0  r1    1122
ID_AA64MMFR1_EL1   3 0  0  7 1  r1    0
CCSIDR_EL1         3 1  0  0 0  r1    -
CLIDR_EL1          3 1  0  0 1  r1    a200023
AIDR_EL1           3 1  0  0 7  r1    0
CSSELR_EL1         3 2  0  0 0  r1w1  -
CTR_EL0            3 3  0  0 1  r0    84448004
DCZID_EL0          3 3  0  0 7  r0    4
VPIDR_EL2          3 4  0  0 0  r2w2  410fd034
VMPIDR_EL2         3 4  0  0 5  r2w2  80000000

AFSR0_EL1          3 0  5  1 0  r1w1  0
AFSR1_EL1          3 0  5  1 1  r1w1  0
ESR_EL1            3 0  5  2 0  r1w1  -
IFSR32_EL2         3 4  5  0 1  r2w2  -
AFSR0_EL2          3 4  5  1 0  r2w2  0
AFSR1_EL2          3 4  5  1 1  r2w2  0
ESR_EL2            3 4  5  2 0  r2w2  -
AFSR0_EL3          3 6  5  1 0  r3w3  0
AFSR1_EL3          3 6  5  1 1  r3w3  0
ESR_EL3            3 6  5  2 0  r3w3  -
FPEXC32_EL2        3 4  5  3 0  r2w2  700
FAR_EL1            3 0  6  0 0  r1w1  -
FAR_EL2            3 4  6  0 0  r2w2  -
HPFAR_EL2          3 4  6  0 4  r2w2  -
FAR_EL3            3 6  6  0 0  r3w3  -
VBAR_EL1           3 0  12 0 0  r1w1  -
VBAR_EL2           3 4  12 0 0  r2w2  -
VBAR_EL3           3 6  12 0 0  r3w3  -
ISR_EL1            3 0  12 1 0  r1    -

SCTLR_EL1          3 0  1  0 0  r1w1  c50838
SCTLR_EL2          3 4  1  0 0  r2w2  30c50838
SCTLR_EL3          3 6  1  0 0  r3w3  c50838
TTBR0_EL1          3 0  2  0 0  r1w1  -
TTBR1_EL1          3 0  2  0 1  r1w1  -
TCR_EL1            3 0  2  0 2  r1w1  -
TTBR0_EL2          3 4  2  0 0  r2w2  -
TCR_EL2            3 4  2  0 2  r2w2  -
VTTBR_EL2          3 4  2  1 0  r2w2  -
VTCR_EL2           3 4  2  1 2  r2w2  -
TTBR0_EL3          3 6  2  0 0  r3w3  -
TCR_EL3            3 6  2  0 2  r3w3  -
DACR32_EL2         3 4  3  0 0  r2w2  -
PAR_EL1            3 0  7  4 0  r1w1  -
MAIR_EL1           3 0  10 2 0  r1w1  -
MAIR_EL2           3 4  10 2 0  r2w2  -
MAIR_EL3           3 6  10 2 0  r3w3  -
AMAIR_EL1          3 0  10 3 0  r1w1  0
AMAIR_EL2          3 4  10 3 0  r2w2  0
AMAIR_EL3          3 6  10 3 0  r3w3  0
CONTEXTIDR_EL1     3 0  13 0 1  r1w1  -

ACTLR_EL1          3 0  1  0 1  r1w1  0
CPACR_EL1          3 0  1  0 2  r1w1  0
ACTLR_EL2          3 4  1  0 1  r2w2  0
HCR_EL2            3 4  1  1 0  r2w2  2
MDCR_EL2           3 4  1  1 1  r2w2  6
CPTR_EL2           3 4  1  1 2  r2w2  -
HSTR_EL2           3 4  1  1 3  r2w2  0
HACR_EL2           3 4  1  1 7  r2w2  0
ACTLR_EL3          3 6  1  0 1  r3w3  0
SCR_EL3            3 6  1  1 0  r3w3  0
SDER32_EL3         3 6  1  1 1  r3w3  0
CPTR_EL3           3 6  1  1 2  r3w3  0
MDCR_EL3           3 6  1  3 1  r3w3  0
RVBAR_EL3          3 6  12 0 1  r3    -
RMR_EL3            3 6  12 0 2  r3w3  1

SPSR_EL1           3 0  4  0 0  r1w1  -
ELR_EL1            3 0  4  0 1  r1w1  -
SP_EL0             3 0  4  1 0  r1w1  -
SPSel              3 0  4  2 0  r1w1  1
CurrentEL          3 0  4  2 2  r1    -
NZCV               3 3  4  2 0  r0w0  -
DAIF               3 3  4  2 1  r0w0  3c0
FPCR               3 3  4  4 0  r0w0  0
FPSR               3 3  4  4 1  r0w0  -
SPSR_EL2           3 4  4  0 0  r2w2  -
ELR_EL2            3 4  4  0 1  r2w2  -
SP_EL1             3 4  4  1 0  r2w2  -
SPSR_irq           3 4  4  3 0  r2w2  -
SPSR_abt           3 4  4  3 1  r2w2  -
SPSR_und           3 4  4  3 2  r2w2  -
SPSR_fiq           3 4  4  3 3  r2w2  -
SPSR_EL3           3 6  4  0 0  r3w3  -
ELR_EL3            3 6  4  0 1  r3w3  -
SP_EL2             3 6  4  1 0  r3w3  -
TPIDR_EL1          3 0  13 0 4  r1w1  -
TPIDR_EL0          3 3  13 0 2  r0w0  -
TPIDRRO_EL0        3 3  13 0 3  r0w1  -
TPIDR_EL2          3 4  13 0 2  r2w2  -
TPIDR_EL3          3 6  13 0 2  r3w3  -

CNTKCTL_EL1        3 0  14 1 0  r1w1  0
CNTFRQ_EL0         3 3  14 0 0  r0w3  -
CNTPCT_EL0         3 3  14 0 1  r0    -
CNTVCT_EL0         3 3  14 0 2  r0    -
CNTP_TVAL_EL0      3 3  14 2 0  r0w0  -
CNTP_CTL_EL0       3 3  14 2 1  r0w0  0
CNTP_CVAL_EL0      3 3  14 2 2  r0w0  -
CNTV_TVAL_EL0      3 3  14 3 0  r0w0  -
CNTV_CTL_EL0       3 3  14 3 1  r0w0  0
CNTV_CVAL_EL0      3 3  14 3 2  r0w0  -
CNTVOFF_EL2        3 4  14 0 3  r2w2  -
CNTHCTL_EL2        3 4  14 1 0  r2w2  3
CNTHP_TVAL_EL2     3 4  14 2 0  r2w2  -
CNTHP_CTL_EL2      3 4  14 2 1  r2w2  0
CNTHP_CVAL_EL2     3 4  14 2 2  r2w2  -
CNTPS_TVAL_EL1     3 7  14 2 0  r3w3  -
CNTPS_CTL_EL1      3 7  14 2 1  r3w3  0
CNTPS_CVAL_EL1     3 7  14 2 2  r3w3  -

PMINTENSET_EL1     3 0  9  14 1 r1w1  -
PMINTENCLR_EL1     3 0  9  14 2 r1w1  -
PMCR_EL0           3 3  9  12 0 r0w0  41033000
PMCNTENSET_EL0     3 3  9  12 1 r0w0  -
PMCNTENCLR_EL0     3 3  9  12 2 r0w0  -
PMOVSCLR_EL0       3 3  9  12 3 r0w0  -
PMSWINC_EL0        3 3  9  12 4 w0    -
PMSELR_EL0         3 3  9  12 5 r0w0  -
PMCEID0_EL0        3 3  9  12 6 r0    67ffbfff
PMCEID1_EL0        3 3  9  12 7 r0    0
PMCCNTR_EL0        3 3  9  13 0 r0w0  -
PMXEVTYPER_EL0     3 3  9  13 1 r0w0  -
PMXEVCNTR_EL0      3 3  9  13 2 r0w0  -
PMUSERENR_EL0      3 3  9  14 0 r0w1  0
PMOVSSET_EL0       3 3  9  14 3 r0w0  -
PMEVCNTR0_EL0      3 3  14 8 0  r0w0  -
PMEVCNTR1_EL0      3 3  14 8 1  r0w0  -
PMEVCNTR2_EL0      3 3  14 8 2  r0w0  -
PMEVCNTR3_EL0      3 3  14 8 3  r0w0  -
PMEVCNTR4_EL0      3 3  14 8 4  r0w0  -
PMEVCNTR5_EL0      3 3  14 8 5  r0w0  -
PMEVTYPER0_EL0     3 3  14 12 0 r0w0  -
PMEVTYPER1_EL0     3 3  14 12 1 r0w0  -
PMEVTYPER2_EL0     3 3  14 12 2 r0w0  -
PMEVTYPER3_EL0     3 3  14 12 3 r0w0  -
PMEVTYPER4_EL0     3 3  14 12 4 r0w0  -
PMEVTYPER5_EL0     3 3  14 12 5 r0w0  -
PMCCFILTR_EL0      3 3  14 15 7 r0w0  0

OSDTRRX_EL1        2 0  0  0 2  r1w1  -
DBGBVR0_EL1        2 0  0  0 4  r1w1  -
DBGBVR1_EL1        2 0  0  1 4  r1w1  -
DBGBVR2_EL1        2 0  0  2 4  r1w1  -
DBGBVR3_EL1        2 0  0  3 4  r1w1  -
DBGBVR4_EL1        2 0  0  4 4  r1w1  -
DBGBVR5_EL1        2 0  0  5 4  r1w1  -
DBGBCR0_EL1        2 0  0  0 5  r1w1  -
DBGBCR1_EL1        2 0  0  1 5  r1w1  -
DBGBCR2_EL1        2 0  0  2 5  r1w1  -
DBGBCR3_EL1        2 0  0  3 5  r1w1  -
DBGBCR4_EL1        2 0  0  4 5  r1w1  -
DBGBCR5_EL1        2 0  0  5 5  r1w1  -
DBGWVR0_EL1        2 0  0  0 6  r1w1  -
DBGWVR1_EL1        2 0  0  1 6  r1w1  -
DBGWVR2_EL1        2 0  0  2 6  r1w1  -
DBGWVR3_EL1        2 0  0  3 6  r1w1  -
DBGWCR0_EL1        2 0  0  0 7  r1w1  -
DBGWCR1_EL1        2 0  0  1 7  r1w1  -
DBGWCR2_EL1        2 0  0  2 7  r1w1  -
DBGWCR3_EL1        2 0  0  3 7  r1w1  -
MDCCINT_EL1        2 0  0  2 0  r1w1  0
MDSCR_EL1          2 0  0  2 2  r1w1  -
OSDTRTX_EL1        2 0  0  3 2  r1w1  -
OSECCR_EL1         2 0  0  6 2  r1w1  0
MDCCSR_EL0         2 3  0  1 0  r0    0
DBGDTR_EL0         2 3  0  4 0  r0w0  0
DBGDTRRX_EL0       2 3  0  5 0  r0w0  0
DBGVCR32_EL2       2 4  0  7 0  r2w2  -
MDRAR_EL1          2 0  1  0 0  r1    -
OSLAR_EL1          2 0  1  0 4  w1    -
OSLSR_EL1          2 0  1  1 4  r1    a
OSDLR_EL1          2 0  1  3 4  r1w1  0
DBGPRCR_EL1        2 0  1  4 4  r1w1  -
DBGCLAIMSET_EL1    2 0  7  8 6  r1w1  ff
DBGCLAIMCLR_EL1    2 0  7  9 6  r1w1  0
DBGAUTHSTATUS_EL1  2 0  7  14 6 r1    aa

L2CTLR_EL1         3 1  11 0 2  r1w1  3600000
L2ECTLR_EL1        3 1  11 0 3  r1w1  0
L2ACTLR_EL1        3 1  15 0 0  r1w1  80000000
CPUACTLR_EL1       3 1  15 2 0  r1w1  90ca000
CPUECTLR_EL1       3 1  15 2 1  r1w1  0
CPUMERRSR_EL1      3 1  15 2 2  r1w1  -
L2MERRSR_EL1       3 1  15 2 3  r1w1  -
CBAR_EL1           3 1  15 3 0  r1    f9000000
CDBGDR0_EL3        3 6  15 0 0  r3    -
CDBGDR1_EL3        3 6  15 0 1  r3    -
CDBGDR2_EL3        3 6  15 0 2  r3    -
CDBGDR3_EL3        3 6  15 0 3  r3    -
`;

/** One line of the list. */
export interface ManualRegister {
  readonly name: string;
  /** op0, op1, CRn, CRm, op2. */
  readonly place: readonly [number, number, number, number, number];
  /** Lowest levels that may read and write; 4: none. */
  readonly readEl: number;
  readonly writeEl: number;
  /** Undefined where the manual gives none. */
  readonly reset: bigint | undefined;
}

function parse(line: string): ManualRegister {
  const [name, op0, op1, crn, crm, op2, access, reset] = line.split(/ +/);
  const level = (letter: string): number => Number(new RegExp(`${letter}(\\d)`).exec(access)?.[1] ?? 4);
  return {
    name,
    place: [Number(op0), Number(op1), Number(crn), Number(crm), Number(op2)],
    readEl: level('r'),
    writeEl: level('w'),
    reset: reset === '-' ? undefined : BigInt(`0x${reset}`),
  };
}

/** Every register of the list. */
export const MANUAL_REGISTERS: readonly ManualRegister[] = LINES.split('\n')
  .filter((line) => line !== '')
  .map(parse);

/** Where the machine is meant to have another reset value than the manual gives. */
export const OTHER_RESETS: Readonly<Record<string, string>> = {
  ID_AA64PFR0_EL1: 'no AArch32 at any level',
  HCR_EL2: 'no AArch32: RW is RAO/WI',
  ACTLR_EL3: 'the firmware lets EL2 write the implementation-defined registers',
  SCR_EL3: 'the firmware has made EL2 Non-secure, AArch64 and able to use HVC',
  PMCEID0_EL0: 'only events that are counted are announced: caches, buses and predictors are not modelled',
};
