/** An index of a symbol file that was made before: read in short pieces, never whole. */
import type { RandomAccess } from '../../../base/random-access.ts';
import { Cursor } from '../../../formats/dwarf/cursor.ts';
import { Pager } from '../../../formats/elf/pager.ts';
import { PagedSection, type SectionData, WholeSection } from '../../../formats/elf/section.ts';
import { PathTable } from '../path-table.ts';
import type { NamedEntries, NameKind } from '../name-index.ts';
import { entriesIn, valueIn } from './hash-table.ts';
import {
  INDEX_SECTIONS,
  readIndexHeader,
  textIn,
  type IndexHeader,
  type IndexSection,
  type IndexSubject,
} from './index-file.ts';
import { readInlinedPlaces } from './inlined-places.ts';
import { findIndexedLine, indexedLines } from './line-tables.ts';
import { readGroups } from './names-table.ts';

/** Bytes of the index that are kept. */
const BUDGET = 16 << 20;

/** A place in code, with the function's name. */
export interface IndexedCode {
  readonly address: bigint;
  readonly function: string | undefined;
  readonly inlined: boolean;
}

/** Where the table of a path is, within the lines. */
interface TablePlace {
  readonly offset: number;
  readonly size: number;
}

interface PathTables {
  readonly paths: PathTable;
  readonly tables: ReadonlyMap<string, TablePlace>;
}

/** An open index. */
export class SymbolIndex {
  readonly #sections: Readonly<Record<IndexSection, SectionData>>;
  #paths: Promise<PathTables> | undefined;
  #labels: Promise<SectionData> | undefined;

  private constructor(
    private readonly pager: Pager,
    private readonly header: IndexHeader,
  ) {
    const sections = INDEX_SECTIONS.map((name) => {
      const { offset, size } = header.sections[name];
      return [name, new PagedSection(name, size, pager, offset)] as const;
    });
    this.#sections = Object.fromEntries(sections) as unknown as Readonly<Record<IndexSection, SectionData>>;
  }

  /** Opens `source`; undefined when it is no index of this format, or not that of `subject`. */
  static async open(source: RandomAccess, subject: IndexSubject): Promise<SymbolIndex | undefined> {
    const pager = new Pager(source, BUDGET);
    const header = await pager.run(() => readIndexHeader(pager));
    const isSame = header?.buildId === subject.buildId && header?.infoSize === subject.infoSize;
    return header && isSame ? new SymbolIndex(pager, header) : undefined;
  }

  /** Entries that define `name`, ascending. The lowest bit says that a function has code; the rest is `Die.offset`. */
  definitions(kind: NameKind, name: string): Promise<readonly number[]> {
    return this.#entries(kind, name, true);
  }

  /** Entries that only declare `name`. */
  declarations(kind: NameKind, name: string): Promise<readonly number[]> {
    return this.#entries(kind, name, false);
  }

  /** Names of the given kinds, each kind sorted. */
  names(kind: NameKind): Promise<string[]> {
    return this.pager.run(() => {
      const names: string[] = [];
      for (const [name, value] of entriesIn(this.#sections.names)) {
        if (readGroups(name, value).some((it) => it.kind === kind && it.isDefinition)) names.push(name);
      }
      return names.toSorted();
    });
  }

  /** Where `name` was inlined, by address. */
  async inlined(name: string): Promise<{ readonly address: bigint; readonly container: string }[]> {
    const labels = await this.#allLabels();
    return this.pager.run(() => {
      const value = valueIn(this.#sections.inlined, name);
      const places = value ? readInlinedPlaces(value) : [];
      return places.map(({ address, container }) => ({
        address: this.#absolute(address),
        container: nameIn(labels, container) ?? '',
      }));
    });
  }

  /** Paths of all source files. */
  async paths(): Promise<PathTable> {
    return (await this.#pathTables()).paths;
  }

  /** The first line of exactly `path` at or after `line` that has code, and where. */
  async line(path: string, line: number): Promise<{ line: number; places: IndexedCode[] } | undefined> {
    const table = await this.#lineTable(path);
    const found = table && findIndexedLine(table, line);
    if (!found) return undefined;
    const labels = await this.#allLabels();
    const places = found.places.map(({ address, label }) => ({
      address: this.#absolute(address),
      function: nameIn(labels, Math.floor(label / 2)),
      inlined: label % 2 === 1,
    }));
    return { line: found.line, places };
  }

  /** Lines of exactly `path` that have code, ascending. */
  async lines(path: string): Promise<number[]> {
    const table = await this.#lineTable(path);
    return table ? indexedLines(table) : [];
  }

  #absolute(address: number): bigint {
    return BigInt.asUintN(64, this.header.base + BigInt(address));
  }

  #entries(kind: NameKind, name: string, isDefinition: boolean): Promise<readonly number[]> {
    return this.pager.run(() => {
      const value = valueIn(this.#sections.names, name);
      const groups: NamedEntries[] = value ? readGroups(name, value) : [];
      return groups.find((it) => it.kind === kind && it.isDefinition === isDefinition)?.entries ?? [];
    });
  }

  async #lineTable(path: string): Promise<Cursor | undefined> {
    const place = (await this.#pathTables()).tables.get(path);
    return place && new Cursor(await this.pager.run(() => this.#sections.lines.bytes(place.offset, place.size)));
  }

  #pathTables(): Promise<PathTables> {
    this.#paths ??= this.pager.run(() => {
      const cursor = new Cursor(this.#sections.paths.bytes(0, this.#sections.paths.size));
      const paths = new PathTable();
      const tables = new Map<string, TablePlace>();
      for (let offset = 0; !cursor.isAtEnd;) {
        const path = cursor.cstring();
        const size = cursor.uleb();
        paths.add(path);
        tables.set(path, { offset, size });
        offset += size;
      }
      return { paths, tables };
    });
    return this.#paths;
  }

  /** All labels at once: a line of a header may name thousands. */
  #allLabels(): Promise<SectionData> {
    this.#labels ??= this.pager.run(() => {
      const { name, size } = this.#sections.labels;
      return new WholeSection(name, this.#sections.labels.bytes(0, size).slice());
    });
    return this.#labels;
  }
}

function nameIn(labels: SectionData, number: number): string | undefined {
  return number === 0 ? undefined : textIn(labels, number - 1);
}
