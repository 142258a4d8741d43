/** Self-hosted debug registers with effects: MDSCR_EL1, the OS locks and the claim tags (Arm ARM D13.3, H6). */
import type { SysregName } from '../../../arch/sysregs.ts';
import { type Cpu, Status } from '../cpu.ts';
import { afterMasks, type Behaviour, put } from './behaviours.ts';
import { Mdscr } from './bits.ts';
import { Reg } from './offsets.ts';

const OSLSR_OSLK = 2;
const CLAIM_TAGS = 0xff;

/** While the OS lock is open, MDSCR bits that mirror the external debug interface are read-only. */
const MDSCR_UNLOCKED = Mdscr.SS | Mdscr.TDCC | Mdscr.KDE | Mdscr.MDE;

function writeMdscr(cpu: Cpu, low: number): Status {
  const u = cpu.state.u32;
  const word = Reg.MDSCR_EL1 >>> 2;
  const locked = (u[Reg.OSLSR_EL1 >>> 2] & OSLSR_OSLK) !== 0;
  u[word] = locked ? low : (u[word] & ~MDSCR_UNLOCKED) | (low & MDSCR_UNLOCKED);
  return afterMasks(cpu);
}

function writeOsLock(cpu: Cpu, low: number): Status {
  const u = cpu.state.u32;
  const word = Reg.OSLSR_EL1 >>> 2;
  u[word] = (u[word] & ~OSLSR_OSLK) | ((low & 1) << 1);
  return afterMasks(cpu);
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
  DBGCLAIMSET_EL1: claim(true),
  DBGCLAIMCLR_EL1: claim(false),
};
