/** Which line tables mention a source file: built once from all headers of .debug_line. */
import {
  filePath,
  lineProgramBytes,
  lineProgramLength,
  lineString,
  parseLineHeader,
  type LineProgramHeader,
} from '../../formats/dwarf/debug-line.ts';
import type { DwarfSections } from '../../formats/dwarf/sections.ts';

/** Files of a line table that a path may mean: `files` are indices into its file table. */
export interface FileMatch {
  readonly programOffset: number;
  readonly files: readonly number[];
}

interface Occurrence {
  readonly programOffset: number;
  readonly file: number;
}

/** Source files by path. */
export class FileIndex {
  readonly #byBaseName = new Map<string, Map<string, Occurrence[]>>();

  /** Adds the program at `offset` and returns the offset of the next one. May throw `Missing`; nothing is added then. */
  add(sections: DwarfSections, offset: number): number {
    const bytes = lineProgramBytes(sections, offset);
    const header = parseLineHeader(bytes, offset);
    const found = header.files.map((_, index) => this.#pathOf(sections, header, index));
    found.forEach((path, file) => path !== '' && this.#record(path, { programOffset: offset, file }));
    return offset + lineProgramLength(sections, offset);
  }

  /** All paths, sorted. */
  paths(): string[] {
    return [...this.#byBaseName.values()].flatMap((paths) => [...paths.keys()]).toSorted();
  }

  /** The known paths that `path` means: equal, or ending in it at a directory boundary, or (last) the other way round. */
  resolve(path: string): string[] {
    const known = [...(this.#byBaseName.get(baseName(path))?.keys() ?? [])];
    const equal = known.filter((it) => it === path);
    if (equal.length > 0) return equal;
    const longer = known.filter((it) => it.endsWith(`/${path}`));
    if (longer.length > 0) return longer;
    return known.filter((it) => path.endsWith(`/${it}`));
  }

  /** Line tables that mention the file with exactly `path`. */
  tables(path: string): FileMatch[] {
    const byProgram = new Map<number, number[]>();
    for (const { programOffset, file } of this.#byBaseName.get(baseName(path))?.get(path) ?? []) {
      byProgram.set(programOffset, [...(byProgram.get(programOffset) ?? []), file]);
    }
    return [...byProgram].map(([programOffset, files]) => ({ programOffset, files }));
  }

  #pathOf(sections: DwarfSections, header: LineProgramHeader, index: number): string {
    const file = header.files[index];
    if (file.path.kind === 'inline' && file.path.text === '') return '';
    const key = cacheKey(header, index);
    if (key === undefined) return filePath(sections, header, index, '') ?? '';
    return this.#cached(key, () => filePath(sections, header, index, '') ?? '', sections, header);
  }

  /** The same few thousand paths stand in every table: each is put together once. */
  readonly #paths = new Map<string, string>();

  #cached(key: string, make: () => string, sections: DwarfSections, header: LineProgramHeader): string {
    const base = header.directories[0] ? lineString(sections, header.directories[0]) : '';
    const full = `${base}:${key}`;
    let path = this.#paths.get(full);
    if (path === undefined) this.#paths.set(full, (path = make()));
    return path;
  }

  #record(path: string, occurrence: Occurrence): void {
    const base = baseName(path);
    let paths = this.#byBaseName.get(base);
    if (!paths) this.#byBaseName.set(base, (paths = new Map<string, Occurrence[]>()));
    const known = paths.get(path);
    if (known) known.push(occurrence);
    else paths.set(path, [occurrence]);
  }
}

/** Offsets of strings name a path as well as the strings do, without decoding them. */
function cacheKey(header: LineProgramHeader, index: number): string | undefined {
  const file = header.files[index];
  const directory = header.directories[file.directory];
  if (file.path.kind === 'inline' || !directory || directory.kind === 'inline') return undefined;
  return `${directory.offset}:${file.path.offset}:${file.directory === 0}`;
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
