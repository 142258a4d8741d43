import { describe, expect, it } from 'vitest';
import { CODE, SystemCpu } from '../../testing/system-cpu.ts';
import { TraceKind } from '../trace-events.ts';
import { Status } from './cpu.ts';
import { abortTarget, dataAbort, instructionAbort } from './exceptions-abort.ts';
import { exceptions, finishStep, shouldWake, takeDue, wake } from './exceptions.ts';
import { DAIF, EL, EVENT, EXCLUSIVE_SIZE, FP_TRAP, IL, Line, LINES, SLEEP, SLOT_SP, SPSEL, SS } from './state.ts';

const VBAR1 = 0xffff_8000_0801_0800n;
const VBAR2 = 0x0000_0000_0020_0000n;
const TGE = 1n << 27n;

function machine(): SystemCpu {
  return new SystemCpu().setReg('VBAR_EL1', VBAR1).setReg('VBAR_EL2', VBAR2);
}

describe('exception entry', () => {
  it('saves PSTATE and the return address of an SVC from EL0 and goes to the lower-EL vector of EL1', () => {
    const m = machine().enter(0);
    m.state.nzcv = 0xa000_0000;
    m.state.set(DAIF, 0x80);
    expect(exceptions.svc(m.cpu, 0x123)).toBe(Status.resync);
    expect(m.state.pc).toBe(VBAR1 + 0x400n);
    expect(m.reg('ELR_EL1')).toBe(CODE + 4n);
    expect(m.reg('SPSR_EL1')).toBe(0xa000_0080n);
    expect(m.reg('ESR_EL1')).toBe(0x5600_0123n);
    expect([m.state.el, m.state.get(SPSEL), m.state.get(DAIF)]).toEqual([1, 1, 0x3c0]);
  });

  it('uses the first two groups of vectors when the level stays', () => {
    const withSp0 = machine().enter(1, 0);
    exceptions.svc(withSp0.cpu, 0);
    expect(withSp0.state.pc).toBe(VBAR1);
    expect(withSp0.reg('SPSR_EL1')).toBe(4n);
    const withSpx = machine().enter(1, 1);
    exceptions.svc(withSpx.cpu, 0);
    expect(withSpx.state.pc).toBe(VBAR1 + 0x200n);
    expect(withSpx.reg('SPSR_EL1')).toBe(5n);
  });

  it('banks the stack pointers', () => {
    const m = machine().setReg('SP_EL1', 0x1111n).setReg('SP_EL2', 0x2222n).enter(0);
    m.state.setX(SLOT_SP, 0xe0n);
    exceptions.svc(m.cpu, 0);
    expect(m.state.x(SLOT_SP)).toBe(0x1111n);
    expect(m.reg('SP_EL0')).toBe(0xe0n);
    m.state.setX(SLOT_SP, 0x1000n);
    exceptions.hvc(m.cpu, 0);
    expect(m.reg('SP_EL1')).toBe(0x1000n);
    exceptions.eret(m.cpu);
    expect(m.state.x(SLOT_SP)).toBe(0x1000n);
    exceptions.eret(m.cpu);
    expect(m.state.x(SLOT_SP)).toBe(0xe0n);
  });

  it('selects the translation context and the FP trap of the new level', () => {
    const m = machine()
      .setReg('CPACR_EL1', 1n << 20n)
      .enter(0);
    expect(m.state.get(FP_TRAP)).toBe(1);
    exceptions.svc(m.cpu, 0);
    expect(m.contextSelections).toBe(1);
    expect(m.state.get(FP_TRAP)).toBe(0);
  });

  it('traces where an exception came from', () => {
    const m = machine().enter(1);
    exceptions.hvc(m.cpu, 0xea1);
    const { kind, argument } = m.traced[0];
    expect(kind).toBe(TraceKind.exceptionEntry);
    expect(argument & 0xffff_ffffn).toBe(0x5a00_0ea1n);
    expect((argument >> 32n) & 3n).toBe(2n);
    expect((argument >> 48n) & 0xfffn).toBe(0x400n);
  });
});

