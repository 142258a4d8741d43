/** Places of the members of a structure, found once in the debugging information, then read at once. */
import type { SymbolFile } from '../symbols/symbol-file.ts';
import { strip, type Type } from '../symbols/types.ts';
import type { MemoryReader } from './reader.ts';

/** A member's place. `bitSize` is 0 unless it is a bit-field, whose `bitOffset` counts from the structure's start. */
export interface FieldPlace {
  readonly offset: number;
  readonly size: number;
  readonly bitOffset: number;
  readonly bitSize: number;
  readonly type: Type;
}

/** The symbol file does not describe what is asked for: another version, perhaps. */
export class LayoutError extends Error {}

/** Members of one structure by the names they are asked for. */
export class Layout<Name extends string> {
  private constructor(
    readonly struct: string,
    readonly size: number,
    private readonly places: ReadonlyMap<Name, FieldPlace>,
  ) {}

  /**
   * Looks `members` of `struct` up: name to member path, or to several of which the first that exists counts. Members of `optional` may be missing.
   */
  static async of<Name extends string>(
    symbols: SymbolFile,
    struct: string,
    members: Readonly<Record<Name, string | readonly string[]>>,
    optional: readonly NoInfer<Name>[] = [],
  ): Promise<Layout<Name>> {
    const type = await symbols.typeByName(struct);
    if (!type) throw new LayoutError(`${symbols.name} has no ${struct}`);
    const places = new Map<Name, FieldPlace>();
    for (const [name, paths] of Object.entries(members) as [Name, string | readonly string[]][]) {
      const place = await firstPlace(symbols, struct, typeof paths === 'string' ? [paths] : paths);
      if (place) places.set(name, place);
      else if (!optional.includes(name)) throw new LayoutError(`${symbols.name}: ${struct} has no ${String(paths)}`);
    }
    return new Layout(struct, type.byteSize, places);
  }

  has(name: Name): boolean {
    return this.places.has(name);
  }

  /** Offset of a member in bytes. */
  offset(name: Name): bigint {
    return BigInt(this.place(name).offset);
  }

  place(name: Name): FieldPlace {
    const place = this.places.get(name);
    if (!place) throw new LayoutError(`${this.struct} has no ${name}`);
    return place;
  }

  /** The member as an unsigned number. */
  read(reader: MemoryReader, base: bigint, name: Name): bigint {
    const { offset, size, bitOffset, bitSize } = this.place(name);
    if (bitSize === 0) return reader.unsigned(base + BigInt(offset), size);
    const first = Math.floor(bitOffset / 8);
    const bytes = Math.ceil(((bitOffset % 8) + bitSize) / 8);
    const value = reader.unsigned(base + BigInt(first), bytes);
    return (value >> BigInt(bitOffset % 8)) & ((1n << BigInt(bitSize)) - 1n);
  }

  number(reader: MemoryReader, base: bigint, name: Name): number {
    return Number(this.read(reader, base, name));
  }

  /** The member as a signed number. */
  signed(reader: MemoryReader, base: bigint, name: Name): number {
    return Number(BigInt.asIntN(8 * this.place(name).size, this.read(reader, base, name)));
  }
}

async function firstPlace(
  symbols: SymbolFile,
  struct: string,
  paths: readonly string[],
): Promise<FieldPlace | undefined> {
  for (const path of paths) {
    const found = await symbols.offsetOf(struct, path);
    if (found) return { ...found, size: strip(found.type).byteSize || found.type.byteSize };
  }
  return undefined;
}
