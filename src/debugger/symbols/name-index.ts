/** Entries at file scope by name, gathered unit by unit as far as a question needs. */
import * as dw from '../../formats/dwarf/constants.ts';
import type { DebugInfo } from '../../formats/dwarf/debug-info.ts';
import type { Abbreviation } from '../../formats/dwarf/debug-abbrev.ts';
import { visitChildren, type Die } from '../../formats/dwarf/die.ts';

/** What a name stands for. C keeps the tags of structures, unions and enumerations apart from other names. */
export const NAME_KINDS = ['struct', 'union', 'enum', 'typedef', 'variable', 'function'] as const;
export type NameKind = (typeof NAME_KINDS)[number];

/** Entries of one name and kind; see `offsetOfEntry` and `hasCode`. */
export interface NamedEntries {
  readonly kind: NameKind;
  readonly name: string;
  readonly isDefinition: boolean;
  readonly entries: readonly number[];
}

/** `Die.offset` of what an index holds about an entry. */
export function offsetOfEntry(entry: number): number {
  return Math.floor(entry / 2);
}

/** True when an index' entry is a function with code of its own. */
export function hasCode(entry: number): boolean {
  return entry % 2 === 1;
}

const KIND_OF_TAG: ReadonlyMap<number, NameKind> = new Map([
  [dw.DW_TAG_structure_type, 'struct'],
  [dw.DW_TAG_class_type, 'struct'],
  [dw.DW_TAG_union_type, 'union'],
  [dw.DW_TAG_enumeration_type, 'enum'],
  [dw.DW_TAG_typedef, 'typedef'],
  [dw.DW_TAG_base_type, 'typedef'],
  [dw.DW_TAG_unspecified_type, 'typedef'],
  [dw.DW_TAG_variable, 'variable'],
  [dw.DW_TAG_subprogram, 'function'],
]);

interface Found {
  readonly key: string;
  /** Place of the name in .debug_str and the kind, as one number; undefined for names kept elsewhere. */
  readonly code: number | undefined;
  /** Twice the offset, plus one for a function with code. */
  readonly entry: number;
  readonly isDefinition: boolean;
}

/** Entries of the same name that are kept: static variables and inline functions recur in unit after unit. */
const MAX_SAME = 256;
const MAX_DEPTH = 64;

/** Names found so far. Offsets are of DIEs (`Die.offset`). */
export class NameIndex {
  readonly #definitions = new Map<string, number[]>();
  readonly #declarations = new Map<string, number>();
  readonly #keys = new Map<number, string>();
  /** Codes of names that need no more definitions, and of those with a declaration. */
  readonly #settled = new Set<number>();
  readonly #declared = new Set<number>();
  readonly #scanned = new Set<number>();
  /** Offset of the first unit that has not been scanned in order. */
  next = 0;

  constructor(private readonly info: DebugInfo) {}

  /** True when every unit has been scanned. */
  get isComplete(): boolean {
    return this.next >= this.info.size;
  }

  /** Entries that define `name`, in the order found. */
  definitions(kind: NameKind, name: string): readonly number[] {
    return this.entries(kind, name).map(offsetOfEntry);
  }

  /** As `definitions`, as entries of an index. */
  entries(kind: NameKind, name: string): readonly number[] {
    return this.#definitions.get(`${kind} ${name}`) ?? [];
  }

  /** An entry that only declares `name`. */
  declaration(kind: NameKind, name: string): number | undefined {
    const entry = this.#declarations.get(`${kind} ${name}`);
    return entry === undefined ? undefined : offsetOfEntry(entry);
  }