describe('routing of synchronous exceptions', () => {
  it.each([
    ['SVC at EL0', 0, 0n, 'EL1 0x56000007'],
    ['SVC at EL0 with TGE', 0, TGE, 'EL2 0x56000007'],
    ['SVC at EL2', 2, 0n, 'EL2 0x56000007'],
  ])('%s', (_name, el, hcr, expected) => {
    const m = machine().setReg('HCR_EL2', hcr).enter(el);
    exceptions.svc(m.cpu, 7);
    expect(m.taken).toBe(expected);
  });

  it('makes HVC and SMC UNDEFINED at EL0', () => {
    for (const call of ['hvc', 'smc'] as const) {
      const m = machine().enter(0);
      exceptions[call](m.cpu, 0);
      expect(m.taken).toBe('EL1 0x2000000');
      expect(m.reg('ELR_EL1')).toBe(CODE);
    }
  });

  it('traps SMC from EL1 with the address of the SMC itself, and lets EL2 reach the firmware', () => {
    const m = machine()
      .setReg('HCR_EL2', 1n << 19n)
      .enter(1);
    exceptions.smc(m.cpu, 0x55);
    expect(m.taken).toBe('EL2 0x5e000055');
    expect(m.reg('ELR_EL2')).toBe(CODE);
    m.enter(2);
    exceptions.smc(m.cpu, 0);
    expect(m.smcCount).toBe(1);
    expect(m.state.pc).toBe(CODE + 4n);
  });

  it('sends BRK to EL2 when MDCR_EL2.TDE is set', () => {
    const m = machine().enter(0);
    exceptions.brk(m.cpu, 9);
    expect(m.taken).toBe('EL1 0xf2000009');
    m.setReg('MDCR_EL2', 0x100n).enter(1);
    exceptions.brk(m.cpu, 9);
    expect(m.taken).toBe('EL2 0xf2000009');
    expect(m.reg('ELR_EL2')).toBe(CODE);
  });

  it('reports alignment faults with FAR only for PC', () => {
    const m = machine().enter(1);
    m.state.pc = CODE + 2n;
    exceptions.pcAlignment(m.cpu);
    expect(m.taken).toBe('EL1 0x8a000000');
    expect(m.reg('FAR_EL1')).toBe(CODE + 2n);
    m.setReg('FAR_EL1', 0n).enter(1);
    exceptions.spAlignment(m.cpu);
    expect(m.taken).toBe('EL1 0x9a000000');
    expect(m.reg('FAR_EL1')).toBe(0n);
  });
});

describe('aborts', () => {
  it('a stage 2 data abort from EL1 fills ESR, FAR and HPFAR of EL2', () => {
    const m = machine().enter(1);
    const iss = (1 << 24) | (2 << 22) | (3 << 16);
    const abort = { vaLo: 0x2000_0018, vaHi: 0xffff_8000, fsc: 7, ipa: 0xff_0300_1018, write: true, iss };
    dataAbort(m.cpu, abort, abortTarget(m.cpu, true));
    expect(m.taken).toBe('EL2 0x93830047');
    expect(m.reg('FAR_EL2')).toBe(0xffff_8000_2000_0018n);
    expect(m.reg('HPFAR_EL2')).toBe((0xff_0300_1018n >> 12n) << 4n);
  });

  it('a stage 1 fault at the same level uses the "same EL" class and leaves HPFAR alone', () => {
    const m = machine().setReg('HPFAR_EL2', 0x50n).enter(2);
    dataAbort(m.cpu, { vaLo: 4, vaHi: 0, fsc: 0x21, cm: true }, abortTarget(m.cpu, false));
    expect(m.taken).toBe('EL2 0x96000161');
    expect(m.reg('HPFAR_EL2')).toBe(0x50n);
  });

  it('an instruction abort on a stage 1 walk says S1PTW', () => {
    const m = machine().enter(0);
    instructionAbort(m.cpu, { vaLo: 0, vaHi: 0, fsc: 6, s1ptw: true, ipa: 0x1000 }, abortTarget(m.cpu, true));
    expect(m.taken).toBe('EL2 0x82000086');
    expect(m.reg('HPFAR_EL2')).toBe(0x10n);
  });
});

