/** .debug_line (section 6.2): line number programs of versions 2 to 5. */
import { cstringAt } from '../elf/section.ts';
import * as dw from './constants.ts';
import { Cursor } from './cursor.ts';
import { DwarfError } from './dwarf-error.ts';
import { blockLength, skipForm, type FormSizes } from './forms.ts';
import { required, type DwarfSections } from './sections.ts';

/** A string of a line table header, decoded only where asked: most files of a unit are never looked at. */
export type LineString =
  | { readonly kind: 'inline'; readonly text: string }
  | { readonly kind: 'lineStr' | 'str'; readonly offset: number };

/** An entry of the file table. */
interface FileEntry {
  readonly path: LineString;
  readonly directory: number;
}

/** The header of a line number program. `offset` and `length` are in bytes of .debug_line, the length field included. */
export interface LineProgramHeader {
  readonly offset: number;
  readonly length: number;
  readonly version: number;
  readonly is64: boolean;
  readonly addressSize: number;
  readonly minimumInstructionLength: number;
  readonly maximumOperationsPerInstruction: number;
  readonly defaultIsStmt: boolean;
  readonly lineBase: number;
  readonly lineRange: number;
  readonly opcodeBase: number;
  readonly standardOpcodeLengths: readonly number[];
  readonly directories: readonly LineString[];
  readonly files: readonly FileEntry[];
  /** Position of the program itself, from `offset`. */
  readonly programAt: number;
}

const MAX_PROGRAM = 64 << 20;

/** Length in bytes of the program at `offset`, its length field included. May throw `Missing`. */
function lineProgramLength(sections: DwarfSections, offset: number): number {
  const section = required(sections.line, '.debug_line');
  if (offset + 4 > section.size) throw new DwarfError('truncated', `.debug_line: no program at ${offset}`);
  const cursor = new Cursor(section.bytes(offset, Math.min(12, section.size - offset)));
  const { length } = cursor.initialLength();
  const total = cursor.at + length;
  if (offset + total > section.size) throw new DwarfError('truncated', `.debug_line: program at ${offset}`);
  if (total > MAX_PROGRAM) throw new DwarfError('limit', `.debug_line: program at ${offset} has ${total} bytes`);
  return total;
}

/** The bytes of the program at `offset`, header included. May throw `Missing`. */
export function lineProgramBytes(sections: DwarfSections, offset: number): Uint8Array {
  const length = lineProgramLength(sections, offset);
  return required(sections.line, '.debug_line').bytes(offset, length);
}

/** Parses the header at the start of `bytes`. */
export function parseLineHeader(bytes: Uint8Array, offset: number): LineProgramHeader {
  const cursor = new Cursor(bytes);
  const { is64 } = cursor.initialLength();
  const version = cursor.u16();
  if (version < 2 || version > 5) throw new DwarfError('unsupported', `line program version ${version}`);
  const addressSize = version >= 5 ? cursor.u8() : 8;
  if (version >= 5 && cursor.u8() !== 0) throw new DwarfError('unsupported', 'line program with segments');
  const headerLength = cursor.offset(is64);
  const programAt = cursor.at + headerLength;
  if (programAt > bytes.length) throw new DwarfError('truncated', `.debug_line: header at ${offset}`);
  const fixed = parseFixedPart(cursor, version);
  const sizes: FormSizes = { version, is64, addressSize };
  const tables = version >= 5 ? parseTables5(cursor, sizes) : parseTables4(cursor);
  return { offset, length: bytes.length, version, is64, addressSize, ...fixed, ...tables, programAt };
}

function parseFixedPart(cursor: Cursor, version: number) {
  const minimumInstructionLength = cursor.u8();
  const maximumOperationsPerInstruction = version >= 4 ? cursor.u8() : 1;
  const defaultIsStmt = cursor.u8() !== 0;
  const lineBase = cursor.i8();
  const lineRange = cursor.u8();
  const opcodeBase = cursor.u8();
  const standardOpcodeLengths = Array.from({ length: Math.max(opcodeBase - 1, 0) }, () => cursor.u8());
  if (maximumOperationsPerInstruction > 1) throw new DwarfError('unsupported', 'line program for a VLIW machine');
  return {
    minimumInstructionLength,
    maximumOperationsPerInstruction,
    defaultIsStmt,
    lineBase,
    lineRange,
    opcodeBase,
    standardOpcodeLengths,
  };
}

type Tables = Pick<LineProgramHeader, 'directories' | 'files'>;

