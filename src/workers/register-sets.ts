/** Registers of a pCPU or of a vCPU that is switched away from, by group, read without side effects. */
import type { RegisterValues } from '../debugger/contexts/guests.ts';
import type { DebugPort } from '../emulator/debug-port.ts';
import type { Machine } from '../emulator/machine.ts';
import type { RegisterValue } from '../protocol/registers.ts';

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

/** Registers that PSTATE already shows. */
const IN_PSTATE: ReadonlySet<string> = new Set(['NZCV', 'DAIF', 'CurrentEL', 'SPSel']);

function readAll(port: DebugPort, read: (name: string) => bigint | undefined): RegisterValue[] {
  return port.registers.flatMap(({ name, group, bits, writable }): RegisterValue[] => {
    const value = IN_PSTATE.has(name) ? undefined : read(name);
    return value === undefined ? [] : [{ name, group, bits, value, writable }];
  });
}

/** All registers of a pCPU. */
export function liveRegisters(machine: Machine, port: DebugPort, cpu: number): RegisterValue[] {
  const gic = GIC_REGISTERS.map(([name, pa]): RegisterValue => {
    const value = BigInt(machine.board.bus.read(cpu, pa, 4) >>> 0);
    return { name, group: 'GIC', bits: 32, value, writable: false };
  });
  return [...readAll(port, (name) => port.readRegister(cpu, name)), ...gic];
}

/** Those registers of a vCPU that Xen has saved. */
export function savedRegisters(port: DebugPort, values: RegisterValues): RegisterValue[] {
  return readAll(port, (name) => values.read(name));
}
