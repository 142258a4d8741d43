/** cpio archives in the "newc" form, which Linux takes as its initramfs (Documentation/driver-api/early-userspace/buffer-format). */

/** Why an archive cannot be read. */
export class CpioError extends Error {
  override readonly name = 'CpioError';
}

/** File type bits of `CpioEntry.mode`, as in `st_mode`. */
export const S_IFCHR = 0o020000;
export const S_IFDIR = 0o040000;
export const S_IFREG = 0o100000;
export const S_IFLNK = 0o120000;

/** One file of an archive. The contents of a symbolic link are its target. */
export interface CpioEntry {
  /** Path relative to the root, without a leading slash. */
  readonly name: string;
  /** File type and permissions as in `st_mode`. */
  readonly mode: number;
  readonly contents: Uint8Array;
  /** Major and minor number of a device node. */
  readonly device?: readonly [number, number];
}

const MAGIC = '070701';
const HEADER_SIZE = 110;
const TRAILER = 'TRAILER!!!';
const BLOCK = 512;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Writes an archive. Owners are root and times zero, so the same entries always give the same bytes. */
export function writeCpio(entries: readonly CpioEntry[]): Uint8Array {
  const trailer: CpioEntry = { name: TRAILER, mode: 0, contents: new Uint8Array() };
  const pieces = [...entries, trailer].flatMap((entry, index) => record(entry, entry === trailer ? 0 : index + 1));
  const size = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const archive = new Uint8Array(Math.ceil(size / BLOCK) * BLOCK);
  let at = 0;
  for (const piece of pieces) {
    archive.set(piece, at);
    at += piece.length;
  }
  return archive;
}

function record(entry: CpioEntry, inode: number): Uint8Array[] {
  const name = encoder.encode(`${entry.name}\0`);
  const links = (entry.mode & S_IFDIR) === S_IFDIR ? 2 : 1;
  const [major, minor] = entry.device ?? [0, 0];
  const owner = [0, 0];
  const fields = [inode, entry.mode, ...owner, links, 0, entry.contents.length, 0, 0, major, minor, name.length, 0];
  const header = MAGIC + fields.map((field) => field.toString(16).padStart(8, '0')).join('');
  return [
    encoder.encode(header),
    name,
    padding(HEADER_SIZE + name.length),
    entry.contents,
    padding(entry.contents.length),
  ];
}

function padding(size: number): Uint8Array {
  return new Uint8Array(-size & 3);
}

/** Reads an archive up to its trailer. Contents are views into `archive`. Throws `CpioError`. */
export function readCpio(archive: Uint8Array): CpioEntry[] {
  const entries: CpioEntry[] = [];
  let at = 0;
  for (;;) {
    const fields = readHeader(archive, at);
    const [size, nameSize] = [fields[6], fields[11]];
    const name = readName(archive, at + HEADER_SIZE, nameSize);
    if (name === TRAILER) return entries;
    const start = align4(at + HEADER_SIZE + nameSize);
    if (start + size > archive.length) throw new CpioError(`the contents of ${name} end behind the archive`);
    const contents = archive.subarray(start, start + size);
    entries.push({ name, mode: fields[1], contents, ...deviceOf(fields) });
    at = align4(start + size);
  }
}

/** Not a bitwise operation: archives may be larger than 2 GiB, and sizes that wrap are an attack. */
function align4(offset: number): number {
  return Math.ceil(offset / 4) * 4;
}

function readHeader(archive: Uint8Array, at: number): number[] {
  if (at + HEADER_SIZE > archive.length) throw new CpioError('the archive ends without a trailer');
  const text = decoder.decode(archive.subarray(at, at + HEADER_SIZE));
  if (!/^07070[12][0-9a-fA-F]{104}$/.test(text)) throw new CpioError(`no cpio header at offset ${at}`);
  return Array.from({ length: 13 }, (_, index) => Number.parseInt(text.slice(6 + index * 8, 14 + index * 8), 16));
}

function readName(archive: Uint8Array, start: number, size: number): string {
  if (size < 1 || start + size > archive.length) throw new CpioError('a file name ends behind the archive');
  const name = archive.subarray(start, start + size);
  if (name.indexOf(0) !== size - 1) throw new CpioError('a file name is not terminated by its only NUL');
  return decoder.decode(name.subarray(0, size - 1));
}

function deviceOf(fields: readonly number[]): Pick<CpioEntry, 'device'> {
  return (fields[1] & 0o170000) === S_IFCHR ? { device: [fields[9], fields[10]] } : {};
}
