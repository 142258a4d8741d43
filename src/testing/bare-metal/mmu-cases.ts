/**
 * Random two-stage translation set-ups for `mmu-cases.S`, from a seed. A case is a set of register values, the descriptors that
 * must stand in memory, and an address; most cases are valid up to a few mutations, so that every kind of fault occurs at every level.
 */
import { entryShift, stage1StartLevel, TableBuilder } from './mmu-tables.ts';

/** Where mmu-cases.S is linked, and where its guest code pages are from there. */
export const CODE_BASE = 0x8_0000;
const EL1_PAGE = CODE_BASE;
/** el1_vectors stands 2 KB into its page. */
const EL1_VECTORS_OFFSET = 0x800n;
const EL0_PAGE = CODE_BASE + 0x1_0000;

/** Tables: identity-mapped by stage 2, from here to `TABLES_END`. */
const TABLES = 0x40_0000;
const TABLES_END = 0x60_0000;
/** Stage-2 tables, outside of what stage 2 maps. */
const STAGE2_TABLES = 0x60_0000;
/** Pages that cases translate to; zero, and never written by anything but the cases' own stores. */
const TARGET = 0x400_0000n;
const TARGET_SIZE = 0x200_0000n;

export interface MmuCase {
  /** 1: EL1&0 with stage 2; 2: EL2. */
  readonly kind: 1 | 2;
  readonly hcr: bigint;
  readonly sctlr: bigint;
  readonly tcr: bigint;
  readonly ttbr0: bigint;
  readonly ttbr1: bigint;
  readonly mair: bigint;
  readonly vtcr: bigint;
  readonly vttbr: bigint;
  readonly va: bigint;
  /** VBAR_EL1 and the entry of the EL0 code, as the guest sees them. */
  readonly el1Code: bigint;
  readonly el0Code: bigint;
  readonly pokes: readonly (readonly [number, bigint])[];
}

/** splitmix64. */
class SeededRandom {
  constructor(private state: bigint) {}

  next(): bigint {
    this.state = BigInt.asUintN(64, this.state + 0x9e37_79b9_7f4a_7c15n);
    let z = this.state;
    z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58_476d_1ce4_e5b9n);
    z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d0_49bb_1331_11ebn);
    return z ^ (z >> 31n);
  }
  below(limit: number): number {
    return Number(this.next() % BigInt(limit));
  }
  bits(count: number): bigint {
    return this.next() & ((1n << BigInt(count)) - 1n);
  }
  oneIn(n: number): boolean {
    return this.below(n) === 0;
  }
  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)];
  }
}

/** MAIR values whose fields are all architecturally defined; index 0 and 1 are fixed for the code and Device. */
const MAIR = 0x0c_ee_4f_bb_00_04_44_ffn;
const ATTRIBUTE_COUNT = 8;

/** Gives out table addresses, each aligned to its size. */
function allocator(start: number, end: number): (bytes: number) => number {
  let next = start;
  return (bytes) => {
    const at = Math.ceil(next / bytes) * bytes;
    next = at + bytes;
    if (next > end) throw new RangeError('too many tables');
    return at;
  };
}

/** log2 of the granule and size of one stage-1 tree. */
interface Stage1Shape {
  readonly granuleShift: 12 | 16;
  readonly tsz: number;
}

function randomStage1Shape(random: SeededRandom): Stage1Shape {
  return { granuleShift: random.pick([12, 16] as const), tsz: 16 + random.below(24) };
}

function stage1Builder(shape: Stage1Shape, allocate: (bytes: number) => number): TableBuilder {
  const { granuleShift, tsz } = shape;
  const inputSize = 64 - tsz;
  const startLevel = stage1StartLevel(granuleShift, inputSize);
  const bytes = 8 * 2 ** (inputSize - entryShift(granuleShift, startLevel));
  return new TableBuilder({ granuleShift, inputSize, startLevel, root: allocate(Math.max(bytes, 64)) }, allocate);
}

/** Levels at which a leaf may stand. */
function leafLevels(granuleShift: number, startLevel: number): number[] {
  return [1, 2, 3].filter((level) => level >= startLevel && (granuleShift === 12 || level >= 2));
}

function randomLeaf(random: SeededRandom): bigint {
  let leaf = (BigInt(random.below(ATTRIBUTE_COUNT)) << 2n) | (random.bits(2) << 6n) | (shareability(random) << 8n);
  if (!random.oneIn(8)) leaf |= 1n << 10n;
  leaf |= random.bits(1) << 11n;
  for (const bit of [52n, 53n, 54n]) if (random.oneIn(3)) leaf |= 1n << bit;
  return leaf;
}

