/**
 * Every trap control of EL1 and EL2 (Arm ARM D1.15, D13): exactly what it traps, written down by hand, with its syndrome. All registers and SYS
 * instructions are tried at each level with the control off and on: what it does not name must not change. The same accesses run on QEMU in
 * `testing/bare-metal/system-cases.ts`; here is what QEMU 7.2 leaves out as well.
 */
import { describe, expect, it } from 'vitest';
import { encodingParts, SYSTEM_REGISTERS, sysregEncoding } from '../../../arch/sysregs.ts';
import { encodingOf, SystemCpu } from '../../../testing/system-cpu.ts';
import type { StoredName } from './offsets.ts';
import { sysInstructionEncodings } from './instructions.ts';

const bit = (n: number): bigint => 1n << BigInt(n);

type Settings = Partial<Record<StoredName, bigint>>;

/** Nothing is trapped. */
const OPEN = {
  VBAR_EL1: 0x1_0000n,
  VBAR_EL2: 0x2_0000n,
  HCR_EL2: bit(31),
  MDCR_EL2: 6n,
  CPTR_EL2: 0x33ffn,
  HSTR_EL2: 0n,
  CNTHCTL_EL2: 3n,
  ACTLR_EL2: 0x73n,
  SCTLR_EL1: bit(9) | bit(14) | bit(15) | bit(16) | bit(18) | bit(26),
  CPACR_EL1: 3n << 20n,
  CNTKCTL_EL1: 0x303n,
  PMUSERENR_EL0: 0xfn,
  MDSCR_EL1: 0n,
} satisfies Settings;

/** SYS instructions by name: op1, CRn, CRm, op2. */
const INSTRUCTIONS: Readonly<Record<string, readonly [number, number, number, number]>> = {
  'IC IALLUIS': [0, 7, 1, 0],
  'IC IALLU': [0, 7, 5, 0],
  'IC IVAU': [3, 7, 5, 1],
  'DC IVAC': [0, 7, 6, 1],
  'DC ISW': [0, 7, 6, 2],
  'DC CSW': [0, 7, 10, 2],
  'DC CISW': [0, 7, 14, 2],
  'DC ZVA': [3, 7, 4, 1],
  'DC CVAC': [3, 7, 10, 1],
  'DC CVAU': [3, 7, 11, 1],
  'DC CIVAC': [3, 7, 14, 1],
  'TLBI VMALLE1IS': [0, 8, 3, 0],
  'TLBI VAE1IS': [0, 8, 3, 1],
  'TLBI ASIDE1IS': [0, 8, 3, 2],
  'TLBI VAAE1IS': [0, 8, 3, 3],
  'TLBI VALE1IS': [0, 8, 3, 5],
  'TLBI VAALE1IS': [0, 8, 3, 7],
  'TLBI VMALLE1': [0, 8, 7, 0],
  'TLBI VAE1': [0, 8, 7, 1],
  'TLBI ASIDE1': [0, 8, 7, 2],
  'TLBI VAAE1': [0, 8, 7, 3],
  'TLBI VALE1': [0, 8, 7, 5],
  'TLBI VAALE1': [0, 8, 7, 7],
};

interface Access {
  readonly name: string;
  readonly encoding: number;
  readonly isRead: boolean;
}

const instructionName = (encoding: number): string => {
  const found = Object.entries(INSTRUCTIONS).find(([, place]) => sysregEncoding(1, ...place) === encoding);
  return found?.[0] ?? `SYS ${encoding.toString(16)}`;
};

const ACCESSES: readonly Access[] = [
  ...SYSTEM_REGISTERS.flatMap(({ name, encoding }) => [
    { name: `MRS ${name}`, encoding, isRead: true },
    { name: `MSR ${name}`, encoding, isRead: false },
  ]),
  ...sysInstructionEncodings().map((encoding) => ({ name: instructionName(encoding), encoding, isRead: false })),
];

/** The one CPU that tries everything; its state is put back before each access. */
const bench = new SystemCpu();
const reset = bench.state.u8.slice();

/** Level and syndrome of the exception that an access with X5 takes, or `none`. */
function outcome({ encoding, isRead }: Access, el: number, settings: Settings): string {
  bench.state.u8.set(reset);
  for (const [name, value] of Object.entries({ ...OPEN, ...settings })) bench.setReg(name as StoredName, value);
  bench.enter(el);
  const { cpu } = bench;
  if (encoding >>> 14 === 1) cpu.sys.sys(cpu, encoding, 5, 0);
  else if (isRead) cpu.sys.mrs(cpu, encoding, 5);
  else cpu.sys.msr(cpu, encoding, 5);
  return bench.taken;
}

