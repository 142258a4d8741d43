/** What the system-register and exception program tries: trap configurations, register accesses and ways into and out of exceptions. */
import { accessList, type Action, type Config, type Program } from './system-program.ts';

const bit = (n: number): bigint => 1n << BigInt(n);

const HCR_RW = bit(31);
const SCTLR_RES1 = 0x30d0_0800n;
/** UMA, DZE, UCT, nTWI, nTWE, UCI: nothing from EL0 is trapped. */
const SCTLR_OPEN = SCTLR_RES1 | bit(9) | bit(14) | bit(15) | bit(16) | bit(18) | bit(26);
const CPACR_OPEN = 3n << 20n;
const MDCR_RESET = 6n;

/** Everything allowed. Each configuration changes one or two of these. */
export const BASE: Readonly<Record<string, bigint>> = {
  HCR_EL2: HCR_RW,
  CPTR_EL2: 0x33ffn,
  MDCR_EL2: MDCR_RESET,
  HSTR_EL2: 0n,
  CNTHCTL_EL2: 3n,
  ACTLR_EL2: 0x73n,
  SCTLR_EL2: 0x30c5_0838n,
  OSLAR_EL1: 0n,
  SCTLR_EL1: SCTLR_OPEN,
  CPACR_EL1: CPACR_OPEN,
  CNTKCTL_EL1: 0x303n,
  PMUSERENR_EL0: 0xfn,
  MDSCR_EL1: 0n,
  CNTP_CTL_EL0: 0n,
  CNTV_CTL_EL0: 0n,
  CNTHP_CTL_EL2: 0n,
};

const hcr = (name: string, bits: bigint, levels = [0, 1]): Config => ({
  name,
  set: { HCR_EL2: HCR_RW | bits },
  levels,
});
const closed = (name: string, bits: bigint): Config => ({ name, set: { SCTLR_EL1: SCTLR_OPEN & ~bits }, levels: [0] });
const one = (name: string, register: string, value: bigint, levels = [0, 1]): Config => ({
  name,
  set: { [register]: value },
  levels,
});

const HCR_TRAPS: Readonly<Record<string, number>> = {
  TWI: 13,
  TWE: 14,
  TID0: 15,
  TID1: 16,
  TID2: 17,
  TID3: 18,
  TSC: 19,
  TIDCP: 20,
  TACR: 21,
  TSW: 22,
  TPC: 23,
  TPU: 24,
  TTLB: 25,
  TVM: 26,
  TDZ: 28,
  TRVM: 30,
};

/** HCR_EL2.TGE, from EL0 only: a return to EL1 would be illegal. */
const TGE = bit(27);
const tge = (name: string, set: Readonly<Record<string, bigint>>): Config => ({
  name,
  set: { HCR_EL2: HCR_RW | TGE, ...set },
  levels: [0],
});

const MDCR_TRAPS: Readonly<Record<string, number>> = { TPMCR: 5, TPM: 6, TDE: 8, TDA: 9, TDOSA: 10, TDRA: 11 };

/** All trap configurations. */
export const CONFIGS: readonly Config[] = [
  { name: 'open', set: {} },
  ...Object.entries(HCR_TRAPS).map(([name, n]) => hcr(`HCR.${name}`, bit(n))),
  tge('TGE', {}),
  tge('TGE+SCTLR', { SCTLR_EL1: SCTLR_RES1 }),
  tge('TGE+CPACR', { CPACR_EL1: 0n }),
  tge('TGE+CNTKCTL', { CNTKCTL_EL1: 0n }),
  tge('TGE+PMUSERENR', { PMUSERENR_EL0: 0n }),
  ...Object.entries(MDCR_TRAPS).map(([name, n]) => one(`MDCR.${name}`, 'MDCR_EL2', MDCR_RESET | bit(n))),
  one('CPTR.TFP', 'CPTR_EL2', 0x33ffn | bit(10), [0, 1, 2]),
  one('CPTR.TCPAC', 'CPTR_EL2', 0x33ffn | bit(31), [1, 2]),
  one('CPACR.0', 'CPACR_EL1', 0n, [0, 1, 2]),
  one('CPACR.1', 'CPACR_EL1', 1n << 20n),
  one('CPACR.2', 'CPACR_EL1', 2n << 20n),
  one('CNTHCTL.0', 'CNTHCTL_EL2', 0n, [0, 1, 2]),
  one('CNTHCTL.1', 'CNTHCTL_EL2', 1n),
  one('CNTHCTL.2', 'CNTHCTL_EL2', 2n),
  one('CNTKCTL.0', 'CNTKCTL_EL1', 0n),
  one('CNTKCTL.1', 'CNTKCTL_EL1', 1n, [0]),
  one('CNTKCTL.2', 'CNTKCTL_EL1', 2n, [0]),
  one('CNTKCTL.EL0VTEN', 'CNTKCTL_EL1', 0x103n, [0]),
  one('CNTKCTL.EL0PTEN', 'CNTKCTL_EL1', 0x203n, [0]),
  one('MDCR.HPMN', 'MDCR_EL2', 2n),
  one('PMUSERENR.0', 'PMUSERENR_EL0', 0n),
  ...[1n, 2n, 4n, 8n].map((value) => one(`PMUSERENR.${value}`, 'PMUSERENR_EL0', value, [0])),
  one('MDSCR.TDCC', 'MDSCR_EL1', bit(12)),
  one('HSTR', 'HSTR_EL2', 0xffffn),
  closed('SCTLR.UMA', bit(9)),
  closed('SCTLR.DZE', bit(14)),
  closed('SCTLR.UCT', bit(15)),
  closed('SCTLR.nTWI', bit(16)),
  closed('SCTLR.nTWE', bit(18)),
  closed('SCTLR.UCI', bit(26)),
];

