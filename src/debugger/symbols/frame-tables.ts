/** Call frame information of a file: .debug_frame and .eh_frame. */
import { FrameSection } from '../../formats/dwarf/debug-frame.ts';
import { unwindRowAt, type UnwindTableRow } from '../../formats/dwarf/unwind-table.ts';
import type { ElfFile } from '../../formats/elf/elf.ts';

/** The unwind tables of one file. May throw `Missing` while it is made. */
export class FrameTables {
  readonly #sections: readonly FrameSection[];

  constructor(elf: ElfFile) {
    const found = [openSection(elf, '.debug_frame', false), openSection(elf, '.eh_frame', true)];
    this.#sections = found.filter((section) => section !== undefined);
  }

  /** The row that tells how to unwind from `address`; undefined where the file has none. */
  rowAt(address: bigint): UnwindTableRow | undefined {
    for (const section of this.#sections) {
      const fde = section.fdeAt(address);
      if (fde) return unwindRowAt(fde, address);
    }
    return undefined;
  }
}

function openSection(elf: ElfFile, name: string, isEh: boolean): FrameSection | undefined {
  const shdr = elf.shdr(name);
  const contents = elf.section(name);
  return shdr && contents ? new FrameSection(contents, shdr.address, isEh) : undefined;
}