/** ESR_ELx of a trapped access with X5 (EC 0x18, IL). */
function syndrome({ encoding, isRead }: Access): string {
  const { op0, op1, crn, crm, op2 } = encodingParts(encoding);
  const iss = (op0 << 20) | (op2 << 17) | (op1 << 14) | (crn << 10) | (5 << 5) | (crm << 1) | (isRead ? 1 : 0);
  return `0x${(0x6200_0000 | iss).toString(16)}`;
}

/** What a control does at one level: its outcome by access, of those that it changes. */
function changedBy(settings: Settings, el: number, base: Settings = {}): Record<string, string> {
  const changed = ACCESSES.flatMap((access) => {
    const on = outcome(access, el, { ...base, ...settings });
    if (on === outcome(access, el, base)) return [];
    return [[access.name, on.replace(syndrome(access), 'trap')] as const];
  });
  return Object.fromEntries(changed);
}

const both = (...names: readonly string[]): string[] => names.flatMap((name) => [`MRS ${name}`, `MSR ${name}`]);
const read = (...names: readonly string[]): string[] => names.map((name) => `MRS ${name}`);
const write = (...names: readonly string[]): string[] => names.map((name) => `MSR ${name}`);
const numbered = (count: number, ...names: readonly string[]): string[] =>
  names.flatMap((name) => Array.from({ length: count }, (_, n) => name.replace('#', String(n))));

const VIRTUAL_MEMORY = [
  'SCTLR_EL1', 'TTBR0_EL1', 'TTBR1_EL1', 'TCR_EL1', 'ESR_EL1', 'FAR_EL1', 'AFSR0_EL1', 'AFSR1_EL1', 'MAIR_EL1', 'AMAIR_EL1', 'CONTEXTIDR_EL1',
]; // prettier-ignore
const IDENTIFICATION = [
  ...['PFR0', 'PFR1', 'DFR0', 'AFR0', 'MMFR0', 'MMFR1', 'MMFR2', 'MMFR3'].map((name) => `ID_${name}_EL1`),
  ...numbered(6, 'ID_ISAR#_EL1'),
  ...numbered(3, 'MVFR#_EL1'),
  ...numbered(2, 'ID_AA64PFR#_EL1', 'ID_AA64DFR#_EL1', 'ID_AA64AFR#_EL1', 'ID_AA64ISAR#_EL1', 'ID_AA64MMFR#_EL1'),
];
const IMPLEMENTATION_DEFINED = [
  ...numbered(4, 'CDBGDR#_EL3'),
  'L2CTLR_EL1', 'L2ECTLR_EL1', 'L2ACTLR_EL1', 'L2MERRSR_EL1', 'CPUACTLR_EL1', 'CPUECTLR_EL1', 'CPUMERRSR_EL1', 'CBAR_EL1',
]; // prettier-ignore
const DCC = [...read('MDCCSR_EL0'), ...both('DBGDTR_EL0', 'DBGDTRRX_EL0')];
const DEBUG = [
  ...DCC,
  ...both('MDCCINT_EL1', 'MDSCR_EL1', 'OSDTRRX_EL1', 'OSDTRTX_EL1', 'OSECCR_EL1', 'DBGCLAIMSET_EL1', 'DBGCLAIMCLR_EL1'),
  ...read('DBGAUTHSTATUS_EL1'),
  ...both(...numbered(6, 'DBGBVR#_EL1', 'DBGBCR#_EL1'), ...numbered(4, 'DBGWVR#_EL1', 'DBGWCR#_EL1')),
];
const OS_LOCKS = [...write('OSLAR_EL1'), ...read('OSLSR_EL1'), ...both('OSDLR_EL1', 'DBGPRCR_EL1')];
const ROM_TABLE = read('MDRAR_EL1');
const PMU_EL0 = [
  ...both('PMCR_EL0', 'PMCNTENSET_EL0', 'PMCNTENCLR_EL0', 'PMOVSCLR_EL0', 'PMOVSSET_EL0', 'PMSELR_EL0', 'PMCCNTR_EL0', 'PMCCFILTR_EL0'),
  ...both('PMXEVTYPER_EL0', 'PMXEVCNTR_EL0', ...numbered(6, 'PMEVCNTR#_EL0', 'PMEVTYPER#_EL0')),
  ...write('PMSWINC_EL0'),
  ...read('PMCEID0_EL0', 'PMCEID1_EL0'),
]; // prettier-ignore
const PMU_EL1 = [...PMU_EL0, ...both('PMUSERENR_EL0', 'PMINTENSET_EL1', 'PMINTENCLR_EL1')];
const PHYSICAL_TIMER = both('CNTP_TVAL_EL0', 'CNTP_CTL_EL0', 'CNTP_CVAL_EL0');
const VIRTUAL_TIMER = both('CNTV_TVAL_EL0', 'CNTV_CTL_EL0', 'CNTV_CVAL_EL0');
const TLBI = Object.keys(INSTRUCTIONS).filter((name) => name.startsWith('TLBI'));
const FP = both('FPCR', 'FPSR');