/** SPSR values for ERET: every mode, legal or not, with flags and masks. */
const RETURN_STATES: readonly bigint[] = [
  0x3c0n,
  0x3c1n,
  0x3c2n,
  0x3c4n,
  0x3c5n,
  0x3c6n,
  0x3c8n,
  0x3c9n,
  0x3ccn,
  0x3cdn,
  0x3d3n,
  0xa000_01c0n,
  0x6000_0080n,
  0x0010_03c0n,
  0x0020_03c0n,
  0x9000_0245n,
];

function eretFrom(el: number, spsr: bigint): Action {
  const code = ` msr spsr_el${el}, x0\n adr x1, 1f\n msr elr_el${el}, x1\n eret\n nop\n1: svc #0x77`;
  return { name: `ERET_EL${el} ${spsr.toString(16)}`, code, argument: spsr, levels: [el] };
}

/** Ways into exceptions, run at each level under each configuration. */
const ACTIONS: readonly Action[] = [
  { name: 'SVC', code: ' svc #0x1234' },
  { name: 'HVC', code: ' hvc #0xea1' },
  { name: 'SMC', code: ' smc #0x55', argument: 0x8400_0000n },
  { name: 'BRK', code: ' brk #0xf00d' },
  { name: 'HLT', code: ' hlt #1' },
  { name: 'UDF', code: ' .inst 0' },
  { name: 'DCPS1', code: ' dcps1' },
  { name: 'FP', code: ' fmov d0, d1' },
  { name: 'SIMD load', code: ' adr x1, 1f\n ldr q0, [x1]\n ret\n .balign 16\n1: .quad 0, 0' },
  { name: 'FPSR', code: ' mrs x0, fpsr' },
  { name: 'DAIFSet', code: ' msr daifset, #6' },
  { name: 'DAIFClr', code: ' msr daifclr, #9' },
  { name: 'SPSel', code: ' msr spsel, #1' },
  { name: 'PAN', code: ' .inst 0xd500419f' },
  { name: 'PC+1', code: ' adr x1, 1f + 1\n br x1\n1: nop' },
  { name: 'PC+2', code: ' adr x1, 1f + 2\n br x1\n1: nop' },
  { name: 'SYSL', code: ' sysl x3, #0, c7, c1, #0' },
  { name: 'SYS unallocated', code: ' sys #5, c9, c3, #2, x4' },
  { name: 'MRS unallocated', code: ' mrs x7, s3_0_c12_c12_0' },
  { name: 'MRS implementation defined', code: ' mrs x9, s3_5_c15_c7_1' },
  { name: 'MRS reserved ID', code: ' mrs x5, s3_0_c0_c7_2' },
];

/** Exception returns; tried in the open configuration and with TGE. */
const RETURNS: readonly Action[] = RETURN_STATES.flatMap((spsr) => [eretFrom(1, spsr), eretFrom(2, spsr)]);

/** Every access and action under every configuration. */
export const TRAP_PROGRAM: Program = { base: BASE, configs: CONFIGS, accesses: accessList(), actions: ACTIONS };

const VIRTUAL: readonly (readonly [string, bigint])[] = [
  ['VI', bit(7)],
  ['VF', bit(6)],
  ['VI+VF', bit(6) | bit(7)],
  ['VSE', bit(8)],
];
const ENABLES = bit(3) | bit(4) | bit(5);

/** Virtual interrupts: each with and without the bits that enable them. */
const VIRTUAL_CONFIGS: readonly Config[] = VIRTUAL.flatMap(([name, bits]) => [
  { name: `${name} off`, set: { HCR_EL2: HCR_RW | bits } },
  { name: `${name} on`, set: { HCR_EL2: HCR_RW | bits | ENABLES } },
]);

const unmask = (name: string, daif: number): Action => ({
  name,
  code: ` mov x0, #${daif << 6}\n msr daif, x0\n nop\n nop`,
});

/** Exception returns and virtual interrupts. */
export const STATE_PROGRAM: Program = {
  base: BASE,
  configs: [
    { name: 'open', set: {}, levels: [1, 2] },
    { name: 'TGE', set: { HCR_EL2: HCR_RW | TGE }, levels: [2] },
    ...VIRTUAL_CONFIGS,
  ],
  accesses: [],
  actions: [
    ...RETURNS,
    unmask('DAIF 0', 0),
    unmask('DAIF I', 2),
    unmask('DAIF F', 1),
    unmask('DAIF IF', 3),
    unmask('DAIF A', 4),
    { name: 'DAIFClr', code: ' msr daifset, #15\n msr daifclr, #15\n nop\n nop', levels: [1, 2] },
  ],
};

