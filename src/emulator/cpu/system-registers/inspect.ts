/** System registers from outside: no access checks, no side effects on reading. */
import { sysregNamed, type SysregName } from '../../../arch/sysregs.ts';
import type { Cpu } from '../cpu.ts';
import { stackInUse } from '../exceptions-entry.ts';
import { SYSREG_END, PC, SLOT_SINK, SLOT_SP } from '../state.ts';
import type { Read } from './behaviours.ts';
import { handlers } from './handlers.ts';
import { Reg } from './offsets.ts';

/** Registers that read differently from EL1 and EL0 are shown as EL2 sees them. */
const AS_STORED: readonly SysregName[] = ['MIDR_EL1', 'MPIDR_EL1', 'DCZID_EL0'];
const BANKS: readonly SysregName[] = ['SP_EL0', 'SP_EL1', 'SP_EL2'];

function bankInUse(cpu: Cpu, name: SysregName): boolean {
  const bank = BANKS.indexOf(name);
  return bank >= 0 && stackInUse(cpu.state, bank);
}

/** Reading a counter moves what other CPUs may see, so a look from outside takes the CPU's own time instead. */
function peekCount(cpu: Cpu, isVirtual: boolean): bigint {
  const frequency = Number(cpu.state.get64(Reg.CNTFRQ_EL0));
  const count = BigInt(Math.floor((cpu.host.now(cpu) * frequency) / 1e9));
  return isVirtual ? BigInt.asUintN(64, count - cpu.state.get64(Reg.CNTVOFF_EL2)) : count;
}

/** CNTPCT, CNTVCT and the TVAL views, which depend on a counter; undefined for other registers. */
function peekTimer(cpu: Cpu, name: SysregName): bigint | undefined {
  const isVirtual = name.startsWith('CNTV');
  if (name === 'CNTPCT_EL0' || name === 'CNTVCT_EL0') return peekCount(cpu, isVirtual);
  if (!name.includes('_TVAL_')) return undefined;
  const compare = readSystemRegister(cpu, name.replace('_TVAL_', '_CVAL_')) ?? 0n;
  return BigInt.asUintN(32, compare - peekCount(cpu, isVirtual));
}

/** Bytes of the state block that reading a register may touch: the sink slot, and the system registers where performance counters catch up. */
function readQuietly(cpu: Cpu, read: Read): bigint {
  const { u64 } = cpu.state;
  const kept = u64.slice(0, SYSREG_END >>> 3);
  // An overflow that is found while looking is not yet due in the machine.
  read({ ...cpu, host: { ...cpu.host, pmuChanged: () => undefined } }, 2 * SLOT_SINK);
  const value = u64[SLOT_SINK];
  u64.set(kept);
  return value;
}

/** Value of a system register; undefined when the A53 has none of that name, or one that cannot be read. */
export function readSystemRegister(cpu: Cpu, name: string): bigint | undefined {
  const register = sysregNamed(name);
  if (register === undefined || register.readEl > 3) return undefined;
  if (bankInUse(cpu, register.name)) return cpu.state.x(SLOT_SP);
  const read = handlers[register.encoding]?.read;
  if (read === undefined || AS_STORED.includes(register.name)) return cpu.state.get64(Reg[register.name]);
  return peekTimer(cpu, register.name) ?? readQuietly(cpu, read);
}

/** Writes the writable bits of a system register with all effects of MSR; false when it cannot be written. PC stays where it is. */
export function writeSystemRegister(cpu: Cpu, name: string, value: bigint): boolean {
  const register = sysregNamed(name);
  if (register === undefined || register.writeEl > 3) return false;
  const { state } = cpu;
  if (bankInUse(cpu, register.name)) {
    state.setX(SLOT_SP, BigInt.asUintN(64, value));
    return true;
  }
  const fixed = register.reset & ~register.writable;
  const masked = (value & register.writable) | fixed;
  const write = handlers[register.encoding]?.write;
  if (write === undefined) {
    state.set64(Reg[register.name], masked);
    return true;
  }
  const pc = state.get64(PC);
  write(cpu, Number(masked & 0xffff_ffffn), Number(masked >> 32n));
  state.set64(PC, pc);
  return true;
}
