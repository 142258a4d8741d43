import { describe, expect, it } from 'vitest';
import { encodingParts, isReservedId, SYSTEM_REGISTERS, sysregEncoding } from '../../../arch/sysregs.ts';
import { CODE, encodingOf, SystemCpu } from '../../../testing/system-cpu.ts';
import { TraceKind } from '../../trace-events.ts';
import { Status } from '../cpu.ts';
import { DAIF, SYSREG_END, FP_TRAP, FPCR, Line, LINES, SLOT_SP, SLOT_ZERO, SPSEL } from '../state.ts';
import { Reg } from './offsets.ts';
import { readSystemRegister, writeSystemRegister } from './inspect.ts';

const VBAR1 = 0x1_0000n;
const VBAR2 = 0x2_0000n;
const TGE = 1n << 27n;

function machine(index = 0): SystemCpu {
  return new SystemCpu(index).setReg('VBAR_EL1', VBAR1).setReg('VBAR_EL2', VBAR2);
}

/** ESR of a trapped MRS X5 or MSR X5. */
function trapEsr(name: string, isRead: boolean): string {
  const { op0, op1, crn, crm, op2 } = encodingParts(encodingOf(name));
  const iss = (op0 << 20) | (op2 << 17) | (op1 << 14) | (crn << 10) | (5 << 5) | (crm << 1) | (isRead ? 1 : 0);
  return `0x${(0x6200_0000 | iss).toString(16)}`;
}

describe('every register of the table', () => {
  it('is UNDEFINED below its levels, and from EL2 whenever only EL3 has it', () => {
    const outcome = (name: string, el: number, access: 'mrs' | 'msr'): string => {
      const m = machine().enter(el);
      if (access === 'mrs') m.mrs(name);
      else m.msr(name, 0n);
      return m.taken === `EL${Math.max(1, el)} 0x2000000` ? 'UNDEFINED' : `${access} ${name} at EL${el}: ${m.taken}`;
    };
    const below = (level: number): number[] => [0, 1, 2].filter((el) => el < level);
    const outcomes = SYSTEM_REGISTERS.flatMap(({ name, readEl, writeEl }) => [
      ...below(readEl).map((el) => outcome(name, el, 'mrs')),
      ...below(writeEl).map((el) => outcome(name, el, 'msr')),
    ]);
    expect(outcomes.length).toBeGreaterThan(400);
    expect(outcomes.filter((text) => text !== 'UNDEFINED')).toEqual([]);
  });

  it('has a slot of its own inside the area, and its own encoding', () => {
    expect(new Set(SYSTEM_REGISTERS.map((r) => r.encoding)).size).toBe(SYSTEM_REGISTERS.length);
    expect(new Set(SYSTEM_REGISTERS.map((r) => r.name)).size).toBe(SYSTEM_REGISTERS.length);
    const offsets = SYSTEM_REGISTERS.map((r) => Reg[r.name]);
    expect(new Set(offsets).size).toBe(offsets.length);
    expect(Math.max(...offsets)).toBeLessThan(SYSREG_END);
  });

  it('keeps RES0 bits at zero and read-only bits as they are, whatever is written at EL2', () => {
    const computedRegisters = /^(CNT|PM|SP_|SPSel|DAIF|NZCV|CurrentEL|OSLAR|DBGCLAIM|MDSCR)/;
    for (const { name, readEl, writeEl, writable, reset } of SYSTEM_REGISTERS) {
      if (readEl > 2 || writeEl > 2 || computedRegisters.test(name)) continue;
      const m = machine().enter(2);
      const fixed = reset & ~writable;
      const hex = (value: bigint): string => `${name} 0x${value.toString(16)}`;
      expect(hex(m.writeRead(name, 0n))).toBe(hex(fixed));
      const all = name === 'CPTR_EL2' ? 0xffff_fbffn : (1n << 64n) - 1n;
      expect(hex(m.writeRead(name, all))).toBe(hex((all & writable) | fixed));
    }
  });

  it('reads its reset value at EL2', () => {
    const live = /^(CNT[PV]|SP_|SPSel|CurrentEL)/;
    for (const { name, readEl, reset } of SYSTEM_REGISTERS) {
      if (readEl > 2 || live.test(name)) continue;
      const m = new SystemCpu();
      m.mrs(name);
      expect(`${name} ${m.state.x(5).toString(16)}`).toBe(`${name} ${reset.toString(16)}`);
    }
  });
});