/** FP accesses have a syndrome of their own (EC 7, CV, COND always); UNDEFINED is EC 0. */
const AS_FP = '0x1fe00000';
const UNDEFINED = '0x2000000';

/** A control: what is trapped at EL1 and at EL0, where to, and as what. */
interface Control {
  readonly name: string;
  readonly set: Settings;
  readonly target: 1 | 2;
  readonly el1?: readonly string[];
  readonly el0?: readonly string[];
  readonly el2?: readonly string[];
  readonly as?: string;
}

const hcr = (name: string, n: number, el1: readonly string[], el0: readonly string[] = []): Control => ({
  name: `HCR_EL2.${name}`,
  set: { HCR_EL2: OPEN.HCR_EL2 | bit(n) },
  target: 2,
  el1,
  el0,
});
const mdcr = (name: string, n: number, el1: readonly string[], el0: readonly string[] = []): Control => ({
  name: `MDCR_EL2.${name}`,
  set: { MDCR_EL2: OPEN.MDCR_EL2 | bit(n) },
  target: 2,
  el1,
  el0,
});
const sctlr = (name: string, n: number, el0: readonly string[]): Control => ({
  name: `SCTLR_EL1.${name} clear`,
  set: { SCTLR_EL1: OPEN.SCTLR_EL1 & ~bit(n) },
  target: 1,
  el0,
});
const kernelTimer = (name: string, value: bigint, el0: readonly string[]): Control => ({
  name: `CNTKCTL_EL1 ${name}`,
  set: { CNTKCTL_EL1: value },
  target: 1,
  el0,
});
const users = (name: string, value: bigint, free: readonly string[]): Control => ({
  name: `PMUSERENR_EL0.${name}`,
  set: { PMUSERENR_EL0: value },
  target: 1,
  el0: PMU_EL0.filter((access) => !free.includes(access)),
});
const actlr = (n: number, register: string): Control => ({
  name: `ACTLR_EL2 bit ${n} clear`,
  set: { ACTLR_EL2: OPEN.ACTLR_EL2 & ~bit(n) },
  target: 2,
  el1: write(register),
});

const fpOff = (name: string, set: Settings, target: 1 | 2, levels: Partial<Control>): Control => ({
  name,
  set,
  target,
  as: AS_FP,
  ...levels,
});

