/** Packs in a folder of this machine. */
import { createReadStream } from 'node:fs';
import { createHash } from 'node:crypto';
import { type FileHandle, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RandomAccess } from '../../base/random-access.ts';
import { checkRange, type PackFiles } from '../files.ts';
import { PackError } from '../pack-error.ts';

/** An open file. `close` it when done; the process's end does so too. */
export class FileAccess implements RandomAccess {
  private constructor(
    readonly handle: FileHandle,
    readonly size: number,
  ) {}

  static async open(path: string): Promise<FileAccess> {
    const handle = await open(path);
    return new FileAccess(handle, (await handle.stat()).size);
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    checkRange(this, offset, length);
    const bytes = new Uint8Array(length);
    const { bytesRead } = await this.handle.read(bytes, 0, length, offset);
    if (bytesRead !== length) throw new RangeError(`the file ended ${length - bytesRead} bytes early`);
    return bytes;
  }

  close(): Promise<void> {
    return this.handle.close();
  }
}

/** The files below `folder`. */
export class FolderFiles implements PackFiles {
  constructor(readonly folder: string) {}

  open(name: string): Promise<RandomAccess> {
    return FileAccess.open(join(this.folder, name)).catch((cause) => this.#explain(name, cause));
  }

  async read(name: string): Promise<Uint8Array> {
    const bytes = await readFile(join(this.folder, name)).catch((cause) => this.#explain(name, cause));
    return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  #explain(name: string, cause: unknown): never {
    const code = (cause as NodeJS.ErrnoException).code;
    const reason = code === 'ENOENT' ? 'no such file' : String(cause);
    throw new PackError(code === 'ENOENT' ? 'missing' : 'unreachable', `${join(this.folder, name)}: ${reason}`);
  }
}

/** Hexadecimal SHA-256 of a file, which may be larger than memory. */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path)) hash.update(piece as Uint8Array);
  return hash.digest('hex');
}
