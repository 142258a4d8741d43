/** System registers that an access simply copies, whatever the other registers say: those that generated code reads and writes itself. */
import {
  isImplementationDefined,
  SYSTEM_REGISTERS,
  type SystemRegister,
  type SysregName,
} from '../../../arch/sysregs.ts';
import { Hcr } from './bits.ts';
import { Reg } from './offsets.ts';

/** What generated code needs to know of one. */
export interface PlainRegister {
  /** Where it is in the state block. */
  readonly offset: number;
  /** Lowest exception level that may; below it the general way finds out what happens. */
  readonly minimumEl: number;
  /** Bits that a write changes, and what the others are. */
  readonly writable: bigint;
  readonly fixed: bigint;
  /** Bits of HCR_EL2 with which an access is not plain. */
  readonly traps: number;
}

/** Read and written all the time, without a side effect or a trap control (`checks.ts`, `behaviours.ts`) but the exception level. */
const NAMES: readonly SysregName[] = [
  'TPIDR_EL0',
  'TPIDRRO_EL0',
  'TPIDR_EL1',
  'TPIDR_EL2',
  'ELR_EL1',
  'SPSR_EL1',
  'SP_EL0',
  'ELR_EL2',
  'SPSR_EL2',
  'SP_EL1',
  'ESR_EL2',
  'FAR_EL2',
  'HPFAR_EL2',
  'PAR_EL1',
  'VBAR_EL1',
  'ESR_EL1',
  'FAR_EL1',
  'AFSR0_EL1',
  'AFSR1_EL1',
  'AMAIR_EL1',
];

/** Those of them that HCR_EL2.TVM (writes) and TRVM (reads) trap. */
const VIRTUAL_MEMORY: ReadonlySet<SysregName> = new Set(['ESR_EL1', 'FAR_EL1', 'AFSR0_EL1', 'AFSR1_EL1', 'AMAIR_EL1']);

const byEncoding = new Map<number, SystemRegister<SysregName>>(
  SYSTEM_REGISTERS.filter(({ name, encoding }) => NAMES.includes(name) && !isImplementationDefined(encoding)).map(
    (register) => [register.encoding, register],
  ),
);

/** Whether generated code may read (or write) a register itself. */
export function isPlain(encoding: number, isRead: boolean): boolean {
  const register = byEncoding.get(encoding);
  return register !== undefined && (isRead ? register.readEl : register.writeEl) <= 2;
}

export function plainRegister(encoding: number, isRead: boolean): PlainRegister {
  const register = byEncoding.get(encoding);
  if (register === undefined) throw new Error(`system register ${encoding.toString(16)} is not plain`);
  const { name, readEl, writeEl, writable, reset } = register;
  const fixed = reset & ~writable & 0xffff_ffffn;
  const traps = VIRTUAL_MEMORY.has(name) ? (isRead ? Hcr.TRVM : Hcr.TVM) : 0;
  return { offset: Reg[name], minimumEl: isRead ? readEl : writeEl, writable, fixed, traps };
}

/** SP_EL0 is in its bank slot only while another stack pointer is in use. */
export function isStackPointer(encoding: number): boolean {
  return byEncoding.get(encoding)?.name === 'SP_EL0';
}
