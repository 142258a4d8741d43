/** Random sequences of the fuzzer: the code of a slot, and the state it starts from. */
import { encode } from '../../arch/a64/encoding.ts';
import { encodingNamed } from '../../arch/a64/table.ts';
import { branchWord, dataWord, exceptionWord, memoryWord, pick, type Random, systemWord } from './instructions.ts';
import { CODE, CODE_ALIAS, POOL_SIZE, SLOT_WORDS, WINDOW, WINDOW_PAGES, WINDOW_TABLE_PAGES } from './layout.ts';
import { type Trees, windowDescriptor, windowEntry } from './tables.ts';

/** Words of a slot that instructions may fill; then SVC #0x7777 and branches back to it; the last eight are data. */
const CODE_WORDS = 54;
const LITERALS = 56;
const LONGEST = 22;
/** Ticks of ten instructions that the monitor itself takes after setting the timer. */
const MONITOR_TICKS = 7;

/** Offsets in a descriptor (`monitor.S`), beside X0-X30 at 0. */
const At = { sp: 248, pc: 256, spsr: 264, fpcr: 272, fpsr: 280, cpacr: 288, cptr: 296, hcr: 304, sctlr: 312, ttbr0: 320, vttbr: 328, delta: 336, flags: 344, pool: 352, bvr: 360, bcr: 368, wvr: 376, wcr: 384, mdscr: 392, mdcr: 400 } as const; // prettier-ignore

const word = (name: string, fields: Record<string, number>): number => encode(encodingNamed(name), fields);
const system = (op1: number, CRn: number, CRm: number, op2: number, Rt: number): number =>
  word('SYS_systeminstrs', { op1, CRn, CRm, op2, Rt });
const dsb = word('DSB_barriers', { CRm: 15 });
const isb = word('ISB_barriers', { CRm: 15 });
const END_MARK = word('SVC_exception', { imm16: 0x7777 });

/** The code of one slot while it is drawn. */
class Slot {
  readonly words: number[] = [];
  readonly literals: number[] = [];
  /** Whether tables were changed, so that what comes next needs them restored. */
  changesTables = false;

  constructor(
    readonly el: number,
    readonly random: Random,
  ) {}

  /** LDR Xt or Wt of a new literal of 64 bits; undefined when there is no more room. */
  literal(value: bigint, Rt: number): number | undefined {
    if (this.literals.length === 8) return undefined;
    const at = LITERALS + this.literals.length;
    this.literals.push(Number(value & 0xffff_ffffn), Number(value >> 32n));
    return word('LDR_loadlit', { sz: 1, imm19: at - this.words.length, Rt });
  }

  draw(): void {
    const { random, words } = this;
    const choice = random() % 100;
    if (choice < 38) words.push(dataWord(random));
    else if (choice < 64) words.push(memoryWord(random));
    else if (choice < 76) words.push(branchWord(random, 8));
    else if (choice < 86) words.push(systemWord(random));
    else if (choice < 89) words.push(exceptionWord(random));
    else if (choice < 92) this.indirectBranch();
    else if (choice < 94) this.exceptionReturn();
    else if (choice < 97) this.patch();
    else this.remap();
  }

  /** To an instruction shortly after it. */
  private indirectBranch(): void {
    const { random, words } = this;
    const name = pick(['BR_branch_reg', 'BLR_branch_reg', 'RET_branch_reg'], random);
    const distance = 2 + (random() % 3);
    words.push(word('ADR_pcreladdr', { immlo: 0, immhi: distance, Rd: 9 }), word(name, { Rn: 9 }));
  }

  /** ERET to what follows it, to a level that may or may not be allowed. */
  private exceptionReturn(): void {
    const { random, words, el } = this;
    const op1 = el === 2 ? 4 : 0;
    const mode = pick(el === 2 ? [9, 9, 8, 5, 4, 0] : [5, 5, 4, 0, 9], random);
    const masks = random() % 2 ? (random() % 16) << 6 : 0;
    words.push(
      word('MOVZ_movewide', { sf: 1, hw: 0, imm16: mode | masks, Rd: 10 }),
      word('ADR_pcreladdr', { immlo: 0, immhi: 4, Rd: 9 }),
      word('MSR_systemmove', { o0: 1, op1, CRn: 4, CRm: 0, op2: 1, Rt: 9 }),
      word('MSR_systemmove', { o0: 1, op1, CRn: 4, CRm: 0, op2: 0, Rt: 10 }),
      word('ERET_branch_reg', {}),
    );
  }