describe('reset', () => {
  it('gives each CPU its affinity and starts at EL2h with everything masked', () => {
    const m = new SystemCpu(3);
    m.mrs('MPIDR_EL1');
    expect(m.state.x(5)).toBe(0x8000_0003n);
    m.mrs('CurrentEL');
    expect(m.state.x(5)).toBe(8n);
    m.mrs('DAIF');
    expect(m.state.x(5)).toBe(0x3c0n);
    expect([m.state.get(SPSEL), m.state.get(FP_TRAP), m.state.nzcv]).toEqual([1, 0, 0]);
  });
});

describe('unallocated encodings', () => {
  it('are UNDEFINED; reserved ID registers read as zero and are trapped by TID3', () => {
    const mmfr2 = sysregEncoding(3, 0, 0, 7, 2);
    expect(isReservedId(mmfr2)).toBe(true);
    const m = machine().enter(1);
    m.state.setX(5, 1n);
    expect(m.cpu.sys.mrs(m.cpu, mmfr2, 5)).toBe(Status.next);
    expect(m.state.x(5)).toBe(0n);
    m.setReg('HCR_EL2', 1n << 18n);
    m.cpu.sys.mrs(m.cpu, mmfr2, 5);
    expect(m.taken).toBe('EL2 0x623400af');
    const other = machine().enter(2);
    other.cpu.sys.mrs(other.cpu, sysregEncoding(3, 0, 12, 12, 0), 5);
    expect(other.taken).toBe('EL2 0x2000000');
    expect(other.unmodelled).toEqual([]);
  });

  it('in IMPLEMENTATION DEFINED space are trapped by TIDCP, else reported', () => {
    const unknown = sysregEncoding(3, 5, 15, 7, 1);
    const m = machine()
      .setReg('HCR_EL2', 1n << 20n)
      .enter(1);
    m.cpu.sys.msr(m.cpu, unknown, SLOT_ZERO);
    expect(m.taken).toBe(
      `EL2 0x${(0x6200_0000 | (3 << 20) | (1 << 17) | (5 << 14) | (15 << 10) | (31 << 5) | (7 << 1)).toString(16)}`,
    );
    const reported = machine().enter(1);
    reported.cpu.sys.mrs(reported.cpu, unknown, 5);
    expect(reported.taken).toBe('EL1 0x2000000');
    expect(reported.unmodelled).toEqual(['system register S3_5_C15_C7_1']);
  });
});

describe('traps to EL2 by HCR_EL2', () => {
  const cases: [string, bigint, string, boolean][] = [
    ['TVM write', 1n << 26n, 'SCTLR_EL1', false],
    ['TVM write', 1n << 26n, 'CONTEXTIDR_EL1', false],
    ['TRVM read', 1n << 30n, 'TTBR0_EL1', true],
    ['TRVM read', 1n << 30n, 'AMAIR_EL1', true],
    ['TACR', 1n << 21n, 'ACTLR_EL1', true],
    ['TACR', 1n << 21n, 'ACTLR_EL1', false],
    ['TID1', 1n << 16n, 'AIDR_EL1', true],
    ['TID2', 1n << 17n, 'CTR_EL0', true],
    ['TID2', 1n << 17n, 'CSSELR_EL1', false],
    ['TID3', 1n << 18n, 'ID_AA64PFR0_EL1', true],
    ['TID3', 1n << 18n, 'MVFR1_EL1', true],
    ['TIDCP', 1n << 20n, 'CPUECTLR_EL1', true],
    ['TGE as TDA', TGE, 'MDSCR_EL1', true],
  ];
  it.each(cases)('%s (0x%x) %s', (_name, hcr, register, isRead) => {
    const trapped = machine().setReg('HCR_EL2', hcr).enter(1);
    if (isRead) trapped.mrs(register);
    else trapped.msr(register, 0n);
    expect(trapped.taken).toBe(`EL2 ${trapEsr(register, isRead)}`);
    expect(trapped.reg('ELR_EL2')).toBe(CODE);
    const free = machine().setReg('ACTLR_EL2', 0x73n).enter(1);
    if (isRead) free.mrs(register);
    else free.msr(register, 0n);
    expect(free.taken).toBe('none');
    const hyp = machine().setReg('HCR_EL2', hcr).enter(2);
    hyp.mrs(register);
    expect(hyp.taken).toBe('none');
  });

  it('TVM does not trap reads, TRVM does not trap writes', () => {
    const m = machine()
      .setReg('HCR_EL2', 1n << 26n)
      .enter(1);
    m.mrs('TCR_EL1');
    m.setReg('HCR_EL2', 1n << 30n).msr('TCR_EL1', 0n);
    expect(m.taken).toBe('none');
  });
});

