/** Registers by the names of the Arm ARM, as a debugger reads and writes them. */
import { SYSTEM_REGISTERS, type SysregGroup } from '../../arch/sysregs.ts';
import type { Cpu } from '../cpu/cpu.ts';
import { pstate } from '../cpu/exceptions-entry.ts';
import { DAIF, FPCR, FPSR, SLOT_SP, V } from '../cpu/state.ts';
import { readSystemRegister, writeSystemRegister } from '../cpu/system-registers/inspect.ts';

/** One register that can be asked for. */
export interface RegisterDescription {
  readonly name: string;
  readonly group: 'GENERAL' | 'SIMD' | SysregGroup;
  /** Width in bits. */
  readonly bits: 32 | 64 | 128;
  readonly writable: boolean;
}

const PSTATE_NZCV = 0xf000_0000n;
const PSTATE_DAIF = 0x3c0n;
const DWORD = (1n << 64n) - 1n;

/** Every register of a CPU, in the order it is shown. */
export const REGISTERS: readonly RegisterDescription[] = [
  ...Array.from({ length: 31 }, (_, n) => general(`X${n}`, 64)),
  general('SP', 64),
  general('PC', 64),
  general('PSTATE', 32),
  ...Array.from({ length: 32 }, (_, n) => ({
    name: `V${n}`,
    group: 'SIMD' as const,
    bits: 128 as const,
    writable: true,
  })),
  ...SYSTEM_REGISTERS.filter(({ readEl }) => readEl <= 3).map(({ name, group, writeEl }) => ({
    name,
    group,
    bits: 64 as const,
    writable: writeEl <= 3,
  })),
];

function general(name: string, bits: 32 | 64): RegisterDescription {
  return { name, group: 'GENERAL', bits, writable: true };
}

/** Value of a register; undefined when there is none of that name. Case does not matter; LR and FP are X30 and X29. */
export function readRegister(cpu: Cpu, name: string): bigint | undefined {
  const upper = name.toUpperCase();
  const { state } = cpu;
  const slot = slotOf(upper);
  if (slot !== undefined) return state.x(slot);
  if (upper === 'PC') return state.pc;
  if (upper === 'PSTATE' || upper === 'CPSR') return BigInt(pstate(state));
  if (upper === 'FPCR') return BigInt(state.get(FPCR));
  if (upper === 'FPSR') return BigInt(state.get(FPSR));
  const v = vectorOf(upper);
  if (v !== undefined) return state.get64(v) | (state.get64(v + 8) << 64n);
  return readSystemRegister(cpu, upper);
}

/** Writes a register with the effects that MSR would have; false when it does not exist or the value cannot be taken. */
export function writeRegister(cpu: Cpu, name: string, value: bigint): boolean {
  const upper = name.toUpperCase();
  const { state } = cpu;
  const slot = slotOf(upper);
  if (slot !== undefined) state.setX(slot, value & DWORD);
  else if (upper === 'PC') state.pc = value & DWORD;
  else if (upper === 'PSTATE' || upper === 'CPSR') return writePstate(cpu, value);
  else if (upper === 'FPCR') state.set(FPCR, Number(value & 0xffff_ffffn));
  else if (upper === 'FPSR') state.set(FPSR, Number(value & 0xffff_ffffn));
  else return writeVector(cpu, upper, value) || writeSystemRegister(cpu, upper, value & DWORD);
  return true;
}

/** NZCV and DAIF can be changed; the level and the stack selection cannot, because nothing in the machine would follow. */
function writePstate(cpu: Cpu, value: bigint): boolean {
  const fixed = BigInt(pstate(cpu.state)) & ~(PSTATE_NZCV | PSTATE_DAIF);
  if ((value & ~(PSTATE_NZCV | PSTATE_DAIF)) !== fixed) return false;
  cpu.state.nzcv = Number(value & PSTATE_NZCV);
  cpu.state.set(DAIF, Number(value & PSTATE_DAIF));
  return true;
}

function writeVector(cpu: Cpu, name: string, value: bigint): boolean {
  const v = vectorOf(name);
  if (v === undefined) return false;
  cpu.state.set64(v, value & DWORD);
  cpu.state.set64(v + 8, (value >> 64n) & DWORD);
  return true;
}

function slotOf(name: string): number | undefined {
  if (name === 'SP') return SLOT_SP;
  if (name === 'LR') return 30;
  if (name === 'FP') return 29;
  const n = numbered(name, 'X', 31);
  return n;
}

function vectorOf(name: string): number | undefined {
  const n = numbered(name, 'V', 32);
  return n === undefined ? undefined : V + 16 * n;
}

function numbered(name: string, prefix: string, count: number): number | undefined {
  if (!name.startsWith(prefix) || !/^.\d{1,2}$/.test(name)) return undefined;
  const n = Number(name.slice(1));
  return n < count ? n : undefined;
}