/** 0b01 is reserved. */
function shareability(random: SeededRandom): bigint {
  return random.pick([0n, 2n, 3n]);
}

/**
 * Damages descriptors on a path: makes one invalid, its output too large (a bit from `lowestBit` on), or its hierarchical bits
 * restrictive.
 */
function mutatePath(random: SeededRandom, tree: TableBuilder, path: readonly number[], lowestBit: number): void {
  path.forEach((entry, i) => {
    let value = tree.entries.get(entry) ?? 0n;
    const isTable = i < path.length - 1;
    if (random.oneIn(12)) value &= ~1n;
    // QEMU 7.2 takes a block where the granule has none; the Arm ARM makes that a translation fault (a unit test has it).
    if (random.oneIn(24) && hasBlocks(tree, i)) value ^= 2n;
    if (random.oneIn(16)) value |= 1n << BigInt(lowestBit + random.below(48 - lowestBit));
    if (isTable && random.oneIn(4)) value |= random.bits(5) << 59n;
    tree.entries.set(entry, value);
  });
}

/** Whether the entry `depth` steps into a walk is at a level that may hold blocks, or the last. */
function hasBlocks(tree: TableBuilder, depth: number): boolean {
  return tree.shape.startLevel + depth >= (tree.shape.granuleShift === 12 ? 1 : 2);
}

/** One random case of the EL1&0 regime. */
function el10Case(random: SeededRandom): MmuCase {
  const allocate = allocator(TABLES, TABLES_END);
  const lower = randomStage1Shape(random);
  const upper = { granuleShift: random.pick([12, 16] as const), tsz: 16 + random.below(20) };
  const tree0 = stage1Builder(lower, allocate);
  const tree1 = stage1Builder(upper, allocate);
  const ipaBits = 32 + random.below(9);
  // Without stage 2 the address must itself be RAM, and stay there.
  const stage2On = !random.oneIn(8);
  const ipa = stage2On ? randomIpa(random, ipaBits) : TARGET + (random.bits(30) % TARGET_SIZE);
  const lowestBit = stage2On ? 36 : 40;
  const useUpper = random.oneIn(3);
  const va = mapTarget(random, useUpper ? tree1 : tree0, ipa, useUpper, lowestBit);
  const code = mapGuestCode(tree1);
  const stage2 = buildStage2(random, ipaBits, ipa, tree0, tree1);
  return {
    kind: 1,
    ...randomControls(random, lower, upper, stage2On),
    ttbr0: BigInt(tree0.shape.root) | (random.bits(8) << 48n),
    ttbr1: BigInt(tree1.shape.root) | (random.bits(8) << 48n),
    mair: MAIR,
    ...stage2.registers,
    va: random.oneIn(12) ? va ^ (1n << BigInt(random.pick([63, 60, 56, 47, 40]))) : va,
    ...code,
    pokes: [...tree0.entries, ...tree1.entries, ...stage2.entries],
  };
}

/** SCTLR, TCR and HCR with the bits that guests may vary. Code runs from TTBR1, so EPD1 and TBI1 stay 0. */
function randomControls(
  random: SeededRandom,
  lower: Stage1Shape,
  upper: Stage1Shape,
  stage2On: boolean,
): Pick<MmuCase, 'sctlr' | 'tcr' | 'hcr'> {
  const granule0 = lower.granuleShift === 16 ? 1n : 0n;
  const granule1 = upper.granuleShift === 16 ? 3n : 2n;
  let tcr = BigInt(lower.tsz) | (granule0 << 14n) | (BigInt(upper.tsz) << 16n) | (granule1 << 30n);
  tcr |= BigInt(random.pick([0, 1, 2, 2, 2, 5])) << 32n;
  tcr |= random.bits(1) << 36n;
  if (random.oneIn(12)) tcr |= 1n << 7n;
  if (random.oneIn(4)) tcr |= 1n << 37n;
  const sctlr = 0x30d0_1805n | (random.oneIn(4) ? 1n << 19n : 0n);
  // Without stage 2 HCR_EL2.PTW has no effect (QEMU's AT S1E1x still heeds it).
  const ptw = stage2On && random.oneIn(4) ? 4n : 0n;
  return { sctlr, tcr, hcr: (1n << 31n) | (stage2On ? 1n : 0n) | ptw };
}

/** An IPA that stage 2 will map to the target, away from code and tables. */
function randomIpa(random: SeededRandom, ipaBits: number): bigint {
  return random.bits(ipaBits) | (1n << BigInt(ipaBits - 1));
}

