/** Debugging information entries and their attributes (section 2.1), decoded only where asked. */
import type { Abbreviation } from './debug-abbrev.ts';
import * as dw from './constants.ts';
import type { Cursor } from './cursor.ts';
import { DwarfError } from './dwarf-error.ts';
import { blockLength, indirectForm, skipForm } from './forms.ts';
import type { Unit } from './unit.ts';

/** An attribute's value where it stands: its form and position within the unit's bytes. */
interface AttributePlace {
  readonly form: number;
  readonly at: number;
  readonly implicit: bigint | undefined;
}

/** A Debugging Information Entry. Cheap to make; keeps its unit's bytes alive. */
export class Die {
  /** Where the attribute values begin, within the unit's bytes. */
  readonly #attributesAt: number;

  /** `at` is the entry's position within the unit's bytes. */
  constructor(
    readonly unit: Unit,
    readonly at: number,
    readonly abbreviation: Abbreviation,
    attributesAt: number,
  ) {
    this.#attributesAt = attributesAt;
  }

  get tag(): number {
    return this.abbreviation.tag;
  }

  /** Offset in .debug_info (see `DebugInfo` for .debug_types). */
  get offset(): number {
    return this.unit.offset + this.at;
  }

  get hasChildren(): boolean {
    return this.abbreviation.hasChildren;
  }

  has(name: number): boolean {
    return this.abbreviation.names.includes(name);
  }

  /** Where the attribute values end. */
  endOfAttributes(): number {
    const { fixedSize, forms } = this.abbreviation;
    return fixedSize >= 0 ? this.#attributesAt + fixedSize : this.#skipAttributes(forms.length);
  }

