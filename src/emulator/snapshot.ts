/** The exact state of the machine: saved to a file, restored from it, hashed. */
import { Lz4Encoder, lz4Bound, lz4Decode } from '../formats/lz4.ts';
import { loadCpu, saveCpu } from './cpu-snapshot.ts';
import type { CpuState } from './cpu/state.ts';
import type { Plain } from './devices/device.ts';
import { digest } from './digest.ts';
import { DRAM_BASE, DRAM_SIZE, OCM_BASE, OCM_SIZE, pageIndex } from './memory-layout.ts';
import { makePageKernels, PAGE_SIZE, type PageKernels } from './page-kernels.ts';
import {
  asSnapshotError,
  PAGES_PER_BLOCK,
  readSnapshot,
  SnapshotError,
  type SnapshotFile,
  writeSnapshot,
} from './snapshot-file.ts';

const DRAM_PAGES = DRAM_SIZE / PAGE_SIZE;

/** A part of the machine beside CPUs and RAM, such as its clocks or its board. */
export interface StatePart {
  save(): Plain;
  restore(state: Plain): void;
}

/** What there is to save. Parts are restored in the order of their names here, after CPUs and RAM. */
export interface StateSource {
  readonly memory: WebAssembly.Memory;
  readonly cpus: readonly CpuState[];
  readonly parts: Readonly<Record<string, StatePart>>;
  /** What must be found again but is no state of the architecture, so not in the hash. Restored last, with `null` when a file has none. */
  readonly caches?: StatePart;
}

export class MachineState {
  private readonly kernels: PageKernels;
  private readonly bytes: Uint8Array;

  constructor(private readonly source: StateSource) {
    this.kernels = makePageKernels(source.memory);
    this.bytes = new Uint8Array(source.memory.buffer);
  }

  /** Hash of all architectural state, 32 hexadecimal digits: the same for the same machine whatever engine ran it. */
  hash(): string {
    let ram = 0n;
    this.eachPage((address) => {
      ram = this.kernels.hash(ram ^ BigInt(pageIndex(address)), address, PAGE_SIZE);
    });
    return digest(new TextEncoder().encode(JSON.stringify({ ...this.describe(), ram: ram.toString(16) })));
  }

  /** The whole state as a file; `extra` is given back by `load`. */
  save(extra: Plain = null): Uint8Array {
    const { table, contents } = this.distinctPages();
    const memory = { table, contents: contents.length, blocks: this.compress(contents) };
    const caches = this.source.caches?.save() ?? null;
    return writeSnapshot({ ...this.describe(), caches, extra }, memory);
  }

  /**
   * Takes the state from a file and gives its `extra`. Throws `SnapshotError`: the machine is unchanged then, unless the problem is `not-this-machine`,
   * after which it must be reset. `memoryIsZero` says that RAM was never written, which saves a look at
   * all of it.
   */
  load(file: Uint8Array, memoryIsZero = false): Plain {
    const parsed = readSnapshot(file);
    const { cpus, parts } = this.source;
    if (parsed.cpus.length !== cpus.length || Object.keys(parts).some((name) => !(name in parsed.parts))) {
      throw new SnapshotError('not-this-machine', 'The snapshot is of a machine with other parts.');
    }
    if (!memoryIsZero) this.eachPage((address) => this.bytes.fill(0, address, address + PAGE_SIZE));
    asSnapshotError('not-this-machine', 'The snapshot does not fit this machine', () => {
      this.loadPages(parsed);
      parsed.cpus.forEach((saved, i) => loadCpu(cpus[i], saved));
      for (const [name, part] of Object.entries(parts)) part.restore(parsed.parts[name]);
      this.source.caches?.restore(parsed.caches);
    });
    return parsed.extra;
  }

  private describe(): { readonly cpus: Plain; readonly parts: { readonly [key: string]: Plain } } {
    const parts = Object.entries(this.source.parts).map(([name, part]) => [name, part.save()] as const);
    return { cpus: this.source.cpus.map(saveCpu), parts: Object.fromEntries(parts) };
  }