describe('traps by other controls', () => {
  type Case = [
    name: string,
    control: Parameters<SystemCpu['setReg']>[0],
    value: bigint,
    el: number,
    register: string,
    isRead: boolean,
    target: number,
  ];
  const cases: Case[] = [
    ['MDCR_EL2.TDRA', 'MDCR_EL2', 1n << 11n, 1, 'MDRAR_EL1', true, 2],
    ['MDCR_EL2.TDOSA', 'MDCR_EL2', 1n << 10n, 1, 'OSLAR_EL1', false, 2],
    ['MDCR_EL2.TDA', 'MDCR_EL2', 1n << 9n, 1, 'DBGBVR3_EL1', false, 2],
    ['MDCR_EL2.TDE', 'MDCR_EL2', 1n << 8n, 1, 'OSLSR_EL1', true, 2],
    ['MDCR_EL2.TPM', 'MDCR_EL2', (1n << 6n) | 6n, 1, 'PMCCNTR_EL0', true, 2],
    ['MDCR_EL2.TPMCR', 'MDCR_EL2', (1n << 5n) | 6n, 1, 'PMCR_EL0', false, 2],
    ['CPTR_EL2.TCPAC', 'CPTR_EL2', 1n << 31n, 1, 'CPACR_EL1', true, 2],
    ['CNTHCTL_EL2.EL1PCTEN', 'CNTHCTL_EL2', 2n, 1, 'CNTPCT_EL0', true, 2],
    ['CNTHCTL_EL2.EL1PCEN', 'CNTHCTL_EL2', 1n, 1, 'CNTP_CTL_EL0', false, 2],
    ['CNTKCTL_EL1.EL0PCTEN', 'CNTKCTL_EL1', 2n, 0, 'CNTPCT_EL0', true, 1],
    ['CNTKCTL_EL1.EL0VCTEN', 'CNTKCTL_EL1', 1n, 0, 'CNTVCT_EL0', true, 1],
    ['CNTKCTL_EL1.EL0PTEN', 'CNTKCTL_EL1', 0x1ffn, 0, 'CNTP_CVAL_EL0', true, 1],
    ['CNTKCTL_EL1.EL0VTEN', 'CNTKCTL_EL1', 0x2ffn, 0, 'CNTV_TVAL_EL0', false, 1],
    ['no counter for EL0, no frequency', 'CNTKCTL_EL1', 0x3fcn, 0, 'CNTFRQ_EL0', true, 1],
    ['SCTLR_EL1.UMA', 'SCTLR_EL1', 0n, 0, 'DAIF', false, 1],
    ['SCTLR_EL1.UCT', 'SCTLR_EL1', 0n, 0, 'CTR_EL0', true, 1],
    ['MDSCR_EL1.TDCC', 'MDSCR_EL1', 1n << 12n, 0, 'MDCCSR_EL0', true, 1],
    ['PMUSERENR_EL0.EN', 'PMUSERENR_EL0', 0n, 0, 'PMCNTENSET_EL0', true, 1],
    ['PMUSERENR_EL0.CR reads only', 'PMUSERENR_EL0', 4n, 0, 'PMCCNTR_EL0', false, 1],
    ['PMUSERENR_EL0.ER reads only', 'PMUSERENR_EL0', 8n, 0, 'PMEVCNTR2_EL0', false, 1],
    ['ACTLR_EL2 for CPUACTLR', 'ACTLR_EL2', 0x72n, 1, 'CPUACTLR_EL1', false, 2],
  ];
  it.each(cases)('%s', (_name, control, value, el, register, isRead, target) => {
    const m = machine().setReg(control, value).enter(el);
    if (isRead) m.mrs(register);
    else m.msr(register, 0n);
    expect(m.taken).toBe(`EL${target} ${trapEsr(register, isRead)}`);
    if (target === 2) return;
    const redirected = machine().setReg(control, value).setReg('HCR_EL2', TGE).enter(el);
    if (isRead) redirected.mrs(register);
    else redirected.msr(register, 0n);
    expect(redirected.taken).toBe(`EL2 ${trapEsr(register, isRead)}`);
  });

  it.each([
    ['PMCCNTR_EL0', 4n],
    ['PMEVCNTR5_EL0', 8n],
    ['PMXEVCNTR_EL0', 8n],
    ['PMSELR_EL0', 8n],
    ['PMUSERENR_EL0', 0n],
  ])('EL0 reads %s with PMUSERENR_EL0 = %i', (register, enable) => {
    const m = machine().setReg('PMUSERENR_EL0', enable).enter(0);
    m.mrs(register);
    expect(m.taken).toBe('none');
  });

  it('FPCR is trapped as a floating-point access', () => {
    const m = machine().enter(1);
    m.mrs('FPCR');
    expect(m.taken).toBe('EL1 0x1fe00000');
    m.setReg('CPACR_EL1', 3n << 20n).enter(1);
    m.msr('FPCR', 0xffff_ffffn);
    expect(m.state.get(FPCR)).toBe(0x07c0_0000);
  });
});

