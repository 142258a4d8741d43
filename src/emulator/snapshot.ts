/**
 * The exact state of the machine as a file, and its hash.
 *
 * File: magic, version, header length (32-bit little-endian each), the header's digest (16 bytes), the header (JSON, padded with spaces to 16 bytes), then
 * the body: the page table (page number, content number; 32-bit each), and the distinct page contents in LZ4 blocks of 64 pages,
 * each preceded by its 32-bit length. Pages that are all zero are left out, and equal pages are stored once: three guests run one kernel.
 */
import { Lz4Encoder, Lz4Error, lz4Bound, lz4Decode } from '../formats/lz4.ts';
import { loadCpu, parseCpu, saveCpu, type SavedCpu } from './cpu-snapshot.ts';
import type { CpuState } from './cpu/state.ts';
import { StateError, type Plain } from './devices/device.ts';
import { list, number, record } from './devices/plain.ts';
import { digest } from './digest.ts';
import { DRAM_BASE, DRAM_SIZE, OCM_BASE, OCM_SIZE, pageIndex } from './memory-layout.ts';
import { makePageKernels, PAGE_SIZE, type PageKernels } from './page-kernels.ts';

const MAGIC = 'TRAPLINE';
/** Raised whenever a file of the version before cannot be read any more. */
export const SNAPSHOT_VERSION = 1;
const PREFIX = 32;
const PAGES_PER_BLOCK = 64;
const DRAM_PAGES = DRAM_SIZE / PAGE_SIZE;
const ALL_PAGES = DRAM_PAGES + OCM_SIZE / PAGE_SIZE;

/** Why a file is not a usable snapshot. */
export type SnapshotProblem = 'not-a-snapshot' | 'other-version' | 'truncated' | 'corrupted' | 'not-this-machine';

export class SnapshotError extends Error {
  constructor(
    readonly problem: SnapshotProblem,
    message: string,
  ) {
    super(message);
  }
}

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
}