/** GIC distributor and CPU interface on, SGI 1 of this CPU not pending, the timers' private interrupts enabled. */
const GIC_IDLE = ` ldr x0, =0xf9010000
 mov w1, #1
 str w1, [x0]
 mov w1, #0x200
 str w1, [x0, #0xf10]
 mov w1, #0x4c000000
 str w1, [x0, #0x100]
 ldr x0, =0xf9020000
 mov w1, #0xf0
 str w1, [x0, #4]
 mov w1, #1
 str w1, [x0]
 dsb sy`;

/** SGI 1 to this CPU. */
const SEND_SGI = ` ldr x0, =0xf9010000
 ldr w1, =0x02000001
 str w1, [x0, #0xf00]
 dsb sy
 isb`;

const sgi = (name: string, bits: bigint, levels?: readonly number[]): Config => ({
  name: `SGI ${name}`,
  set: { HCR_EL2: HCR_RW | bits },
  code: SEND_SGI,
  levels,
});

const showing = (name: string, code: string, levels?: readonly number[]): Action => ({
  name,
  code,
  levels,
  showsX0: true,
});

/** Arms a timer 1000 ticks ahead and waits for its interrupt, masked: X0 is CTL without what depends on time, and ISR_EL1. */
function waitForTimer(timer: string, suffix: string, levels: readonly number[]): Action {
  const code = ` mov x1, #1000
 msr ${timer}_tval_${suffix}, x1
 mov x1, #1
 msr ${timer}_ctl_${suffix}, x1
 isb
1: wfi
 mrs x0, ${timer}_ctl_${suffix}
 tbz x0, #2, 1b
 mov x1, #2
 msr ${timer}_ctl_${suffix}, x1`;
  return showing(`wait ${timer}`, code, levels);
}

/** Waits with the event register clear: the event stream wakes it, if it is not trapped. */
const WAIT_FOR_EVENT: Action = { name: 'wait for event', code: ' sevl\n wfe\n wfe' };

/** Single-steps, from `el`, the code after label 1 at EL0, with SPSR.SS = `ss`. */
function step(name: string, el: number, ss: boolean, code: string): Action {
  const spsr = `0x${((ss ? 1 << 21 : 0) | 0x3c0).toString(16)}`;
  const setUp = ` mov x1, #1\n msr mdscr_el1, x1\n ldr x1, =${spsr}\n msr spsr_el${el}, x1\n adr x1, 1f\n msr elr_el${el}, x1`;
  return { name: `step ${name}`, code: `${setUp}\n eret\n .ltorg\n .balign 8\n1:\n${code}`, levels: [el] };
}

const STEPS: readonly Action[] = [1, 2].flatMap((el) => [
  step('nop', el, true, ' nop\n nop'),
  step('pending', el, false, ' nop\n nop'),
  step('svc', el, true, ' svc #3'),
  step('undefined', el, true, ' .inst 0'),
  step('branch', el, true, ' b 2f\n nop\n nop\n2: nop'),
  step('load-exclusive', el, true, ' ldxr x2, [x1]\n nop'),
  step('hvc', el, true, ' hvc #3'),
]);

/** Physical interrupts, waiting, timers, debug exceptions. */
export const INTERRUPT_PROGRAM: Program = {
  // With an event each 1.28 us, of bit 6 of the virtual counter.
  base: { ...BASE, CNTKCTL_EL1: 0x367n },
  baseCode: GIC_IDLE,
  configs: [
    { name: 'open', set: {} },
    { name: 'TDE', set: { MDCR_EL2: MDCR_RESET | bit(8) } },
    hcr('TWI', bit(13), [0, 1, 2]),
    hcr('TWE', bit(14), [0, 1, 2]),
    closed('nTWI', bit(16)),
    closed('nTWE', bit(18)),
    tge('TGE+nTWI+nTWE', { SCTLR_EL1: SCTLR_RES1 }),
    sgi('open', 0n),
    sgi('IMO', bit(4)),
    sgi('FMO', bit(3)),
    sgi('TWI', bit(13)),
    sgi('IMO+VI', bit(4) | bit(7)),
    sgi('TGE', TGE, [0, 2]),
  ],
  accesses: [],
  actions: [
    unmask('DAIF 0', 0),
    unmask('DAIF I', 2),
    unmask('DAIF F', 1),
    showing('ISR', ' mrs x0, isr_el1', [1, 2]),
    waitForTimer('cntp', 'el0', [1, 2]),
    waitForTimer('cntv', 'el0', [0, 1, 2]),
    WAIT_FOR_EVENT,
    waitForTimer('cnthp', 'el2', [2]),
    ...STEPS,
  ],
};

/** Every encoding of MRS, at every level: op0 2 and 3. */
export const SWEEP_PROGRAM: Program = {
  base: BASE,
  configs: [],
  accesses: [],
  actions: [],
  sweep: [0xd530_0000, 0xd540_0000],
};
