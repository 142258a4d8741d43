/**
 * Where QEMU 7.2 and the Arm ARM (or the Cortex-A53) part, case by case. Outcome characters are those of system-cases.c: `.` executed, `u`/`U` UNDEFINED,
 * `t`/`T` trapped by this access, at EL1/EL2, `?` another exception.
 */

/** One register access at one level under one configuration, with both outcomes. */
export interface Difference {
  readonly access: string;
  readonly config: string;
  readonly el: number;
  readonly qemu: string;
  readonly ours: string;
}

interface Departure {
  readonly why: string;
  readonly covers: (difference: Difference) => boolean;
}

const names = (difference: Difference, pattern: RegExp): boolean => pattern.test(difference.access);

/** Each is needed: the test fails when one explains nothing any more. */
export const DEPARTURES: readonly Departure[] = [
  {
    why: 'QEMU has no registers of the external debug interface; the A53 has them, under MDCR_EL2.{TDA, TDE, TDOSA} and MDSCR_EL1.TDCC',
    covers: (d) =>
      names(d, /^M(RS|SR) (OSDTR|OSECCR|DBGDTR|DBGPRCR|DBGCLAIM|DBGAUTHSTATUS)/) &&
      d.qemu.toLowerCase() === 'u' &&
      '.tT'.includes(d.ours),
  },
  {
    why: 'DC ZVA to Device memory, which all memory is while the MMU is off, is an alignment fault (Arm ARM B2.7.2)',
    covers: (d) => d.access === 'SYS 3 C7 C4 1' && d.qemu === '.' && d.ours === '?',
  },
  {
    why: 'CNTFRQ_EL0 can be written at the highest implemented level: EL3 here, EL2 on this QEMU machine',
    covers: (d) => d.access === 'MSR CNTFRQ_EL0' && d.el === 2 && d.ours === 'U',
  },
  {
    why: 'QEMU 7.2 does not implement HCR_EL2.TIDCP',
    covers: (d) => d.config === 'HCR.TIDCP' && d.el === 1 && d.ours === 'T' && '.u'.includes(d.qemu),
  },
  {
    why: 'QEMU 7.2 does not implement MDCR_EL2.TPMCR',
    covers: (d) => d.config === 'MDCR.TPMCR' && names(d, /PMCR_EL0/) && d.ours === 'T' && d.qemu === '.',
  },
  {
    why: 'event counters that MDCR_EL2.HPMN hides are UNDEFINED here; QEMU 7.2 lets them be used (CONSTRAINED UNPREDICTABLE)',
    covers: (d) => d.config === 'MDCR.HPMN' && names(d, /PMEV(CNTR|TYPER)[2-5]/) && d.el < 2 && d.ours === 'u',
  },
  {
    why: 'QEMU 7.2 forgets MDCR_EL2.TPM where PMUSERENR_EL0.{SW, CR, ER} allowed the access',
    covers: (d) => d.config === 'MDCR.TPM' && d.el === 0 && d.ours === 'T' && d.qemu === '.',
  },
  {
    why: 'QEMU 7.2 looks at CNTHCTL_EL2.EL1PCEN, not EL1PCTEN, for the counter at EL0',
    covers: (d) => d.access === 'MRS CNTPCT_EL0' && d.el === 0 && /^CNTHCTL\.[12]$/.test(d.config),
  },
  {
    why: 'QEMU 7.2 does not implement MDSCR_EL1.TDCC',
    covers: (d) => d.config === 'MDSCR.TDCC' && d.access === 'MRS MDCCSR_EL0' && d.ours === 't',
  },
];

/** Lines of whole outcomes that differ, by what they begin with. */
export const LINE_DEPARTURES: readonly { readonly why: string; readonly line: RegExp }[] = [
  {
    why: 'QEMU 7.2 puts op1 and op2 of a trapped MSR DAIFSet or DAIFClr into each other’s place in ESR',
    line: /^A (TGE\+SCTLR|SCTLR\.UMA) EL0 DAIF(Set|Clr) /,
  },
  { why: 'QEMU 7.2 does not implement HCR_EL2.TIDCP', line: /^A HCR\.TIDCP EL1 MRS implementation defined / },
];

/** QEMU 7.2 never traps WFE, as it may do: it never waits for an event (Arm ARM D1.16.1). */
export const UNTRAPPED_WFE = /wait for event completed but ours .* esr[12]=7e00001 /;

/** Registers that read differently when every encoding of MRS is tried, by name (or generic name) and why. */
export const SWEEP_DEPARTURES: readonly { readonly why: string; readonly names: RegExp }[] = [
  { why: 'time', names: /^CNT(PCT|VCT|P_TVAL|V_TVAL|HP_TVAL)_/ },
  { why: 'the board counts at 100 MHz, QEMU at 62.5 MHz', names: /^CNTFRQ_EL0$/ },
  {
    why: 'QEMU has no registers of the external debug interface',
    names: /^(OSDTR|OSECCR|DBGDTR|DBGPRCR|DBGCLAIM|DBGAUTHSTATUS)/,
  },
  { why: 'EL3 exists, so that Security is implemented and RVBAR_EL2 is not', names: /^(ID_PFR1_EL1|S3_4_C12_C0_1)$/ },
  { why: 'AArch64 only, with EL3', names: /^ID_AA64PFR0_EL1$/ },
  { why: 'the A53 describes its AArch32 debug interface; QEMU does not have one', names: /^ID_DFR0_EL1$/ },
  { why: 'other PMU events are counted', names: /^PMCEID0_EL0$/ },
  {
    why: 'reset values of the Cortex-A53 TRM that QEMU leaves at zero',
    names: /^(MAIR_EL1|L2CTLR_EL1|L2ACTLR_EL1|CPUACTLR_EL1|FPEXC32_EL2)$/,
  },
  { why: 'HCR_EL2.SWIO is RES1 on the A53', names: /^HCR_EL2$/ },
  { why: 'QEMU has no ACTLR_EL2 controls', names: /^ACTLR_EL2$/ },
];