  /** Changes an instruction of the slot, mostly as the architecture wants it done. */
  private patch(): void {
    const { random, words } = this;
    const load = this.literal(BigInt(random() % 8 ? dataWord(random) : branchWord(random, 4)), 11);
    if (load === undefined) return;
    const target = Math.max(0, words.length - 10 + (random() % 24));
    words.push(load, word('STR_ldst_pos', { sz: 0, imm12: target, Rn: 28, Rt: 11 }));
    if (random() % 3) words.push(system(3, 7, 11, 1, 28), dsb, system(3, 7, 5, 1, 28), dsb, isb);
  }

  /** Gives a page of the window another one, other rights or none. */
  private remap(): void {
    const { random, words } = this;
    const page = random() % WINDOW_PAGES;
    const load = this.literal(windowDescriptor(random() % WINDOW_PAGES, random() % 16), 11);
    if (load === undefined) return;
    const address = this.literal(BigInt((WINDOW + page * 0x1000) >>> 12), 12);
    words.push(load, word('STR_ldst_pos', { sz: 1, imm12: page, Rn: 27, Rt: 11 }), dsb);
    if (address !== undefined) words.push(address);
    const all = this.el === 2 ? system(4, 8, 7, 4, 31) : system(0, 8, 7, 0, 31);
    words.push(address === undefined || this.el === 2 ? all : system(0, 8, 7, 3, 12), dsb, isb);
    this.changesTables = true;
  }

  finish(): Uint32Array {
    const slot = new Uint32Array(SLOT_WORDS);
    slot.set(this.words.slice(0, CODE_WORDS));
    const end = Math.min(this.words.length, CODE_WORDS);
    slot[end] = END_MARK;
    for (let at = end + 1; at < LITERALS; at++) slot[at] = word('B_branch_imm', { imm26: (end - at) & 0x3ff_ffff });
    slot.set(this.literals, LITERALS);
    return slot;
  }
}

/** A slot's code, and the descriptor that starts it. */
export interface Sequence {
  readonly code: Uint32Array;
  readonly descriptor: Uint8Array;
  /** The next one needs the tables restored. */
  readonly changesTables: boolean;
  /** The next one needs the debug registers cleared. */
  readonly isDebugged: boolean;
  /** Words of code that are instructions. */
  readonly length: number;
}

function anyValue(random: Random): bigint {
  const wide = (BigInt(random()) << 32n) | BigInt(random());
  switch (random() % 6) {
    case 0:
      return wide;
    case 1:
      return BigInt(random() % 64);
    case 2:
      return BigInt.asUintN(64, -BigInt(random() % 64));
    case 3:
      return BigInt(WINDOW + (random() % (WINDOW_PAGES * 0x1000)));
    case 4:
      return (1n << BigInt(random() % 64)) - (random() % 2 ? 1n : 0n);
    default:
      return BigInt(random());
  }
}

/** Addresses in the window: one anywhere, often near the end of a page; one aligned to 64. */
function windowAddress(random: Random, isAligned: boolean): bigint {
  const page = random() % WINDOW_PAGES;
  const offset = random() % 4 === 0 ? 0xff0 + (random() % 16) : random() % 0x1000;
  const address = WINDOW + page * 0x1000 + offset;
  return BigInt(isAligned ? address & ~63 : address);
}

const chance = (random: Random, oneIn: number, bit: number): bigint =>
  random() % oneIn === 0 ? 1n << BigInt(bit) : 0n;

function trapControls(random: Random): bigint {
  const traps = [13, 14, 18, 19, 20, 21, 22, 23, 24, 25, 26, 28, 30, 3, 5];
  let hcr = (1n << 31n) | (1n << 4n) | chance(random, 2, 0);
  for (const bit of traps) hcr |= chance(random, 12, bit);
  return hcr;
}

/** What the sequence before has left behind. */
export type Legacy = Pick<Sequence, 'changesTables' | 'isDebugged'>;

