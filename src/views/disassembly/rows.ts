/** From instructions to the rows on screen: function headings, source lines, instructions, jump arrows. */
import type { DisassembledInstruction } from '../../protocol/inspect.ts';

/** Bytes of an A64 instruction. */
export const INSTRUCTION_SIZE = 4n;

export type Row =
  | { readonly kind: 'function'; readonly key: string; readonly name: string }
  | { readonly kind: 'source'; readonly key: string; readonly path: string; readonly line: number }
  | { readonly kind: 'instruction'; readonly key: string; readonly instruction: DisassembledInstruction };

function functionOf(symbol: string | undefined): string | undefined {
  return symbol?.replace(/\+0x[0-9a-f]+$/, '');
}

/** Rows from `top` on. A heading stands above the instruction it belongs to, and above the first row when that is inside a function. */
export function makeRows(instructions: readonly DisassembledInstruction[], isMixed: boolean): Row[] {
  const rows: Row[] = [];
  let name: string | undefined;
  let source: string | undefined;
  for (const instruction of instructions) {
    const key = instruction.address.toString(16);
    const owner = functionOf(instruction.symbol);
    if (owner !== undefined && owner !== name) rows.push({ kind: 'function', key: `f${key}`, name: owner });
    name = owner;
    if (isMixed && instruction.source) {
      const { path, line } = instruction.source;
      const here = `${path}:${line}`;
      if (here !== source) rows.push({ kind: 'source', key: `s${key}`, path, line });
      source = here;
    }
    rows.push({ kind: 'instruction', key, instruction });
  }
  return rows;
}

/** A branch between two rows in sight, in a lane of its own where it would cross another. */
export interface Arrow {
  readonly from: number;
  readonly to: number;
  readonly lane: number;
}

const BRANCH = /^(b|b\.\w+|cbn?z|tbn?z)$/;

/** Arrows of local branches; at most `lanes` at once. */
export function makeArrows(rows: readonly Row[], lanes: number): Arrow[] {
  const indexOf = new Map<bigint, number>();
  rows.forEach((row, index) => {
    if (row.kind === 'instruction') indexOf.set(row.instruction.address, index);
  });
  const busyUntil: number[] = Array<number>(lanes).fill(-1);
  const spans = rows.flatMap((row, from) => {
    if (row.kind !== 'instruction' || !row.instruction.target || !BRANCH.test(row.instruction.mnemonic)) return [];
    const to = indexOf.get(row.instruction.target.address);
    return to === undefined ? [] : [{ from, to }];
  });
  spans.sort((a, b) => Math.min(a.from, a.to) - Math.min(b.from, b.to));
  return spans.flatMap(({ from, to }) => {
    const lane = busyUntil.findIndex((end) => end < Math.min(from, to));
    if (lane < 0) return [];
    busyUntil[lane] = Math.max(from, to);
    return [{ from, to, lane }];
  });
}
