/** Which line tables mention a source file: built once from all headers of .debug_line. */
import { filePath, lineProgramBytes, lineString, parseLineHeader } from '../../formats/dwarf/debug-line.ts';
import type { LineProgramHeader } from '../../formats/dwarf/debug-line.ts';
import type { DwarfSections } from '../../formats/dwarf/sections.ts';
import { PathTable } from './path-table.ts';

/** Files of a line table that a path may mean: `files` are indices into its file table. */
export interface FileMatch {
  readonly programOffset: number;
  readonly files: readonly number[];
}

/** One source file: file `indices[i]` of the line program at `programs[i]`. */
export interface SourceFile {
  readonly path: string;
  readonly programs: number[];
  readonly indices: number[];
}

const NO_FILE = { path: '', programs: [], indices: [] };

/** Source files by path. */
export class FileIndex {
  readonly #byPath = new Map<string, SourceFile>();
  /** All paths of source files. */
  readonly paths = new PathTable();
  /** By directory of compilation, then by `placeKey`: the same few thousand files stand in every table. */
  readonly #byPlace = new Map<string, Map<number, SourceFile>>();

  /** Adds the program at `offset` and returns the offset of the next one. May throw `Missing`; nothing is added then. */
  add(sections: DwarfSections, offset: number): number {
    const bytes = lineProgramBytes(sections, offset);
    const files = this.filesOf(sections, parseLineHeader(bytes, offset));
    files.forEach((file, index) => {
      file.programs.push(offset);
      file.indices.push(index);
    });
    return offset + bytes.length;
  }

  /** The files of a line table by their numbers, without remembering which table mentions them. May throw `Missing`. */
  filesOf(sections: DwarfSections, header: LineProgramHeader): SourceFile[] {
    const known = this.#knownPlaces(header.directories[0] ? lineString(sections, header.directories[0]) : '');
    return header.files.map((_, index) => this.#fileAt(sections, header, index, known));
  }

  /** Line tables that mention the file with exactly `path`. */
  tables(path: string): FileMatch[] {
    const byProgram = new Map<number, number[]>();
    const file = this.#byPath.get(path) ?? NO_FILE;
    file.programs.forEach((programOffset, i) => {
      byProgram.set(programOffset, [...(byProgram.get(programOffset) ?? []), file.indices[i]]);
    });
    return [...byProgram].map(([programOffset, files]) => ({ programOffset, files }));
  }

  #knownPlaces(base: string): Map<number, SourceFile> {
    const known = this.#byPlace.get(base);
    if (known) return known;
    const places = new Map<number, SourceFile>();
    this.#byPlace.set(base, places);
    return places;
  }

  #fileAt(
    sections: DwarfSections,
    header: LineProgramHeader,
    index: number,
    places: Map<number, SourceFile>,
  ): SourceFile {
    const key = placeKey(header, index);
    const known = key === undefined ? undefined : places.get(key);
    if (known) return known;
    const file = this.#fileOf(filePath(sections, header, index, '') ?? '');
    if (key !== undefined) places.set(key, file);
    return file;
  }

  #fileOf(path: string): SourceFile {
    const known = this.#byPath.get(path);
    if (known) return known;
    const file: SourceFile = { path, programs: [], indices: [] };
    // Entry 0 of tables before version 5 is nobody's; it is kept out of sight.
    if (path === '') return file;
    this.#byPath.set(path, file);
    this.paths.add(path);
    return file;
  }
}

/** Offsets of strings tell files of one directory of compilation apart, without decoding them. */
function placeKey(header: LineProgramHeader, index: number): number | undefined {
  const file = header.files[index];
  const directory = header.directories[file.directory];
  if (file.path.kind === 'inline' || !directory || directory.kind === 'inline') return undefined;
  const isSmall = file.path.offset < 2 ** 25 && directory.offset < 2 ** 25;
  return isSmall ? (directory.offset * 2 ** 25 + file.path.offset) * 2 + (file.directory === 0 ? 1 : 0) : undefined;
}
