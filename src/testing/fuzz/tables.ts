/** Translation tables of the fuzzer's program: EL2, two stage-1 trees that EL1 and EL0 share, two of stage 2. */
import { TableBuilder } from '../bare-metal/mmu-tables.ts';
import { CODE, CODE_ALIAS, END, MONITOR, TABLES, WINDOW, WINDOW_PAGES, WINDOW_TABLE_PAGES } from './layout.ts';
import { WINDOW_TABLES, WINDOW_TEMPLATES } from './layout.ts';

const BLOCK = 0x20_0000;
const PAGE = 0x1000;
const NORMAL = (1n << 10n) | (3n << 8n);
const DEVICE = (1n << 10n) | (1n << 2n);
const READ_ONLY = 1n << 7n;
const EL0 = 1n << 6n;
const NO_EXECUTE = 3n << 53n;
const PER_ASID = 1n << 11n;
const GIC = 0xf900_0000;

/** Roots of trees. */
export interface Trees {
  readonly stage1: readonly [number, number];
  readonly stage2: readonly [number, number];
  /** Descriptors by physical address. */
  readonly entries: ReadonlyMap<number, bigint>;
}

/** A data page of the window as a stage-1 descriptor for both levels; `choice` varies what is allowed and of which kind the memory is. */
export function windowDescriptor(page: number, choice: number): bigint {
  const base = BigInt(WINDOW + page * PAGE) | NO_EXECUTE | PER_ASID | 3n;
  const kinds = [
    NORMAL | EL0,
    NORMAL | EL0,
    NORMAL | EL0 | READ_ONLY,
    NORMAL,
    DEVICE | EL0,
    EL0,
    NORMAL | EL0 | (2n << 2n),
  ];
  return choice === 0 ? 0n : base | kinds[choice % kinds.length];
}

/** Where descriptor `index` of the window of tree `tree` is. */
export const windowEntry = (tree: number, index: number): number => WINDOW_TABLES + tree * PAGE + index * 8;

export function makeTables(): Trees {
  const entries = new Map<number, bigint>();
  let free = TABLES;
  const allocate = (bytes: number): number => (free += bytes) - bytes;
  const builder = (): TableBuilder =>
    new TableBuilder({ granuleShift: 12, inputSize: 32, startLevel: 1, root: allocate(PAGE) }, allocate);
  const keep = (tree: TableBuilder): number => {
    for (const [address, entry] of tree.entries) entries.set(address, entry);
    return tree.shape.root;
  };
  mapEl2(builder(), keep);
  const stage1 = [0, 1].map((tree) => keep(mapStage1(builder(), tree, entries))) as [number, number];
  const stage2 = [0, 1].map((tree) => keep(mapStage2(builder(), tree))) as [number, number];
  return { stage1, stage2, entries };
}

function mapBlocks(tree: TableBuilder, from: number, to: number, attributes: bigint): void {
  for (let at = from; at < to; at += BLOCK) tree.map(BigInt(at), BigInt(at), 2, attributes);
}

function mapEl2(tree: TableBuilder, keep: (tree: TableBuilder) => number): void {
  mapBlocks(tree, MONITOR, CODE, NORMAL | EL0);
  mapBlocks(tree, CODE, WINDOW, NORMAL | EL0 | READ_ONLY);
  mapBlocks(tree, WINDOW, END, NORMAL | EL0 | (1n << 54n));
  tree.map(BigInt(CODE_ALIAS), BigInt(CODE), 2, NORMAL | EL0 | (1n << 54n));
  tree.map(BigInt(GIC), BigInt(GIC), 2, DEVICE | EL0 | (1n << 54n));
  keep(tree);
}

function mapStage1(tree: TableBuilder, number: number, entries: Map<number, bigint>): TableBuilder {
  mapBlocks(tree, MONITOR, CODE, NORMAL | READ_ONLY | (1n << 54n));
  mapBlocks(tree, CODE, WINDOW, NORMAL | EL0 | READ_ONLY);
  tree.map(BigInt(CODE_ALIAS), BigInt(CODE), 2, NORMAL | EL0 | NO_EXECUTE);
  // The table of the window has its own place, so that its address is known: a page is mapped to find the entry that points to it.
  const path = tree.map(BigInt(WINDOW), 0n, 3, 0n);
  tree.entries.delete(path[2]);
  tree.entries.set(path[1], BigInt(windowEntry(number, 0)) | 3n);
  const put = (index: number, descriptor: bigint): void => {
    entries.set(windowEntry(number, index), descriptor);
    entries.set(windowEntry(number, index) + (WINDOW_TEMPLATES - WINDOW_TABLES), descriptor);
  };
  for (let page = 0; page < WINDOW_PAGES; page++) put(page, windowDescriptor(number === 0 ? page : page ^ 1, 1));
  WINDOW_TABLE_PAGES.forEach((page, table) => put(page, BigInt(windowEntry(table, 0)) | NORMAL | NO_EXECUTE | 3n));
  return tree;
}

/** All memory at its own address; in the second tree a page of the window is absent and one can only be read. */
function mapStage2(tree: TableBuilder, number: number): TableBuilder {
  const normal = (0xfn << 2n) | (3n << 8n) | (1n << 10n);
  const all = normal | (3n << 6n);
  mapBlocks(tree, MONITOR, WINDOW, all);
  if (number === 0) mapBlocks(tree, WINDOW, WINDOW + BLOCK, all);
  else {
    for (let page = 0; page < 16; page++) {
      const at = BigInt(WINDOW + page * PAGE);
      if (page !== 5) tree.map(at, at, 3, page === 6 ? normal | (1n << 6n) : all);
    }
  }
  return tree;
}
