/** Functions of a unit and what is inlined into them, as the index needs them. */
import * as dw from '../../../formats/dwarf/constants.ts';
import type { DebugInfo } from '../../../formats/dwarf/debug-info.ts';
import { rangesOf, type Range } from '../../../formats/dwarf/debug-rnglists.ts';
import { visitChildren, type Die } from '../../../formats/dwarf/die.ts';
import type { Unit } from '../../../formats/dwarf/unit.ts';
import { entryOf } from '../function-entry.ts';
import { entryPc, functionsOf } from '../unit-functions.ts';

/** A function, an inlined subroutine or a lexical block. `parent` is an index into the same list, -1 for functions. */
export interface UnitScope {
  readonly parent: number;
  /** The function or inlined subroutine that this is or belongs to, an index too. */
  readonly owner: number;
  readonly ranges: readonly Range[];
  /** Of functions and inlined subroutines. */
  readonly name: string | undefined;
  readonly isInlined: boolean;
  /** Where control enters; for functions, where a breakpoint goes. Undefined for blocks and what has no code. */
  readonly entry: bigint | undefined;
}

const MAX_DEPTH = 256;

/** All scopes of `unit`, parents before children and siblings in their order. May throw `Missing`. */
export function scopesOfUnit(info: DebugInfo, unit: Unit): UnitScope[] {
  const reader = new UnitScopes(info);
  const functions = new Set(functionsOf(unit).map(({ at }) => at));
  for (const at of functions) reader.addFunction(unit.dieAtPosition(at)!);
  return reader.scopes;
}

class UnitScopes {
  readonly scopes: UnitScope[] = [];
  /** Names by the offset of an abstract origin: each is inlined again and again. */
  readonly #names = new Map<number, string | undefined>();

  constructor(private readonly info: DebugInfo) {}

  addFunction(fn: Die): void {
    const ranges = rangesOf(fn);
    const entry = entryOf(fn, ranges);
    const owner = this.scopes.length;
    this.scopes.push({ parent: -1, owner, ranges, name: this.info.nameOf(fn), isInlined: false, entry });
    this.#addBelow(fn, owner, owner, 0);
  }

  #addBelow(parent: Die, index: number, owner: number, depth: number): void {
    if (depth >= MAX_DEPTH) return;
    visitChildren(
      parent,
      ({ tag }) => tag === dw.DW_TAG_lexical_block || tag === dw.DW_TAG_inlined_subroutine,
      (die) => this.#add(die, index, owner, depth),
    );
  }

  #add(die: Die, parent: number, owner: number, depth: number): void {
    const isInlined = die.tag === dw.DW_TAG_inlined_subroutine;
    const ranges = rangesOf(die);
    const own = this.scopes.length;
    const name = isInlined ? this.#nameOf(die) : undefined;
    const entry = isInlined && ranges.length > 0 ? entryPc(die, ranges) : undefined;
    this.scopes.push({ parent, owner: isInlined ? own : owner, ranges, name, isInlined, entry });
    this.#addBelow(die, own, isInlined ? own : owner, depth + 1);
  }

  #nameOf(die: Die): string | undefined {
    const origin = die.reference(dw.DW_AT_abstract_origin);
    if (origin === undefined) return this.info.nameOf(die);
    if (!this.#names.has(origin)) this.#names.set(origin, this.info.nameOf(die));
    return this.#names.get(origin);
  }
}
