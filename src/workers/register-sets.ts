/** The registers of a pCPU, by group, read without side effects; and writing one. */
import { SYSTEM_REGISTERS } from '../arch/sysregs.ts';
import type { Cpu } from '../emulator/cpu/cpu.ts';
import { DAIF, EL, FPCR, FPSR, IL, SLOT_SP, SPSEL, SS, V } from '../emulator/cpu/state.ts';
import { readSystemRegister, writeSystemRegister } from '../emulator/cpu/system-registers/inspect.ts';
import type { Machine } from '../emulator/machine.ts';
import type { RegisterGroup, RegisterValue } from '../protocol/registers.ts';

/** GIC registers whose reading changes nothing, by physical address (ZynqMP, GIC-400). */
const GIC_REGISTERS: readonly (readonly [name: string, pa: number])[] = [
  ['GICD_CTLR', 0xf901_0000],
  ['GICC_CTLR', 0xf902_0000],
  ['GICC_PMR', 0xf902_0004],
  ['GICC_BPR', 0xf902_0008],
  ['GICC_RPR', 0xf902_0014],
  ['GICC_HPPIR', 0xf902_0018],
  ['GICH_HCR', 0xf904_0000],
  ['GICH_VTR', 0xf904_0004],
  ['GICH_VMCR', 0xf904_0008],
  ['GICH_MISR', 0xf904_0010],
  ['GICH_APR', 0xf904_00f0],
  ['GICH_LR0', 0xf904_0100],
  ['GICH_LR1', 0xf904_0104],
  ['GICH_LR2', 0xf904_0108],
  ['GICH_LR3', 0xf904_010c],
];

/** PSTATE in the layout of SPSR, with CurrentEL and SPSel in M. */
function pstate({ state }: Cpu): bigint {
  const flags = state.nzcv | (state.get(SS) << 21) | (state.get(IL) << 20) | state.get(DAIF);
  return BigInt((flags | (state.get(EL) << 2) | state.get(SPSEL)) >>> 0);
}

function general(cpu: Cpu): RegisterValue[] {
  const value = (name: string, value: bigint, writable = true, bits = 64): RegisterValue => ({
    name,
    group: 'GENERAL',
    bits,
    value,
    writable,
  });
  const xs = Array.from({ length: 31 }, (_, n) => value(`X${n}`, cpu.state.x(n)));
  return [...xs, value('SP', cpu.state.x(SLOT_SP)), value('PC', cpu.state.pc), value('PSTATE', pstate(cpu), false, 32)];
}

function simd({ state }: Cpu): RegisterValue[] {
  const vector = (n: number): bigint => (state.get64(V + 16 * n + 8) << 64n) | state.get64(V + 16 * n);
  const registers = Array.from({ length: 32 }, (_, n): RegisterValue => {
    return { name: `V${n}`, group: 'SIMD', bits: 128, value: vector(n), writable: true };
  });
  const control = (name: string, offset: number): RegisterValue => {
    return { name, group: 'SIMD', bits: 32, value: BigInt(state.get(offset)), writable: true };
  };
  return [...registers, control('FPCR', FPCR), control('FPSR', FPSR)];
}

/** Registers that are shown among the general or SIMD ones. */
const SHOWN_ELSEWHERE: ReadonlySet<string> = new Set(['NZCV', 'DAIF', 'CurrentEL', 'SPSel', 'FPCR', 'FPSR']);

function system(cpu: Cpu): RegisterValue[] {
  return SYSTEM_REGISTERS.flatMap(({ name, group, writeEl }): RegisterValue[] => {
    const value = SHOWN_ELSEWHERE.has(name) ? undefined : readSystemRegister(cpu, name);
    if (value === undefined) return [];
    const known: RegisterGroup = group;
    return [{ name, group: known, bits: 64, value, writable: writeEl <= 3 }];
  });
}

function gic(machine: Machine, cpu: Cpu): RegisterValue[] {
  return GIC_REGISTERS.map(([name, pa]): RegisterValue => {
    const value = BigInt(machine.board.bus.read(cpu.index, pa, 4) >>> 0);
    return { name, group: 'GIC', bits: 32, value, writable: false };
  });
}

/** All registers of a pCPU. */
export function readRegisters(machine: Machine, cpu: Cpu): RegisterValue[] {
  return [...general(cpu), ...simd(cpu), ...system(cpu), ...gic(machine, cpu)];
}

function writeVector({ state }: Cpu, n: number, value: bigint): void {
  state.set64(V + 16 * n, BigInt.asUintN(64, value));
  state.set64(V + 16 * n + 8, BigInt.asUintN(64, value >> 64n));
}

/** Writes one register; throws when there is none of that name or it cannot be written. */
export function writeRegister(cpu: Cpu, name: string, value: bigint): void {
  const numbered = /^([XV])(\d+)$/.exec(name);
  const n = Number(numbered?.[2]);
  if (numbered?.[1] === 'X' && n <= 30) cpu.state.setX(n, value);
  else if (numbered?.[1] === 'V' && n <= 31) writeVector(cpu, n, value);
  else if (name === 'SP') cpu.state.setX(SLOT_SP, value);
  else if (name === 'PC') cpu.state.pc = value;
  else if (!writeSystemRegister(cpu, name, value)) throw new Error(`${name} cannot be written`);
}
