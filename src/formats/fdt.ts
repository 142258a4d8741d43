/** Flattened device trees (Devicetree Specification 0.4, chapter 5): reader and writer of the version 17 binary form. */

/** Why a device tree cannot be used. */
export type FdtErrorCode = 'not-a-device-tree' | 'unsupported-version' | 'truncated' | 'malformed' | 'too-deep';

/** A device tree that is damaged, hostile or of a kind that is not supported. */
export class FdtError extends Error {
  override readonly name = 'FdtError';

  constructor(
    readonly code: FdtErrorCode,
    message: string,
  ) {
    super(message);
  }
}

/** A property; values are big-endian bytes as in the blob. */
export interface FdtProperty {
  readonly name: string;
  readonly value: Uint8Array;
}

/** A node, with its unit address in the name. The root's name is empty. */
export interface FdtNode {
  readonly name: string;
  readonly properties: readonly FdtProperty[];
  readonly children: readonly FdtNode[];
}

/** An entry of the memory reservation block, in bytes. */
interface FdtReservation {
  readonly address: bigint;
  readonly size: bigint;
}

/** A whole tree. */
export interface Fdt {
  readonly bootCpu: number;
  readonly reservations: readonly FdtReservation[];
  readonly root: FdtNode;
}

const FDT_MAGIC = 0xd00dfeed;
const FDT_BEGIN_NODE = 1;
const FDT_END_NODE = 2;
const FDT_PROP = 3;
const FDT_NOP = 4;
const FDT_END = 9;
const HEADER_SIZE = 40;
const VERSION = 17;
/** Oldest version a version 17 reader understands. */
const COMPATIBLE_VERSION = 16;
/** Real trees have about ten levels; deeper ones are hostile. */
const MAX_DEPTH = 64;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: false });

interface MutableNode extends FdtNode {
  readonly properties: FdtProperty[];
  readonly children: MutableNode[];
}

interface Header {
  readonly structure: Block;
  readonly strings: Block;
  readonly reservations: number;
  readonly bootCpu: number;
  readonly totalSize: number;
}

/** A range of the blob, in bytes. */
interface Block {
  readonly start: number;
  readonly end: number;
}

/** Reads a device tree. Time and memory are bounded by the size of `blob`. Throws `FdtError`. */
export function readFdt(blob: Uint8Array): Fdt {
  // A plain Uint8Array whatever was given: slices of a Node Buffer would share its memory.
  const bytes = new Uint8Array(blob.buffer, blob.byteOffset, blob.byteLength);
  const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength);
  const header = readHeader(view);
  return {
    bootCpu: header.bootCpu,
    reservations: readReservations(view, header),
    root: new StructureReader(bytes, view, header).read(),
  };
}

function readHeader(view: DataView): Header {
  if (view.byteLength < 4 || view.getUint32(0) !== FDT_MAGIC) {
    throw new FdtError('not-a-device-tree', 'not a flattened device tree (no magic number)');
  }
  if (view.byteLength < HEADER_SIZE) throw new FdtError('truncated', 'the device tree ends within its header');
  const word = (index: number): number => view.getUint32(index * 4);
  const [totalSize, structure, strings, reservations, version, compatible, bootCpu, stringsSize, structureSize] =
    Array.from({ length: 9 }, (_, index) => word(index + 1));
  if (version < VERSION || compatible > VERSION) {
    throw new FdtError('unsupported-version', `device tree version ${version} is not supported`);
  }
  if (totalSize > view.byteLength) {
    throw new FdtError('truncated', `the device tree says ${totalSize} bytes but has ${view.byteLength}`);
  }
  if (structure % 4 !== 0) throw new FdtError('malformed', 'the structure block is not aligned to 4 bytes');
  return {
    structure: block('structure', structure, structureSize, totalSize),
    strings: block('strings', strings, stringsSize, totalSize),
    reservations,
    bootCpu,
    totalSize,
  };
}

function block(name: string, start: number, size: number, total: number): Block {
  if (start + size > total) throw new FdtError('truncated', `the ${name} block does not fit in the device tree`);
  return { start, end: start + size };
}

function readReservations(view: DataView, header: Header): FdtReservation[] {
  const found: FdtReservation[] = [];
  for (let at = header.reservations; ; at += 16) {
    if (at + 16 > header.totalSize) throw new FdtError('truncated', 'the memory reservation block has no end');
    const address = view.getBigUint64(at);
    const size = view.getBigUint64(at + 8);
    if (address === 0n && size === 0n) return found;
    found.push({ address, size });
  }
}

/** Walks the structure block with an explicit stack, so that nesting cannot exhaust the host's. */
class StructureReader {
  #at: number;
  readonly #stack: MutableNode[] = [];

  constructor(
    readonly bytes: Uint8Array,
    readonly view: DataView,
    readonly header: Header,
  ) {
    this.#at = header.structure.start;
  }