/** Maps a random address of a tree, at a random level, so that it leads to `ipa`'s block; returns the address. */
function mapTarget(random: SeededRandom, tree: TableBuilder, ipa: bigint, upper: boolean, lowestBit: number): bigint {
  const { granuleShift, inputSize, startLevel } = tree.shape;
  const level = random.pick(leafLevels(granuleShift, startLevel));
  const size = 1n << BigInt(entryShift(granuleShift, level));
  let va = (random.bits(inputSize) & ~(size - 1n)) | (ipa & (size - 1n) & ~7n);
  // The guest's code has the first entry of the upper range.
  if (upper) va |= 1n << BigInt(inputSize - 1);
  const path = tree.map(va, ipa & ~(size - 1n), level, randomLeaf(random));
  mutatePath(random, tree, path, lowestBit);
  return upper ? BigInt.asUintN(64, (-1n << BigInt(inputSize)) | va) : va;
}

/** Maps the two code pages at the start of the upper range. */
function mapGuestCode(tree: TableBuilder): Pick<MmuCase, 'el1Code' | 'el0Code'> {
  const base = BigInt.asUintN(64, -1n << BigInt(tree.shape.inputSize));
  const af = 1n << 10n;
  const el1 = af | (3n << 8n) | (1n << 7n) | (1n << 54n);
  const el0 = af | (3n << 8n) | (3n << 6n) | (1n << 53n);
  const step = 1n << BigInt(tree.shape.granuleShift);
  for (let offset = 0n; offset < 0x1_0000n; offset += step) tree.map(base + offset, BigInt(EL1_PAGE) + offset, 3, el1);
  for (let offset = 0n; offset < 0x1_0000n; offset += step) {
    tree.map(base + 0x1_0000n + offset, BigInt(EL0_PAGE) + offset, 3, el0);
  }
  return { el1Code: base + EL1_VECTORS_OFFSET, el0Code: base + 0x1_0000n };
}

/** Start levels that an IPA size allows, with at most 16 concatenated tables. */
function stage2StartLevels(granuleShift: 12 | 16, ipaBits: number): number[] {
  const first = granuleShift === 12 ? 1 : 2;
  return [first, first + 1].filter((level) => {
    const bits = ipaBits - entryShift(granuleShift, level);
    return level < 3 && bits >= 1 && bits <= granuleShift - 3 + 4;
  });
}

const STAGE2_NORMAL = (1n << 10n) | (3n << 8n) | (15n << 2n) | (3n << 6n);

function buildStage2(random: SeededRandom, ipaBits: number, ipa: bigint, ...trees: TableBuilder[]) {
  const granuleShift = random.pick([12, 16] as const);
  const startLevel = random.pick(stage2StartLevels(granuleShift, ipaBits));
  const allocate = allocator(STAGE2_TABLES, Number(TARGET));
  const bytes = 8 * 2 ** (ipaBits - entryShift(granuleShift, startLevel));
  const tree = new TableBuilder({ granuleShift, inputSize: ipaBits, startLevel, root: allocate(bytes) }, allocate);
  mapIdentity(tree, BigInt(CODE_BASE), 0x3_0000n);
  mapTablePages(random, tree, trees);
  mapStage2Target(random, tree, ipa);
  const sl0 = BigInt(granuleShift === 12 ? 2 - startLevel : 3 - startLevel);
  const granule = granuleShift === 16 ? 1n : 0n;
  const ps = ipaBits <= 36 && random.oneIn(2) ? 1n : 2n;
  const vtcr = (1n << 31n) | BigInt(64 - ipaBits) | (sl0 << 6n) | (granule << 14n) | (ps << 16n);
  const vttbr = BigInt(tree.shape.root) | (random.bits(8) << 48n);
  return { entries: tree.entries, registers: { vtcr, vttbr } };
}

function mapIdentity(tree: TableBuilder, start: bigint, size: bigint): void {
  const step = 1n << BigInt(tree.shape.granuleShift);
  for (let at = start; at < start + size; at += step) tree.map(at, at, 3, STAGE2_NORMAL);
}

/** Maps every page that holds a stage-1 descriptor; now and then one that the code does not need with restrictions. */
function mapTablePages(random: SeededRandom, tree: TableBuilder, trees: readonly TableBuilder[]): void {
  const shift = tree.shape.granuleShift;
  const pageOf = (address: number) => Math.floor(address / 2 ** shift) * 2 ** shift;
  // The code is in the second tree, so the pages of that one stay usable.
  const needed = new Set([...trees[1].entries.keys()].map(pageOf));
  const pages = new Set(trees.flatMap((t) => [...t.entries.keys()].map(pageOf)));
  for (const page of pages) {
    const path = tree.map(BigInt(page), BigInt(page), 3, STAGE2_NORMAL);
    if (needed.has(page) || !random.oneIn(6)) continue;
    const leaf = path[path.length - 1];
    tree.entries.set(leaf, (tree.entries.get(leaf) ?? 0n) & ~random.pick([1n, 1n << 6n, 1n << 10n, 15n << 2n]));
  }
}

