/** The rows that a line number program makes (section 6.2.2), in compact columns. */
import { partitionPoint } from '../../base/partition-point.ts';
import * as dw from './constants.ts';
import { Cursor } from './cursor.ts';
import type { LineProgramHeader } from './debug-line.ts';
import { DwarfError } from './dwarf-error.ts';

/** Row flags. */
const IS_STMT = 1;
const BASIC_BLOCK = 2;
const END_SEQUENCE = 4;
export const PROLOGUE_END = 8;
const EPILOGUE_BEGIN = 16;

/** A unit has tens of thousands at most; each takes 20 bytes. */
const MAX_ROWS = 2 << 20;

/** One row of the matrix. */
export interface LineRow {
  readonly address: bigint;
  readonly file: number;
  readonly line: number;
  readonly column: number;
  readonly isStmt: boolean;
  readonly basicBlock: boolean;
  readonly endSequence: boolean;
  readonly prologueEnd: boolean;
  readonly epilogueBegin: boolean;
}

/** Rows `firstRow` to `lastRow` (which ends the sequence) cover `start` up to but not including `end`. */
export interface LineSequence {
  readonly start: bigint;
  readonly end: bigint;
  readonly firstRow: number;
  readonly lastRow: number;
}

/** A column of 32-bit numbers that grows. */
class Column {
  #values = new Uint32Array(256);
  #length = 0;

  push(value: number): void {
    if (this.#length === this.#values.length) {
      const larger = new Uint32Array(this.#length * 2);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.#length++] = value;
  }

  get length(): number {
    return this.#length;
  }

  finish(): Uint32Array {
    return this.#values.slice(0, this.#length);
  }
}

/** All rows of one unit. Sequences are sorted by address; rows within one ascend. */
export class LineTable {
  constructor(
    readonly header: LineProgramHeader,
    readonly sequences: readonly LineSequence[],
    private readonly offsets: Uint32Array,
    private readonly files: Uint32Array,
    private readonly lines: Uint32Array,
    private readonly columns: Uint32Array,
    private readonly flags: Uint32Array,
  ) {}

  get rowCount(): number {
    return this.lines.length;
  }

  /** Memory taken by the rows, in bytes. */
  get byteSize(): number {
    return this.rowCount * 20;
  }

  /** The sequence that covers `address`. */
  sequenceAt(address: bigint): LineSequence | undefined {
    const low = partitionPoint(0, this.sequences.length, (i) => this.sequences[i].start <= address);
    const sequence = this.sequences[low - 1];
    return sequence && address < sequence.end ? sequence : undefined;
  }

  /** Index of the last row of `sequence` at or before `address`: the one that says which line the instruction there belongs to. */
  rowAt(sequence: LineSequence, address: bigint): number {
    const offset = Number(address - sequence.start);
    const low = partitionPoint(sequence.firstRow, sequence.lastRow, (i) => this.offsets[i] <= offset);
    return Math.max(low - 1, sequence.firstRow);
  }

  address(sequence: LineSequence, row: number): bigint {
    return sequence.start + BigInt(this.offsets[row]);
  }
  /** Distance from the start of the row's sequence, in bytes. */
  offset(row: number): number {
    return this.offsets[row];
  }
  file(row: number): number {
    return this.files[row];
  }
  line(row: number): number {
    return this.lines[row];
  }
  column(row: number): number {
    return this.columns[row];
  }
  isStmt(row: number): boolean {
    return (this.flags[row] & IS_STMT) !== 0;
  }
  hasFlag(row: number, flag: number): boolean {
    return (this.flags[row] & flag) !== 0;
  }

  /** Row `row` of `sequence` with every column. */
  row(sequence: LineSequence, row: number): LineRow {
    return {
      address: this.address(sequence, row),
      file: this.files[row],
      line: this.lines[row],
      column: this.columns[row],
      isStmt: this.isStmt(row),
      basicBlock: this.hasFlag(row, BASIC_BLOCK),
      endSequence: this.hasFlag(row, END_SEQUENCE),
      prologueEnd: this.hasFlag(row, PROLOGUE_END),
      epilogueBegin: this.hasFlag(row, EPILOGUE_BEGIN),
    };
  }
}

/** Runs the program in `bytes` (header included). */
export function runLineProgram(bytes: Uint8Array, header: LineProgramHeader): LineTable {
  return new LineMachine(header).run(new Cursor(bytes, header.programAt));
}

/** The state machine of section 6.2.2. Addresses are kept as a base and a small offset: 64-bit arithmetic for each row would cost too much. */
class LineMachine {
  readonly #offsets = new Column();
  readonly #files = new Column();
  readonly #lines = new Column();
  readonly #columns = new Column();
  readonly #flags = new Column();
  readonly #sequences: LineSequence[] = [];
  #base = 0n;
  #offset = 0;
  #file = 1;
  #line = 1;
  #column = 0;
  #isStmt: boolean;
  #pending = 0;
  #firstRow = 0;
  #isSorted = true;

  constructor(private readonly header: LineProgramHeader) {
    this.#isStmt = header.defaultIsStmt;
  }

  run(cursor: Cursor): LineTable {
    const { opcodeBase } = this.header;
    while (!cursor.isAtEnd) {
      const opcode = cursor.u8();
      if (opcode >= opcodeBase) this.#special(opcode - opcodeBase);
      else if (opcode === 0) this.#extended(cursor);
      else this.#standard(opcode, cursor);
    }
    const sequences = this.#sequences.toSorted((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0));
    const columns = [this.#offsets, this.#files, this.#lines, this.#columns, this.#flags].map((it) => it.finish());
    return new LineTable(this.header, sequences, columns[0], columns[1], columns[2], columns[3], columns[4]);
  }

  #special(adjusted: number): void {
    const { lineRange, lineBase } = this.header;
    if (lineRange === 0) throw new DwarfError('malformed', 'line_range is 0');
    this.#advance(Math.floor(adjusted / lineRange));
    this.#line += lineBase + (adjusted % lineRange);
    this.#emit(0);
  }

  #standard(opcode: number, cursor: Cursor): void {
    switch (opcode) {
      case dw.DW_LNS_copy:
        return this.#emit(0);
      case dw.DW_LNS_advance_pc:
        return this.#advance(cursor.uleb());
      case dw.DW_LNS_advance_line:
        this.#line += cursor.sleb();
        return;
      case dw.DW_LNS_set_file:
        this.#file = cursor.uleb();
        return;
      case dw.DW_LNS_set_column:
        this.#column = cursor.uleb();
        return;
      case dw.DW_LNS_negate_stmt:
        this.#isStmt = !this.#isStmt;
        return;
      case dw.DW_LNS_set_basic_block:
        this.#pending |= BASIC_BLOCK;
        return;
      case dw.DW_LNS_const_add_pc:
        return this.#advanceConstant();
      case dw.DW_LNS_fixed_advance_pc:
        this.#offset += cursor.u16();
        return;
      case dw.DW_LNS_set_prologue_end:
        this.#pending |= PROLOGUE_END;
        return;
      case dw.DW_LNS_set_epilogue_begin:
        this.#pending |= EPILOGUE_BEGIN;
        return;
      default:
        return this.#skipOperands(opcode, cursor);
    }
  }

  /** The instruction set (opcode 12) and opcodes of later versions: the header says how many operands they have. */
  #skipOperands(opcode: number, cursor: Cursor): void {
    for (let i = this.header.standardOpcodeLengths[opcode - 1]; i > 0; i--) cursor.skipLeb();
  }