describe('exception return', () => {
  function returning(spsr: bigint, el = 2): SystemCpu {
    const m = machine().enter(el);
    m.setReg(el === 2 ? 'SPSR_EL2' : 'SPSR_EL1', spsr).setReg(el === 2 ? 'ELR_EL2' : 'ELR_EL1', 0x4000n);
    exceptions.eret(m.cpu);
    return m;
  }

  it('restores PSTATE, opens the monitor and sets the event register', () => {
    const m = machine().setReg('SPSR_EL2', 0x6000_0145n).setReg('ELR_EL2', 0x4000n).enter(2);
    m.state.set(EXCLUSIVE_SIZE, 8);
    expect(exceptions.eret(m.cpu)).toBe(Status.resync);
    expect([m.state.el, m.state.get(SPSEL), m.state.get(DAIF)]).toEqual([1, 1, 0x140]);
    expect(m.state.nzcv).toBe(0x6000_0000);
    expect(m.state.pc).toBe(0x4000n);
    expect([m.state.get(EXCLUSIVE_SIZE), m.state.get(EVENT)]).toEqual([0, 1]);
  });

  it.each([
    ['AArch32', 0x1d0n, 2],
    ['EL3', 0xdn, 2],
    ['a higher level', 0x9n, 1],
    ['EL0 with SP_ELx', 0x1n, 1],
    ['a reserved mode', 0x6n, 2],
  ])('to %s is illegal: the level stays and PSTATE.IL is set', (_name, spsr, el) => {
    const m = returning(spsr | 0x8000_0000n, el);
    expect(m.state.el).toBe(el);
    expect(m.state.get(IL)).toBe(1);
    expect(m.state.pc).toBe(0x4000n);
    expect(m.state.nzcv).toBe(0x8000_0000);
    expect(takeDue(m.cpu, true)).toBe(true);
    expect(m.taken).toBe(`EL${el} 0x3a000000`);
    expect(m.reg(el === 2 ? 'SPSR_EL2' : 'SPSR_EL1') & (1n << 20n)).toBe(1n << 20n);
  });

  it('to EL1 is illegal while HCR_EL2.TGE is set', () => {
    const m = machine().setReg('HCR_EL2', TGE).setReg('SPSR_EL2', 5n).enter(2);
    exceptions.eret(m.cpu);
    expect([m.state.el, m.state.get(IL)]).toEqual([2, 1]);
  });

  it('removes the tag of a return address where the top byte is ignored', () => {
    const m = machine().setReg('SPSR_EL2', 0n).setReg('ELR_EL2', 0xaa00_0000_0000_1000n);
    m.setReg('TCR_EL1', 1n << 37n).enter(2);
    exceptions.eret(m.cpu);
    expect(m.state.pc).toBe(0x1000n);
    m.enter(2).setReg('ELR_EL2', 0xaaff_ffff_0000_1000n);
    exceptions.eret(m.cpu);
    expect(m.state.pc).toBe(0xaaff_ffff_0000_1000n);
  });

  it('is UNDEFINED at EL0', () => {
    const m = machine().enter(0);
    exceptions.eret(m.cpu);
    expect(m.taken).toBe('EL1 0x2000000');
  });
});