describe('system instructions', () => {
  it('reach the MMU where allowed', () => {
    const m = machine().enter(2);
    m.sys(4, 8, 3, 0);
    expect(m.sysInstructions).toEqual([sysregEncoding(1, 4, 8, 3, 0)]);
  });

  it.each([
    ['TLBI VMALLE1 under TTLB', 1n << 25n, 1, [0, 8, 7, 0], 'EL2 '],
    ['DC CISW under TSW', 1n << 22n, 1, [0, 7, 14, 2], 'EL2 '],
    ['IC IALLU under TPU', 1n << 24n, 1, [0, 7, 5, 0], 'EL2 '],
    ['DC IVAC under TPC', 1n << 23n, 1, [0, 7, 6, 1], 'EL2 '],
    ['DC ZVA at EL1 under TDZ', 1n << 28n, 1, [3, 7, 4, 1], 'EL2 '],
    ['DC ZVA at EL0 without DZE', 0n, 0, [3, 7, 4, 1], 'EL1 '],
    ['DC CVAU at EL0 without UCI', 0n, 0, [3, 7, 11, 1], 'EL1 '],
  ] as const)('%s traps', (_name, hcr, el, [op1, crn, crm, op2], target) => {
    const m = machine().setReg('HCR_EL2', hcr).setReg('SCTLR_EL1', 0n).enter(el);
    m.sys(op1, crn, crm, op2);
    const iss = (1 << 20) | (op2 << 17) | (op1 << 14) | (crn << 10) | (31 << 5) | (crm << 1);
    expect(m.taken).toBe(`${target}0x${(0x6200_0000 | iss).toString(16)}`);
    expect(m.sysInstructions).toEqual([]);
  });

  it.each([
    ['TLBI ALLE1 at EL1', 1, [4, 8, 7, 4]],
    ['AT S12E1R at EL1', 1, [4, 7, 8, 4]],
    ['IC IALLU at EL0', 0, [0, 7, 5, 0]],
    ['TLBI ALLE3 at EL2', 2, [6, 8, 7, 0]],
    ['an unallocated SYS at EL2', 2, [2, 3, 4, 5]],
  ] as const)('%s is UNDEFINED', (_name, el, [op1, crn, crm, op2]) => {
    const m = machine().enter(el);
    m.sys(op1, crn, crm, op2);
    expect(m.taken).toBe(`EL${Math.max(1, el)} 0x2000000`);
  });

  it('DCZID_EL0 says where DC ZVA would trap', () => {
    const m = machine().setReg('SCTLR_EL1', 0n).enter(0);
    m.mrs('DCZID_EL0');
    expect(m.state.x(5)).toBe(0x14n);
    m.setReg('SCTLR_EL1', 1n << 14n).mrs('DCZID_EL0');
    expect(m.state.x(5)).toBe(4n);
  });
});

