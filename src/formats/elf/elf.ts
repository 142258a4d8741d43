/** ELF64 little-endian files (System V ABI, ELF for the Arm 64-bit Architecture), read lazily. */
import type { RandomAccess } from '../../base/random-access.ts';
import { ElfError } from './elf-error.ts';
import { Pager } from './pager.ts';
import { CompressedSection, cstringAt, PagedSection, type SectionData } from './section.ts';

/** Segments of this type are loaded. */
export const PT_LOAD = 1;
export const PT_TLS = 7;
const PT_NOTE = 4;
const SHT_NOTE = 7;
const SHT_NOBITS = 8;
const SHF_COMPRESSED = 0x800;
const SHN_XINDEX = 0xffff;
const PN_XNUM = 0xffff;
const NT_GNU_BUILD_ID = 3;
const EHDR_SIZE = 64;
const SHDR_SIZE = 64;
const PHDR_SIZE = 56;
/** Tables beyond this are not real; each entry would cost memory. */
const MAX_HEADERS = 100_000;

/** A section header. `address` is `sh_addr`; offsets and sizes are in bytes. */
export interface Shdr {
  readonly index: number;
  readonly name: string;
  readonly type: number;
  readonly flags: bigint;
  readonly address: bigint;
  readonly offset: number;
  readonly size: number;
  readonly link: number;
  readonly info: number;
  readonly entrySize: number;
}

/** A program header. */
export interface Phdr {
  readonly type: number;
  readonly flags: number;
  readonly offset: number;
  readonly virtualAddress: bigint;
  readonly physicalAddress: bigint;
  readonly fileSize: number;
  readonly memorySize: bigint;
  readonly alignment: bigint;
}

interface Ehdr {
  readonly type: number;
  readonly machine: number;
  readonly entry: bigint;
  readonly phoff: number;
  readonly shoff: number;
  readonly phnum: number;
  readonly shnum: number;
  readonly shstrndx: number;
}

/** An open ELF file. Headers are in memory; contents are read when asked for, inside `pager.run`. */
export class ElfFile {
  readonly #sections = new Map<string, SectionData | undefined>();

  private constructor(
    readonly pager: Pager,
    readonly type: number,
    readonly machine: number,
    readonly entry: bigint,
    readonly shdrs: readonly Shdr[],
    readonly phdrs: readonly Phdr[],
  ) {}

  /** Reads the headers of `source`. Rejects with `ElfError`. */
  static async open(source: RandomAccess, cacheBudget?: number): Promise<ElfFile> {
    const pager = new Pager(source, cacheBudget);
    return pager.run(() => ElfFile.#parse(pager));
  }

  static #parse(pager: Pager): ElfFile {
    const ehdr = readEhdr(pager);
    const shdrs = readShdrs(pager, ehdr);
    const phnum = ehdr.phnum === PN_XNUM && shdrs.length > 0 ? shdrs[0].info : ehdr.phnum;
    return new ElfFile(pager, ehdr.type, ehdr.machine, ehdr.entry, shdrs, readPhdrs(pager, ehdr.phoff, phnum));
  }

  /** The header of the first section called `name`. */
  shdr(name: string): Shdr | undefined {
    return this.shdrs.find((shdr) => shdr.name === name);
  }

  /** Contents of the first section called `name`; undefined when there is none or it takes no space in the file. May throw `Missing`. */
  section(name: string): SectionData | undefined {
    if (!this.#sections.has(name)) {
      const shdr = this.shdr(name);
      this.#sections.set(name, shdr && this.contents(shdr));
    }
    return this.#sections.get(name);
  }

  /** Contents of the section with header `shdr`. May throw `Missing`. */
  contents(shdr: Shdr): SectionData | undefined {
    if (shdr.type === SHT_NOBITS || shdr.size === 0) return undefined;
    const stored = new PagedSection(shdr.name, shdr.size, this.pager, shdr.offset);
    return (Number(shdr.flags) & SHF_COMPRESSED) !== 0 ? CompressedSection.open(stored) : stored;
  }

