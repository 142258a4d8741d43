/** Structures in which entry code saves what it interrupted, by register name. */
import type { SymbolFile } from '../symbols/symbol-file.ts';

/** Offsets in bytes from the structure's start. */
export interface UserRegistersLayout {
  readonly offsets: ReadonlyMap<string, bigint>;
  readonly size: number;
}

const numbered = (prefix: string, last: number): [string, string][] =>
  Array.from({ length: last + 1 }, (_, n) => [`X${n}`, `${prefix}${n}`]);

/** Xen's struct cpu_user_regs. */
const XEN: readonly [string, string][] = [
  ...numbered('x', 28),
  ['X29', 'fp'],
  ['X30', 'lr'],
  ['SP', 'sp'],
  ['PC', 'pc'],
  ['PSTATE', 'cpsr'],
  ['ESR', 'hsr'],
];

/** Linux' struct pt_regs; the general registers are an array. */
const LINUX: readonly [string, string][] = [
  ['SP', 'sp'],
  ['PC', 'pc'],
  ['PSTATE', 'pstate'],
  ['SYSCALL', 'syscallno'],
];

export async function xenUserRegisters(symbols: SymbolFile): Promise<UserRegistersLayout | undefined> {
  return layoutOf(symbols, 'struct cpu_user_regs', XEN);
}

export async function linuxUserRegisters(symbols: SymbolFile): Promise<UserRegistersLayout | undefined> {
  const layout = await layoutOf(symbols, 'struct pt_regs', LINUX);
  const regs = await symbols.offsetOf('struct pt_regs', 'regs');
  if (!layout || !regs) return undefined;
  const general = Array.from({ length: 31 }, (_, n): [string, bigint] => [`X${n}`, BigInt(regs.offset + 8 * n)]);
  return { ...layout, offsets: new Map([...layout.offsets, ...general]) };
}

async function layoutOf(
  symbols: SymbolFile,
  struct: string,
  members: readonly [string, string][],
): Promise<UserRegistersLayout | undefined> {
  const type = await symbols.typeByName(struct);
  if (!type) return undefined;
  const offsets = new Map<string, bigint>();
  for (const [register, member] of members) {
    const place = await symbols.offsetOf(struct, member);
    if (place) offsets.set(register, BigInt(place.offset));
  }
  return { offsets, size: type.byteSize };
}
