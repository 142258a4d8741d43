/** Registers that are more than storage: reads that are computed, writes with effects. */
import type { SysregName } from '../../../arch/sysregs.ts';
import { TraceKind } from '../../trace-events.ts';
import { type Cpu, Status } from '../cpu.ts';
import { deliverableInterrupt, interruptStatus } from '../exceptions-interrupt.ts';
import { StepState, stepState } from '../exceptions-debug.ts';
import { advance, selectStack } from '../exceptions-entry.ts';
import { updateFpTrap } from '../fp-access.ts';
import { DAIF, EL, FPCR, FPSR, SPSEL } from '../state.ts';
import { Hcr, Sctlr } from './bits.ts';
import { Reg } from './offsets.ts';
import { countEvent, Event } from './pmu.ts';

/** Puts the value read into the register slot whose low word is `rtWord`. */
export type Read = (cpu: Cpu, rtWord: number) => void;
/** Carries out a write; the value comes as unsigned halves, already masked to the writable bits and completed with the fixed ones. */
export type Write = (cpu: Cpu, low: number, high: number) => Status;

/** What a register does beyond storing 64 bits. */
export interface Behaviour {
  readonly read?: Read;
  readonly write?: Write;
}

/** Puts a 32-bit value into a register slot. */
export function put(cpu: Cpu, rtWord: number, low: number): void {
  cpu.state.u32[rtWord] = low;
  cpu.state.u32[rtWord + 1] = 0;
}

/** Stores a value into a register's slot; true when that changed it. */
function store(cpu: Cpu, offset: number, low: number, high: number): boolean {
  const u = cpu.state.u32;
  const word = offset >>> 2;
  if (u[word] === low && u[word + 1] === high) return false;
  u[word] = low;
  u[word + 1] = high;
  return true;
}

/** Status of a completed instruction that may have made an interrupt or a software step deliverable. */
export function afterMasks(cpu: Cpu): Status {
  if (deliverableInterrupt(cpu) === 0 && stepState(cpu) === StepState.inactive) return Status.next;
  advance(cpu);
  return Status.leave;
}

/** Status of a completed instruction after which the core must fetch anew. */
function afterContext(cpu: Cpu): Status {
  advance(cpu);
  return deliverableInterrupt(cpu) === 0 ? Status.resync : Status.leave;
}

/** A register that decides how addresses are translated. */
function translation(offset: number, traceKind?: number): Behaviour & { readonly write: Write } {
  return {
    write(cpu, low, high) {
      if (!store(cpu, offset, low, high)) return Status.next;
      if (traceKind !== undefined) cpu.host.trace(cpu, traceKind, low, high);
      cpu.mmu.selectContext(cpu);
      return afterContext(cpu);
    },
  };
}

/** A register that is only stored, and whose changes the trace tells. */
function traced(offset: number, traceKind: number): Behaviour {
  return {
    write(cpu, low, high) {
      if (store(cpu, offset, low, high)) cpu.host.trace(cpu, traceKind, low, high);
      return Status.next;
    },
  };
}

/** CPACR_EL1 and CPTR_EL2: translated code must see at once whether FP traps. */
function fpControl(offset: number): Behaviour {
  return {
    write(cpu, low, high) {
      if (!store(cpu, offset, low, high)) return Status.next;
      updateFpTrap(cpu.state);
      return afterContext(cpu);
    },
  };
}

/** A register that EL1 reads through the copy EL2 made for it. */
function virtualised(offset: number, virtualOffset: number): Behaviour {
  return {
    read(cpu, rtWord) {
      const u = cpu.state.u32;
      const word = (u[EL >>> 2] === 1 ? virtualOffset : offset) >>> 2;
      u[rtWord] = u[word];
      u[rtWord + 1] = u[word + 1];
    },
  };
}

/** A 32-bit word of PSTATE or the FP status. */
function stateWord(offset: number): Behaviour {
  return {
    read: (cpu, rtWord) => put(cpu, rtWord, cpu.state.u32[offset >>> 2]),
    write(cpu, low) {
      cpu.state.u32[offset >>> 2] = low;
      return Status.next;
    },
  };
}

