/** The symbol table of an ELF file, by address and by name. */
import { partitionPoint } from '../../base/partition-point.ts';
import { ElfError } from './elf-error.ts';
import type { ElfFile, Shdr } from './elf.ts';
import { decodeText, MAX_WHOLE_SECTION, type SectionData } from './section.ts';

export const STT_NOTYPE = 0;
export const STT_OBJECT = 1;
export const STT_FUNC = 2;
const STT_SECTION = 3;
const STT_FILE = 4;
const SHT_SYMTAB = 2;
const SHT_DYNSYM = 11;
const SHN_UNDEF = 0;
const SYM_SIZE = 24;
/** Names whose symbols are kept. */
const MAX_NAMED = 1000;
/** Characters before an occurrence that still belong to the same name. */
const MAX_NAME = 1024;

/** One `Elf64_Sym`. `value` is an address, `size` in bytes (0 when unknown). */
export interface Sym {
  /** Position in the table. */
  readonly index: number;
  readonly name: string;
  readonly value: bigint;
  readonly size: bigint;
  readonly type: number;
  readonly isGlobal: boolean;
  readonly sectionIndex: number;
  /** Name of the source file that a local symbol belongs to (from STT_FILE), as the compiler was given it. */
  readonly file: string | undefined;
}

/** Symbols of `.symtab` (or `.dynsym` when there is no other), without section and mapping symbols. */
export class SymbolTable {
  readonly #view: DataView;
  /** Indices of symbols with an address, in address order. */
  readonly #byAddress: Uint32Array;
  readonly #addresses: BigUint64Array;
  readonly #fileOf: Uint32Array;
  readonly #byStem: Float64Array;
  /** What was asked for by name: the same few names are, at every stop. */
  readonly #named = new Map<string, readonly Sym[]>();
  /** All names in lower case, one character for each byte. */
  #lowerNames: string | undefined;

  private constructor(
    private readonly symbols: Uint8Array,
    private readonly names: Uint8Array,
    private readonly shdrs: readonly Shdr[],
  ) {
    this.#view = new DataView(symbols.buffer, symbols.byteOffset, symbols.byteLength);
    this.#fileOf = new Uint32Array(this.#count);
    const kept = this.#keep();
    this.#byAddress = this.#sort(kept);
    this.#addresses = BigUint64Array.from(this.#byAddress, (index) => this.#value(index));
    this.#byStem = this.#hashStems();
  }

  /** Reads the table of `elf`; empty when the file has none. May throw `Missing`. */
  static read(elf: ElfFile): SymbolTable {
    const shdr = elf.shdrs.find((it) => it.type === SHT_SYMTAB) ?? elf.shdrs.find((it) => it.type === SHT_DYNSYM);
    const strings = shdr && elf.shdrs[shdr.link];
    const symbols = shdr && elf.contents(shdr);
    const names = strings && elf.contents(strings);
    if (!symbols || !names) return new SymbolTable(new Uint8Array(0), new Uint8Array(0), []);
    return new SymbolTable(whole(symbols), whole(names), elf.shdrs);
  }

  get size(): number {
    return this.#byAddress.length;
  }

