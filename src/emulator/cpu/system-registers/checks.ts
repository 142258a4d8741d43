/** Trap controls of every register that has any, by name. */
import type { SysregName } from '../../../arch/sysregs.ts';
import { SPSEL } from '../state.ts';
import {
  all,
  type Check,
  el0Needs,
  el2Needs,
  el2Traps,
  hcrTrap,
  onRead,
  onWrite,
  Outcome,
  trapToEl1,
} from './access.ts';
import { Cntkctl, Cnthctl, Cptr, Hcr, Mdcr, Mdscr, Pmuserenr, Sctlr } from './bits.ts';
import { Reg } from './offsets.ts';

const SCTLR = Reg.SCTLR_EL1;
const MDCR = Reg.MDCR_EL2;

const needsFp: Check = () => Outcome.fp;

/** SP_EL0 cannot be named while it is the stack pointer in use. */
const spEl0: Check = (cpu) => (cpu.state.u32[SPSEL >>> 2] === 0 ? Outcome.undefined : Outcome.allowed);

/** HCR_EL2.TVM for writes, TRVM for reads. */
const virtualMemory = all(onWrite(hcrTrap(Hcr.TVM)), onRead(hcrTrap(Hcr.TRVM)));

/** MDCR_EL2.TDE and HCR_EL2.TGE act as if TDA, TDOSA and TDRA were set. */
function debugTrap(bit: number): Check {
  return all(el2Traps(MDCR, bit | Mdcr.TDE), hcrTrap(Hcr.TGE));
}

const dccFromEl0: Check = (cpu, el) =>
  el === 0 && (cpu.state.u32[Reg.MDSCR_EL1 >>> 2] & Mdscr.TDCC) !== 0 ? trapToEl1(cpu) : Outcome.allowed;

function pmu(readBits: number, writeBits: number): Check {
  const enabled: Check = (cpu, el, isRead) => {
    const allowed = Pmuserenr.EN | (isRead ? readBits : writeBits);
    return el === 0 && (cpu.state.u32[Reg.PMUSERENR_EL0 >>> 2] & allowed) === 0 ? trapToEl1(cpu) : Outcome.allowed;
  };
  return all(enabled, el2Traps(MDCR, Mdcr.TPM));
}

/** Event counters from MDCR_EL2.HPMN on belong to EL2. */
function eventRegister(n: number, check: Check): Check {
  const reserved: Check = (cpu, el) =>
    el < 2 && n >= (cpu.state.u32[MDCR >>> 2] & Mdcr.HPMN) ? Outcome.undefined : Outcome.allowed;
  return all(check, reserved);
}

/** EL0 sees CNTFRQ while it may read either counter. */
const counterFrequency = el0Needs(Reg.CNTKCTL_EL1, Cntkctl.EL0PCTEN | Cntkctl.EL0VCTEN);
const physicalTimer = all(el0Needs(Reg.CNTKCTL_EL1, Cntkctl.EL0PTEN), el2Needs(Reg.CNTHCTL_EL2, Cnthctl.EL1PCEN));
const virtualTimer = el0Needs(Reg.CNTKCTL_EL1, Cntkctl.EL0VTEN);

/** A53 registers that EL1 may write only when ACTLR_EL2 says so (Cortex-A53 TRM 4.3.36). */
const implementationDefined = (actlrBit: number): Check => onWrite(el2Needs(Reg.ACTLR_EL2, 1 << actlrBit));

const table = new Map<SysregName, Check>();

function assign(check: Check, ...names: readonly SysregName[]): void {
  for (const name of names) table.set(name, check);
}

assign(spEl0, 'SP_EL0');
assign(
  virtualMemory,
  'SCTLR_EL1',
  'TTBR0_EL1',
  'TTBR1_EL1',
  'TCR_EL1',
  'ESR_EL1',
  'FAR_EL1',
  'AFSR0_EL1',
  'AFSR1_EL1',
  'MAIR_EL1',
  'AMAIR_EL1',
  'CONTEXTIDR_EL1',
);
assign(hcrTrap(Hcr.TACR), 'ACTLR_EL1');
assign(el2Traps(Reg.CPTR_EL2, Cptr.TCPAC), 'CPACR_EL1');
assign(hcrTrap(Hcr.TID1), 'REVIDR_EL1', 'AIDR_EL1');
assign(hcrTrap(Hcr.TID2), 'CCSIDR_EL1', 'CLIDR_EL1', 'CSSELR_EL1');
assign(all(el0Needs(SCTLR, Sctlr.UCT), hcrTrap(Hcr.TID2)), 'CTR_EL0');
assign(el0Needs(SCTLR, Sctlr.UMA), 'DAIF');
assign(needsFp, 'FPCR', 'FPSR', 'FPEXC32_EL2');

