/** How the attribute forms of section 7.5.6 are laid out. */
import * as dw from './constants.ts';
import type { Cursor } from './cursor.ts';
import { DwarfError } from './dwarf-error.ts';

/** What the size of a form depends on besides the form. */
export interface FormSizes {
  readonly version: number;
  readonly is64: boolean;
  readonly addressSize: number;
}

const FIXED: ReadonlyMap<number, number> = new Map([
  [dw.DW_FORM_data1, 1],
  [dw.DW_FORM_ref1, 1],
  [dw.DW_FORM_flag, 1],
  [dw.DW_FORM_strx1, 1],
  [dw.DW_FORM_addrx1, 1],
  [dw.DW_FORM_data2, 2],
  [dw.DW_FORM_ref2, 2],
  [dw.DW_FORM_strx2, 2],
  [dw.DW_FORM_addrx2, 2],
  [dw.DW_FORM_strx3, 3],
  [dw.DW_FORM_addrx3, 3],
  [dw.DW_FORM_data4, 4],
  [dw.DW_FORM_ref4, 4],
  [dw.DW_FORM_strx4, 4],
  [dw.DW_FORM_addrx4, 4],
  [dw.DW_FORM_ref_sup4, 4],
  [dw.DW_FORM_data8, 8],
  [dw.DW_FORM_ref8, 8],
  [dw.DW_FORM_ref_sig8, 8],
  [dw.DW_FORM_ref_sup8, 8],
  [dw.DW_FORM_data16, 16],
  [dw.DW_FORM_flag_present, 0],
  [dw.DW_FORM_implicit_const, 0],
]);

const OFFSET_SIZED: ReadonlySet<number> = new Set([
  dw.DW_FORM_strp,
  dw.DW_FORM_line_strp,
  dw.DW_FORM_sec_offset,
  dw.DW_FORM_strp_sup,
  dw.DW_FORM_GNU_ref_alt,
  dw.DW_FORM_GNU_strp_alt,
]);

/** Size in bytes of a value of `form`, or -1 when it depends on the value. */
export function fixedFormSize(form: number, sizes: FormSizes): number {
  const fixed = FIXED.get(form);
  if (fixed !== undefined) return fixed;
  if (form === dw.DW_FORM_addr) return sizes.addressSize;
  if (OFFSET_SIZED.has(form)) return sizes.is64 ? 8 : 4;
  if (form === dw.DW_FORM_ref_addr) return sizes.version <= 2 ? sizes.addressSize : sizes.is64 ? 8 : 4;
  return -1;
}

/** Moves `cursor` over a value of `form`. */
export function skipForm(cursor: Cursor, form: number, sizes: FormSizes): void {
  const fixed = fixedFormSize(form, sizes);
  if (fixed >= 0) return cursor.skip(fixed);
  switch (form) {
    case dw.DW_FORM_string:
      return cursor.skipCstring();
    case dw.DW_FORM_udata:
    case dw.DW_FORM_sdata:
    case dw.DW_FORM_ref_udata:
    case dw.DW_FORM_strx:
    case dw.DW_FORM_addrx:
    case dw.DW_FORM_loclistx:
    case dw.DW_FORM_rnglistx:
      return cursor.skipLeb();
    case dw.DW_FORM_indirect:
      return skipForm(cursor, indirectForm(cursor), sizes);
    default:
      return cursor.skip(blockLength(cursor, form));
  }
}

/** Reads the length in front of a block or expression. */
export function blockLength(cursor: Cursor, form: number): number {
  switch (form) {
    case dw.DW_FORM_block1:
      return cursor.u8();
    case dw.DW_FORM_block2:
      return cursor.u16();
    case dw.DW_FORM_block4:
      return cursor.u32();
    case dw.DW_FORM_block:
    case dw.DW_FORM_exprloc:
      return cursor.uleb();
    default:
      throw new DwarfError('unsupported', `attribute form 0x${form.toString(16)}`);
  }
}

/** Reads the form in front of a DW_FORM_indirect value. */
export function indirectForm(cursor: Cursor): number {
  const form = cursor.uleb();
  // Both would need what only the abbreviation has, or never end.
  if (form === dw.DW_FORM_indirect || form === dw.DW_FORM_implicit_const) {
    throw new DwarfError('malformed', `indirect form 0x${form.toString(16)}`);
  }
  return form;
}