const CONTROLS: readonly Control[] = [
  hcr('TID0', 15, []),
  hcr('TID1', 16, read('REVIDR_EL1', 'AIDR_EL1')),
  hcr('TID2', 17, [...read('CTR_EL0', 'CCSIDR_EL1', 'CLIDR_EL1'), ...both('CSSELR_EL1')], read('CTR_EL0')),
  hcr('TID3', 18, read(...IDENTIFICATION)),
  hcr('TSC', 19, []),
  hcr('TIDCP', 20, both(...IMPLEMENTATION_DEFINED)),
  hcr('TACR', 21, both('ACTLR_EL1')),
  hcr('TSW', 22, ['DC ISW', 'DC CSW', 'DC CISW']),
  hcr('TPC', 23, ['DC IVAC', 'DC CVAC', 'DC CIVAC'], ['DC CVAC', 'DC CIVAC']),
  hcr('TPU', 24, ['IC IALLUIS', 'IC IALLU', 'IC IVAU', 'DC CVAU'], ['IC IVAU', 'DC CVAU']),
  hcr('TTLB', 25, TLBI),
  hcr('TVM', 26, write(...VIRTUAL_MEMORY)),
  hcr('TDZ', 28, ['DC ZVA'], ['DC ZVA']),
  hcr('HCD, which is RES0', 29, []),
  hcr('TRVM', 30, read(...VIRTUAL_MEMORY)),
  ...[0, 1, 2, 3, 4, 5, 9, 10, 11, 12, 13, 14, 32, 33].map((n) => hcr(`bit ${n}, no trap of these`, n, [])),
  mdcr('TPMCR', 5, both('PMCR_EL0'), both('PMCR_EL0')),
  mdcr('TPM', 6, PMU_EL1, [...PMU_EL0, ...read('PMUSERENR_EL0')]),
  mdcr('HPME', 7, []),
  mdcr('TDE', 8, [...DEBUG, ...OS_LOCKS, ...ROM_TABLE], DCC),
  mdcr('TDA', 9, DEBUG, DCC),
  mdcr('TDOSA', 10, OS_LOCKS),
  mdcr('TDRA', 11, ROM_TABLE),
  { name: 'CPTR_EL2.TCPAC', set: { CPTR_EL2: OPEN.CPTR_EL2 | bit(31) }, target: 2, el1: both('CPACR_EL1') },
  fpOff('CPTR_EL2.TFP', { CPTR_EL2: OPEN.CPTR_EL2 | bit(10) }, 2, { el0: FP, el1: FP, el2: [...FP, ...both('FPEXC32_EL2')] }),
  fpOff('CPACR_EL1.FPEN 0', { CPACR_EL1: 0n }, 1, { el0: FP, el1: FP }),
  fpOff('CPACR_EL1.FPEN 1', { CPACR_EL1: 1n << 20n }, 1, { el0: FP }),
  fpOff('CPACR_EL1.FPEN 2', { CPACR_EL1: 2n << 20n }, 1, { el0: FP, el1: FP }),
  { name: 'HSTR_EL2, which is about AArch32', set: { HSTR_EL2: 0xffffn }, target: 2 },
  { name: 'CNTHCTL_EL2.EL1PCTEN clear', set: { CNTHCTL_EL2: 2n }, target: 2, el0: read('CNTPCT_EL0'), el1: read('CNTPCT_EL0') },
  { name: 'CNTHCTL_EL2.EL1PCEN clear', set: { CNTHCTL_EL2: 1n }, target: 2, el0: PHYSICAL_TIMER, el1: PHYSICAL_TIMER },
  kernelTimer('EL0PCTEN clear', 0x302n, read('CNTPCT_EL0')),
  kernelTimer('EL0VCTEN clear', 0x301n, read('CNTVCT_EL0')),
  kernelTimer('both clear', 0x300n, read('CNTPCT_EL0', 'CNTVCT_EL0', 'CNTFRQ_EL0')),
  kernelTimer('EL0VTEN clear', 0x203n, VIRTUAL_TIMER),
  kernelTimer('EL0PTEN clear', 0x103n, PHYSICAL_TIMER),
  sctlr('UMA', 9, both('DAIF')),
  sctlr('DZE', 14, ['DC ZVA']),
  sctlr('UCT', 15, read('CTR_EL0')),
  sctlr('nTWI', 16, []),
  sctlr('nTWE', 18, []),
  sctlr('UCI', 26, ['DC CVAC', 'DC CVAU', 'DC CIVAC', 'IC IVAU']),
  { name: 'MDSCR_EL1.TDCC', set: { MDSCR_EL1: bit(12) }, target: 1, el0: DCC },
  users('nothing', 0n, []),
  users('SW', 2n, write('PMSWINC_EL0')),
  users('CR', 4n, read('PMCCNTR_EL0')),
  users('ER', 8n, [...both('PMSELR_EL0'), ...read('PMXEVCNTR_EL0', ...numbered(6, 'PMEVCNTR#_EL0'))]),
  users('EN', 1n, PMU_EL0),
  actlr(0, 'CPUACTLR_EL1'),
  actlr(1, 'CPUECTLR_EL1'),
  actlr(4, 'L2CTLR_EL1'),
  actlr(5, 'L2ECTLR_EL1'),
  actlr(6, 'L2ACTLR_EL1'),
]; // prettier-ignore

const expected = (names: readonly string[] = [], target: number, as = 'trap'): Record<string, string> =>
  Object.fromEntries(names.map((name) => [name, `EL${target} ${as}`]));

