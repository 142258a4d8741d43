/** .debug_abbrev (section 7.5.3): the shapes that DIEs have. */
import { DW_AT_name, DW_AT_sibling, DW_FORM_implicit_const, DW_FORM_ref4, DW_FORM_strp } from './constants.ts';
import { Cursor } from './cursor.ts';
import { DwarfError } from './dwarf-error.ts';
import { fixedFormSize, type FormSizes } from './forms.ts';
import { parseGrowing } from './sections.ts';
import type { SectionData } from '../elf/section.ts';

/** One abbreviation declaration. `names[i]` and `forms[i]` belong together. */
export interface Abbreviation {
  readonly code: number;
  readonly tag: number;
  readonly hasChildren: boolean;
  readonly names: readonly number[];
  readonly forms: readonly number[];
  /** Values of DW_FORM_implicit_const attributes, by attribute index. */
  readonly implicit: ReadonlyMap<number, bigint>;
  /** Size in bytes of each attribute's value, -1 where it depends on the value. */
  readonly sizes: readonly number[];
  /** Size in bytes of all attributes when it does not depend on their values, else -1. */
  readonly fixedSize: number;
  readonly hasSibling: boolean;
  /** Where a DW_FORM_strp name and a DW_FORM_ref4 sibling stand after the code, when every value before them has a fixed size; else -1. */
  readonly nameOffset: number;
  readonly siblingOffset: number;
}

/** Abbreviations by code. */
export type AbbreviationTable = ReadonlyMap<number, Abbreviation>;

const MAX_ATTRIBUTES = 1000;
const MAX_ABBREVIATIONS = 200_000;

/** Parses the table at `offset`, for units whose forms have `sizes`. */
export function readAbbreviations(section: SectionData, offset: number, sizes: FormSizes): AbbreviationTable {
  return parseGrowing(section, offset, 4096, (bytes) => parseTable(new Cursor(bytes), sizes));
}

function parseTable(cursor: Cursor, sizes: FormSizes): AbbreviationTable {
  const table = new Map<number, Abbreviation>();
  for (;;) {
    const code = cursor.uleb();
    if (code === 0) return table;
    if (table.size >= MAX_ABBREVIATIONS) throw new DwarfError('limit', 'too many abbreviations');
    if (!table.has(code)) table.set(code, parseAbbreviation(code, cursor, sizes));
    else throw new DwarfError('malformed', `abbreviation ${code} is declared twice`);
  }
}

function parseAbbreviation(code: number, cursor: Cursor, sizes: FormSizes): Abbreviation {
  const tag = cursor.uleb();
  const hasChildren = cursor.u8() !== 0;
  const names: number[] = [];
  const forms: number[] = [];
  const implicit = new Map<number, bigint>();
  for (;;) {
    const name = cursor.uleb();
    const form = cursor.uleb();
    if (form === DW_FORM_implicit_const) implicit.set(names.length, cursor.slebBig());
    if (name === 0 && form === 0) break;
    if (names.length >= MAX_ATTRIBUTES) throw new DwarfError('limit', 'too many attributes');
    names.push(name);
    forms.push(form);
  }
  const valueSizes = forms.map((form) => fixedFormSize(form, sizes));
  const fixedSize = fixedSizeOf(valueSizes);
  const hasSibling = names.includes(DW_AT_sibling);
  const offsetOf = (name: number, form: number): number => {
    const index = names.indexOf(name);
    return index >= 0 && forms[index] === form ? fixedSizeOf(valueSizes.slice(0, index)) : -1;
  };
  const nameOffset = sizes.is64 ? -1 : offsetOf(DW_AT_name, DW_FORM_strp);
  const siblingOffset = offsetOf(DW_AT_sibling, DW_FORM_ref4);
  const shape = { fixedSize, hasSibling, nameOffset, siblingOffset };
  return { code, tag, hasChildren, names, forms, implicit, sizes: valueSizes, ...shape };
}

/** The sum of `sizes`, or -1 when one of them depends on the value. */
function fixedSizeOf(sizes: readonly number[]): number {
  return sizes.includes(-1) ? -1 : sizes.reduce((sum, size) => sum + size, 0);
}