/** CCSIDR_EL1 by CSSELR_EL1 (InD, Level): 32 KB L1 data, 32 KB L1 instruction, 1 MB L2 unified. */
const CACHE_SIZE_IDS: Readonly<Record<number, number>> = { 0: 0x700f_e01a, 1: 0x201f_e00a, 2: 0x707f_e07a };

const DCZID_DZP = 16;
const DCZID_BLOCK = 4;

/** DC ZVA is reported as prohibited where it would trap. */
function zeroBlock(cpu: Cpu): number {
  const u = cpu.state.u32;
  const el = u[EL >>> 2];
  const el0Off = el === 0 && (u[Reg.SCTLR_EL1 >>> 2] & Sctlr.DZE) === 0;
  const trapped = el < 2 && (u[Reg.HCR_EL2 >>> 2] & Hcr.TDZ) !== 0;
  return el0Off || trapped ? DCZID_BLOCK | DCZID_DZP : DCZID_BLOCK;
}

function writeSpsel(cpu: Cpu, low: number): Status {
  selectStack(cpu.state, cpu.state.u32[EL >>> 2], low & 1);
  return Status.next;
}

function writeDaif(cpu: Cpu, low: number): Status {
  cpu.state.u32[DAIF >>> 2] = low;
  return afterMasks(cpu);
}

const contextIdr = translation(Reg.CONTEXTIDR_EL1, TraceKind.contextidrWrite).write;

const computed = (value: (cpu: Cpu) => number): Behaviour => ({ read: (cpu, rtWord) => put(cpu, rtWord, value(cpu)) });

/** Behaviours of processor state, identification and memory registers. */
export const coreBehaviours: Partial<Record<SysregName, Behaviour>> = {
  CurrentEL: computed((cpu) => cpu.state.u32[EL >>> 2] << 2),
  SPSel: { ...computed((cpu) => cpu.state.u32[SPSEL >>> 2]), write: writeSpsel },
  NZCV: {
    ...computed((cpu) => cpu.state.nzcv),
    write(cpu, low) {
      cpu.state.nzcv = low;
      return Status.next;
    },
  },
  DAIF: { ...stateWord(DAIF), write: writeDaif },
  FPCR: stateWord(FPCR),
  FPSR: stateWord(FPSR),
  ISR_EL1: computed(interruptStatus),
  MIDR_EL1: virtualised(Reg.MIDR_EL1, Reg.VPIDR_EL2),
  MPIDR_EL1: virtualised(Reg.MPIDR_EL1, Reg.VMPIDR_EL2),
  CCSIDR_EL1: computed((cpu) => CACHE_SIZE_IDS[cpu.state.u32[Reg.CSSELR_EL1 >>> 2]] ?? 0),
  DCZID_EL0: computed(zeroBlock),
  SCTLR_EL1: translation(Reg.SCTLR_EL1),
  SCTLR_EL2: translation(Reg.SCTLR_EL2),
  TCR_EL1: translation(Reg.TCR_EL1),
  TCR_EL2: translation(Reg.TCR_EL2),
  TTBR0_EL1: translation(Reg.TTBR0_EL1, TraceKind.ttbr0Write),
  TTBR1_EL1: translation(Reg.TTBR1_EL1, TraceKind.ttbr1Write),
  TTBR0_EL2: translation(Reg.TTBR0_EL2, TraceKind.ttbr0El2Write),
  VMPIDR_EL2: traced(Reg.VMPIDR_EL2, TraceKind.vmpidrWrite),
  VTTBR_EL2: translation(Reg.VTTBR_EL2, TraceKind.vttbrWrite),
  VTCR_EL2: translation(Reg.VTCR_EL2),
  MAIR_EL1: translation(Reg.MAIR_EL1),
  MAIR_EL2: translation(Reg.MAIR_EL2),
  HCR_EL2: translation(Reg.HCR_EL2),
  CONTEXTIDR_EL1: {
    write(cpu, low, high) {
      const interrupts = countEvent(cpu, Event.CID_WRITE_RETIRED);
      const status = contextIdr(cpu, low, high);
      if (!interrupts || status !== Status.next) return status;
      advance(cpu);
      return Status.leave;
    },
  },
  CPACR_EL1: fpControl(Reg.CPACR_EL1),
  CPTR_EL2: fpControl(Reg.CPTR_EL2),
};