  /** The symbol that covers `address`; in the padding after a function, the function. */
  covering(address: bigint): Sym | undefined {
    const place = this.#lastAtOrBefore(address);
    for (let i = place; i >= 0 && i > place - 8; i--) {
      const index = this.#byAddress[i];
      const size = this.#size(index);
      if (size !== 0n && address < this.#value(index) + size) return this.#symbol(this.#preferred(i));
      if (size === 0n && i === place) break;
    }
    if (place < 0) return undefined;
    const symbol = this.#symbol(this.#preferred(place));
    return this.#isInSectionOf(symbol, address) ? symbol : undefined;
  }

  /** The first address after `address` that has a symbol. */
  nextAddress(address: bigint): bigint | undefined {
    return this.#addresses[this.#lastAtOrBefore(address) + 1];
  }

  /** All symbols called `name` exactly. */
  named(name: string): readonly Sym[] {
    let found = this.#named.get(name);
    if (!found) {
      if (this.#named.size >= MAX_NAMED) this.#named.clear();
      found = this.#withStemOf(encoder.encode(name), false);
      this.#named.set(name, found);
    }
    return found;
  }

  /** Symbols whose name is `name` with a compiler's suffix (`.constprop.0`, `.isra.0`, `.part.0`, `.cold`). */
  namedWithSuffix(name: string): Sym[] {
    return this.#withStemOf(encoder.encode(`${name}.`), true);
  }

  /** Address of a function in the same source file as the local `symbol`. */
  functionInSameFile(symbol: Sym): bigint | undefined {
    const file = this.#fileOf[symbol.index];
    if (file === 0) return undefined;
    for (let index = file + 1; index < this.#count && this.#fileOf[index] === file; index++) {
      if (this.#type(index) === STT_FUNC && this.#isDefined(index)) return this.#value(index);
    }
    return undefined;
  }

  /** Names that start with `prefix`, at most `limit`, sorted. */
  complete(prefix: string, limit: number): string[] {
    const names = new Set(this.#startingWith(prefix).map((symbol) => symbol.name));
    return [...names].toSorted().slice(0, limit);
  }

  /** Symbols whose name contains `text` in any case, best first: equal, then beginning with it, then shorter ones. */
  containing(text: string, limit: number): Sym[] {
    this.#lowerNames ??= lowerCase(this.names);
    const wanted = text.toLowerCase();
    const places = occurrencesOf(this.#lowerNames, wanted);
    if (places.length === 0) return [];
    const ends = places.map((place) => this.names.indexOf(0, place));
    const found: { index: number; distance: number; length: number }[] = [];
    for (const index of this.#byAddress) {
      const start = this.#view.getUint32(index * SYM_SIZE, true);
      const at = firstNotBelow(places, start);
      // Names are short: the end of one is looked for only when an occurrence is near.
      const isNear = at < places.length && places[at] - start < MAX_NAME;
      const isInside = isNear && this.names.indexOf(0, start) === ends[at];
      if (isInside) found.push({ index, distance: places[at] - start, length: ends[at] - start });
    }
    found.sort((a, b) => Number(a.distance > 0) - Number(b.distance > 0) || a.length - b.length || a.index - b.index);
    return found.slice(0, limit).map(({ index }) => this.#symbol(index));
  }

  /** All symbols in address order. */
  *all(): IterableIterator<Sym> {
    for (const index of this.#byAddress) yield this.#symbol(index);
  }

  #isInSectionOf(symbol: Sym, address: bigint): boolean {
    const shdr = this.shdrs[symbol.sectionIndex];
    // Symbols of no section (SHN_ABS) cover their own address only.
    return shdr ? address < shdr.address + BigInt(shdr.size) : address === symbol.value;
  }

  get #count(): number {
    return Math.floor(this.symbols.length / SYM_SIZE);
  }

  #value(index: number): bigint {
    return this.#view.getBigUint64(index * SYM_SIZE + 8, true);
  }

  #size(index: number): bigint {
    return this.#view.getBigUint64(index * SYM_SIZE + 16, true);
  }

  #type(index: number): number {
    return this.#view.getUint8(index * SYM_SIZE + 4) & 15;
  }

  #bind(index: number): number {
    return this.#view.getUint8(index * SYM_SIZE + 4) >>> 4;
  }

  #keep(): number[] {
    const kept: number[] = [];
    let file = 0;
    for (let index = 1; index < this.#count; index++) {
      const type = this.#type(index);
      if (type === STT_FILE) file = index;
      this.#fileOf[index] = this.#bind(index) === 0 ? file : 0;
      if (type < STT_SECTION && this.#isDefined(index) && !this.#isMapping(index)) kept.push(index);
    }
    return kept;
  }

  #isDefined(index: number): boolean {
    return this.#view.getUint16(index * SYM_SIZE + 6, true) !== SHN_UNDEF;
  }

  /** `$x`, `$d` and unnamed symbols say nothing to people. */
  #isMapping(index: number): boolean {
    const first = this.names[this.#view.getUint32(index * SYM_SIZE, true)];
    return first === undefined || first === 0 || first === 0x24;
  }

  #sort(kept: number[]): Uint32Array {
    const values = BigUint64Array.from(kept, (index) => this.#value(index));
    const order = Uint32Array.from(kept.keys());
    order.sort((a, b) => (values[a] < values[b] ? -1 : values[a] > values[b] ? 1 : a - b));
    return order.map((at) => kept[at]);
  }

  #lastAtOrBefore(address: bigint): number {
    return partitionPoint(0, this.#addresses.length, (i) => this.#addresses[i] <= address) - 1;
  }