  /** Names of `kind` that were found, sorted. */
  names(kind: NameKind): string[] {
    const found = [...this.#definitions.keys()].filter((key) => key.startsWith(`${kind} `));
    return found.map((key) => key.slice(kind.length + 1)).toSorted();
  }

  /** All that was found. */
  *all(): IterableIterator<NamedEntries> {
    for (const [key, entries] of this.#definitions) yield { ...splitKey(key), isDefinition: true, entries };
    for (const [key, entry] of this.#declarations) yield { ...splitKey(key), isDefinition: false, entries: [entry] };
  }

  /** Scans the unit at `offset`, once. May throw `Missing`; nothing is recorded then. */
  scan(offset: number): void {
    if (this.#scanned.has(offset)) return;
    const unit = this.info.unit(offset);
    const found: Found[] = [];
    this.#collect(unit.root, found, 0);
    for (const entry of found) this.#record(entry);
    this.#scanned.add(offset);
  }

  #collect(parent: Die, found: Found[], depth: number): void {
    const visit = (die: Die): void => {
      if (die.tag === dw.DW_TAG_namespace && depth < MAX_DEPTH) return this.#collect(die, found, depth + 1);
      const kind = KIND_OF_TAG.get(die.tag);
      const entry = kind && this.#find(die, kind);
      if (entry) found.push(entry);
    };
    visitChildren(parent, (abbreviation, place) => this.#isNews(abbreviation, place), visit);
  }

  /** The same types and declarations stand in unit after unit: most entries are dismissed by their shape and the place of their name alone. */
  #isNews({ tag, names }: Abbreviation, place: number): boolean {
    const kind = KIND_OF_TAG.get(tag);
    if (!kind) return tag === dw.DW_TAG_namespace;
    const isDeclaration = names.includes(dw.DW_AT_declaration);
    if (kind === 'function' && isDeclaration) return false;
    if (place < 0) return true;
    const code = place * 8 + NAME_KINDS.indexOf(kind);
    if (this.#settled.has(code)) return false;
    return !isDeclaration || !this.#declared.has(code);
  }

  #find(die: Die, kind: NameKind): Found | undefined {
    const place = die.stringOffset(dw.DW_AT_name);
    const code = place === undefined ? undefined : place * 8 + NAME_KINDS.indexOf(kind);
    const isComplete = isDefinition(die);
    if (kind === 'function' && !isComplete) return undefined;
    const key = this.#key(die, kind, code);
    return key === undefined
      ? undefined
      : { key, code, entry: die.offset * 2 + (isCode(die) ? 1 : 0), isDefinition: isComplete };
  }

  #key(die: Die, kind: NameKind, code: number | undefined): string | undefined {
    const known = code === undefined ? undefined : this.#keys.get(code);
    if (known !== undefined) return known;
    const name = code === undefined ? this.info.nameOf(die) : die.string(dw.DW_AT_name);
    if (name === undefined) return undefined;
    const key = `${kind} ${name}`;
    if (code !== undefined) this.#keys.set(code, key);
    return key;
  }

  /** Scans the next unit in order; its offset must be `next`. May throw `Missing`. */
  scanNext(): void {
    // Somebody else may have scanned the last unit while this was waiting for bytes.
    if (this.isComplete) return;
    const header = this.info.header(this.next);
    this.scan(this.next);
    this.next += header.length;
  }

  #record({ key, code, entry, isDefinition: isComplete }: Found): void {
    if (!isComplete) {
      if (code !== undefined) this.#declared.add(code);
      if (!this.#declarations.has(key)) this.#declarations.set(key, entry);
      return;
    }
    const known = this.#definitions.get(key);
    if (!known) this.#definitions.set(key, [entry]);
    else if (known.length < limitOf(key)) known.push(entry);
    if (code !== undefined && (known?.length ?? 1) >= limitOf(key)) this.#settled.add(code);
  }
}

/** One definition of a type is as good as another. */
function limitOf(key: string): number {
  return key.startsWith('variable ') || key.startsWith('function ') ? MAX_SAME : 1;
}

function isDefinition(die: Die): boolean {
  if (die.flag(dw.DW_AT_declaration)) return false;
  if (die.tag === dw.DW_TAG_variable) return die.has(dw.DW_AT_location) || die.has(dw.DW_AT_const_value);
  if (die.tag !== dw.DW_TAG_subprogram) return true;
  return die.has(dw.DW_AT_inline) || isCode(die);
}

function isCode(die: Die): boolean {
  return die.tag === dw.DW_TAG_subprogram && (die.has(dw.DW_AT_low_pc) || die.has(dw.DW_AT_ranges));
}

function splitKey(key: string): Pick<NamedEntries, 'kind' | 'name'> {
  const space = key.indexOf(' ');
  const kind = NAME_KINDS.find((it) => it === key.slice(0, space));
  return { kind: kind ?? 'typedef', name: key.slice(space + 1) };
}
