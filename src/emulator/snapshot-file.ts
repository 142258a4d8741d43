/**
 * The file format of the machine's state.
 *
 * Magic, version, header length (32-bit little-endian each), the header's digest (16 bytes), the header (JSON, padded with spaces to 16 bytes), then
 * the body: the page table (page number, content number; 32-bit each), and the distinct page contents in LZ4 blocks of 64 pages,
 * each preceded by its 32-bit length. Pages that are all zero are left out, and equal pages are stored once: three guests run one kernel.
 */
import { Lz4Error } from '../formats/lz4.ts';
import { parseCpu, type SavedCpu } from './cpu-snapshot.ts';
import { StateError, type Plain } from './devices/device.ts';
import { list, number, record } from './devices/plain.ts';
import { digest } from './digest.ts';
import { DRAM_SIZE, OCM_SIZE } from './memory-layout.ts';
import { PAGE_SIZE } from './page-kernels.ts';

const MAGIC = 'TRAPLINE';
/** Raised whenever a file of the version before cannot be read any more. */
const SNAPSHOT_VERSION = 2;
const PREFIX = 32;
/** Contents in one compressed block. */
export const PAGES_PER_BLOCK = 64;
const ALL_PAGES = (DRAM_SIZE + OCM_SIZE) / PAGE_SIZE;

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

/** A file that was found whole. */
export interface SnapshotFile {
  readonly cpus: readonly SavedCpu[];
  readonly parts: { readonly [key: string]: Plain };
  readonly caches: Plain;
  readonly extra: Plain;
  /** Pairs of page number and content number. */
  readonly table: Uint32Array;
  /** Compressed blocks, and how many contents there are in them. */
  readonly blocks: readonly Uint8Array[];
  readonly contents: number;
}

/** The memory of a machine, as it is written. */
export interface PackedMemory {
  /** Pairs of page number and content number. */
  readonly table: Uint32Array;
  readonly contents: number;
  readonly blocks: readonly Uint8Array[];
}

/** Writes a file: `state` is the rest of the header. */
export function writeSnapshot(state: { readonly [key: string]: Plain }, memory: PackedMemory): Uint8Array {
  const { table, contents, blocks } = memory;
  const body = new Uint8Array(table.byteLength + blocks.reduce((sum, block) => sum + 4 + block.length, 0));
  body.set(new Uint8Array(table.buffer, 0, table.byteLength));
  let at = table.byteLength;
  for (const block of blocks) {
    new DataView(body.buffer).setUint32(at, block.length, true);
    body.set(block, at + 4);
    at += 4 + block.length;
  }
  const counts = { pages: table.length / 2, contents, body: body.length, digest: digest(body) };
  return writeFile({ ...counts, ...state }, body);
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

/** Reads and checks a file. Throws `SnapshotError`. */
export function readSnapshot(file: Uint8Array): SnapshotFile {
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

function parseBody(header: { readonly [key: string]: Plain }, body: Uint8Array): SnapshotFile {
  const pages = count(header.pages, ALL_PAGES);
  const contents = count(header.contents, pages);
  const cpus = Array.isArray(header.cpus) ? header.cpus : [];
  return {
    cpus: list(cpus, cpus.length, parseCpu),
    parts: record(header.parts),
    caches: header.caches ?? null,
    extra: header.extra ?? null,
    table: readTable(body, pages, contents),
    blocks: readBlocks(body.subarray(pages * 8), Math.ceil(contents / PAGES_PER_BLOCK)),
    contents,
  };
}

function readTable(body: Uint8Array, pages: number, contents: number): Uint32Array {
  if (body.length < pages * 8) throw new StateError('the page table is too short');
  // Copied, as the body may lie at any offset.
  const table = new Uint32Array(new Uint8Array(body.subarray(0, pages * 8)).buffer);
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
export function asSnapshotError<T>(problem: SnapshotProblem, message: string, body: () => T): T {
  try {
    return body();
  } catch (error) {
    if (error instanceof StateError || error instanceof Lz4Error || error instanceof SyntaxError) {
      throw new SnapshotError(problem, `${message}: ${error.message}.`);
    }
    throw error;
  }
}
