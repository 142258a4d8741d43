/** Where every system register lives in a CPU's state block. */
import { SYSTEM_REGISTERS, type SysregName } from '../../../arch/sysregs.ts';
import { SYSREG_END, SYSREG } from '../state.ts';

/** Values the register file keeps for itself, not registers of the architecture. */
const INTERNAL = ['PMU_SINCE', 'DBGCLAIM', 'EVENTS_SINCE'] as const;
type InternalName = (typeof INTERNAL)[number];

/** Name of a 64-bit slot in the `SYSREG` area. */
export type StoredName = SysregName | InternalName;

const names: readonly StoredName[] = [...SYSTEM_REGISTERS.map((r) => r.name), ...INTERNAL];

/**
 * Byte offset of each register within the state block, as wasm immediates and `CpuState.get`/`get64` take it. 32-bit registers use the low
 * half, the high half stays 0. SP_ELx holds the stack pointers that are *not* in use (the one in use is slot 32); registers that live elsewhere
 * (NZCV, DAIF, SPSel, CurrentEL, FPCR, FPSR, counters) have a slot that nobody reads.
 */
export const Reg = Object.fromEntries(names.map((name, index) => [name, SYSREG + 8 * index])) as Readonly<
  Record<StoredName, number>
>;

if (SYSREG + 8 * names.length > SYSREG_END) throw new RangeError('system registers do not fit their area');