describe('interrupts', () => {
  const FMO = 1n << 3n;
  const IMO = 1n << 4n;

  function pending(lines: number, hcr: bigint, el: number, daif: number): string {
    const m = machine().setReg('HCR_EL2', hcr).enter(el);
    m.state.set(LINES, lines);
    m.state.set(DAIF, daif);
    if (!exceptions.takeInterrupt(m.cpu)) return 'masked';
    expect(m.reg(m.state.el === 2 ? 'ELR_EL2' : 'ELR_EL1')).toBe(CODE);
    return `EL${m.state.el}+0x${(m.state.pc & 0x7ffn).toString(16)}`;
  }

  it.each([
    ['IRQ at EL0 unmasked', Line.IRQ, 0n, 0, 0, 'EL1+0x480'],
    ['IRQ at EL1 masked', Line.IRQ, 0n, 1, 0x80, 'masked'],
    ['IRQ routed to EL2 ignores the mask of EL1', Line.IRQ, IMO, 1, 0x3c0, 'EL2+0x480'],
    ['IRQ routed to EL2 is masked at EL2', Line.IRQ, IMO, 2, 0x80, 'masked'],
    ['IRQ routed to EL2 at EL2', Line.IRQ, IMO, 2, 0x40, 'EL2+0x280'],
    ['IRQ for EL1 waits while EL2 runs', Line.IRQ, 0n, 2, 0, 'masked'],
    ['TGE routes to EL2', Line.IRQ, TGE, 0, 0x80, 'EL2+0x480'],
    ['FIQ before IRQ', Line.IRQ | Line.FIQ, IMO | FMO, 1, 0, 'EL2+0x500'],
    ['FIQ masked, IRQ taken', Line.IRQ | Line.FIQ, 0n, 1, 0x40, 'EL1+0x280'],
    ['virtual IRQ needs IMO', Line.vIRQ, 0n, 1, 0, 'masked'],
    ['virtual IRQ', Line.vIRQ, IMO, 1, 0x40, 'EL1+0x280'],
    ['virtual IRQ masked by PSTATE.I', Line.vIRQ, IMO, 1, 0x80, 'masked'],
    ['no virtual interrupts at EL2', Line.vIRQ, IMO, 2, 0, 'masked'],
    ['HCR_EL2.VI', 0, IMO | (1n << 7n), 0, 0, 'EL1+0x480'],
    ['HCR_EL2.VF', 0, FMO | (1n << 6n), 0, 0, 'EL1+0x500'],
    ['virtual SError', 0, (1n << 5n) | (1n << 8n), 0, 0, 'EL1+0x580'],
  ])('%s', (_name, lines, hcr, el, daif, expected) => {
    expect(pending(lines, hcr, el, daif)).toBe(expected);
  });

  it('an IRQ leaves ESR alone; a virtual SError is acknowledged by being taken', () => {
    const m = machine().setReg('ESR_EL1', 0x123n).setReg('HCR_EL2', 0x120n).enter(1);
    m.state.set(LINES, Line.IRQ);
    exceptions.takeInterrupt(m.cpu);
    expect(m.reg('ESR_EL1')).toBe(0x123n);
    m.enter(1).state.set(LINES, 0);
    exceptions.takeInterrupt(m.cpu);
    expect(m.reg('ESR_EL1')).toBe(0xbe00_0000n);
    expect(m.reg('HCR_EL2')).toBe(0x20n);
  });

  it('ERET says `leave` when it makes an interrupt deliverable', () => {
    const m = machine().setReg('HCR_EL2', IMO).setReg('SPSR_EL2', 0x3c5n).enter(2);
    m.state.set(LINES, Line.IRQ);
    m.state.set(DAIF, 0x3c0);
    expect(exceptions.eret(m.cpu)).toBe(Status.leave);
  });

  it('ISR_EL1 shows the virtual interrupt where it replaces the physical one', () => {
    const m = machine().setReg('HCR_EL2', IMO).enter(1);
    m.state.set(LINES, Line.vIRQ);
    m.mrs('ISR_EL1');
    expect(m.state.x(5)).toBe(0x80n);
    m.state.set(LINES, Line.IRQ);
    m.mrs('ISR_EL1');
    expect(m.state.x(5)).toBe(0n);
  });
});

describe('WFI and WFE', () => {
  it('sleep with PC at the next instruction', () => {
    const m = machine().enter(1);
    expect(exceptions.wait(m.cpu, 0)).toBe(Status.leave);
    expect([m.state.get(SLEEP), m.state.pc]).toEqual([1, CODE + 4n]);
    expect(m.traced.map((t) => t.kind)).toEqual([TraceKind.wfi]);
  });

  it('do not sleep, nor trap, when there is a reason to wake', () => {
    const m = machine()
      .setReg('HCR_EL2', 1n << 13n)
      .enter(1);
    m.state.set(LINES, Line.IRQ);
    m.state.set(DAIF, 0x3c0);
    expect(exceptions.wait(m.cpu, 0)).toBe(Status.next);
    m.state.set(EVENT, 1);
    expect(exceptions.wait(m.cpu, 1)).toBe(Status.next);
    expect(m.state.get(EVENT)).toBe(0);
  });

  it.each([
    ['WFI at EL0 by SCTLR_EL1.nTWI', 0, 0, 0n, 0n, 'EL1 0x7e00000'],
    ['WFE at EL0 by SCTLR_EL1.nTWE and TGE', 1, 0, 0n, TGE, 'EL2 0x7e00001'],
    ['WFI at EL1 by HCR_EL2.TWI', 0, 1, 0x5_0000n, 1n << 13n, 'EL2 0x7e00000'],
    ['WFE at EL1 by HCR_EL2.TWE', 1, 1, 0x5_0000n, 1n << 14n, 'EL2 0x7e00001'],
    ['WFI at EL2 is never trapped', 0, 2, 0n, 1n << 13n, 'none'],
  ])('%s', (_name, isWfe, el, sctlr, hcr, expected) => {
    const m = machine().setReg('SCTLR_EL1', sctlr).setReg('HCR_EL2', hcr).enter(el);
    exceptions.wait(m.cpu, isWfe);
    expect(m.taken).toBe(expected);
  });

  it('WFI wakes on a masked interrupt, WFE does not; SEV wakes WFE and is used up', () => {
    const m = machine().enter(1);
    m.state.set(DAIF, 0x3c0);
    exceptions.wait(m.cpu, 1);
    m.state.set(LINES, Line.IRQ);
    expect(shouldWake(m.cpu)).toBe(false);
    m.state.set(EVENT, 1);
    expect(shouldWake(m.cpu)).toBe(true);
    wake(m.cpu);
    expect([m.state.get(SLEEP), m.state.get(EVENT)]).toEqual([0, 0]);
    m.state.set(SLEEP, 1);
    expect(shouldWake(m.cpu)).toBe(true);
  });
});