describe('processor state', () => {
  it('MSR DAIFSet and DAIFClr change the masks and say when an interrupt becomes deliverable', () => {
    const m = machine().enter(1);
    const daif = (op2: number) => sysregEncoding(0, 3, 4, 0, op2);
    expect(m.cpu.sys.msrImmediate(m.cpu, daif(6), 0xf)).toBe(Status.next);
    m.state.set(LINES, Line.IRQ);
    expect(m.cpu.sys.msrImmediate(m.cpu, daif(7), 1)).toBe(Status.next);
    expect(m.state.get(DAIF)).toBe(0x380);
    expect(m.cpu.sys.msrImmediate(m.cpu, daif(7), 2)).toBe(Status.leave);
    expect(m.state.pc).toBe(CODE + 4n);
  });

  it('MSR DAIFSet from EL0 needs SCTLR_EL1.UMA', () => {
    const m = machine().setReg('SCTLR_EL1', 0n).enter(0);
    m.cpu.sys.msrImmediate(m.cpu, sysregEncoding(0, 3, 4, 0, 6), 2);
    const iss = (6 << 17) | (3 << 14) | (4 << 10) | (31 << 5) | (2 << 1);
    expect(m.taken).toBe(`EL1 0x${(0x6200_0000 | iss).toString(16)}`);
  });

  it('SPSel switches the stack pointer; SP_EL0 cannot be named while in use', () => {
    const m = machine().setReg('SP_EL0', 0x500n).enter(1);
    m.state.setX(SLOT_SP, 0x111n);
    m.msr('SPSel', 0n);
    expect(m.state.x(SLOT_SP)).toBe(0x500n);
    m.mrs('SP_EL0');
    expect(m.taken).toBe('EL1 0x2000000');
    m.enter(2).mrs('SP_EL1');
    expect(m.state.x(5)).toBe(0x111n);
  });

  it('PAN and UAO immediates are UNDEFINED in Armv8.0', () => {
    for (const op2 of [3, 4]) {
      const m = machine().enter(1);
      m.cpu.sys.msrImmediate(m.cpu, sysregEncoding(0, 0, 4, 0, op2), 1);
      expect(m.taken).toBe('EL1 0x2000000');
    }
  });

  it('XZR as a destination stays zero', () => {
    const m = machine().enter(2);
    m.cpu.sys.mrs(m.cpu, encodingOf('MIDR_EL1'), SLOT_ZERO);
    expect(m.state.x(SLOT_ZERO)).toBe(0n);
  });
});

describe('identification', () => {
  it('EL1 sees VPIDR and VMPIDR, EL2 the real registers', () => {
    const m = machine().setReg('VPIDR_EL2', 0x1234n).setReg('VMPIDR_EL2', 0x8000_0100n).enter(1);
    m.mrs('MIDR_EL1');
    expect(m.state.x(5)).toBe(0x1234n);
    m.mrs('MPIDR_EL1');
    expect(m.state.x(5)).toBe(0x8000_0100n);
    m.enter(2).mrs('MIDR_EL1');
    expect(m.state.x(5)).toBe(0x410f_d034n);
  });

  it('CCSIDR_EL1 follows CSSELR_EL1', () => {
    const m = machine().enter(1);
    const sizes = [0n, 1n, 2n].map((select) => {
      m.msr('CSSELR_EL1', select);
      m.mrs('CCSIDR_EL1');
      return m.state.x(5);
    });
    expect(sizes).toEqual([0x700f_e01an, 0x201f_e00an, 0x707f_e07an]);
  });
});

