/** Which unit describes an address. */
import { partitionPoint } from '../../base/partition-point.ts';
import { readAranges, type AddressRange } from '../../formats/dwarf/debug-aranges.ts';
import type { DebugInfo } from '../../formats/dwarf/debug-info.ts';
import { rangesOf } from '../../formats/dwarf/debug-rnglists.ts';
import type { DwarfSections } from '../../formats/dwarf/sections.ts';
import type { UnitHeader } from '../../formats/dwarf/unit.ts';

/** Above this many bytes of .debug_info a table in the file is trusted to be complete: asking each unit would read all of them. */
const MAX_COMPLETED = 16 << 20;

/** Address ranges of units, sorted by start. */
export class AddressIndex {
  readonly #ranges: AddressRange[];

  constructor(ranges: readonly AddressRange[]) {
    // Address 0 is where the linker leaves what it dropped.
    const real = ranges.filter((range) => range.start !== 0n);
    this.#ranges = real.toSorted((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0));
  }

  /** Offset of the unit that describes `address`. */
  unitAt(address: bigint): number | undefined {
    const low = partitionPoint(0, this.#ranges.length, (i) => this.#ranges[i].start <= address);
    for (let i = low - 1; i >= 0 && i > low - 4; i--)
      if (address < this.#ranges[i].end) return this.#ranges[i].unitOffset;
    return undefined;
  }

  get ranges(): readonly AddressRange[] {
    return this.#ranges;
  }
}

/** Reads .debug_aranges; empty when there is none. May throw `Missing`. */
export function arangesOf(sections: DwarfSections): AddressRange[] {
  return sections.aranges ? readAranges(sections.aranges) : [];
}

/** Offsets of the units that `ranges` mention, ascending. */
export function unitOffsets(ranges: readonly AddressRange[]): number[] {
  return [...new Set(ranges.map((range) => range.unitOffset))].toSorted((a, b) => a - b);
}

/** True when units that `known` does not mention have to be asked for their ranges. */
export function needsCompletion(info: DebugInfo, known: readonly AddressRange[]): boolean {
  return info.size > 0 && (known.length === 0 || info.size <= MAX_COMPLETED);
}

/** Ranges of the unit with `header`, from its root entry. May throw `Missing`. */
export function rangesOfUnit(info: DebugInfo, header: UnitHeader): AddressRange[] {
  const unit = info.unit(header.offset);
  return rangesOf(unit.root).map((range) => ({ ...range, unitOffset: header.offset }));
}
