/** From source lines to addresses. */
import type { LineSequence, LineTable } from '../../formats/dwarf/line-table.ts';

/** The nearest line at or after the one asked for that has code in one line table, and where. */
export interface LineHit {
  readonly line: number;
  /** First address of each run of rows of the line. */
  readonly addresses: readonly bigint[];
}

/** Looks for `line` of the files numbered `files` in `table`. Only rows recommended for breakpoints (is_stmt) count. */
export function findLine(table: LineTable, files: readonly number[], line: number): LineHit | undefined {
  const best = nearestLine(table, files, line);
  if (best === undefined) return undefined;
  const addresses = table.sequences.flatMap((sequence) => runStarts(table, sequence, files, best));
  return { line: best, addresses };
}

function nearestLine(table: LineTable, files: readonly number[], line: number): number | undefined {
  let best: number | undefined;
  for (const { firstRow, lastRow } of table.sequences) {
    for (let row = firstRow; row < lastRow; row++) {
      const at = table.line(row);
      const isBetter = at >= line && (best === undefined || at < best);
      if (isBetter && table.isStmt(row) && files.includes(table.file(row))) best = at;
    }
  }
  return best;
}

function runStarts(table: LineTable, sequence: LineSequence, files: readonly number[], line: number): bigint[] {
  const starts: bigint[] = [];
  let isInRun = false;
  for (let row = sequence.firstRow; row < sequence.lastRow; row++) {
    const isLine = table.line(row) === line && files.includes(table.file(row));
    if (isLine && table.isStmt(row) && !isInRun && hasCode(table, sequence, row))
      starts.push(table.address(sequence, row));
    isInRun = isLine && (isInRun || table.isStmt(row));
  }
  return [...new Set(starts)];
}

/** A row followed at once by another at the same address still marks a place where a statement begins. */
function hasCode(table: LineTable, sequence: LineSequence, row: number): boolean {
  return table.address(sequence, row) < sequence.end;
}

/** Lines of the files numbered `files` that have code, ascending. */
export function linesWithCode(table: LineTable, files: readonly number[]): number[] {
  const lines = new Set<number>();
  for (const { firstRow, lastRow } of table.sequences) {
    for (let row = firstRow; row < lastRow; row++) {
      if (table.isStmt(row) && files.includes(table.file(row)) && table.line(row) > 0) lines.add(table.line(row));
    }
  }
  return [...lines].toSorted((a, b) => a - b);
}