describe('translation controls', () => {
  it('select the context, ask for a new fetch and are traced, but only when they change', () => {
    const m = machine().enter(1);
    expect(m.msr('TTBR0_EL1', 0x1_0000_4000_1000n)).toBe(Status.resync);
    expect([m.contextSelections, m.state.pc]).toEqual([1, CODE + 4n]);
    expect(m.msr('TTBR0_EL1', 0x1_0000_4000_1000n)).toBe(Status.next);
    expect(m.contextSelections).toBe(1);
    expect(m.traced).toEqual([{ kind: TraceKind.ttbr0Write, argument: 0x1_0000_4000_1000n }]);
  });

  it('HCR_EL2.RW and SWIO read as one and HCD as zero', () => {
    expect(
      machine()
        .enter(2)
        .writeRead('HCR_EL2', 1n << 29n),
    ).toBe(0x8000_0002n);
  });
});

describe('timers', () => {
  it('TVAL is CVAL minus the count, and writing it adds a signed 32-bit value', () => {
    const m = machine().enter(2);
    m.timers.ticks = 1000n;
    m.msr('CNTVOFF_EL2', 400n);
    m.msr('CNTV_TVAL_EL0', 0xffff_fffen);
    expect(m.timers.compare[1]).toBe(598n);
    m.mrs('CNTV_TVAL_EL0');
    expect(m.state.x(5)).toBe(0xffff_fffen);
    m.mrs('CNTVCT_EL0');
    expect(m.state.x(5)).toBe(600n);
    m.msr('CNTHP_CVAL_EL2', 0x1_0000_0001n);
    expect(m.timers.compare[2]).toBe(0x1_0000_0001n);
  });
});

describe('debug registers', () => {
  it('OS lock decides which MDSCR bits can be written', () => {
    const m = machine().enter(1);
    expect(m.writeRead('MDSCR_EL1', 0xffff_ffffn)).toBe(0x6ce0_f041n);
    m.msr('OSLAR_EL1', 0n);
    m.mrs('OSLSR_EL1');
    expect(m.state.x(5)).toBe(8n);
    expect(m.writeRead('MDSCR_EL1', 0n)).toBe(0x6ce0_4040n);
    expect(m.writeRead('MDSCR_EL1', 0xffff_ffffn)).toBe(0x6ce0_f041n);
  });

  it('claim tags are set and cleared', () => {
    const m = machine().enter(1);
    m.msr('DBGCLAIMSET_EL1', 0x1fn);
    m.msr('DBGCLAIMCLR_EL1', 0x3n);
    m.mrs('DBGCLAIMCLR_EL1');
    expect(m.state.x(5)).toBe(0x1cn);
    m.mrs('DBGCLAIMSET_EL1');
    expect(m.state.x(5)).toBe(0xffn);
  });
});