function mapStage2Target(random: SeededRandom, tree: TableBuilder, ipa: bigint): void {
  const { granuleShift, startLevel } = tree.shape;
  // Blocks beyond the target area would lead out of RAM.
  const levels = leafLevels(granuleShift, startLevel).filter((level) => entryShift(granuleShift, level) <= 21);
  const level = random.pick(levels);
  const size = 1n << BigInt(entryShift(granuleShift, level));
  const output = TARGET + (random.bits(40) % (TARGET_SIZE / size)) * size;
  let leaf = (randomMemAttr(random) << 2n) | (shareability(random) << 8n);
  leaf |= random.oneIn(3) ? random.bits(2) << 6n : 3n << 6n;
  if (!random.oneIn(8)) leaf |= 1n << 10n;
  if (random.oneIn(4)) leaf |= 1n << 54n;
  const path = tree.map(ipa & ~(size - 1n), output, level, leaf);
  const entry = path[path.length - 1];
  let value = tree.entries.get(entry) ?? 0n;
  if (random.oneIn(12)) value &= ~1n;
  if (random.oneIn(16)) value |= 1n << BigInt(40 + random.below(8));
  tree.entries.set(entry, value);
}

/** MemAttr without the reserved encodings (Normal with inner 0b00). */
function randomMemAttr(random: SeededRandom): bigint {
  if (random.oneIn(2)) return 15n;
  return random.pick([0n, 1n, 2n, 3n, 5n, 6n, 7n, 9n, 10n, 11n, 13n, 14n, 15n]);
}

/** One random case of the EL2 regime; its code runs from an identity map meanwhile. */
function el2Case(random: SeededRandom): MmuCase {
  const allocate = allocator(TABLES, TABLES_END);
  const shape = { granuleShift: random.pick([12, 16] as const), tsz: 16 + random.below(20) };
  const tree = stage1Builder(shape, allocate);
  const pa = TARGET + (random.bits(30) % TARGET_SIZE);
  const va = mapTarget(random, tree, pa, true, 40) & ((1n << BigInt(tree.shape.inputSize)) - 1n);
  const code = (1n << 10n) | (3n << 8n) | (1n << 7n) | (1n << 6n);
  const step = 1n << BigInt(shape.granuleShift);
  for (let at = BigInt(CODE_BASE); at < BigInt(CODE_BASE) + 0x6_0000n; at += step) tree.map(at, at, 3, code);
  const granule = shape.granuleShift === 16 ? 1n : 0n;
  const ps = BigInt(random.pick([0, 1, 2, 2, 5]));
  return {
    kind: 2,
    hcr: 1n << 31n,
    sctlr: 0x30c5_1835n | (random.oneIn(4) ? 1n << 19n : 0n),
    tcr: (1n << 31n) | (1n << 23n) | BigInt(shape.tsz) | (granule << 14n) | (ps << 16n) | (random.bits(1) << 20n),
    ttbr0: BigInt(tree.shape.root),
    ttbr1: 0n,
    mair: MAIR,
    vtcr: 0n,
    vttbr: 0n,
    va: random.oneIn(8) ? va ^ (1n << BigInt(random.pick([63, 60, 56, 55]))) : va,
    el1Code: 0n,
    el0Code: 0n,
    pokes: [...tree.entries],
  };
}

/** The cases of a seed. */
export function mmuCases(seed: bigint, count: number): MmuCase[] {
  const random = new SeededRandom(seed);
  return Array.from({ length: count }, () => (random.oneIn(6) ? el2Case(random) : el10Case(random)));
}

/** The records as mmu-cases.S reads them, ended by kind 3. */
export function encodeCases(cases: readonly MmuCase[]): Uint8Array {
  const words = cases.flatMap((c) => [
    BigInt(c.kind),
    c.hcr,
    c.sctlr,
    c.tcr,
    c.ttbr0,
    c.ttbr1,
    c.mair,
    c.vtcr,
    c.va,
    c.el1Code,
    c.el0Code,
    c.vttbr,
    BigInt(c.pokes.length),
    ...c.pokes.flatMap(([address, value]) => [BigInt(address), value]),
  ]);
  return new Uint8Array(BigUint64Array.from([...words, 3n]).buffer);
}
