/** The line table of a unit, and questions about addresses that it answers. */
import * as dw from '../../formats/dwarf/constants.ts';
import { filePath, lineProgramBytes, parseLineHeader, type LineProgramHeader } from '../../formats/dwarf/debug-line.ts';
import { PROLOGUE_END, runLineProgram, type LineSequence, type LineTable } from '../../formats/dwarf/line-table.ts';
import type { Range } from '../../formats/dwarf/debug-rnglists.ts';
import type { Unit } from '../../formats/dwarf/unit.ts';

/** A place in a source file. `line` 0 says that the compiler attributes the code to no line. */
export interface SourcePlace {
  readonly file: string;
  readonly line: number;
  /** 0 when unknown. */
  readonly column: number;
}

/** Addresses that a source line's code takes up in one function or table. */
export interface StatementRanges extends SourcePlace {
  /** The run of addresses that holds the address asked for; the others of the same line in the same sequence follow. */
  readonly ranges: readonly Range[];
}

const LINES: { type?: LineTable | undefined } = {};

/** The line table of `unit`. May throw `Missing`, as all of the following may. */
export function linesOf(unit: Unit): LineTable | undefined {
  return unit.derived(LINES, () => {
    const offset = unit.root.unsigned(dw.DW_AT_stmt_list);
    if (offset === undefined || !unit.sections.line) return undefined;
    const bytes = lineProgramBytes(unit.sections, offset);
    return runLineProgram(bytes, parseLineHeader(bytes, offset));
  });
}

/** Path of file `index` of the unit's line table. */
export function fileOf(unit: Unit, header: LineProgramHeader, index: number): string {
  return filePath(unit.sections, header, index, unit.compDir) ?? '';
}

/** The source place of `address`. */
export function placeOf(unit: Unit, address: bigint): SourcePlace | undefined {
  const table = linesOf(unit);
  const sequence = table?.sequenceAt(address);
  if (!table || !sequence) return undefined;
  const row = table.rowAt(sequence, address);
  return { file: fileOf(unit, table.header, table.file(row)), line: table.line(row), column: table.column(row) };
}

/** The addresses that belong to the same line as `address`, within `bounds`. */
export function statementRangesOf(unit: Unit, address: bigint, bounds: readonly Range[]): StatementRanges | undefined {
  const table = linesOf(unit);
  const sequence = table?.sequenceAt(address);
  if (!table || !sequence) return undefined;
  const row = table.rowAt(sequence, address);
  const runs = runsOfLine(table, sequence, table.file(row), table.line(row));
  const inside = runs.filter(
    (run) => bounds.length === 0 || bounds.some((it) => it.start <= run.start && run.start < it.end),
  );
  const own = runs.find((run) => run.start <= address && address < run.end);
  const ranges = own ? [own, ...inside.filter((run) => run !== own)] : inside;
  return {
    file: fileOf(unit, table.header, table.file(row)),
    line: table.line(row),
    column: table.column(row),
    ranges,
  };
}

function runsOfLine(table: LineTable, sequence: LineSequence, file: number, line: number): Range[] {
  const runs: Range[] = [];
  let start: bigint | undefined;
  for (let row = sequence.firstRow; row <= sequence.lastRow; row++) {
    const address = table.address(sequence, row);
    const isSame = row < sequence.lastRow && table.file(row) === file && table.line(row) === line;
    if (isSame) start ??= address;
    else if (start !== undefined) {
      if (address > start) runs.push({ start, end: address });
      // A row without code of its own does not interrupt the line.
      if (address > start || row === sequence.lastRow) start = undefined;
    }
  }
  return mergeAdjacent(runs);
}

function mergeAdjacent(runs: readonly Range[]): Range[] {
  const merged: Range[] = [];
  for (const run of runs) {
    const last = merged.at(-1);
    if (last && last.end === run.start) merged[merged.length - 1] = { start: last.start, end: run.end };
    else merged.push(run);
  }
  return merged;
}

/** True when a row that is recommended for breakpoints begins exactly at `address`. */
export function isStatementStart(unit: Unit, address: bigint): boolean {
  const table = linesOf(unit);
  const sequence = table?.sequenceAt(address);
  if (!table || !sequence) return false;
  for (let row = table.rowAt(sequence, address); row >= sequence.firstRow; row--) {
    if (table.address(sequence, row) !== address) return false;
    if (table.isStmt(row)) return true;
  }
  return false;
}

/**
 * Where the body of the function at `lowPc` begins: at the row marked prologue_end, else at the second line that has code, as debuggers do for
 * compilers that do not mark it.
 */
export function afterPrologue(unit: Unit, lowPc: bigint, highPc: bigint): bigint {
  const table = linesOf(unit);
  const sequence = table?.sequenceAt(lowPc);
  if (!table || !sequence) return lowPc;
  const first = table.rowAt(sequence, lowPc);
  return markedEnd(table, sequence, first, highPc) ?? secondLine(table, sequence, first, highPc) ?? lowPc;
}

function markedEnd(table: LineTable, sequence: LineSequence, first: number, highPc: bigint): bigint | undefined {
  for (let row = first; row < sequence.lastRow && table.address(sequence, row) < highPc; row++) {
    if (table.hasFlag(row, PROLOGUE_END)) return table.address(sequence, row);
  }
  return undefined;
}

function secondLine(table: LineTable, sequence: LineSequence, first: number, highPc: bigint): bigint | undefined {
  const start = table.address(sequence, first);
  for (let row = first + 1; row < sequence.lastRow; row++) {
    const address = table.address(sequence, row);
    if (address >= highPc) return undefined;
    if (address > start && table.line(row) !== 0 && table.isStmt(row)) return address;
  }
  return undefined;
}