interface Parsed {
  readonly cpus: readonly SavedCpu[];
  readonly parts: { readonly [key: string]: Plain };
  readonly extra: Plain;
  /** Pairs of page number and content number. */
  readonly table: Uint32Array;
  /** Compressed blocks, and how many contents there are in them. */
  readonly blocks: readonly Uint8Array[];
  readonly contents: number;
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
    const blocks = this.compress(contents);
    const body = new Uint8Array(table.byteLength + blocks.reduce((sum, block) => sum + 4 + block.length, 0));
    body.set(new Uint8Array(table.buffer, 0, table.byteLength));
    let at = table.byteLength;
    for (const block of blocks) {
      new DataView(body.buffer).setUint32(at, block.length, true);
      body.set(block, at + 4);
      at += 4 + block.length;
    }
    const counts = { pages: table.length / 2, contents: contents.length, body: body.length, digest: digest(body) };
    return writeFile({ ...counts, ...this.describe(), extra }, body);
  }

  /**
   * Takes the state from a file and gives its `extra`. Throws `SnapshotError`: the machine is unchanged then, unless the problem is `not-this-machine`,
   * after which it must be reset. The caller drops TLBs, decoded code and translations. `memoryIsZero` says that RAM was never written, which saves a look at
   * all of it.
   */
  load(file: Uint8Array, memoryIsZero = false): Plain {
    const parsed = parseFile(file);
    const { cpus, parts } = this.source;
    if (parsed.cpus.length !== cpus.length || Object.keys(parts).some((name) => !(name in parsed.parts))) {
      throw new SnapshotError('not-this-machine', 'The snapshot is of a machine with other parts.');
    }
    if (!memoryIsZero) this.eachPage((address) => this.bytes.fill(0, address, address + PAGE_SIZE));
    asSnapshotError('not-this-machine', 'The snapshot does not fit this machine', () => {
      this.loadPages(parsed);
      parsed.cpus.forEach((saved, i) => loadCpu(cpus[i], saved));
      for (const [name, part] of Object.entries(parts)) part.restore(parsed.parts[name]);
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
  private loadPages({ table, blocks, contents }: Parsed): void {
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

function writeFile(header: Plain, body: Uint8Array): Uint8Array {
  const json = new TextEncoder().encode(JSON.stringify(header));
  const length = (json.length + 15) & ~15;
  const file = new Uint8Array(PREFIX + length + body.length);
  file.fill(0x20, PREFIX, PREFIX + length);
  file.set(new TextEncoder().encode(MAGIC));
  file.set(json, PREFIX);
  file.set(body, PREFIX + length);
  const view = new DataView(file.buffer);
  view.setUint32(8, SNAPSHOT_VERSION, true);
  view.setUint32(12, length, true);
  file.set(digestBytes(file.subarray(PREFIX, PREFIX + length)), 16);
  return file;
}

function digestBytes(bytes: Uint8Array): Uint8Array {
  const digits = digest(bytes);
  return Uint8Array.from({ length: 16 }, (_, i) => parseInt(digits.slice(2 * i, 2 * i + 2), 16));
}

function parseFile(file: Uint8Array): Parsed {
  const { header, body } = readHeader(file);
  const { digest: expected } = header;
  const length = number(header.body);
  if (body.length < length) throw truncated(file);
  if (body.length > length || digest(body) !== expected) throw corrupted('its contents do not match their checksum');
  return asSnapshotError('corrupted', 'The snapshot is damaged', () => parseBody(header, body));
}

/** Checks everything that comes before the body. */
function readHeader(file: Uint8Array): { header: { readonly [key: string]: Plain }; body: Uint8Array } {
  const magic = new TextEncoder().encode(MAGIC);
  if (file.length < 8 || magic.some((byte, i) => file[i] !== byte)) {
    throw new SnapshotError('not-a-snapshot', 'This is not a snapshot of the machine.');
  }
  if (file.length < PREFIX) throw truncated(file);
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const version = view.getUint32(8, true);
  if (version !== SNAPSHOT_VERSION) {
    const message = `The snapshot has format version ${version}; this program reads version ${SNAPSHOT_VERSION}.`;
    throw new SnapshotError('other-version', message);
  }
  const end = PREFIX + view.getUint32(12, true);
  if (file.length < end) throw truncated(file);
  const json = file.subarray(PREFIX, end);
  if (digestBytes(json).some((byte, i) => file[16 + i] !== byte))
    throw corrupted('its header does not match its checksum');
  return { header: record(JSON.parse(new TextDecoder().decode(json)) as Plain), body: file.subarray(end) };
}

function parseBody(header: { readonly [key: string]: Plain }, body: Uint8Array): Parsed {
  const pages = count(header.pages, ALL_PAGES);
  const contents = count(header.contents, pages);
  const cpus = Array.isArray(header.cpus) ? header.cpus : [];
  return {
    cpus: list(cpus, cpus.length, parseCpu),
    parts: record(header.parts),
    extra: header.extra ?? null,
    table: readTable(body, pages, contents),
    blocks: readBlocks(body.subarray(pages * 8), Math.ceil(contents / PAGES_PER_BLOCK)),
    contents,
  };
}

function readTable(body: Uint8Array, pages: number, contents: number): Uint32Array {
  if (body.length < pages * 8) throw new StateError('the page table is too short');
  const table = new Uint32Array(body.slice(0, pages * 8).buffer);
  for (let i = 0; i < table.length; i += 2) {
    if (table[i] >= ALL_PAGES || table[i + 1] >= contents) throw new StateError('a page lies outside the memory');
  }
  return table;
}

function readBlocks(body: Uint8Array, count: number): Uint8Array[] {
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  let at = 0;
  return Array.from({ length: count }, () => {
    if (at + 4 > body.length) throw new StateError('a block is missing');
    const end = at + 4 + view.getUint32(at, true);
    if (end > body.length) throw new StateError('a block is too short');
    const block = body.subarray(at + 4, end);
    at = end;
    return block;
  });
}

function count(state: Plain, maximum: number): number {
  const value = number(state);
  if (!Number.isInteger(value) || value < 0 || value > maximum) throw new StateError('a count is out of range');
  return value;
}

function truncated(file: Uint8Array): SnapshotError {
  return new SnapshotError('truncated', `The snapshot ends too early: only ${file.length} bytes are there.`);
}

function corrupted(why: string): SnapshotError {
  return new SnapshotError('corrupted', `The snapshot is damaged: ${why}.`);
}

/** Runs `body` and reports what it finds wrong with the data as a `SnapshotError`. */
function asSnapshotError<T>(problem: SnapshotProblem, message: string, body: () => T): T {
  try {
    return body();
  } catch (error) {
    if (error instanceof StateError || error instanceof Lz4Error || error instanceof SyntaxError) {
      throw new SnapshotError(problem, `${message}: ${error.message}.`);
    }
    throw error;
  }
}
