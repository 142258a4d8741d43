/** Where the files of a pack are: on a web server, chosen from disk, or (in `node/`) in a folder. */
import type { RandomAccess } from '../base/random-access.ts';
import { PackError } from './pack-error.ts';

/** The files of one pack, by their names in the manifest. */
export interface PackFiles {
  /** Opens a file. `size` in bytes spares the question when it is known. Rejects with `PackError` when there is no such file. */
  open(name: string, size?: number): Promise<RandomAccess>;
  /** The whole file. */
  read(name: string): Promise<Uint8Array>;
}

/** Structurally a web `File` or `Blob`. */
export interface Sliceable {
  readonly size: number;
  slice(start: number, end: number): { arrayBuffer(): Promise<ArrayBuffer> };
}

/** Rejects reads that are not inside the source. */
export function checkRange(source: { readonly size: number }, offset: number, length: number): void {
  if (!(offset >= 0 && length >= 0 && offset + length <= source.size)) {
    throw new RangeError(`bytes ${offset} to ${offset + length} are outside of ${source.size}`);
  }
}

/** A `File` or `Blob`. */
class BlobAccess implements RandomAccess {
  constructor(readonly blob: Sliceable) {}

  get size(): number {
    return this.blob.size;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    checkRange(this, offset, length);
    return new Uint8Array(await this.blob.slice(offset, offset + length).arrayBuffer());
  }
}

/** A web resource, read by range requests (RFC 9110, section 14). */
class HttpAccess implements RandomAccess {
  constructor(
    readonly url: string,
    readonly size: number,
  ) {}

  async read(offset: number, length: number): Promise<Uint8Array> {
    checkRange(this, offset, length);
    if (length === 0) return new Uint8Array();
    const response = await get(this.url, { headers: { Range: `bytes=${offset}-${offset + length - 1}` } });
    const isWhole = response.status === 200 && length === this.size;
    if (response.status !== 206 && !isWhole) {
      await response.body?.cancel();
      throw new PackError('no-ranges', `${this.url}: the server does not answer range requests`);
    }
    const bytes = new Uint8Array(await response.arrayBuffer());
    if (bytes.length !== length) {
      throw new PackError('damaged', `${this.url}: ${bytes.length} bytes came where ${length} were asked for`);
    }
    return bytes;
  }
}

async function get(url: string, init: RequestInit): Promise<Response> {
  const response = await fetch(url, init).catch((cause: unknown) => {
    throw new PackError('unreachable', `${url}: ${cause instanceof Error ? cause.message : 'not reachable'}`);
  });
  if (response.ok) return response;
  await response.body?.cancel();
  if (response.status === 404) throw new PackError('missing', `${url}: no such file`);
  throw new PackError('unreachable', `${url}: the server answers ${response.status} ${response.statusText}`.trimEnd());
}

/** A folder on a web server; `base` ends in a slash. */
export class HttpFiles implements PackFiles {
  constructor(readonly base: string) {}

  async open(name: string, size?: number): Promise<RandomAccess> {
    const url = this.#url(name);
    return new HttpAccess(url, size ?? (await this.#size(url)));
  }

  async read(name: string): Promise<Uint8Array> {
    const response = await get(this.#url(name), {});
    return new Uint8Array(await response.arrayBuffer());
  }

  #url(name: string): string {
    return this.base + name.split('/').map(encodeURIComponent).join('/');
  }

  async #size(url: string): Promise<number> {
    const response = await get(url, { method: 'HEAD' });
    const length = response.headers.get('content-length');
    if (length === null) throw new PackError('no-ranges', `${url}: the server does not say how large the file is`);
    return Number(length);
  }
}

/** Files that a person chose, by name relative to the pack's folder. */
export class LocalFiles implements PackFiles {
  readonly #files: ReadonlyMap<string, Sliceable>;

  constructor(files: Iterable<readonly [name: string, file: Sliceable]>) {
    this.#files = new Map(files);
  }

  open(name: string): Promise<RandomAccess> {
    const file = this.#files.get(name);
    if (file === undefined) return Promise.reject(new PackError('missing', `${name}: not among the chosen files`));
    return Promise.resolve(new BlobAccess(file));
  }

  async read(name: string): Promise<Uint8Array> {
    const file = await this.open(name);
    return file.read(0, file.size);
  }
}