  #extended(cursor: Cursor): void {
    const length = cursor.uleb();
    if (length === 0) throw new DwarfError('malformed', 'extended line opcode of length 0');
    const end = cursor.at + length;
    if (end > cursor.end) throw new DwarfError('truncated', 'extended line opcode');
    const opcode = cursor.u8();
    if (opcode === dw.DW_LNE_end_sequence) this.#endSequence();
    else if (opcode === dw.DW_LNE_set_address) this.#setAddress(cursor.address(length - 1));
    cursor.at = end;
  }

  #advance(operation: number): void {
    this.#offset += operation * this.header.minimumInstructionLength;
  }

  #advanceConstant(): void {
    const { lineRange, opcodeBase } = this.header;
    if (lineRange === 0) throw new DwarfError('malformed', 'line_range is 0');
    this.#advance(Math.floor((255 - opcodeBase) / lineRange));
  }

  #setAddress(address: bigint): void {
    if (this.#lines.length === this.#firstRow) {
      this.#base = address;
      this.#offset = 0;
    } else {
      const distance = address - this.#base;
      if (distance < 0n || distance > 0xffff_ffffn) throw new DwarfError('malformed', 'line sequence jumps too far');
      this.#offset = Number(distance);
    }
  }

  #emit(flags: number): void {
    if (this.#lines.length >= MAX_ROWS) throw new DwarfError('limit', 'line program has too many rows');
    if (this.#offset > 0xffff_ffff) throw new DwarfError('malformed', 'line sequence is too long');
    if (this.#lines.length === this.#firstRow) {
      // The first row may come after an advance: the sequence starts there.
      this.#base += BigInt(this.#offset);
      this.#offset = 0;
      this.#isSorted = true;
    } else if (this.#offset < this.#lastOffset) this.#isSorted = false;
    this.#lastOffset = this.#offset;
    this.#offsets.push(this.#offset);
    this.#files.push(this.#file);
    this.#lines.push(Math.max(this.#line, 0));
    this.#columns.push(this.#column);
    this.#flags.push(flags | this.#pending | (this.#isStmt ? IS_STMT : 0));
    this.#pending = 0;
  }
  #lastOffset = 0;

  /** Sequences at address 0 belong to code that the linker dropped. */
  #endSequence(): void {
    this.#emit(END_SEQUENCE);
    const lastRow = this.#lines.length - 1;
    const end = this.#base + BigInt(this.#offset);
    const isUsable = this.#isSorted && this.#base !== 0n && end > this.#base;
    if (isUsable) this.#sequences.push({ start: this.#base, end, firstRow: this.#firstRow, lastRow });
    this.#reset();
  }

  #reset(): void {
    this.#firstRow = this.#lines.length;
    this.#base = 0n;
    this.#offset = 0;
    this.#file = 1;
    this.#line = 1;
    this.#column = 0;
    this.#isStmt = this.header.defaultIsStmt;
    this.#pending = 0;
  }
}
