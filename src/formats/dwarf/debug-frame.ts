/** Call frame information (section 6.4) in .debug_frame and .eh_frame (Linux Standard Base, Core, section 10.6). */
import { partitionPoint } from '../../base/partition-point.ts';
import type { SectionData } from '../elf/section.ts';
import { Cursor } from './cursor.ts';
import { DwarfError } from './dwarf-error.ts';

/** A Common Information Entry. */
export interface Cie {
  readonly codeAlignmentFactor: number;
  readonly dataAlignmentFactor: number;
  readonly returnAddressRegister: number;
  readonly instructions: Uint8Array;
  /** Augmentation `S`: the frame was made by an exception or a signal, so its return address is the interrupted instruction itself. */
  readonly isSignalFrame: boolean;
  /** Augmentation `B`: return addresses are signed with the B key. */
  readonly addressSize: number;
  readonly pointerEncoding: number;
  readonly hasAugmentationData: boolean;
}

/** A Frame Description Entry: how to unwind from `start` up to but not including `end`. */
export interface Fde {
  readonly cie: Cie;
  readonly start: bigint;
  readonly end: bigint;
  readonly instructions: Uint8Array;
}

const MAX_SECTION = 64 << 20;
const MAX_ENTRIES = 1_000_000;
const DW_EH_PE_omit = 0xff;
const DW_EH_PE_pcrel = 0x10;

interface Entry {
  /** Offset of the entry and of what follows its length and id. */
  readonly at: number;
  readonly bodyAt: number;
  readonly end: number;
  readonly is64: boolean;
  /** Offset of the CIE that an FDE belongs to; undefined for a CIE. */
  readonly cieAt: number | undefined;
}

/** All entries of one section, by address. */
export class FrameSection {
  readonly #bytes: Uint8Array;
  readonly #cies = new Map<number, Cie>();
  readonly #starts: BigUint64Array;
  readonly #entries: readonly Entry[];

