/** The source files that the line tables name, so that the page can fetch them one by one. */
import { copyFile, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { BuildError } from './build-error.ts';
import { cached, type Cached, keyOf } from './cache.ts';
import { KERNEL_SOURCE_PACKAGE } from './linux.ts';
import { run } from './run.ts';

/** Names relative to the root of the source tree, of those that are below one of `prefixes`; '' stands for all relative names. */
export function namesBelow(names: readonly string[], prefixes: readonly string[]): string[] {
  const below = names.flatMap((name) => {
    const prefix = prefixes.find((each) => (each === '' ? !name.startsWith('/') : name.startsWith(`${each}/`)));
    return prefix === undefined ? [] : [prefix === '' ? name : name.slice(prefix.length + 1)];
  });
  return [...new Set(below)].sort();
}

/** The prefixes under which the kernel's symbols name its tree: absolute names of Debian's build, and those of a relative directory of compilation. */
export function kernelPrefixes(names: readonly string[]): string[] {
  const absolute = new Set(names.map((name) => /^\/build\/[^/]+\/linux-[^/]+/.exec(name)?.[0]));
  return [...[...absolute].filter((prefix) => prefix !== undefined), ''];
}

/** Copies those of `names` that are in `tree`, which never changes. */
export function copySources(step: string, tree: string, names: readonly string[]): Promise<Cached> {
  return cached(`sources-${step}`, { tree, names }, (folder) => copyNamed(tree, folder, names));
}

/** Copies those of `names` that are in `tree` to `folder`. */
export async function copyNamed(tree: string, folder: string, names: readonly string[]): Promise<void> {
  for (const name of names) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    // Generated files that the build removed again have no source to show.
    await copyFile(join(tree, name), join(folder, name)).catch(ignoreMissing);
  }
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}

/** Unpacks those of `names` that are in the kernel's source package. */
export function extractKernelSources(downloads: string, files: unknown, names: readonly string[]): Promise<Cached> {
  return cached('sources-linux', { files, names: keyOf(names) }, async (folder) => {
    const list = `${folder}.names`;
    await writeFile(list, names.map((name) => `${KERNEL_SOURCE_PACKAGE}/${name}\n`).join(''));
    const fetch = 'dpkg-deb --fsys-tarfile "$1"/*.deb | tar -xO --wildcards "./usr/src/linux-source-*.tar.xz" | xz -dc';
    const unpack = 'tar -x -C "$2" --strip-components=1 -T "$3"';
    const args = ['-c', `set -o pipefail; ${fetch} | ${unpack}`, 'bash', downloads, folder, list];
    // tar ends with 2 when a listed file is not there: what the kernel's build generates is not in its source.
    await run('bash', args, { accept: [2] }).finally(() => rm(list));
    const found = (await filesBelow(folder)).length;
    if (found < names.length * 0.9) {
      throw new BuildError(
        `the kernel source package has only ${found} of the ${names.length} files that vmlinux names`,
      );
    }
  });
}

/** Names of all files below `folder`, relative to it, in order. */
export async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return files.map((entry) => relative(folder, join(entry.parentPath, entry.name))).sort();
}