assign(counterFrequency, 'CNTFRQ_EL0');
assign(all(el0Needs(Reg.CNTKCTL_EL1, Cntkctl.EL0PCTEN), el2Needs(Reg.CNTHCTL_EL2, Cnthctl.EL1PCTEN)), 'CNTPCT_EL0');
assign(el0Needs(Reg.CNTKCTL_EL1, Cntkctl.EL0VCTEN), 'CNTVCT_EL0');
assign(physicalTimer, 'CNTP_TVAL_EL0', 'CNTP_CTL_EL0', 'CNTP_CVAL_EL0');
assign(virtualTimer, 'CNTV_TVAL_EL0', 'CNTV_CTL_EL0', 'CNTV_CVAL_EL0');

assign(debugTrap(Mdcr.TDRA), 'MDRAR_EL1');
assign(debugTrap(Mdcr.TDOSA), 'OSLAR_EL1', 'OSLSR_EL1', 'OSDLR_EL1', 'DBGPRCR_EL1');
assign(
  debugTrap(Mdcr.TDA),
  'MDSCR_EL1',
  'MDCCINT_EL1',
  'OSDTRRX_EL1',
  'OSDTRTX_EL1',
  'OSECCR_EL1',
  'DBGCLAIMSET_EL1',
  'DBGCLAIMCLR_EL1',
  'DBGAUTHSTATUS_EL1',
);
assign(all(dccFromEl0, debugTrap(Mdcr.TDA)), 'MDCCSR_EL0', 'DBGDTR_EL0', 'DBGDTRRX_EL0');
for (const n of [0, 1, 2, 3, 4, 5] as const) {
  assign(debugTrap(Mdcr.TDA), `DBGBVR${n}_EL1`, `DBGBCR${n}_EL1`);
  assign(eventRegister(n, pmu(Pmuserenr.ER, 0)), `PMEVCNTR${n}_EL0`);
  assign(eventRegister(n, pmu(0, 0)), `PMEVTYPER${n}_EL0`);
}
for (const n of [0, 1, 2, 3] as const) assign(debugTrap(Mdcr.TDA), `DBGWVR${n}_EL1`, `DBGWCR${n}_EL1`);

assign(all(pmu(0, 0), el2Traps(MDCR, Mdcr.TPMCR)), 'PMCR_EL0');
assign(
  pmu(0, 0),
  'PMCNTENSET_EL0',
  'PMCNTENCLR_EL0',
  'PMOVSCLR_EL0',
  'PMOVSSET_EL0',
  'PMCEID0_EL0',
  'PMCEID1_EL0',
  'PMXEVTYPER_EL0',
  'PMCCFILTR_EL0',
  'PMINTENSET_EL1',
  'PMINTENCLR_EL1',
);
assign(pmu(Pmuserenr.CR, 0), 'PMCCNTR_EL0');
assign(pmu(Pmuserenr.ER, 0), 'PMXEVCNTR_EL0');
assign(pmu(Pmuserenr.ER, Pmuserenr.ER), 'PMSELR_EL0');
assign(pmu(0, Pmuserenr.SW), 'PMSWINC_EL0');
assign(el2Traps(MDCR, Mdcr.TPM), 'PMUSERENR_EL0');

assign(implementationDefined(0), 'CPUACTLR_EL1');
assign(implementationDefined(1), 'CPUECTLR_EL1');
assign(implementationDefined(4), 'L2CTLR_EL1');
assign(implementationDefined(5), 'L2ECTLR_EL1');
assign(implementationDefined(6), 'L2ACTLR_EL1');

/** Identification registers of group 3: ID_* and MVFRn, with the reserved ones among them. */
export const idGroup3: Check = hcrTrap(Hcr.TID3);

/** The trap controls of a register, if it has any. */
export function checkOf(name: SysregName): Check | undefined {
  return /^(ID_|MVFR)/.test(name) ? idGroup3 : table.get(name);
}