/** A breakpoint within the code, a watchpoint within the window, a software step: each now and then, at random levels. */
function putDebug(random: Random, code: number, base: bigint, put: (at: number, value: bigint) => void): void {
  const levels = (): number => ((random() % 4) << 1) | (random() % 3 ? 0 : 1 << 13);
  put(At.bvr, BigInt(code + 4 * (random() % 16)));
  put(At.bcr, BigInt(levels() | (15 << 5) | (random() % 4 ? 1 : 0)));
  put(At.wvr, (base & ~7n) + BigInt(random() % 4) * 8n);
  put(At.wcr, BigInt(levels() | ((random() % 256) << 5) | ((random() % 4) << 3) | (random() % 4 ? 1 : 0)));
  put(At.mdscr, (1n << 15n) | chance(random, 2, 13) | chance(random, 4, 0) | chance(random, 16, 12));
  put(At.mdcr, chance(random, 3, 8) | chance(random, 12, 9));
}

function startState(
  random: Random,
  index: number,
  el: number,
  trees: Trees,
  before: Legacy,
): Pick<Sequence, 'descriptor' | 'isDebugged'> {
  const view = new DataView(new ArrayBuffer(512));
  const put = (at: number, value: bigint): void => view.setBigUint64(at, BigInt.asUintN(64, value), true);
  const tree = random() % 4 ? 0 : 1;
  const code = CODE + index * SLOT_WORDS * 4;
  for (let n = 0; n < 31; n++) put(n * 8, anyValue(random));
  put(16 * 8, windowAddress(random, false));
  put(17 * 8, windowAddress(random, false));
  put(18 * 8, BigInt(random() % 256));
  put(19 * 8, windowAddress(random, true));
  put(27 * 8, BigInt(el === 2 ? windowEntry(tree, 0) : WINDOW + WINDOW_TABLE_PAGES[tree] * 0x1000));
  put(28 * 8, BigInt(code - CODE + CODE_ALIAS));
  put(At.sp, windowAddress(random, true) + (random() % 16 ? 0n : 8n));
  put(At.pc, BigInt(code));
  const flagsAndMasks = BigInt(random() % 16) * (1n << 28n) + (random() % 3 ? 0n : BigInt(random() % 16) << 6n);
  put(At.spsr, chance(random, 8, 21) | flagsAndMasks | BigInt(el === 0 ? 0 : el * 4 + (random() % 4 ? 1 : 0)));
  put(At.fpcr, random() % 2 ? 0n : BigInt((random() % 32) << 22));
  put(At.fpsr, random() % 2 ? 0n : BigInt(random()) & 0x0800_009fn);
  put(At.cpacr, random() % 12 ? 3n << 20n : BigInt(random() % 4) << 20n);
  put(At.cptr, 0x33ffn | chance(random, 24, 10));
  put(At.hcr, trapControls(random));
  const anyOf = (bits: readonly number[], oneIn: number, isUsual: boolean): bigint =>
    bits.reduce((sum, bit) => ((random() % oneIn === 0) !== isUsual ? sum | (1n << BigInt(bit)) : sum), 0n);
  put(At.sctlr, BigInt(0x30d0_1805) | anyOf([14, 15, 16, 18, 26], 8, true) | anyOf([1, 3, 4, 9], 6, false));
  put(At.ttbr0, BigInt(trees.stage1[tree]) | (BigInt(1 + tree) << 48n));
  const guest = random() % 3 ? 0 : 1;
  put(At.vttbr, BigInt(trees.stage2[guest]) | (BigInt(1 + guest) << 48n));
  put(At.delta, BigInt(MONITOR_TICKS + (random() % (random() % 4 ? 40 : 8))));
  const isDebugged = random() % 4 === 0;
  if (isDebugged) putDebug(random, code, view.getBigUint64(pick([16, 17, 19], random) * 8, true), put);
  const loadsDebug = isDebugged || before.isDebugged ? 4n : 0n;
  put(At.flags, (before.changesTables ? 1n : 0n) | chance(random, 3, 1) | loadsDebug);
  put(At.pool, BigInt(random() % ((POOL_SIZE - 512) / 16)) * 16n);
  return { descriptor: new Uint8Array(view.buffer), isDebugged };
}

export function drawSequence(random: Random, index: number, trees: Trees, before: Legacy): Sequence {
  const el = pick([0, 0, 0, 1, 1, 1, 2, 2], random);
  const slot = new Slot(el, random);
  const length = 3 + (random() % (LONGEST - 2));
  while (slot.words.length < length) slot.draw();
  return {
    code: slot.finish(),
    ...startState(random, index, el, trees, before),
    changesTables: slot.changesTables,
    length: Math.min(slot.words.length, CODE_WORDS),
  };
}