describe('performance monitors', () => {
  function counting(): SystemCpu {
    const m = machine().enter(1);
    m.msr('PMEVTYPER0_EL0', 0x08n);
    m.msr('PMEVTYPER1_EL0', 0x00n);
    m.msr('PMCNTENSET_EL0', 0x8000_0003n);
    m.msr('PMCR_EL0', 0x41n);
    return m;
  }
  const read = (m: SystemCpu, name: string): bigint => {
    m.mrs(name);
    return m.state.x(5);
  };

  it('count time as cycles and instructions, and software increments', () => {
    const m = counting();
    m.time += 1234;
    m.msr('PMSWINC_EL0', 3n);
    expect([read(m, 'PMCCNTR_EL0'), read(m, 'PMEVCNTR0_EL0'), read(m, 'PMEVCNTR1_EL0')]).toEqual([1234n, 1234n, 1n]);
    m.msr('PMSELR_EL0', 0n);
    expect(read(m, 'PMXEVCNTR_EL0')).toBe(1234n);
  });

  it('stop and reset by PMCR', () => {
    const m = counting();
    m.time += 10;
    m.msr('PMCR_EL0', 0x40n);
    m.time += 10;
    expect(read(m, 'PMCCNTR_EL0')).toBe(10n);
    m.msr('PMCR_EL0', 0x46n);
    expect([read(m, 'PMCCNTR_EL0'), read(m, 'PMEVCNTR0_EL0'), read(m, 'PMCR_EL0')]).toEqual([0n, 0n, 0x4103_3040n]);
  });

  it('leave out levels that are filtered: EL2 does not count by default', () => {
    const m = counting();
    m.time += 100;
    m.cpu.exceptions.hvc(m.cpu, 0);
    m.time += 1000;
    expect(read(m, 'PMCCNTR_EL0')).toBe(100n);
  });

  it('set the overflow flag', () => {
    const m = counting();
    m.msr('PMEVCNTR0_EL0', 0xffff_fff0n);
    m.time += 16;
    expect(read(m, 'PMOVSSET_EL0')).toBe(1n);
    m.msr('PMOVSCLR_EL0', 1n);
    expect(read(m, 'PMOVSSET_EL0')).toBe(0n);
  });

  it('count exceptions, returns and writes of CONTEXTIDR one at a time, at the levels that are not filtered', () => {
    const m = machine().enter(1);
    [0x09n, 0x0an, 0x0bn].forEach((event, n) => m.msr(`PMEVTYPER${n}_EL0`, event | (1n << 27n)));
    m.msr('PMEVTYPER3_EL0', 0x0an);
    m.msr('PMCNTENSET_EL0', 0xfn);
    m.msr('PMCR_EL0', 1n);
    m.setReg('SPSR_EL2', 5n).setReg('MDCR_EL2', 6n);
    m.msr('CONTEXTIDR_EL1', 77n);
    m.cpu.exceptions.hvc(m.cpu, 0);
    m.cpu.exceptions.eret(m.cpu);
    m.cpu.exceptions.svc(m.cpu, 0);
    const counts = [0, 1, 2, 3].map((n) => read(m, `PMEVCNTR${n}_EL0`));
    // The return from EL2 does not count where PMEVTYPER.NSH is clear.
    expect(counts).toEqual([2n, 1n, 1n, 0n]);
  });

  it('chain two counters to 64 bits', () => {
    const m = counting();
    m.msr('PMEVTYPER1_EL0', 0x1en);
    m.msr('PMEVCNTR0_EL0', 0xffff_fff0n);
    m.time += 20;
    expect([read(m, 'PMEVCNTR0_EL0'), read(m, 'PMEVCNTR1_EL0')]).toEqual([4n, 1n]);
  });

  it('say in PMCEID0 what is counted', () => {
    const events = [0x00n, 0x08n, 0x09n, 0x0an, 0x0bn, 0x11n, 0x1en];
    expect(read(machine().enter(1), 'PMCEID0_EL0')).toBe(events.reduce((mask, event) => mask | (1n << event), 0n));
  });

  it('HPMN hides counters from EL1', () => {
    const m = machine().setReg('MDCR_EL2', 2n).enter(1);
    expect((read(m, 'PMCR_EL0') >> 11n) & 31n).toBe(2n);
    expect(m.writeRead('PMCNTENSET_EL0', 0xffff_ffffn)).toBe(0x8000_0003n);
    m.mrs('PMEVCNTR2_EL0');
    expect(m.taken).toBe('EL1 0x2000000');
  });
});

describe('inspection from outside', () => {
  it('reads without side effects, whichever stack pointer is in use', () => {
    const m = machine().setReg('SP_EL1', 7n).enter(2);
    m.state.setX(SLOT_SP, 0x2222n);
    const before = m.state.u64.slice();
    expect(readSystemRegister(m.cpu, 'sp_el2')).toBe(0x2222n);
    expect(readSystemRegister(m.cpu, 'SP_EL1')).toBe(7n);
    expect(readSystemRegister(m.cpu, 'CurrentEL')).toBe(8n);
    expect(readSystemRegister(m.cpu, 'OSLAR_EL1')).toBeUndefined();
    expect(readSystemRegister(m.cpu, 'NOSUCH')).toBeUndefined();
    m.time = 5000;
    expect(readSystemRegister(m.cpu, 'CNTPCT_EL0')).toBe(500n);
    expect(m.state.u64).toEqual(before);
  });

  it('writes with the effects of MSR but leaves PC', () => {
    const m = machine().enter(1);
    expect(writeSystemRegister(m.cpu, 'TTBR1_EL1', 0x5000n)).toBe(true);
    expect([m.reg('TTBR1_EL1'), m.state.pc, m.contextSelections]).toEqual([0x5000n, CODE, 1]);
    expect(writeSystemRegister(m.cpu, 'MIDR_EL1', 1n)).toBe(false);
  });
});
