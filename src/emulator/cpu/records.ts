/**
 * Decoded records: what the interpreter runs. Each physical code page has a slot of 1024 records of 16 bytes and an end marker.
 *
 * Record: op u16 @0, d u16 @2, n u16 @4, m u16 @6, imm i64 @8; or, when a or b is used, imm i32 @8, a u16 @12, b u16 @14.
 * Op 0 is "not decoded yet", op 1 ends the page, op 2 is a breakpoint.
 */
import { RECORDS_BASE, RECORDS_END } from '../memory-layout.ts';
import type { Operands } from './uops/context.ts';

export const RECORD_SIZE = 16;
export const RECORDS_PER_PAGE = 1024;
export const SLOT_SIZE = (RECORDS_PER_PAGE + 1) * RECORD_SIZE;
export const OP_UNDECODED = 0;
export const OP_PAGE_END = 1;
/** Stands in for the op of an instruction that has a breakpoint. */
export const OP_BREAK = 2;

/** Slots of decoded pages, by the linear address of the page in guest RAM. */
export class RecordPool {
  readonly #slots = new Map<number, number>();
  readonly #pages: number[] = [];
  readonly #u8: Uint8Array;
  readonly #view: DataView;

  constructor(memory: ArrayBuffer) {
    this.#u8 = new Uint8Array(memory);
    this.#view = new DataView(memory);
  }

  /** Most pages that can be decoded at a time. */
  static readonly capacity = Math.floor((RECORDS_END - RECORDS_BASE) / SLOT_SIZE);

  /** Linear address of a page's records, or 0 when it has none. */
  find(page: number): number {
    return this.#slots.get(page) ?? 0;
  }

  get isFull(): boolean {
    return this.#pages.length === RecordPool.capacity;
  }

  /** Gives a page a slot of undecoded records. */
  allocate(page: number): number {
    const slot = RECORDS_BASE + this.#pages.length * SLOT_SIZE;
    this.#pages.push(page);
    this.#slots.set(page, slot);
    this.#clear(slot);
    return slot;
  }

  /** Forgets what a page's records said; the slot stays. False when the page has none. */
  invalidate(page: number): boolean {
    const slot = this.#slots.get(page);
    if (slot === undefined) return false;
    this.#clear(slot);
    return true;
  }

  /** Forgets all pages and tells which there were. */
  reset(): readonly number[] {
    this.#slots.clear();
    return this.#pages.splice(0);
  }

  /** The record of a word of a page, or 0 when the page has none. */
  record(page: number, word: number): number {
    const slot = this.#slots.get(page);
    return slot === undefined ? 0 : slot + word * RECORD_SIZE;
  }

  /** Makes a record undecoded again. */
  forget(record: number): void {
    this.#view.setUint16(record, OP_UNDECODED, true);
  }

  /** Makes the records of a range of words of a page undecoded again. */
  forgetWords(page: number, from: number, to: number): void {
    const slot = this.#slots.get(page);
    if (slot === undefined) return;
    for (let word = from; word < to; word++) this.forget(slot + word * RECORD_SIZE);
  }

  /** Page of guest RAM and word index in it that a record stands for. */
  locate(record: number): { page: number; word: number } {
    const slot = Math.floor((record - RECORDS_BASE) / SLOT_SIZE);
    return { page: this.#pages[slot], word: ((record - RECORDS_BASE) % SLOT_SIZE) / RECORD_SIZE };
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
    this.#u8.fill(0, slot, slot + RECORDS_PER_PAGE * RECORD_SIZE);
    this.#view.setUint16(slot + RECORDS_PER_PAGE * RECORD_SIZE, OP_PAGE_END, true);
  }
}
