/** Debian's cloud kernel: the boot image, and `vmlinux` with its debug information. */
import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { BuildError } from './build-error.ts';
import { cached, type Cached } from './cache.ts';
import { run } from './run.ts';

/** The meta package whose dependency names the current kernel. */
export const KERNEL_META_PACKAGE = 'linux-image-cloud-arm64';
export const KERNEL_SOURCE_PACKAGE = 'linux-source-6.1';

/** A folder with one file, `linux`: the uncompressed boot image. */
export function extractKernel(downloads: string, files: unknown): Promise<Cached> {
  return extract('linux', downloads, files, './boot', 'vmlinuz-');
}

/** A folder with one file, `vmlinux`. */
export function extractVmlinux(downloads: string, files: unknown): Promise<Cached> {
  return extract('vmlinux', downloads, files, './usr/lib/debug/boot', 'vmlinux-');
}

/** The file of a binary package that is in `directory` and begins with `prefix`, under the name `name`. */
function extract(name: string, downloads: string, files: unknown, directory: string, prefix: string): Promise<Cached> {
  return cached(name, { files, directory, prefix }, async (folder) => {
    const script = 'dpkg-deb --fsys-tarfile "$1"/*.deb | tar -x -C "$2" --wildcards "$3"';
    await run('bash', ['-c', `set -o pipefail; ${script}`, 'bash', downloads, folder, `${directory}/${prefix}*`]);
    const found = await readdir(join(folder, directory));
    if (found.length !== 1)
      throw new BuildError(`the kernel package has ${found.length} files ${directory}/${prefix}*`);
    await rename(join(folder, directory, found[0]), join(folder, name));
    await rm(join(folder, directory.split('/')[1]), { recursive: true });
  });
}