  /** The GNU build-id in lower-case hexadecimal. May throw `Missing`. */
  buildId(): string | undefined {
    for (const shdr of this.shdrs) {
      const id = shdr.type === SHT_NOTE ? findBuildId(this.#range(shdr.offset, shdr.size)) : undefined;
      if (id !== undefined) return id;
    }
    for (const phdr of this.phdrs) {
      const id = phdr.type === PT_NOTE ? findBuildId(this.#range(phdr.offset, phdr.fileSize)) : undefined;
      if (id !== undefined) return id;
    }
    return undefined;
  }

  #range(offset: number, size: number): Uint8Array {
    return this.pager.bytes(offset, Math.min(size, 0x1_0000));
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function safeNumber(view: DataView, offset: number, what: string): number {
  const value = view.getBigUint64(offset, true);
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new ElfError('out-of-range', `${what} is 0x${value.toString(16)}`);
  return Number(value);
}

function readEhdr(pager: Pager): Ehdr {
  if (pager.size < EHDR_SIZE) throw new ElfError('not-elf', `only ${pager.size} bytes`);
  const view = viewOf(pager.bytes(0, EHDR_SIZE));
  if (view.getUint32(0, false) !== 0x7f454c46) throw new ElfError('not-elf', 'no ELF magic');
  if (view.getUint8(4) !== 2) throw new ElfError('unsupported', 'not a 64-bit ELF file');
  if (view.getUint8(5) !== 1) throw new ElfError('unsupported', 'not a little-endian ELF file');
  const phnum = view.getUint16(56, true);
  const shnum = view.getUint16(60, true);
  checkEntrySize('e_phentsize', view.getUint16(54, true), phnum, PHDR_SIZE);
  checkEntrySize('e_shentsize', view.getUint16(58, true), shnum, SHDR_SIZE);
  return {
    type: view.getUint16(16, true),
    machine: view.getUint16(18, true),
    entry: view.getBigUint64(24, true),
    phoff: safeNumber(view, 32, 'e_phoff'),
    shoff: safeNumber(view, 40, 'e_shoff'),
    phnum,
    shnum,
    shstrndx: view.getUint16(62, true),
  };
}

function checkEntrySize(field: string, size: number, count: number, expected: number): void {
  if (count !== 0 && size !== expected) throw new ElfError('unsupported', `${field} is ${size}, not ${expected}`);
}

type RawShdr = Omit<Shdr, 'name'> & { readonly nameOffset: number };

/** With more than 0xFEFF sections the count and the name table's index are in section header 0. */
function readShdrs(pager: Pager, ehdr: Ehdr): Shdr[] {
  if (ehdr.shoff === 0) return [];
  const first = readShdr(viewOf(pager.bytes(ehdr.shoff, SHDR_SIZE)), 0);
  const count = ehdr.shnum === 0 ? first.size : ehdr.shnum;
  const names = ehdr.shstrndx === SHN_XINDEX ? first.link : ehdr.shstrndx;
  if (count > MAX_HEADERS) throw new ElfError('too-large', `${count} section headers`);
  const view = viewOf(pager.bytes(ehdr.shoff, count * SHDR_SIZE));
  const raw = Array.from({ length: count }, (_, index) => readShdr(view, index));
  return nameSections(pager, raw, names);
}

function readShdr(view: DataView, index: number): RawShdr {
  const at = index * SHDR_SIZE;
  return {
    index,
    nameOffset: view.getUint32(at, true),
    type: view.getUint32(at + 4, true),
    flags: view.getBigUint64(at + 8, true),
    address: view.getBigUint64(at + 16, true),
    offset: safeNumber(view, at + 24, 'sh_offset'),
    size: safeNumber(view, at + 32, 'sh_size'),
    link: view.getUint32(at + 40, true),
    info: view.getUint32(at + 44, true),
    entrySize: Number(view.getBigUint64(at + 56, true)),
  };
}

function nameSections(pager: Pager, raw: readonly RawShdr[], namesIndex: number): Shdr[] {
  const table = raw[namesIndex];
  if (namesIndex !== 0 && table === undefined) {
    throw new ElfError('out-of-range', `e_shstrndx is ${namesIndex} of ${raw.length}`);
  }
  const names = namesIndex === 0 ? undefined : new PagedSection('.shstrtab', table.size, pager, table.offset);
  return raw.map(({ nameOffset, ...shdr }) => ({ ...shdr, name: names ? cstringAt(names, nameOffset) : '' }));
}

function readPhdrs(pager: Pager, phoff: number, count: number): Phdr[] {
  if (count === 0) return [];
  if (count > MAX_HEADERS) throw new ElfError('too-large', `${count} program headers`);
  const view = viewOf(pager.bytes(phoff, count * PHDR_SIZE));
  return Array.from({ length: count }, (_, index) => readPhdr(view, index * PHDR_SIZE));
}

function readPhdr(view: DataView, at: number): Phdr {
  return {
    type: view.getUint32(at, true),
    flags: view.getUint32(at + 4, true),
    offset: safeNumber(view, at + 8, 'p_offset'),
    virtualAddress: view.getBigUint64(at + 16, true),
    physicalAddress: view.getBigUint64(at + 24, true),
    fileSize: safeNumber(view, at + 32, 'p_filesz'),
    memorySize: view.getBigUint64(at + 40, true),
    alignment: view.getBigUint64(at + 48, true),
  };
}

/** Walks notes (`Elf64_Nhdr`, name and descriptor each padded to 4 bytes). */
function findBuildId(notes: Uint8Array): string | undefined {
  const view = viewOf(notes);
  for (let at = 0; at + 12 <= notes.length;) {
    const nameSize = view.getUint32(at, true);
    const descSize = view.getUint32(at + 4, true);
    const desc = at + 12 + ((nameSize + 3) & ~3);
    if (nameSize > notes.length || descSize > notes.length || desc + descSize > notes.length) return undefined;
    const isGnu = nameSize === 4 && view.getUint32(at + 12, false) === 0x474e5500;
    if (isGnu && view.getUint32(at + 8, true) === NT_GNU_BUILD_ID) return toHex(notes.subarray(desc, desc + descSize));
    at = desc + ((descSize + 3) & ~3);
  }
  return undefined;
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
