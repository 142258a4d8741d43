/** Opening a pack: the same code for the page and for Node. */
import type { RandomAccess } from '../base/random-access.ts';
import { FdtError, findNode, readFdt } from '../formats/fdt.ts';
import { LinuxImageError, readLinuxImage } from '../formats/linux-image.ts';
import type { PackFiles } from './files.ts';
import { type Manifest, type PackFileEntry, type PackImage, parseManifest } from './manifest.ts';
import { PackError } from './pack-error.ts';

/** Bytes that belong at a physical address before the first instruction. */
export interface LoadedImage {
  readonly name: string;
  readonly address: number;
  readonly bytes: Uint8Array;
}

/** Bytes read so far and in all. */
export type OnProgress = (done: number, total: number) => void;

const decoder = new TextDecoder();

/** Reads and checks the manifest of a pack. Throws `PackError`. */
export async function loadPack(files: PackFiles): Promise<Pack> {
  return new Pack(files, parseManifest(decoder.decode(await files.read('manifest.json'))));
}

/** An open pack. */
export class Pack {
  #sources: Promise<ReadonlySet<string>> | undefined;

  constructor(
    readonly files: PackFiles,
    readonly manifest: Manifest,
  ) {}

  /** Everything that must be in memory for a cold boot, checked against the manifest and for what it claims to be. */
  async images(onProgress?: OnProgress): Promise<LoadedImage[]> {
    const total = this.manifest.images.reduce((sum, { size }) => sum + size, 0);
    const loaded: LoadedImage[] = [];
    let done = 0;
    for (const image of this.manifest.images) {
      const bytes = await this.#checked(image);
      checkImage(image, bytes);
      loaded.push(...image.addresses.map((address) => ({ name: image.file, address, bytes })));
      done += image.size;
      onProgress?.(done, total);
    }
    return loaded;
  }

  /** The boot snapshot's bytes, checked against the manifest; undefined when the pack has none. */
  snapshot(): Promise<Uint8Array | undefined> {
    const { snapshot } = this.manifest;
    return snapshot === undefined ? Promise.resolve(undefined) : this.#checked(snapshot);
  }

  /** Opens a file of the manifest for reading in pieces. Its size is checked by what is read, not its hash. */
  open(entry: PackFileEntry): Promise<RandomAccess> {
    return this.files.open(entry.file, entry.size);
  }

  /** A source file by its name in the pack (`sources/xen/...`); undefined when the pack does not hold it. */
  async source(name: string): Promise<Uint8Array | undefined> {
    this.#sources ??= this.#readSourceIndex();
    return (await this.#sources).has(name) ? this.files.read(name) : undefined;
  }

  async #readSourceIndex(): Promise<ReadonlySet<string>> {
    const { sourceIndex } = this.manifest;
    if (sourceIndex === undefined) return new Set();
    const names: unknown = JSON.parse(decoder.decode(await this.#checked(sourceIndex)));
    if (!Array.isArray(names)) throw new PackError('damaged', `${sourceIndex.file} is not a list`);
    return new Set(names.filter((name) => typeof name === 'string'));
  }

  async #checked(entry: PackFileEntry): Promise<Uint8Array> {
    const bytes = await this.files.read(entry.file);
    if (bytes.length !== entry.size) {
      throw new PackError('damaged', `${entry.file} has ${bytes.length} bytes; the manifest says ${entry.size}`);
    }
    const hash = await sha256(bytes);
    if (hash !== undefined && hash !== entry.sha256) {
      throw new PackError('damaged', `${entry.file} is not the file that the manifest tells of (its SHA-256 differs)`);
    }
    return bytes;
  }
}

interface HashingPlatform {
  readonly crypto?: { readonly subtle?: { digest(algorithm: 'SHA-256', bytes: Uint8Array): Promise<ArrayBuffer> } };
}

/** Hexadecimal; undefined where the platform has no hashing (a page that did not come over a secure connection). */
async function sha256(bytes: Uint8Array): Promise<string | undefined> {
  const { crypto } = globalThis as unknown as HashingPlatform;
  const digest = await crypto?.subtle?.digest('SHA-256', bytes);
  return digest && Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function checkImage(image: PackImage, bytes: Uint8Array): void {
  try {
    if (image.role === 'hypervisor' || image.role === 'kernel') readLinuxImage(bytes);
    if (image.role === 'device-tree') checkDeviceTree(bytes);
  } catch (error) {
    if (error instanceof LinuxImageError || error instanceof FdtError) {
      throw new PackError('damaged', `${image.file}: ${error.message}`);
    }
    throw error;
  }
}

function checkDeviceTree(bytes: Uint8Array): void {
  if (findNode(readFdt(bytes).root, 'chosen') === undefined) {
    throw new FdtError('malformed', 'the device tree has no /chosen node, so Xen would find no kernel for Dom0');
  }
}
