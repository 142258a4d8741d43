/** A pack's folder while it is filled. */
import { constants } from 'node:fs';
import { copyFile, cp, mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Manifest, type PackFileEntry, parseManifest } from '../manifest.ts';
import { hashFile } from './folder-files.ts';

/** Each file appears under its name only when it is whole, and the manifest last. */
export class PackFolder {
  constructor(readonly path: string) {}

  /** Begins anew: without its manifest a folder is no pack. */
  async begin(): Promise<void> {
    await mkdir(this.path, { recursive: true });
    await rm(join(this.path, 'manifest.json'), { force: true });
  }

  /** Copies a file into the pack. */
  copy(from: string, name: string): Promise<PackFileEntry> {
    return this.#put(name, (path) => copyFile(from, path, constants.COPYFILE_FICLONE));
  }

  write(name: string, contents: Uint8Array | string): Promise<PackFileEntry> {
    return this.#put(name, (path) => writeFile(path, contents));
  }

  async #put(name: string, fill: (path: string) => Promise<void>): Promise<PackFileEntry> {
    const path = join(this.path, name);
    await mkdir(dirname(path), { recursive: true });
    await fill(`${path}.new`);
    await rename(`${path}.new`, path);
    return { file: name, size: (await stat(path)).size, sha256: await hashFile(path) };
  }

  /** Replaces a folder of the pack by a copy of `from`. */
  async copyFolder(from: string, name: string): Promise<void> {
    const path = join(this.path, name);
    await rm(path, { recursive: true, force: true });
    await cp(from, path, { recursive: true });
  }

  /** Writes the manifest after checking it as a reader will. */
  async writeManifest(manifest: Manifest): Promise<void> {
    const text = JSON.stringify(manifest, null, 2);
    parseManifest(text);
    await this.write('manifest.json', `${text}\n`);
  }
}