/** Before version 5 both tables count from 1 and entry 0 stands for the unit's own directory. */
function parseTables4(cursor: Cursor): Tables {
  const directories: LineString[] = [{ kind: 'inline', text: '' }];
  for (let text = cursor.cstring(); text !== ''; text = cursor.cstring()) directories.push({ kind: 'inline', text });
  const files: FileEntry[] = [{ path: { kind: 'inline', text: '' }, directory: 0 }];
  for (let text = cursor.cstring(); text !== ''; text = cursor.cstring()) files.push(readFile4(cursor, text));
  return { directories, files };
}

function readFile4(cursor: Cursor, text: string): FileEntry {
  const directory = cursor.uleb();
  cursor.skipLeb();
  cursor.skipLeb();
  return { path: { kind: 'inline', text }, directory };
}

function parseTables5(cursor: Cursor, sizes: FormSizes): Tables {
  const directories = parseEntries(cursor, sizes).map((entry) => entry.path);
  return { directories, files: parseEntries(cursor, sizes) };
}

function parseEntries(cursor: Cursor, sizes: FormSizes): FileEntry[] {
  const formatCount = cursor.u8();
  const format = Array.from({ length: formatCount }, () => [cursor.uleb(), cursor.uleb()] as const);
  const count = cursor.uleb();
  // Each entry takes at least a byte, so a count beyond the rest of the header is a lie.
  if (count > 0 && (formatCount === 0 || count > cursor.end - cursor.at)) {
    throw new DwarfError('malformed', `line program header with ${count} entries`);
  }
  const entries: FileEntry[] = [];
  for (let i = 0; i < count; i++) entries.push(parseEntry(cursor, format, sizes));
  return entries;
}

type Format = readonly (readonly [contentType: number, form: number])[];

function parseEntry(cursor: Cursor, format: Format, sizes: FormSizes): FileEntry {
  let path: LineString = { kind: 'inline', text: '' };
  let directory = 0;
  for (const [contentType, form] of format) {
    if (contentType === dw.DW_LNCT_path) path = readLineString(cursor, form, sizes);
    else if (contentType === dw.DW_LNCT_directory_index) directory = readUnsigned(cursor, form);
    else skipForm(cursor, form, sizes);
  }
  return { path, directory };
}

function readLineString(cursor: Cursor, form: number, sizes: FormSizes): LineString {
  switch (form) {
    case dw.DW_FORM_string:
      return { kind: 'inline', text: cursor.cstring() };
    case dw.DW_FORM_line_strp:
      return { kind: 'lineStr', offset: cursor.offset(sizes.is64) };
    case dw.DW_FORM_strp:
      return { kind: 'str', offset: cursor.offset(sizes.is64) };
    default:
      throw new DwarfError('unsupported', `path of form 0x${form.toString(16)}`);
  }
}

function readUnsigned(cursor: Cursor, form: number): number {
  switch (form) {
    case dw.DW_FORM_data1:
      return cursor.u8();
    case dw.DW_FORM_data2:
      return cursor.u16();
    case dw.DW_FORM_data4:
      return cursor.u32();
    case dw.DW_FORM_udata:
      return cursor.uleb();
    default:
      return cursor.skip(blockLength(cursor, form)) ?? 0;
  }
}

/** Decodes a header's string. May throw `Missing`. */
export function lineString(sections: DwarfSections, text: LineString): string {
  if (text.kind === 'inline') return text.text;
  const section =
    text.kind === 'str' ? required(sections.str, '.debug_str') : required(sections.lineStr, '.debug_line_str');
  return cstringAt(section, text.offset);
}

/**
 * The path of file `index`: absolute when the directory of compilation is (`compDir`, or directory 0 since version 5), else relative to it. Undefined
 * when the table has no such file. May throw `Missing`.
 */
export function filePath(
  sections: DwarfSections,
  header: LineProgramHeader,
  index: number,
  compDir: string,
): string | undefined {
  const file = header.files[index];
  if (!file) return undefined;
  const name = lineString(sections, file.path);
  if (name === '') return undefined;
  const own = header.version >= 5 ? header.directories[0] : undefined;
  const base = own ? lineString(sections, own) : compDir;
  const directory = file.directory === 0 ? undefined : header.directories[file.directory];
  const relative = joinPath(directory ? lineString(sections, directory) : '', name);
  return normalizePath(base.startsWith('/') ? joinPath(base, relative) : relative);
}

function joinPath(base: string, path: string): string {
  if (path.startsWith('/') || base === '') return path;
  return path === '' ? base : `${base}/${path}`;
}

/** Removes `.`, `..` and doubled slashes. */
function normalizePath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..' && parts.length > 0 && parts.at(-1) !== '..') parts.pop();
    else parts.push(part);
  }
  return (path.startsWith('/') ? '/' : '') + parts.join('/');
}