describe('FP access', () => {
  it.each([
    ['allowed', 0, 3n << 20n, 0n, 0n, 'none'],
    ['EL0 trapped by FPEN = 01', 0, 1n << 20n, 0n, 0n, 'EL1 0x1fe00000'],
    ['EL1 allowed by FPEN = 01', 1, 1n << 20n, 0n, 0n, 'none'],
    ['EL1 trapped by FPEN = 10', 1, 2n << 20n, 0n, 0n, 'EL1 0x1fe00000'],
    ['UNDEFINED at EL2 when TGE redirects', 0, 0n, 0n, TGE, 'EL2 0x2000000'],
    ['EL1 trapped by CPTR_EL2.TFP', 1, 3n << 20n, 1n << 10n, 0n, 'EL2 0x1fe00000'],
    ['EL2 trapped by its own TFP', 2, 0n, 1n << 10n, 0n, 'EL2 0x1fe00000'],
    ['EL2 does not look at CPACR', 2, 0n, 0n, 0n, 'none'],
  ])('%s', (_name, el, cpacr, cptr, hcr, expected) => {
    const m = machine().setReg('CPACR_EL1', cpacr).setReg('CPTR_EL2', cptr).setReg('HCR_EL2', hcr).enter(el);
    expect(m.state.get(FP_TRAP)).toBe(expected === 'none' ? 0 : 1);
    exceptions.checkFpAccess(m.cpu);
    expect(m.taken).toBe(expected);
  });
});

describe('software step', () => {
  function stepping(): SystemCpu {
    const m = machine().setReg('OSLSR_EL1', 8n).setReg('MDSCR_EL1', 1n).enter(1);
    m.setReg('SPSR_EL1', 1n << 21n).setReg('ELR_EL1', CODE);
    return m;
  }

  it('goes through active-not-pending to the exception', () => {
    const m = stepping();
    expect(exceptions.eret(m.cpu)).toBe(Status.leave);
    expect([m.state.el, m.state.get(SS)]).toEqual([0, 1]);
    expect(takeDue(m.cpu, true)).toBe(false);
    finishStep(m.cpu);
    expect(m.reg('ESR_EL1')).toBe(0xcb00_0022n);
    expect(m.reg('SPSR_EL1')).toBe(0n);
  });

  it('tells a load-exclusive, and a step without an instruction', () => {
    const m = stepping();
    exceptions.eret(m.cpu);
    m.state.set(EXCLUSIVE_SIZE, 8);
    finishStep(m.cpu);
    expect(m.reg('ESR_EL1')).toBe(0xcb00_0062n);
    exceptions.eret(m.cpu);
    expect(takeDue(m.cpu, true)).toBe(true);
    expect(m.reg('ESR_EL1')).toBe(0xca00_0022n);
  });

  it('a stepped SVC returns to a finished step', () => {
    const m = stepping();
    exceptions.eret(m.cpu);
    exceptions.svc(m.cpu, 0);
    expect(m.reg('SPSR_EL1') & (1n << 21n)).toBe(0n);
  });

  it('is off while the OS lock is set', () => {
    const m = stepping().setReg('OSLSR_EL1', 10n);
    expect(exceptions.eret(m.cpu)).toBe(Status.resync);
    expect(m.state.get(SS)).toBe(0);
    expect(m.state.get(EL)).toBe(0);
  });
});