  /** Calls `visit` with the linear address of every RAM page that is not all zero, DRAM first, ascending. */
  private eachPage(visit: (address: number) => void): void {
    for (const [base, size] of [
      [DRAM_BASE, DRAM_SIZE],
      [OCM_BASE, OCM_SIZE],
    ]) {
      const end = base + size;
      for (let at = this.nextPage(base, end); at < end; at = this.nextPage(at + PAGE_SIZE, end)) visit(at);
    }
  }

  /** In steps: one long call would stay in the baseline compiler's code. */
  private nextPage(from: number, end: number): number {
    const step = 0x40_0000;
    for (let at = from; at < end; at += step) {
      const stop = Math.min(at + step, end);
      const found = this.kernels.nextNonZero(at, stop);
      if (found < stop) return found;
    }
    return end;
  }

  /** The page table, and where each distinct content is found. */
  private distinctPages(): { table: Uint32Array; contents: readonly number[] } {
    const table: number[] = [];
    const contents: number[] = [];
    const byHash = new Map<bigint, number>();
    this.eachPage((address) => {
      const hash = this.kernels.hash(0n, address, PAGE_SIZE);
      const known = byHash.get(hash);
      const isKnown = known !== undefined && this.kernels.equal(contents[known], address);
      const content = isKnown ? known : contents.push(address) - 1;
      if (!isKnown) byHash.set(hash, content);
      table.push(pageIndex(address), content);
    });
    return { table: Uint32Array.from(table), contents };
  }

  private compress(contents: readonly number[]): Uint8Array[] {
    const encoder = new Lz4Encoder();
    const plain = new Uint8Array(PAGES_PER_BLOCK * PAGE_SIZE);
    const packed = new Uint8Array(lz4Bound(plain.length));
    const blocks: Uint8Array[] = [];
    for (let first = 0; first < contents.length; first += PAGES_PER_BLOCK) {
      const pages = contents.slice(first, first + PAGES_PER_BLOCK);
      pages.forEach((address, i) => plain.set(this.bytes.subarray(address, address + PAGE_SIZE), i * PAGE_SIZE));
      blocks.push(packed.slice(0, encoder.encode(plain.subarray(0, pages.length * PAGE_SIZE), packed, 0)));
    }
    return blocks;
  }

  /** Expands block after block, and copies each content to all pages that have it. */
  private loadPages({ table, blocks, contents }: SnapshotFile): void {
    const { first, next } = pagesByContent(table, contents);
    const plain = new Uint8Array(PAGES_PER_BLOCK * PAGE_SIZE);
    blocks.forEach((block, b) => {
      const count = Math.min(PAGES_PER_BLOCK, contents - b * PAGES_PER_BLOCK);
      lz4Decode(block, plain.subarray(0, count * PAGE_SIZE));
      for (let i = 0; i < count; i++) {
        const page = plain.subarray(i * PAGE_SIZE, (i + 1) * PAGE_SIZE);
        for (let entry = first[b * PAGES_PER_BLOCK + i]; entry >= 0; entry = next[entry]) {
          this.bytes.set(page, pageAddress(table[2 * entry]));
        }
      }
    });
  }
}

/** For each content the first table entry that has it, and for each entry the next one with the same content; -1 ends a chain. */
function pagesByContent(table: Uint32Array, contents: number): { first: Int32Array; next: Int32Array } {
  const first = new Int32Array(contents).fill(-1);
  const next = new Int32Array(table.length / 2);
  for (let entry = 0; entry < next.length; entry++) {
    const content = table[2 * entry + 1];
    next[entry] = first[content];
    first[content] = entry;
  }
  return { first, next };
}

/** Linear address of a page by its number: the inverse of `pageIndex`. */
function pageAddress(index: number): number {
  return index < DRAM_PAGES ? DRAM_BASE + index * PAGE_SIZE : OCM_BASE + (index - DRAM_PAGES) * PAGE_SIZE;
}