  /**
   * Indexes `section`, which the file puts at `address`. `isEh` for .eh_frame. The section is held in memory: unwinding goes everywhere in it.
   * May throw `Missing`.
   */
  constructor(
    section: SectionData,
    private readonly address: bigint,
    private readonly isEh: boolean,
  ) {
    if (section.size > MAX_SECTION) throw new DwarfError('limit', `${section.name} is ${section.size} bytes long`);
    this.#bytes = section.bytes(0, section.size).slice();
    const found: { start: bigint; entry: Entry }[] = [];
    for (const entry of this.#walk()) {
      if (entry.cieAt !== undefined) found.push({ start: this.#start(entry), entry });
    }
    found.sort((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0));
    this.#starts = BigUint64Array.from(found, (it) => it.start);
    this.#entries = found.map((it) => it.entry);
  }

  /** Number of FDEs. */
  get size(): number {
    return this.#entries.length;
  }

  /** The FDE that covers `address`. */
  fdeAt(address: bigint): Fde | undefined {
    const low = partitionPoint(0, this.#starts.length, (i) => this.#starts[i] <= address);
    if (low === 0) return undefined;
    const fde = this.#parseFde(this.#entries[low - 1]);
    return address < fde.end ? fde : undefined;
  }

  *#walk(): IterableIterator<Entry> {
    const cursor = new Cursor(this.#bytes);
    for (let count = 0; cursor.end - cursor.at >= 4; count++) {
      if (count > MAX_ENTRIES) throw new DwarfError('limit', 'too many frame entries');
      const at = cursor.at;
      const { length, is64 } = cursor.initialLength();
      if (length === 0) continue;
      const end = cursor.at + length;
      if (end > cursor.end) throw new DwarfError('truncated', `frame entry at ${at} is ${length} bytes long`);
      const idAt = cursor.at;
      const id = this.isEh ? cursor.u32() : is64 ? cursor.u64() : cursor.u32();
      yield { at, bodyAt: cursor.at, end, is64, cieAt: this.#cieOf(id, idAt) };
      cursor.at = end;
    }
  }

  #cieOf(id: number | bigint, idAt: number): number | undefined {
    if (this.isEh) return id === 0 ? undefined : idAt - Number(id);
    const isCie = id === 0xffff_ffff || id === 0xffff_ffff_ffff_ffffn;
    return isCie ? undefined : Number(id);
  }

  #cie(at: number): Cie {
    const known = this.#cies.get(at);
    if (known) return known;
    if (!(at >= 0 && at < this.#bytes.length)) throw new DwarfError('malformed', `no CIE at ${at}`);
    const cie = parseCie(this.#bytes, at, this.isEh);
    this.#cies.set(at, cie);
    return cie;
  }

  #start(entry: Entry): bigint {
    const cie = this.#cie(entry.cieAt!);
    return this.#pointer(new Cursor(this.#bytes, entry.bodyAt, entry.end), cie);
  }

  #parseFde(entry: Entry): Fde {
    const cie = this.#cie(entry.cieAt!);
    const cursor = new Cursor(this.#bytes, entry.bodyAt, entry.end);
    const start = this.#pointer(cursor, cie);
    const size = this.isEh
      ? readEncoded(cursor, cie.pointerEncoding & 15, cie.addressSize)
      : cursor.address(cie.addressSize);
    if (cie.hasAugmentationData) cursor.skip(cursor.uleb());
    const instructions = cursor.block(entry.end - cursor.at);
    return { cie, start, end: BigInt.asUintN(64, start + size), instructions };
  }

  #pointer(cursor: Cursor, cie: Cie): bigint {
    if (!this.isEh) return cursor.address(cie.addressSize);
    const place = this.address + BigInt(cursor.at);
    const value = readEncoded(cursor, cie.pointerEncoding & 15, cie.addressSize);
    const isRelative = (cie.pointerEncoding & 0x70) === DW_EH_PE_pcrel;
    return BigInt.asUintN(64, isRelative ? value + place : value);
  }
}

function readEncoded(cursor: Cursor, format: number, addressSize: number): bigint {
  switch (format) {
    case 0x00:
      return cursor.address(addressSize);
    case 0x01:
      return cursor.ulebBig();
    case 0x02:
      return BigInt(cursor.u16());
    case 0x03:
      return BigInt(cursor.u32());
    case 0x04:
      return cursor.u64();
    case 0x09:
      return cursor.slebBig();
    case 0x0a:
      return BigInt((cursor.u16() << 16) >> 16);
    case 0x0b:
      return BigInt(cursor.u32() | 0);
    case 0x0c:
      return BigInt.asIntN(64, cursor.u64());
    default:
      throw new DwarfError('unsupported', `pointer encoding 0x${format.toString(16)}`);
  }
}

function parseCie(bytes: Uint8Array, at: number, isEh: boolean): Cie {
  const cursor = new Cursor(bytes, at);
  const { length, is64 } = cursor.initialLength();
  const end = cursor.at + length;
  if (end > bytes.length) throw new DwarfError('truncated', `CIE at ${at}`);
  const id = isEh || !is64 ? cursor.u32() : cursor.u64();
  const expected = isEh ? 0 : is64 ? 0xffff_ffff_ffff_ffffn : 0xffff_ffff;
  if (id !== expected) throw new DwarfError('malformed', `no CIE at ${at}`);
  const version = cursor.u8();
  if (version !== 1 && version !== 3 && version !== 4) throw new DwarfError('unsupported', `CIE version ${version}`);
  const augmentation = cursor.cstring();
  const addressSize = version >= 4 ? cursor.u8() : 8;
  if (version >= 4 && cursor.u8() !== 0) throw new DwarfError('unsupported', 'CIE with segments');
  const codeAlignmentFactor = cursor.uleb();
  const dataAlignmentFactor = cursor.sleb();
  const returnAddressRegister = version === 1 ? cursor.u8() : cursor.uleb();
  const extra = parseAugmentation(cursor, augmentation, addressSize);
  const instructions = cursor.block(end - cursor.at);
  return { codeAlignmentFactor, dataAlignmentFactor, returnAddressRegister, addressSize, ...extra, instructions };
}

type Augmentation = Pick<Cie, 'isSignalFrame' | 'pointerEncoding' | 'hasAugmentationData'>;

function parseAugmentation(cursor: Cursor, letters: string, addressSize: number): Augmentation {
  let pointerEncoding = 0;
  if (!letters.startsWith('z')) {
    if (letters !== '') throw new DwarfError('unsupported', `CIE augmentation "${letters}"`);
    return { isSignalFrame: false, pointerEncoding, hasAugmentationData: false };
  }
  const length = cursor.uleb();
  const dataEnd = cursor.at + length;
  for (const letter of letters.slice(1)) {
    if (letter === 'R') pointerEncoding = cursor.u8();
    else if (letter === 'L') cursor.u8();
    else if (letter === 'P') skipPersonality(cursor, addressSize);
    else if (letter !== 'S' && letter !== 'B') break;
  }
  cursor.at = dataEnd;
  return { isSignalFrame: letters.includes('S'), pointerEncoding, hasAugmentationData: true };
}

function skipPersonality(cursor: Cursor, addressSize: number): void {
  const encoding = cursor.u8();
  if (encoding !== DW_EH_PE_omit) readEncoded(cursor, encoding & 15, addressSize);
}