  /** A string attribute; undefined when absent or kept in a supplementary file. */
  string(name: number): string | undefined {
    const place = this.#find(name);
    return place && this.unit.stringValue(place.form, this.#cursor(place));
  }

  /** Where in .debug_str a DW_FORM_strp attribute's text is: tells equal strings apart without decoding them. */
  stringOffset(name: number): number | undefined {
    const place = this.#find(name);
    return place?.form === dw.DW_FORM_strp ? this.#cursor(place).offset(this.unit.header.is64) : undefined;
  }

  /** An unsigned constant or section offset as a number; undefined when absent or of another class. */
  unsigned(name: number): number | undefined {
    const value = this.constant(name, false);
    return value === undefined || value > Number.MAX_SAFE_INTEGER ? undefined : Number(value);
  }

  /** A constant or section offset. `isSigned` says how fixed-size data forms are extended. */
  constant(name: number, isSigned: boolean): bigint | undefined {
    const place = this.#find(name);
    return place && readConstant(place.form, this.#cursor(place), isSigned, place.implicit, this.unit.header.is64);
  }

  flag(name: number): boolean {
    const place = this.#find(name);
    if (!place) return false;
    return place.form === dw.DW_FORM_flag_present || this.#cursor(place).u8() !== 0;
  }

  /** An address attribute. */
  address(name: number): bigint | undefined {
    const place = this.#find(name);
    return place && this.unit.addressValue(place.form, this.#cursor(place));
  }

  /** The signature that a DW_FORM_ref_sig8 attribute holds. */
  signature(name: number): bigint | undefined {
    const place = this.#find(name);
    return place?.form === dw.DW_FORM_ref_sig8 ? this.#cursor(place).u64() : undefined;
  }

  /** The offset of the entry that a reference attribute names; undefined for signatures. */
  reference(name: number): number | undefined {
    const place = this.#find(name);
    return place && this.unit.referenceValue(place.form, this.#cursor(place));
  }

  /** A block or expression attribute, not copied. */
  block(name: number): Uint8Array | undefined {
    const place = this.#find(name);
    if (!place || !isBlockForm(place.form)) return undefined;
    const cursor = this.#cursor(place);
    if (place.form === dw.DW_FORM_data16) return cursor.block(16);
    return cursor.block(blockLength(cursor, place.form));
  }

  /** The form that an attribute is stored in. */
  form(name: number): number | undefined {
    return this.#find(name)?.form;
  }

  #cursor(place: AttributePlace): Cursor {
    return this.unit.cursor(place.at);
  }

  #find(name: number): AttributePlace | undefined {
    const index = this.abbreviation.names.indexOf(name);
    if (index < 0) return undefined;
    const at = this.#skipAttributes(index);
    const form = this.abbreviation.forms[index];
    if (form !== dw.DW_FORM_indirect) return { form, at, implicit: this.abbreviation.implicit.get(index) };
    const cursor = this.unit.cursor(at);
    const actual = indirectForm(cursor);
    return { form: actual, at: cursor.at, implicit: undefined };
  }

  /** Position after the first `count` attributes. */
  #skipAttributes(count: number): number {
    const { sizes, forms } = this.abbreviation;
    let at = this.#attributesAt;
    for (let i = 0; i < count; i++) {
      if (sizes[i] >= 0) at += sizes[i];
      else at = skipVariable(this.unit, at, forms[i]);
    }
    return at;
  }
}

function skipVariable(unit: Unit, at: number, form: number): number {
  const cursor = unit.cursor(at);
  skipForm(cursor, form, unit.header);
  return cursor.at;
}

function isBlockForm(form: number): boolean {
  switch (form) {
    case dw.DW_FORM_block:
    case dw.DW_FORM_block1:
    case dw.DW_FORM_block2:
    case dw.DW_FORM_block4:
    case dw.DW_FORM_exprloc:
    case dw.DW_FORM_data16:
      return true;
    default:
      return false;
  }
}

function extend(value: bigint, bits: number, isSigned: boolean): bigint {
  return isSigned ? BigInt.asIntN(bits, value) : value;
}

function readConstant(
  form: number,
  cursor: Cursor,
  isSigned: boolean,
  implicit: bigint | undefined,
  is64: boolean,
): bigint | undefined {
  switch (form) {
    case dw.DW_FORM_data1:
      return extend(BigInt(cursor.u8()), 8, isSigned);
    case dw.DW_FORM_data2:
      return extend(BigInt(cursor.u16()), 16, isSigned);
    case dw.DW_FORM_data4:
      return extend(BigInt(cursor.u32()), 32, isSigned);
    case dw.DW_FORM_data8:
      return extend(cursor.u64(), 64, isSigned);
    case dw.DW_FORM_udata:
    case dw.DW_FORM_loclistx:
    case dw.DW_FORM_rnglistx:
      return cursor.ulebBig();
    case dw.DW_FORM_sdata:
      return cursor.slebBig();
    case dw.DW_FORM_implicit_const:
      return implicit;
    case dw.DW_FORM_sec_offset:
      return BigInt(cursor.offset(is64));
    default:
      return undefined;
  }
}

/** Iterates over the children of `die`, skipping their own descendants. */
export function* children(die: Die): IterableIterator<Die> {
  if (!die.hasChildren) return;
  let at = die.endOfAttributes();
  for (;;) {
    const child = die.unit.dieAtPosition(at);
    if (!child) return;
    yield child;
    at = afterSubtree(child);
  }
}

/**
 * Visits the children of `parent` as `children` does, but lets `isWanted` dismiss most of them before an object is made: it gets the abbreviation
 * and the place of the name in .debug_str (-1 when it is not simply there).
 */
export function visitChildren(
  parent: Die,
  isWanted: (abbreviation: Abbreviation, namePlace: number) => boolean,
  visit: (die: Die) => void,
): void {
  if (!parent.hasChildren) return;
  const { unit } = parent;
  for (let at = parent.endOfAttributes(); ;) {
    const cursor = unit.cursor(at);
    const code = cursor.uleb();
    if (code === 0) return;
    const abbreviation = unit.abbreviationOf(code, at);
    const { nameOffset } = abbreviation;
    const start = cursor.at;
    const namePlace = nameOffset < 0 ? -1 : unit.cursor(start + nameOffset).u32();
    if (isWanted(abbreviation, namePlace)) visit(new Die(unit, at, abbreviation, start));
    at = quickNext(unit, abbreviation, at, start) ?? afterSubtree(new Die(unit, at, abbreviation, start));
  }
}

/** Position of the next sibling when the abbreviation makes it plain. */
function quickNext(unit: Unit, abbreviation: Abbreviation, at: number, start: number): number | undefined {
  const { hasChildren, fixedSize, siblingOffset } = abbreviation;
  if (!hasChildren) return fixedSize >= 0 ? start + fixedSize : undefined;
  if (siblingOffset < 0) return undefined;
  const sibling = unit.cursor(start + siblingOffset).u32();
  return sibling > at && sibling < unit.bytes.length ? sibling : undefined;
}

/** Position after `die` and everything below it. */
function afterSubtree(die: Die): number {
  const sibling = siblingOf(die);
  if (sibling !== undefined) return sibling;
  let at = die.endOfAttributes();
  for (let depth = die.hasChildren ? 1 : 0; depth > 0;) {
    const next = die.unit.dieAtPosition(at);
    if (!next) depth--;
    const jump = next && siblingOf(next);
    if (next?.hasChildren && jump === undefined) depth++;
    at = jump ?? next?.endOfAttributes() ?? at + 1;
  }
  return at;
}

/** What DW_AT_sibling says. It must point forwards, or a damaged file would have us walk in circles. */
function siblingOf(die: Die): number | undefined {
  if (!die.abbreviation.hasSibling) return undefined;
  const offset = die.reference(dw.DW_AT_sibling);
  if (offset === undefined) return undefined;
  const at = offset - die.unit.offset;
  if (at <= die.at || at >= die.unit.bytes.length) {
    throw new DwarfError('malformed', `DIE 0x${die.offset.toString(16)}: sibling 0x${offset.toString(16)}`);
  }
  return at;
}
