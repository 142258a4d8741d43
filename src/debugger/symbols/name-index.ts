/** Entries at file scope by name, gathered unit by unit as far as a question needs. */
import * as dw from '../../formats/dwarf/constants.ts';
import type { DebugInfo } from '../../formats/dwarf/debug-info.ts';
import { children, type Die } from '../../formats/dwarf/die.ts';

/** What a name stands for. C keeps the tags of structures, unions and enumerations apart from other names. */
export type NameKind = 'struct' | 'union' | 'enum' | 'typedef' | 'variable' | 'function';

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

const KIND_CODE: Readonly<Record<NameKind, number>> = {
  struct: 0,
  union: 1,
  enum: 2,
  typedef: 3,
  variable: 4,
  function: 5,
};

interface Found {
  readonly key: string;
  /** Place of the name in .debug_str and the kind, as one number; undefined for names kept elsewhere. */
  readonly code: number | undefined;
  readonly offset: number;
  readonly isDefinition: boolean;
}

/** Entries of the same name that are kept: static variables and inline functions recur in unit after unit. */
const MAX_SAME = 256;

/** Names found so far. Offsets are of entries (`Die.offset`). */
export class NameIndex {
  readonly #definitions = new Map<string, number[]>();
  readonly #declarations = new Map<string, number>();
  readonly #keys = new Map<number, string>();
  readonly #defined = new Set<number>();
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
    return this.#definitions.get(`${kind} ${name}`) ?? [];
  }

  /** An entry that only declares `name`. */
  declaration(kind: NameKind, name: string): number | undefined {
    return this.#declarations.get(`${kind} ${name}`);
  }

  /** Names of `kind` that were found, sorted. */
  names(kind: NameKind): string[] {
    const found = [...this.#definitions.keys()].filter((key) => key.startsWith(`${kind} `));
    return found.map((key) => key.slice(kind.length + 1)).toSorted();
  }

  /** Scans the unit at `offset`, once. May throw `Missing`; nothing is recorded then. */
  scan(offset: number): void {
    if (this.#scanned.has(offset)) return;
    const unit = this.info.unit(offset);
    const found: Found[] = [];
    for (const die of scopeMembers(unit.root, 0)) {
      const kind = KIND_OF_TAG.get(die.tag);
      const entry = kind && this.#find(die, kind);
      if (entry) found.push(entry);
    }
    for (const entry of found) this.#record(entry);
    this.#scanned.add(offset);
  }

  /** The same types stand in unit after unit, so most entries are dismissed by the place of their name alone. */
  #find(die: Die, kind: NameKind): Found | undefined {
    const place = die.stringOffset(dw.DW_AT_name);
    const code = place === undefined ? undefined : place * 8 + KIND_CODE[kind];
    const isType = kind !== 'variable' && kind !== 'function';
    if (isType && code !== undefined && this.#defined.has(code)) return undefined;
    const isComplete = isDefinition(die);
    if (kind === 'function' && !isComplete) return undefined;
    const key = this.#key(die, kind, code);
    return key === undefined ? undefined : { key, code, offset: die.offset, isDefinition: isComplete };
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

  #record({ key, code, offset, isDefinition: isComplete }: Found): void {
    if (!isComplete) {
      if (!this.#declarations.has(key)) this.#declarations.set(key, offset);
      return;
    }
    if (code !== undefined) this.#defined.add(code);
    const known = this.#definitions.get(key);
    if (!known) this.#definitions.set(key, [offset]);
    else if (known.length < limitOf(key)) known.push(offset);
  }
}

/** One definition of a type is as good as another. */
function limitOf(key: string): number {
  return key.startsWith('variable ') || key.startsWith('function ') ? MAX_SAME : 1;
}

function* scopeMembers(parent: Die, depth: number): IterableIterator<Die> {
  for (const die of children(parent)) {
    if (die.tag === dw.DW_TAG_namespace && depth < 64) yield* scopeMembers(die, depth + 1);
    else yield die;
  }
}

function isDefinition(die: Die): boolean {
  if (die.flag(dw.DW_AT_declaration)) return false;
  if (die.tag === dw.DW_TAG_variable) return die.has(dw.DW_AT_location) || die.has(dw.DW_AT_const_value);
  if (die.tag !== dw.DW_TAG_subprogram) return true;
  return die.has(dw.DW_AT_inline) || die.has(dw.DW_AT_low_pc) || die.has(dw.DW_AT_ranges);
}
