/**
 * Decoded records: what the interpreter runs. Each physical code page has a slot of 1024 records of 16 bytes and an end marker.
 *
 * Record: op u16 @0, d u16 @2, n u16 @4, m u16 @6, imm i64 @8; or, when a or b is used, imm i32 @8, a u16 @12, b u16 @14.
 * Op 0 is "not decoded yet", op 1 ends the page, op 2 is a breakpoint, op 3 enters
 * translated code.
 */
import { DRAM_SIZE, OCM_SIZE, pageIndex, RECORDS_BASE, RECORDS_END } from '../memory-layout.ts';
import type { Operands } from './uops/context.ts';

export const RECORD_SIZE = 16;
export const RECORDS_PER_PAGE = 1024;
/** Where a slot's entries begin: 8 bytes for each word. Entry: table index u16 @0 (0: no translation), block u16 @2, the op that OP_TRANSLATED replaced u16 @4, times it was sampled u16 @6. */
export const ENTRIES = (RECORDS_PER_PAGE + 1) * RECORD_SIZE;
const ENTRY_SIZE = 8;
const SLOT_SIZE = ENTRIES + RECORDS_PER_PAGE * ENTRY_SIZE;
export const OP_UNDECODED = 0;
export const OP_PAGE_END = 1;
/** Stands in for the op of an instruction that has a breakpoint. */
export const OP_BREAK = 2;
/** Stands in for the op of an instruction that translated code begins at. */
export const OP_TRANSLATED = 3;

/** Slots of decoded pages, by the linear address of the page in guest RAM. */
export class RecordPool {
  /** Slot of each page by its number, 0 for none: a map would be keyed by numbers too large for the engine's small integers. */
  readonly #slots = new Int32Array((DRAM_SIZE + OCM_SIZE) >>> 12);
  readonly #pages: number[] = [];
  readonly #u8: Uint8Array;
  readonly #u16: Uint16Array;
  readonly #view: DataView;

  constructor(memory: ArrayBuffer) {
    this.#u8 = new Uint8Array(memory);
    this.#u16 = new Uint16Array(memory);
    this.#view = new DataView(memory);
  }

  /** Most pages that can be decoded at a time. */
  static readonly capacity = Math.floor((RECORDS_END - RECORDS_BASE) / SLOT_SIZE);

  /** Linear address of a page's records, or 0 when it has none. */
  find(page: number): number {
    return this.#slots[pageIndex(page)];
  }

  get isFull(): boolean {
    return this.#pages.length === RecordPool.capacity;
  }

  /** Gives a page a slot of undecoded records. */
  allocate(page: number): number {
    const slot = RECORDS_BASE + this.#pages.length * SLOT_SIZE;
    this.#pages.push(page);
    this.#slots[pageIndex(page)] = slot;
    this.#clear(slot);
    return slot;
  }

  /** Forgets what a page's records said; the slot stays. False when the page has none. */
  invalidate(page: number): boolean {
    const slot = this.find(page);
    if (slot === 0) return false;
    this.#clear(slot);
    return true;
  }

  /** Forgets all pages and tells which there were. */
  reset(): readonly number[] {
    this.#slots.fill(0);
    return this.#pages.splice(0);
  }

  /** The record of a word of a page, or 0 when the page has none. */
  record(page: number, word: number): number {
    const slot = this.find(page);
    return slot === 0 ? 0 : slot + word * RECORD_SIZE;
  }

  /** Makes a record undecoded again. */
  forget(record: number): void {
    this.#view.setUint16(record, OP_UNDECODED, true);
  }

  /** Makes the records of a range of words of a page undecoded again. */
  forgetWords(page: number, from: number, to: number): void {
    const slot = this.find(page);
    if (slot === 0) return;
    for (let word = from; word < to; word++) this.forget(slot + word * RECORD_SIZE);
  }

  /** Page of guest RAM and word index in it that a record stands for. */
  locate(record: number): { page: number; word: number } {
    const slot = Math.floor((record - RECORDS_BASE) / SLOT_SIZE);
    return { page: this.#pages[slot], word: ((record - RECORDS_BASE) % SLOT_SIZE) / RECORD_SIZE };
  }

  op(record: number): number {
    return this.#view.getUint16(record, true);
  }

  /** Linear address of the entry that belongs to a record. */
  entryOf(record: number): number {
    const slot = RECORDS_BASE + Math.floor((record - RECORDS_BASE) / SLOT_SIZE) * SLOT_SIZE;
    return slot + ENTRIES + (record - slot) / (RECORD_SIZE / ENTRY_SIZE);
  }

  /** Makes a decoded record enter block `block` of the translation at table index `index`. */
  enter(record: number, index: number, block: number): void {
    const entry = this.entryOf(record);
    this.#view.setUint16(entry, index, true);
    this.#view.setUint16(entry + 2, block, true);
    this.#view.setUint16(entry + 4, this.op(record), true);
    this.#view.setUint16(record, OP_TRANSLATED, true);
  }

  /** Counts a sample of a record; how many there were. */
  countSample(record: number): number {
    const at = (this.entryOf(record) + 6) >>> 1;
    return ++this.#u16[at];
  }

  samples(record: number): number {
    return this.#u16[(this.entryOf(record) + 6) >>> 1];
  }

  forgetSamples(record: number): void {
    this.#u16[(this.entryOf(record) + 6) >>> 1] = 0;
  }

  /** Gives a record that entered translated code its own op back. */
  unenter(record: number): void {
    const entry = this.entryOf(record);
    this.#view.setUint16(entry, 0, true);
    if (this.op(record) === OP_TRANSLATED) this.#view.setUint16(record, this.#view.getUint16(entry + 4, true), true);
  }

  write(record: number, op: number, o: Operands): void {
    const v = this.#view;
    v.setUint16(record, op, true);
    v.setUint16(record + 2, o.d ?? 0, true);
    v.setUint16(record + 4, o.n ?? 0, true);
    v.setUint16(record + 6, o.m ?? 0, true);
    const imm = o.imm ?? 0;
    if (o.a !== undefined || o.b !== undefined) {
      v.setInt32(record + 8, Number(imm), true);
      v.setUint16(record + 12, o.a ?? 0, true);
      v.setUint16(record + 14, o.b ?? 0, true);
    } else v.setBigInt64(record + 8, BigInt(imm), true);
  }

  #clear(slot: number): void {
    this.#u8.fill(0, slot, slot + SLOT_SIZE);
    this.#view.setUint16(slot + RECORDS_PER_PAGE * RECORD_SIZE, OP_PAGE_END, true);
  }
}
