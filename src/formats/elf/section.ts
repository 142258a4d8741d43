/** The bytes of an ELF section, whatever way the file stores them. */
import { unzlibSync } from 'fflate';
import { ElfError } from './elf-error.ts';
import type { Pager } from './pager.ts';

/** Bytes of one section. Reads throw `Missing` until they are resident (`Pager.run`). */
export interface SectionData {
  readonly name: string;
  /** Size in bytes of the (decompressed) contents. */
  readonly size: number;
  /** `length` bytes at `offset` within the section; not to be written to. */
  bytes(offset: number, length: number): Uint8Array;
}

/** Largest section that may be decompressed or held whole, in bytes. */
export const MAX_WHOLE_SECTION = 256 << 20;
/** Deflate cannot do better than 1032:1. */
const MAX_DEFLATE_RATIO = 1032;
const CHDR_SIZE = 24;
const ELFCOMPRESS_ZLIB = 1;

function checkRange({ name, size }: SectionData, offset: number, length: number): void {
  if (offset >= 0 && length >= 0 && offset + length <= size) return;
  throw new ElfError(
    'out-of-range',
    `${name}: bytes ${offset} to ${offset + length} are outside the section (${size} bytes)`,
  );
}

/** A section that is in memory whole. */
export class WholeSection implements SectionData {
  readonly size: number;

  constructor(
    readonly name: string,
    private readonly contents: Uint8Array,
  ) {
    this.size = contents.length;
  }

  bytes(offset: number, length: number): Uint8Array {
    checkRange(this, offset, length);
    return this.contents.subarray(offset, offset + length);
  }
}

/** A section stored as it is, read in pieces. */
export class PagedSection implements SectionData {
  constructor(
    readonly name: string,
    readonly size: number,
    private readonly pager: Pager,
    private readonly fileOffset: number,
  ) {}

  bytes(offset: number, length: number): Uint8Array {
    checkRange(this, offset, length);
    return this.pager.bytes(this.fileOffset + offset, length);
  }
}

/** A section with SHF_COMPRESSED: inflated whole when first read. */
export class CompressedSection implements SectionData {
  #inflated: Uint8Array | undefined;

  private constructor(
    readonly name: string,
    readonly size: number,
    private readonly stored: SectionData,
  ) {}

  /** Reads the `Elf64_Chdr` in front of `stored`. */
  static open(stored: SectionData): CompressedSection {
    const header = stored.bytes(0, CHDR_SIZE);
    const view = new DataView(header.buffer, header.byteOffset, CHDR_SIZE);
    const kind = view.getUint32(0, true);
    if (kind !== ELFCOMPRESS_ZLIB) throw new ElfError('unsupported', `${stored.name}: compression type ${kind}`);
    const size = Number(view.getBigUint64(8, true));
    if (size > MAX_WHOLE_SECTION || size > stored.size * MAX_DEFLATE_RATIO) {
      throw new ElfError('too-large', `${stored.name}: claims ${size} bytes decompressed`);
    }
    return new CompressedSection(stored.name, size, stored);
  }

  bytes(offset: number, length: number): Uint8Array {
    checkRange(this, offset, length);
    this.#inflated ??= this.#inflate();
    return this.#inflated.subarray(offset, offset + length);
  }

  #inflate(): Uint8Array {
    const data = this.stored.bytes(CHDR_SIZE, this.stored.size - CHDR_SIZE);
    const inflated = this.#unzlib(data);
    if (inflated.length !== this.size) {
      throw new ElfError('bad-compression', `${this.name}: ${inflated.length} bytes, not ${this.size}`);
    }
    return inflated;
  }

  #unzlib(data: Uint8Array): Uint8Array {
    try {
      return unzlibSync(data, { out: new Uint8Array(this.size) });
    } catch (cause) {
      throw new ElfError('bad-compression', `${this.name}: ${cause instanceof Error ? cause.message : 'not zlib'}`);
    }
  }
}

const CSTRING_STEP = 64;
const MAX_CSTRING = 1 << 16;
const decoder = new TextDecoder();

/** The NUL-terminated string at `offset`; throws when it is not terminated within 64 KiB. */
export function cstringAt(section: SectionData, offset: number): string {
  for (let length = CSTRING_STEP; ; length *= 8) {
    const available = Math.min(length, section.size - offset);
    const bytes = section.bytes(offset, available);
    const end = bytes.indexOf(0);
    if (end >= 0) return decodeText(bytes, end);
    if (available < length || length > MAX_CSTRING) {
      throw new ElfError('out-of-range', `${section.name}: string at ${offset} has no end`);
    }
  }
}

/** The first `length` bytes as text. Short ASCII, nearly all there is, avoids the decoder's cost per call. */
export function decodeText(bytes: Uint8Array, length: number): string {
  let text = '';
  for (let i = 0; i < length; i++) {
    if (bytes[i] >= 0x80) return decoder.decode(bytes.subarray(0, length));
    text += String.fromCharCode(bytes[i]);
  }
  return text;
}
