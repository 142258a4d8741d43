/** Self-hosted debug registers with effects: breakpoints, watchpoints, MDSCR_EL1, the OS locks and the claim tags (Arm ARM D13.3, H6). */
import type { SysregName } from '../../../arch/sysregs.ts';
import { type Cpu, Status } from '../cpu.ts';
import { afterMasks, type Behaviour, put } from './behaviours.ts';
import { advance } from '../exceptions-entry.ts';
import { Mdscr } from './bits.ts';
import { Reg } from './offsets.ts';

const OSLSR_OSLK = 2;
const CLAIM_TAGS = 0xff;

/** While the OS lock is open, MDSCR bits that mirror the external debug interface are read-only. */
const MDSCR_UNLOCKED = Mdscr.SS | Mdscr.TDCC | Mdscr.KDE | Mdscr.MDE;

/** Status of a completed write that may have armed a breakpoint or watchpoint, or opened a software step. */
function afterDebug(cpu: Cpu): Status {
  const isArmed = cpu.host.debugChanged(cpu);
  const status = afterMasks(cpu);
  if (!isArmed || status !== Status.next) return status;
  advance(cpu);
  return Status.resync;
}

/** A register that takes part in matching. */
function matching(offset: number): Behaviour {
  return {
    write(cpu, low, high) {
      cpu.state.u32[offset >>> 2] = low;
      cpu.state.u32[(offset >>> 2) + 1] = high;
      return afterDebug(cpu);
    },
  };
}

function writeMdscr(cpu: Cpu, low: number): Status {
  const u = cpu.state.u32;
  const word = Reg.MDSCR_EL1 >>> 2;
  const locked = (u[Reg.OSLSR_EL1 >>> 2] & OSLSR_OSLK) !== 0;
  u[word] = locked ? low : (u[word] & ~MDSCR_UNLOCKED) | (low & MDSCR_UNLOCKED);
  return afterDebug(cpu);
}

function writeOsLock(cpu: Cpu, low: number): Status {
  const u = cpu.state.u32;
  const word = Reg.OSLSR_EL1 >>> 2;
  u[word] = (u[word] & ~OSLSR_OSLK) | ((low & 1) << 1);
  return afterDebug(cpu);
}

const CLAIM_WORD = Reg.DBGCLAIM >>> 2;

const claim = (isSet: boolean): Behaviour => ({
  read: (cpu, rtWord) => put(cpu, rtWord, isSet ? CLAIM_TAGS : cpu.state.u32[CLAIM_WORD]),
  write(cpu, low) {
    const tags = cpu.state.u32[CLAIM_WORD];
    cpu.state.u32[CLAIM_WORD] = isSet ? tags | low : tags & ~low;
    return Status.next;
  },
});

/** Behaviours of the debug registers. */
export const debugBehaviours: Partial<Record<SysregName, Behaviour>> = {
  MDSCR_EL1: { write: writeMdscr },
  OSLAR_EL1: { write: writeOsLock },
  OSDLR_EL1: matching(Reg.OSDLR_EL1),
  ...Object.fromEntries(
    [0, 1, 2, 3, 4, 5].flatMap((n) => [
      [`DBGBVR${n}_EL1`, matching(Reg.DBGBVR0_EL1 + 8 * n)],
      [`DBGBCR${n}_EL1`, matching(Reg.DBGBCR0_EL1 + 8 * n)],
    ]),
  ),
  ...Object.fromEntries(
    [0, 1, 2, 3].flatMap((n) => [
      [`DBGWVR${n}_EL1`, matching(Reg.DBGWVR0_EL1 + 8 * n)],
      [`DBGWCR${n}_EL1`, matching(Reg.DBGWCR0_EL1 + 8 * n)],
    ]),
  ),
  DBGCLAIMSET_EL1: claim(true),
  DBGCLAIMCLR_EL1: claim(false),
};
