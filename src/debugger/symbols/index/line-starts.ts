/** Where the statements of all source lines begin: every line table of a file run once, its rows forgotten again. */
import { lineProgramBytes, parseLineHeader } from '../../../formats/dwarf/debug-line.ts';
import { runLineProgram, type LineSequence, type LineTable } from '../../../formats/dwarf/line-table.ts';
import type { DwarfSections } from '../../../formats/dwarf/sections.ts';
import { FileIndex, type SourceFile } from '../file-index.ts';
import { Numbers } from './bytes.ts';

/** Stands for no address. */
const NOWHERE = Number.NaN;

/** Runs of rows by file and line, in three columns. Addresses count from `base`. */
export class LineStarts {
  readonly files = new FileIndex();
  readonly paths: string[] = [];
  readonly path = new Numbers();
  readonly line = new Numbers();
  readonly address = new Numbers();
  /** The address that others are distances from; undefined when there is no code. */
  base: bigint | undefined;
  readonly #numbers = new Map<SourceFile, number>();

  /** Adds the program at `offset` and returns the offset of the next one. May throw `Missing`; nothing is added then. */
  add(sections: DwarfSections, offset: number): number {
    const bytes = lineProgramBytes(sections, offset);
    const header = parseLineHeader(bytes, offset);
    const files = this.files.filesOf(sections, header);
    const table = runLineProgram(bytes, header);
    const numbers = files.map((file) => this.#numberOf(file));
    for (const sequence of table.sequences) this.#addSequence(table, sequence, numbers);
    return offset + bytes.length;
  }

  /** -1 for what is no file (entry 0 of tables before version 5). */
  #numberOf(file: SourceFile): number {
    if (file.path === '') return -1;
    const known = this.#numbers.get(file);
    if (known !== undefined) return known;
    const number = this.paths.push(file.path) - 1;
    this.#numbers.set(file, number);
    return number;
  }

  /** As `findLine` sees runs: one begins with the first row of a line that is recommended for breakpoints, and ends with another line's row. */
  #addSequence(table: LineTable, sequence: LineSequence, numbers: readonly number[]): void {
    this.base ??= sequence.start;
    const start = Number(sequence.start - this.base);
    const size = Number(sequence.end - sequence.start);
    if (!Number.isSafeInteger(start)) return;
    let [lastPath, lastLine, isInRun] = [-1, -1, false];
    for (let row = sequence.firstRow; row < sequence.lastRow; row++) {
      const path = numbers[table.file(row)] ?? -1;
      const line = table.line(row);
      if (path !== lastPath || line !== lastLine) isInRun = false;
      [lastPath, lastLine] = [path, line];
      if (isInRun || path < 0 || line === 0 || !table.isStmt(row)) continue;
      isInRun = true;
      const offset = table.offset(row);
      this.path.push(path);
      this.line.push(line);
      this.address.push(offset < size ? start + offset : NOWHERE);
    }
  }
}
