/** Which instructions are translated together: the blocks of one page that direct branches reach from a hot one. */
import type { Decoding } from './interpreter.ts';
import { RECORDS_PER_PAGE } from './records.ts';

/** Most blocks and instructions of a region: beyond this the host's compiler gets slow, and then its code. */
const MAX_BLOCKS = 64;
const MAX_INSTRUCTIONS = 400;
/** Longest block: what is left of a budget that is shorter is interpreted. */
const MAX_BLOCK = 48;

/** A straight run of instructions; `start` is a word of the page. */
export interface Block {
  readonly start: number;
  readonly instructions: readonly Decoding[];
}

/** What is asked about the words of a page. */
export interface PageCode {
  decode(word: number): Decoding;
  /** Words that no region may contain: breakpoints, and where other translations begin. */
  isBarrier(word: number): boolean;
}

/** How control leaves an instruction that ends a block. */
type Flow = 'jump' | 'call' | 'branch' | 'away' | 'next';

const FLOWS: Readonly<Record<string, Flow>> = {
  B_branch_imm: 'jump',
  BL_branch_imm: 'call',
  BLR_branch_reg: 'call',
  BR_branch_reg: 'away',
  RET_branch_reg: 'away',
  ERET_branch_reg: 'away',
  undefined: 'away',
};

/** Whether an instruction never goes on to the next one by itself. */
export function neverFallsThrough({ definition }: Decoding): boolean {
  const flow = flowOf(definition.name);
  return flow === 'jump' || flow === 'away' || flow === 'call';
}

function flowOf(name: string): Flow {
  const known = FLOWS[name];
  if (known) return known;
  return /_(condbranch|compbranch|testbranch)$/.test(name) ? 'branch' : 'next';
}

/** Words of the page that may run after the last instruction of a block, in the end: after a call, where it returns to. */
function successors(word: number, last: Decoding): number[] {
  return isCall(last) ? inPage([word + 1]) : transfers(word, last);
}

/** Words of the page to which the code of a block's last instruction itself goes on: a call's target, not where it returns to. */
export function transfers(word: number, last: Decoding): number[] {
  const flow = flowOf(last.definition.name);
  const targets = last.operands.imm === undefined ? [] : [word + Number(last.operands.imm) / 4];
  if (flow === 'jump' || flow === 'call') return inPage(targets);
  if (flow === 'away') return [];
  return inPage(flow === 'branch' ? [...targets, word + 1] : [word + 1]);
}

function isCall({ definition }: Decoding): boolean {
  return flowOf(definition.name) === 'call';
}

function inPage(words: readonly number[]): number[] {
  return words.filter((word) => word >= 0 && word < RECORDS_PER_PAGE);
}

/** Finds the region that begins at `start`; empty when nothing there can be translated. Blocks are in ascending order. */
export function findRegion(code: PageCode, start: number): Block[] {
  const leaders = new Set<number>();
  const ends = new Map<number, number>();
  const work = [start];
  let count = 0;
  while (work.length > 0 && leaders.size < MAX_BLOCKS && count < MAX_INSTRUCTIONS) {
    const leader = work.shift() as number;
    if (leaders.has(leader) || code.isBarrier(leader)) continue;
    leaders.add(leader);
    const { end, next } = scan(code, leader);
    ends.set(leader, end);
    count += end - leader;
    work.push(...next);
  }
  return [...leaders].sort((a, b) => a - b).map((leader, i, all) => makeBlock(code, leader, ends, all[i + 1]));
}

/** Runs along from a leader to the end of its block. */
function scan(code: PageCode, leader: number): { end: number; next: number[] } {
  let word = leader;
  for (;;) {
    const decoding = code.decode(word);
    if (decoding.definition.ends) return { end: word + 1, next: successors(word, decoding) };
    word++;
    if (word === RECORDS_PER_PAGE || code.isBarrier(word)) return { end: word, next: [] };
    if (word - leader === MAX_BLOCK) return { end: word, next: [word] };
  }
}

/** A block ends where the next one begins. */
function makeBlock(code: PageCode, start: number, ends: ReadonlyMap<number, number>, nextLeader = Infinity): Block {
  const end = Math.min(ends.get(start) as number, nextLeader);
  return { start, instructions: Array.from({ length: end - start }, (_, i) => code.decode(start + i)) };
}
