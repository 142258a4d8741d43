/**
 * The trace ring in the machine's memory: always on, written without allocation. Whoever wants the events takes them (`drain`) between runs, or in the midst of one
 * when the ring is full and `onFull` is set. What nobody took in time is overwritten, oldest first, and counted.
 */
import { RECORD_WORDS } from '../base/trace-record.ts';
import { EL, PC } from './cpu/state.ts';
import type { Cpu } from './cpu/cpu.ts';
import { Reg } from './cpu/system-registers/offsets.ts';
import { TRACE_RING, TRACE_RING_SIZE } from './memory-layout.ts';

/** Records the ring holds. */
export const TRACE_RING_RECORDS = TRACE_RING_SIZE / (4 * RECORD_WORDS);

const WORDS = TRACE_RING_RECORDS * RECORD_WORDS;
const TCR_A1 = 1 << 22;

export class TraceRing {
  /** Called when the ring is full, before the oldest record would be lost; it may drain. */
  onFull: (() => void) | undefined;
  /** Whether anything is recorded. */
  enabled = true;
  private readonly words: Uint32Array;
  private head = 0;
  private count = 0;
  private lost = 0;

  constructor(memory: ArrayBuffer) {
    this.words = new Uint32Array(memory, TRACE_RING, WORDS);
  }

  /** Records that were overwritten before anybody took them, since the last `drain`. */
  get lostRecords(): number {
    return this.lost;
  }

  /** Writes a record. `time` in ns and `instructions` are whole numbers. */
  write(cpu: Cpu, kind: number, time: number, instructions: number, low: number, high: number): void {
    if (!this.enabled) return;
    if (this.count === TRACE_RING_RECORDS) this.makeRoom();
    const { words, head } = this;
    const u = cpu.state.u32;
    const ttbr = (u[Reg.TCR_EL1 >>> 2] & TCR_A1) === 0 ? Reg.TTBR0_EL1 : Reg.TTBR1_EL1;
    const asid = u[(ttbr >>> 2) + 1] & 0xffff_0000;
    const vmid = (u[(Reg.VTTBR_EL2 >>> 2) + 1] << 8) & 0xff00_0000;
    words[head] = time;
    words[head + 1] = (time / 4294967296) | asid;
    words[head + 2] = instructions;
    words[head + 3] = (instructions / 4294967296) | (kind << 14) | (cpu.index << 20) | (u[EL >>> 2] << 22) | vmid;
    words[head + 4] = u[PC >>> 2];
    words[head + 5] = u[(PC >>> 2) + 1];
    words[head + 6] = low;
    words[head + 7] = high;
    this.head = head + RECORD_WORDS === WORDS ? 0 : head + RECORD_WORDS;
    this.count++;
  }

  /** Gives the records to `take`, oldest first, in one or two pieces that are valid during the call only, and empties the ring. */
  drain(take: (words: Uint32Array) => void): void {
    const start = (this.head - this.count * RECORD_WORDS + WORDS) % WORDS;
    const end = start + this.count * RECORD_WORDS;
    this.count = 0;
    this.lost = 0;
    if (start < end) take(this.words.subarray(start, Math.min(end, WORDS)));
    if (end > WORDS) take(this.words.subarray(0, end - WORDS));
  }

  /** Forgets everything. */
  clear(): void {
    this.count = 0;
    this.lost = 0;
  }

  private makeRoom(): void {
    this.onFull?.();
    if (this.count < TRACE_RING_RECORDS) return;
    this.count--;
    this.lost++;
  }
}