  read(): FdtNode {
    let root: MutableNode | undefined;
    for (;;) {
      const token = this.#word();
      if (token === FDT_NOP) continue;
      if (token === FDT_END) break;
      if (root !== undefined && this.#stack.length === 0) {
        throw new FdtError('malformed', 'the device tree goes on behind its root node');
      }
      if (token === FDT_BEGIN_NODE) {
        const node = this.#begin();
        root ??= node;
      } else if (token === FDT_PROP) this.#property();
      else if (token === FDT_END_NODE) this.#end();
      else throw new FdtError('malformed', `unknown token ${token} in the structure block`);
    }
    if (root === undefined || this.#stack.length > 0) throw new FdtError('malformed', 'a node has no end');
    return root;
  }

  #word(): number {
    if (this.#at + 4 > this.header.structure.end) throw new FdtError('truncated', 'the structure block has no end');
    this.#at += 4;
    return this.view.getUint32(this.#at - 4);
  }

  #begin(): MutableNode {
    if (this.#stack.length >= MAX_DEPTH) {
      throw new FdtError('too-deep', `nodes are nested more than ${MAX_DEPTH} deep`);
    }
    const [name, end] = this.#string(this.#at, this.header.structure.end);
    this.#at = align4(end);
    const node: MutableNode = { name, properties: [], children: [] };
    this.#stack.at(-1)?.children.push(node);
    this.#stack.push(node);
    return node;
  }

  #end(): void {
    if (this.#stack.pop() === undefined) throw new FdtError('malformed', 'a node ends that did not begin');
  }

  #property(): void {
    const length = this.#word();
    const nameOffset = this.#word();
    const node = this.#stack.at(-1);
    if (node === undefined) throw new FdtError('malformed', 'a property stands outside of every node');
    if (this.#at + length > this.header.structure.end) {
      throw new FdtError('truncated', 'a property value does not fit in the structure block');
    }
    const { start, end } = this.header.strings;
    const [name] = this.#string(start + nameOffset, end);
    node.properties.push({ name, value: this.bytes.slice(this.#at, this.#at + length) });
    this.#at = align4(this.#at + length);
  }

  /** The NUL-terminated string at `at`, and the offset behind its NUL. */
  #string(at: number, limit: number): readonly [string, number] {
    const end = at < limit ? this.bytes.subarray(0, limit).indexOf(0, at) : -1;
    if (end < 0) throw new FdtError('truncated', 'a name has no end');
    return [decoder.decode(this.bytes.subarray(at, end)), end + 1];
  }
}

function align4(offset: number): number {
  return (offset + 3) & ~3;
}

/** Writes a version 17 device tree: header, reservations, structure, strings. */
export function writeFdt(fdt: Fdt): Uint8Array {
  const writer = new Writer();
  writer.node(fdt.root);
  writer.word(FDT_END);
  const structure = HEADER_SIZE + (fdt.reservations.length + 1) * 16;
  const strings = structure + writer.size;
  const total = align4(strings + writer.strings.size);
  const bytes = new Uint8Array(total);
  const view = new DataView(bytes.buffer);
  const header = [FDT_MAGIC, total, structure, strings, HEADER_SIZE, VERSION, COMPATIBLE_VERSION, fdt.bootCpu];
  [...header, writer.strings.size, writer.size].forEach((value, index) => view.setUint32(index * 4, value));
  fdt.reservations.forEach(({ address, size }, index) => {
    view.setBigUint64(HEADER_SIZE + index * 16, address);
    view.setBigUint64(HEADER_SIZE + index * 16 + 8, size);
  });
  writer.copyTo(bytes, structure);
  writer.strings.copyTo(bytes, strings);
  return bytes;
}

/** Bytes collected in pieces. */
class Pieces {
  readonly #pieces: Uint8Array[] = [];
  size = 0;

  add(piece: Uint8Array): void {
    this.#pieces.push(piece);
    this.size += piece.length;
  }

  copyTo(target: Uint8Array, offset: number): void {
    let at = offset;
    for (const piece of this.#pieces) {
      target.set(piece, at);
      at += piece.length;
    }
  }
}

class Writer extends Pieces {
  readonly strings = new Pieces();
  readonly #offsets = new Map<string, number>();

  word(value: number): void {
    this.add(cells(value));
  }

  node(node: FdtNode): void {
    this.word(FDT_BEGIN_NODE);
    this.#padded(strings(node.name));
    for (const { name, value } of node.properties) {
      this.word(FDT_PROP);
      this.word(value.length);
      this.word(this.#nameOffset(name));
      this.#padded(value);
    }
    for (const child of node.children) this.node(child);
    this.word(FDT_END_NODE);
  }

  #padded(bytes: Uint8Array): void {
    this.add(bytes);
    this.add(new Uint8Array(align4(bytes.length) - bytes.length));
  }

  #nameOffset(name: string): number {
    const known = this.#offsets.get(name);
    if (known !== undefined) return known;
    const offset = this.strings.size;
    this.#offsets.set(name, offset);
    this.strings.add(strings(name));
    return offset;
  }
}

/** A property value of 32-bit big-endian cells. */
export function cells(...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 4);
  const view = new DataView(bytes.buffer);
  values.forEach((value, index) => view.setUint32(index * 4, value));
  return bytes;
}

/** A property value of NUL-terminated strings. */
export function strings(...values: readonly string[]): Uint8Array {
  return encoder.encode(values.map((value) => `${value}\0`).join(''));
}

/** The child of `node` on `path` (`chosen/dom0`), or undefined. */
export function findNode(node: FdtNode, path: string): FdtNode | undefined {
  let at: FdtNode | undefined = node;
  for (const part of path.split('/')) at = at?.children.find(({ name }) => name === part);
  return at;
}

/** The value of a property, or undefined. */
export function findProperty(node: FdtNode, name: string): Uint8Array | undefined {
  return node.properties.find((property) => property.name === name)?.value;
}
