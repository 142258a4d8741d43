/** Performance monitor registers (Arm ARM D13.4), and MDCR_EL2, which divides the counters. Every access first brings the counters up to date. */
import type { SysregName } from '../../../arch/sysregs.ts';
import { type Cpu, Status } from '../cpu.ts';
import { advance } from '../exceptions-entry.ts';
import { EL } from '../state.ts';
import { Mdcr, Pmcr } from './bits.ts';
import { type Behaviour, put } from './behaviours.ts';
import { Reg } from './offsets.ts';
import { countEvent, CYCLE_COUNTER, Event, EVENT_COUNTERS, pmuChanged, restartPmu, syncPmu } from './pmu.ts';

const word = (cpu: Cpu, offset: number): number => cpu.state.u32[offset >>> 2];

/** Event counters the current level may see: all at EL2, MDCR_EL2.HPMN below. */
function visibleCounters(cpu: Cpu): number {
  const reserved = word(cpu, Reg.MDCR_EL2) & Mdcr.HPMN;
  return word(cpu, EL) < 2 ? Math.min(reserved, EVENT_COUNTERS) : EVENT_COUNTERS;
}

/** Those and the cycle counter, as in PMCNTENSET. */
function visibleMask(cpu: Cpu): number {
  return ((1 << CYCLE_COUNTER) | ((1 << visibleCounters(cpu)) - 1)) >>> 0;
}

/** Runs `change` between bringing the counters up to date and counting on; the interrupt and the next overflow may be others then. */
function changing(cpu: Cpu, change: () => void): Status {
  syncPmu(cpu);
  change();
  restartPmu(cpu);
  pmuChanged(cpu);
  return leave(cpu);
}

/** The instruction is complete, and the machine must look at deadlines and interrupts. */
function leave(cpu: Cpu): Status {
  advance(cpu);
  return Status.leave;
}

/** A pair of set and clear registers over one word. */
function setClear(offset: number, isSet: boolean): Behaviour {
  return {
    read(cpu, rtWord) {
      syncPmu(cpu);
      put(cpu, rtWord, (word(cpu, offset) & visibleMask(cpu)) >>> 0);
    },
    write(cpu, low) {
      const mask = low & visibleMask(cpu);
      return changing(cpu, () => {
        cpu.state.u32[offset >>> 2] = isSet ? word(cpu, offset) | mask : word(cpu, offset) & ~mask;
      });
    },
  };
}

const PMCR_N_SHIFT = 11;

function readPmcr(cpu: Cpu, rtWord: number): void {
  const fixed = word(cpu, Reg.PMCR_EL0) & ~(0x1f << PMCR_N_SHIFT);
  put(cpu, rtWord, fixed | (visibleCounters(cpu) << PMCR_N_SHIFT));
}

/** P and C reset counters and read as zero. */
function writePmcr(cpu: Cpu, low: number): Status {
  return changing(cpu, () => {
    if ((low & Pmcr.P) !== 0) for (let n = 0; n < visibleCounters(cpu); n++) put(cpu, counterWord(n), 0);
    if ((low & Pmcr.C) !== 0) cpu.state.set64(Reg.PMCCNTR_EL0, 0n);
    cpu.state.u32[Reg.PMCR_EL0 >>> 2] = low & ~(Pmcr.P | Pmcr.C);
  });
}

const counterWord = (n: number): number => (Reg.PMEVCNTR0_EL0 >>> 2) + 2 * n;
const typeWord = (n: number): number => (Reg.PMEVTYPER0_EL0 >>> 2) + 2 * n;

function counted(wordOf: (cpu: Cpu) => number, writable: number): Behaviour {
  return {
    read(cpu, rtWord) {
      syncPmu(cpu);
      const from = wordOf(cpu);
      put(cpu, rtWord, from < 0 ? 0 : cpu.state.u32[from]);
    },
    write(cpu, low) {
      const to = wordOf(cpu);
      return changing(cpu, () => {
        if (to >= 0) cpu.state.u32[to] = low & writable;
      });
    },
  };
}

/** Word of the counter PMSELR names, or -1 for one that is not there (RAZ/WI). */
function selected(cpu: Cpu, wordOf: (n: number) => number): number {
  const n = word(cpu, Reg.PMSELR_EL0);
  return n < visibleCounters(cpu) ? wordOf(n) : -1;
}

function selectedType(cpu: Cpu): number {
  return word(cpu, Reg.PMSELR_EL0) === CYCLE_COUNTER ? Reg.PMCCFILTR_EL0 >>> 2 : selected(cpu, typeWord);
}

const WORD = 0xffff_ffff;
const TYPE_BITS = 0xfc00_03ff;
const FILTER_BITS = 0xfc00_0000;

const cycleCounter: Behaviour = {
  read(cpu, rtWord) {
    syncPmu(cpu);
    cpu.state.u64[rtWord >>> 1] = cpu.state.get64(Reg.PMCCNTR_EL0);
  },
  write: (cpu, low, high) => changing(cpu, () => cpu.state.set64(Reg.PMCCNTR_EL0, BigInt(low) | (BigInt(high) << 32n))),
};

/** Behaviours of the performance monitors. */
export const pmuBehaviours: Partial<Record<SysregName, Behaviour>> = {
  PMCR_EL0: { read: readPmcr, write: writePmcr },
  PMCNTENSET_EL0: setClear(Reg.PMCNTENSET_EL0, true),
  PMCNTENCLR_EL0: setClear(Reg.PMCNTENSET_EL0, false),
  PMOVSSET_EL0: setClear(Reg.PMOVSSET_EL0, true),
  PMOVSCLR_EL0: setClear(Reg.PMOVSSET_EL0, false),
  PMINTENSET_EL1: setClear(Reg.PMINTENSET_EL1, true),
  PMINTENCLR_EL1: setClear(Reg.PMINTENSET_EL1, false),
  PMCCNTR_EL0: cycleCounter,
  PMCCFILTR_EL0: counted(() => Reg.PMCCFILTR_EL0 >>> 2, FILTER_BITS),
  PMXEVCNTR_EL0: counted((cpu) => selected(cpu, counterWord), WORD),
  PMXEVTYPER_EL0: {
    ...counted(selectedType, TYPE_BITS),
    write(cpu, low) {
      const isFilter = word(cpu, Reg.PMSELR_EL0) === CYCLE_COUNTER;
      const to = selectedType(cpu);
      return changing(cpu, () => {
        if (to >= 0) cpu.state.u32[to] = low & (isFilter ? FILTER_BITS : TYPE_BITS);
      });
    },
  },
  MDCR_EL2: {
    write(cpu, low) {
      const counterBits = (low ^ word(cpu, Reg.MDCR_EL2)) & (Mdcr.HPMN | Mdcr.HPME);
      const store = (): void => cpu.state.set(Reg.MDCR_EL2, low);
      if (counterBits !== 0) return changing(cpu, store);
      store();
      return Status.next;
    },
  },
  PMSWINC_EL0: {
    write(cpu, low) {
      return countEvent(cpu, Event.SW_INCR, low & visibleMask(cpu)) ? leave(cpu) : Status.next;
    },
  },
};

for (const n of [0, 1, 2, 3, 4, 5] as const) {
  pmuBehaviours[`PMEVCNTR${n}_EL0`] = counted(() => counterWord(n), WORD);
  pmuBehaviours[`PMEVTYPER${n}_EL0`] = counted(() => typeWord(n), TYPE_BITS);
}
