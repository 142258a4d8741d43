/** What the tests of the MMU share: a bench, stage-1 and stage-2 tables in its memory, and ways to look at its TLB. */
import { TLB } from '../../emulator/cpu/state.ts';
import { TLB_ENTRIES } from '../../emulator/memory-layout.ts';
import { createMmuBench, type MmuBench, type RegisterValues } from './mmu-fixture.ts';
import { TableBuilder } from './mmu-tables.ts';

/** Stage-1 leaf bits: AF, inner shareable, Normal (MAIR index 1). */
export const NORMAL = (1n << 10n) | (3n << 8n) | (1n << 2n);
export const DEVICE = (1n << 10n) | (0n << 2n);
export const EL0_ACCESS = 1n << 6n;
export const READ_ONLY = 1n << 7n;
export const NG = 1n << 11n;
export const UXN = 1n << 54n;
export const PXN = 1n << 53n;
/** Stage-2 leaf bits: AF, inner shareable, write-back, read and write. */
export const S2_ALL = (1n << 10n) | (3n << 8n) | (15n << 2n) | (3n << 6n);

export const STAGE1: RegisterValues = {
  SCTLR_EL1: 0x1005n,
  TCR_EL1: 25n | (25n << 16n) | (2n << 30n) | (2n << 32n),
  TTBR0_EL1: 0x20_0000n,
  TTBR1_EL1: 0x21_0000n,
  MAIR_EL1: 0xff00n,
  HCR_EL2: 1n << 31n,
};
export const STAGE2: RegisterValues = {
  HCR_EL2: (1n << 31n) | 1n,
  VTCR_EL2: 0x8002_3558n,
  VTTBR_EL2: (5n << 48n) | 0x40_0000n,
};
export const VA = 0x12_3456_7000n;
export const PA = 0x3000_0000n;

export let bench: MmuBench;
let nextTable: number;
export let lower: TableBuilder;
export let stage2: TableBuilder;

export function builder(root: number): TableBuilder {
  return new TableBuilder({ granuleShift: 12, inputSize: 39, startLevel: 1, root }, (bytes) => (nextTable += bytes));
}

export function write(tables: TableBuilder): void {
  for (const [address, value] of tables.entries) bench.poke(address, value);
}

export function mapPage(va: bigint, pa: bigint, attributes: bigint): void {
  lower.map(va, pa, 3, attributes);
  write(lower);
}

export function tlbWords(cpu = bench.cpu): Uint32Array {
  return new Uint32Array(bench.memory, cpu.state.get(TLB), TLB_ENTRIES * 8);
}

/** Whether inline loads (or stores) to `va` would hit. */
export function hits(va: bigint, write = false, cpu = bench.cpu): boolean {
  const entry = (Number(va >> 12n) & (TLB_ENTRIES - 1)) * 8 + (write ? 2 : 0);
  const words = tlbWords(cpu);
  return words[entry] === Number(va & 0xffff_f000n) && words[entry + 1] === Number(va >> 32n);
}

/** A fresh bench with empty tables. */
export function resetScene(): void {
  bench = createMmuBench();
  nextTable = 0x100_0000;
  lower = builder(0x20_0000);
  stage2 = new TableBuilder(
    { granuleShift: 12, inputSize: 40, startLevel: 1, root: 0x40_0000 },
    (bytes) => (nextTable += bytes),
  );
}
