/**
 * Where everything lives in the machine's one WebAssembly memory (byte offsets, below 4 GiB).
 *
 * The interpreter and translated code address all of it through one memory index, so a soft-TLB hit is a single add away from
 * guest RAM. Offset 0 is never valid: slow paths return 0 to say "an exception was taken".
 */

/** CPUs of the cluster. */
export const CPU_COUNT = 4;

/** First CPU state block; block `n` is at `CPU_STATE + n * CPU_STATE_STRIDE` (layout: `cpu/state.ts`). */
export const CPU_STATE = 0x0001_0000;
export const CPU_STATE_STRIDE = 0x4000;

/** 4 KiB bounce buffer shared by all slow paths: MMIO and page-crossing accesses go through it. */
export const SCRATCH = 0x0002_0000;

/** What a machine that is profiled counts (`profile.ts`): 64-bit counters, then one for each interpreter op. */
export const PROFILE = 0x0003_0000;
export const PROFILE_OPS = 0x0003_1000;

/** Soft data TLBs: `TLB_CONTEXTS` contexts for each CPU, each `TLB_ENTRIES` entries of `TLB_ENTRY_SIZE` bytes (`mmu/tlb.ts`). */
export const TLB_BASE = 0x0010_0000;
export const TLB_CONTEXTS = 32;
export const TLB_ENTRIES = 1024;
export const TLB_ENTRY_SIZE = 32;
export const TLB_CONTEXT_SIZE = TLB_ENTRIES * TLB_ENTRY_SIZE;

/** Fetch TLB of each context. */
export const FETCH_BASE = 0x0050_0000;
export const FETCH_CONTEXT_SIZE = 0x4000;

/** Decoded instruction records: one slot for each cached physical code page (`cpu/records.ts`). */
export const RECORDS_BASE = 0x0080_0000;
export const RECORDS_END = 0x0780_0000;

/** Trace ring (`trace` reads it; the core writes it). */
export const TRACE_RING = 0x0780_0000;
export const TRACE_RING_SIZE = 0x0080_0000;

/** One byte for each 4 KiB page of DRAM then OCM: see `PageFlag`. */
export const PAGE_FLAGS = 0x0800_0000;

/** On-chip memory: 256 KiB at physical 0xFFFC_0000. */
export const OCM_BASE = 0x0900_0000;
const OCM_PA = 0xfffc_0000;
export const OCM_SIZE = 0x4_0000;

/** DDR low: physical 0 up to `DRAM_SIZE`, at this offset. */
export const DRAM_BASE = 0x1000_0000;
export const DRAM_SIZE = 0x8000_0000;

/** Size of the whole memory in 64 KiB WebAssembly pages. The host commits only what is touched. */
export const MEMORY_PAGES = (DRAM_BASE + DRAM_SIZE) / 0x1_0000;

/** Bits of a `PAGE_FLAGS` byte. `hasCode`: decoded records or translations exist, so no write tag may be installed. */
export const PageFlag = { hasCode: 1, dirty: 2, watched: 4 } as const;

/** Linear offset of a physical address that is RAM, or 0 when it is not. `pa` is an unsigned number below 2^40. */
export function ramOffset(pa: number): number {
  if (pa < DRAM_SIZE) return DRAM_BASE + pa;
  if (pa >= OCM_PA && pa < OCM_PA + OCM_SIZE) return OCM_BASE + (pa - OCM_PA);
  return 0;
}

/** Index into `PAGE_FLAGS` of the page holding linear RAM offset `offset`. */
export function pageIndex(offset: number): number {
  return offset >= DRAM_BASE ? (offset - DRAM_BASE) >>> 12 : (DRAM_SIZE >>> 12) + ((offset - OCM_BASE) >>> 12);
}