describe('trap controls', () => {
  it.each(CONTROLS)('$name', ({ set, target, el0, el1, el2, as }) => {
    expect(changedBy(set, 0)).toEqual(expected(el0, target, as));
    expect(changedBy(set, 1)).toEqual(expected(el1, target, as));
    expect(changedBy(set, 2)).toEqual(expected(el2, target, as));
  });

  it.each(CONTROLS.filter(({ target, el0 }) => target === 1 && el0 !== undefined))(
    '$name goes to EL2 with HCR_EL2.TGE',
    ({ set, el0, as }) => {
      const tge = { HCR_EL2: OPEN.HCR_EL2 | bit(27) };
      // What MDCR_EL2.TDA would trap goes to EL2 with TGE anyway; FP traps become UNDEFINED there.
      const left = el0?.filter((name) => !DCC.includes(name));
      const asThere = as === AS_FP ? UNDEFINED : undefined;
      expect(changedBy(set, 0, tge)).toEqual(expected(left, 2, asThere));
    },
  );

  it('HCR_EL2.TGE traps the debug registers from EL0', () => {
    const traps = Object.entries(changedBy({ HCR_EL2: OPEN.HCR_EL2 | bit(27) }, 0));
    // What was UNDEFINED is so at EL2.
    expect(Object.fromEntries(traps.filter(([, text]) => text !== `EL2 ${UNDEFINED}`))).toEqual(expected(DCC, 2));
  });

  it('MDCR_EL2.HPMN leaves the other counters UNDEFINED below EL2', () => {
    const hidden = [2, 3, 4, 5].flatMap((n) => both(`PMEVCNTR${n}_EL0`, `PMEVTYPER${n}_EL0`));
    for (const el of [0, 1]) expect(changedBy({ MDCR_EL2: 2n }, el)).toEqual(expected(hidden, 1, UNDEFINED));
    expect(changedBy({ MDCR_EL2: 2n }, 2)).toEqual({});
  });

  it('knows each instruction that a control names', () => {
    const encodings = sysInstructionEncodings();
    expect(Object.values(INSTRUCTIONS).filter((place) => !encodings.includes(sysregEncoding(1, ...place)))).toEqual([]);
    expect(encodingOf('CTR_EL0')).toBe(sysregEncoding(3, 3, 0, 0, 1));
  });
});

describe('trap controls of instructions', () => {
  /** EC 1, IL, CV, COND always; the last digit is TI. */
  const WFX = '0x7e0000';
  type Run = (cpu: SystemCpu['cpu']) => unknown;
  const wfi: Run = (cpu) => cpu.exceptions.wait(cpu, 0);
  const wfe: Run = (cpu) => cpu.exceptions.wait(cpu, 1);
  const smc: Run = (cpu) => cpu.exceptions.smc(cpu, 0x55);

  function taken(run: Run, el: number, settings: Settings): string {
    bench.state.u8.set(reset);
    for (const [name, value] of Object.entries({ ...OPEN, ...settings })) bench.setReg(name as StoredName, value);
    bench.enter(el);
    run(bench.cpu);
    return bench.taken;
  }

  const on = (n: number): Settings => ({ HCR_EL2: OPEN.HCR_EL2 | bit(n) });
  const off = (n: number): Settings => ({ SCTLR_EL1: OPEN.SCTLR_EL1 & ~bit(n) });

  it.each([
    ['HCR_EL2.TWI', wfi, on(13), [`EL2 ${WFX}0`, `EL2 ${WFX}0`, 'none']],
    ['HCR_EL2.TWI', wfe, on(13), ['none', 'none', 'none']],
    ['HCR_EL2.TWE', wfe, on(14), [`EL2 ${WFX}1`, `EL2 ${WFX}1`, 'none']],
    ['HCR_EL2.TWE', wfi, on(14), ['none', 'none', 'none']],
    ['SCTLR_EL1.nTWI clear', wfi, off(16), [`EL1 ${WFX}0`, 'none', 'none']],
    ['SCTLR_EL1.nTWI clear', wfe, off(16), ['none', 'none', 'none']],
    ['SCTLR_EL1.nTWE clear', wfe, off(18), [`EL1 ${WFX}1`, 'none', 'none']],
    ['SCTLR_EL1.nTWE clear, with TGE', wfe, { ...on(27), ...off(18) }, [`EL2 ${WFX}1`, undefined, 'none']],
    ['SCTLR_EL1.nTWI clear, before TWI', wfi, { ...on(13), ...off(16) }, [`EL1 ${WFX}0`, `EL2 ${WFX}0`, 'none']],
    ['HCR_EL2.TSC', smc, on(19), ['EL1 0x2000000', 'EL2 0x5e000055', 'none']],
    ['nothing', smc, {}, ['EL1 0x2000000', 'none', 'none']],
    ['nothing', wfi, {}, ['none', 'none', 'none']],
    ['nothing', wfe, {}, ['none', 'none', 'none']],
  ] as const)('%s', (_name, run, settings, outcomes) => {
    const tried = outcomes.map((text, el) => (text === undefined ? undefined : taken(run, el, settings)));
    expect(tried).toEqual(outcomes);
  });
});