  /** Of several symbols at one address: a function before data before others, sized before not, global before local. */
  #preferred(place: number): number {
    const address = this.#addresses[place];
    let best = this.#byAddress[place];
    const consider = (i: number): void => {
      if (this.#rank(this.#byAddress[i]) > this.#rank(best)) best = this.#byAddress[i];
    };
    for (let i = place; i >= 0 && this.#addresses[i] === address; i--) consider(i);
    for (let i = place; i < this.#addresses.length && this.#addresses[i] === address; i++) consider(i);
    return best;
  }

  #rank(index: number): number {
    const type = this.#type(index);
    const byType = type === STT_FUNC ? 8 : type === STT_OBJECT ? 4 : 0;
    return byType + (this.#size(index) > 0n ? 2 : 0) + (this.#bind(index) === 1 ? 1 : 0);
  }

  #name(index: number): string {
    const at = this.#view.getUint32(index * SYM_SIZE, true);
    const end = this.names.indexOf(0, at);
    if (end < 0) throw new ElfError('out-of-range', `symbol ${index}: name at ${at} has no end`);
    return decodeText(this.names.subarray(at), end - at);
  }

  #symbol(index: number): Sym {
    return {
      index,
      name: this.#name(index),
      value: this.#value(index),
      size: this.#size(index),
      type: this.#type(index),
      isGlobal: this.#bind(index) !== 0,
      sectionIndex: this.#view.getUint16(index * SYM_SIZE + 6, true),
      file: this.#fileOf[index] === 0 ? undefined : this.#name(this.#fileOf[index]),
    };
  }

  /** Symbols whose name is `name` or, for prefixes, goes on after it. Only those with the same stem are looked at. */
  #withStemOf(name: Uint8Array, isPrefix: boolean): Sym[] {
    const hash = stemHash(name, 0);
    const found: Sym[] = [];
    for (let i = firstNotBelow(this.#byStem, hash * MAX_SYMBOLS); i < this.#byStem.length; i++) {
      if (Math.floor(this.#byStem[i] / MAX_SYMBOLS) !== hash) break;
      const index = this.#byAddress[this.#byStem[i] % MAX_SYMBOLS];
      if (this.#isNamed(index, name, isPrefix)) found.push(this.#symbol(index));
    }
    return found;
  }

  #isNamed(index: number, name: Uint8Array, isPrefix: boolean): boolean {
    const at = this.#view.getUint32(index * SYM_SIZE, true);
    if (!isPrefix && this.names[at + name.length] !== 0) return false;
    return name.every((byte, i) => this.names[at + i] === byte);
  }

  /** Each symbol's stem as a hash and its place in the order of addresses, as one number, ascending: a map would take a kernel half a second to fill. */
  #hashStems(): Float64Array {
    const keys = Float64Array.from(this.#byAddress, (index, place) => {
      return stemHash(this.names, this.#view.getUint32(index * SYM_SIZE, true)) * MAX_SYMBOLS + place;
    });
    return keys.sort();
  }

  #startingWith(prefix: string): Sym[] {
    const places = new Set(occurrences(this.names, encoder.encode(prefix)));
    if (places.size === 0) return [];
    const found = this.#byAddress.filter((index) => places.has(this.#view.getUint32(index * SYM_SIZE, true)));
    return Array.from(found, (index) => this.#symbol(index));
  }
}

const encoder = new TextEncoder();
/** More than any table that may be held whole has (24 bytes each, 256 MiB): a place among them and 29 bits of hash fit into one number. */
const MAX_SYMBOLS = 2 ** 24;
const DOT = 0x2e;

/** FNV-1a of the name at `at` up to its end or the first dot, where compilers append what tells clones apart. 29 bits. */
function stemHash(names: Uint8Array, at: number): number {
  let hash = 0x811c9dc5;
  for (let i = at; i < names.length && names[i] !== 0 && names[i] !== DOT; i++) {
    hash = Math.imul(hash ^ names[i], 0x01000193);
  }
  return hash >>> 3;
}

function* occurrences(bytes: Uint8Array, wanted: Uint8Array): IterableIterator<number> {
  for (let at = bytes.indexOf(wanted[0]); at >= 0; at = bytes.indexOf(wanted[0], at + 1)) {
    let length = 1;
    while (length < wanted.length && bytes[at + length] === wanted[length]) length++;
    if (length === wanted.length) yield at;
  }
}

function lowerCase(names: Uint8Array): string {
  return new TextDecoder('latin1').decode(names).toLowerCase();
}

/** Positions of `wanted` in `text`, ascending. */
function occurrencesOf(text: string, wanted: string): number[] {
  const places: number[] = [];
  if (wanted === '') return places;
  for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + 1)) places.push(at);
  return places;
}

/** Index of the first of ascending `values` that is not below `limit`. */
function firstNotBelow(values: ArrayLike<number>, limit: number): number {
  return partitionPoint(0, values.length, (i) => values[i] < limit);
}

function whole(section: SectionData): Uint8Array {
  if (section.size > MAX_WHOLE_SECTION) throw new ElfError('too-large', `${section.name}: ${section.size} bytes`);
  // A copy: chunks of the pager come and go.
  return section.bytes(0, section.size).slice();
}
