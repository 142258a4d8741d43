/** The sections that carry debugging information, by the names that DWARF and the ELF ABI give them. */
import type { ElfFile } from '../elf/elf.ts';
import type { SectionData } from '../elf/section.ts';
import { ElfError } from '../elf/elf-error.ts';
import { DwarfError } from './dwarf-error.ts';

/** Sections that are absent or empty are undefined. */
export interface DwarfSections {
  readonly info?: SectionData;
  readonly types?: SectionData;
  readonly abbrev?: SectionData;
  readonly str?: SectionData;
  readonly lineStr?: SectionData;
  readonly strOffsets?: SectionData;
  readonly line?: SectionData;
  readonly addr?: SectionData;
  readonly aranges?: SectionData;
  readonly ranges?: SectionData;
  readonly rnglists?: SectionData;
  readonly loc?: SectionData;
  readonly loclists?: SectionData;
}

const SECTION_NAMES: Readonly<Record<keyof DwarfSections, string>> = {
  info: '.debug_info',
  types: '.debug_types',
  abbrev: '.debug_abbrev',
  str: '.debug_str',
  lineStr: '.debug_line_str',
  strOffsets: '.debug_str_offsets',
  line: '.debug_line',
  addr: '.debug_addr',
  aranges: '.debug_aranges',
  ranges: '.debug_ranges',
  rnglists: '.debug_rnglists',
  loc: '.debug_loc',
  loclists: '.debug_loclists',
};

/** Finds the sections of `elf`. May throw `Missing`. */
export function dwarfSections(elf: ElfFile): DwarfSections {
  const entries = Object.entries(SECTION_NAMES).map(([key, name]) => [key, elf.section(name)] as const);
  return Object.fromEntries(entries);
}

/** `section`, or a `DwarfError` that says which one is not there. */
export function required(section: SectionData | undefined, name: string): SectionData {
  if (!section) throw new DwarfError('malformed', `there is no ${name} section`);
  return section;
}

/** Nothing that is parsed in one go, a list or a table, is longer in bytes. */
const MAX_PARSED = 32 << 20;

/**
 * Runs `parse` over bytes of `section` from `offset` whose extent is not known beforehand: over a short piece first, over longer ones when
 * the parser runs off the end.
 */
export function parseGrowing<T>(
  section: SectionData,
  offset: number,
  first: number,
  parse: (bytes: Uint8Array) => T,
): T {
  for (let length = first; length <= MAX_PARSED; length *= 8) {
    if (offset > section.size) throw new ElfError('out-of-range', `${section.name}: offset ${offset}`);
    const available = Math.min(length, section.size - offset);
    try {
      return parse(section.bytes(offset, available));
    } catch (error) {
      const isTooShort = error instanceof DwarfError && error.code === 'truncated' && available === length;
      if (!isTooShort) throw error;
    }
  }
  throw new DwarfError('limit', `${section.name}: what starts at ${offset} is too long`);
}
