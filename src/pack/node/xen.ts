/** Xen built from Debian's source package with Debian's patches and configuration, and with debug information. */
import { copyFile, readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cached, type Cached, contentKey } from './cache.ts';
import type { StepProgress } from './progress.ts';
import { run } from './run.ts';

/** The compilation directory that the debug information names, wherever the build took place. */
export const XEN_SOURCE_PREFIX = '/usr/src/xen';

/** About how many lines `make` prints. */
const EXPECTED_LINES = 480;

/** Unpacks a source package with its patches applied; `folder` must not exist. */
export async function unpackSource(downloads: string, folder: string): Promise<void> {
  await run('sh', ['-c', 'exec dpkg-source --no-check -x "$1"/*.dsc "$2"', 'sh', downloads, folder]);
}

/** A folder with `xen` (the boot image), `xen-syms` (ELF with DWARF) and `source/`. */
export async function buildXen(downloads: string, files: unknown, step: StepProgress): Promise<Cached> {
  const recipe = await contentKey([fileURLToPath(import.meta.url)]);
  return cached('xen', { recipe, files }, async (folder) => {
    const source = join(folder, 'source');
    await unpackSource(downloads, source);
    await compile(source, step);
    await copyFile(join(source, 'xen/xen'), join(folder, 'xen'));
    await copyFile(join(source, 'xen/xen-syms'), join(folder, 'xen-syms'));
  });
}

/** As debian/rules does it for the hypervisor, with `-g` added: the code is Debian's own, byte for byte. */
async function compile(source: string, step: StepProgress): Promise<void> {
  const env = await bannerEnvironment(source);
  await copyFile(join(source, 'debian/xen-kconfig'), join(source, 'xen/.config'));
  const make = [
    '-C',
    join(source, 'xen'),
    'XEN_TARGET_ARCH=arm64',
    'XEN_COMPILE_ARCH=x86_64',
    'CROSS_COMPILE=aarch64-linux-gnu-',
    `EXTRA_CFLAGS_XEN_CORE=-g -fmacro-prefix-map=${source}=. -fdebug-prefix-map=${source}=${XEN_SOURCE_PREFIX}`,
  ];
  await run('make', ['olddefconfig', ...make], { env });
  let lines = 0;
  const onLine = (): void => step.at(++lines, EXPECTED_LINES, 'compiling');
  await run('make', [`-j${availableParallelism()}`, ...make], { env, onLine });
}

/** What Debian's build puts into Xen's banner: version, maintainer and the date of the last changelog entry. */
async function bannerEnvironment(source: string): Promise<Record<string, string>> {
  const changelog = await run('dpkg-parsechangelog', ['-l', join(source, 'debian/changelog')]);
  const timestamp = Number(/^Timestamp: (\d+)$/m.exec(changelog)?.[1]);
  const date = (format: string): Promise<string> => run('date', ['-u', '-d', `@${timestamp}`, format]);
  const control = await readFile(join(source, 'debian/control'), 'utf8');
  return {
    DEB_VERSION: /^Version: (.*)$/m.exec(changelog)?.[1] ?? '',
    DEB_MAINTAINER: /^Maintainer: (.*)$/m.exec(control)?.[1] ?? '',
    SOURCE_DATE_EPOCH: String(timestamp),
    XEN_BUILD_DATE: (await date('+%a %b %e %H:%M:%S UTC %Y')).trim(),
    XEN_BUILD_TIME: (await date('+%T')).trim(),
    // The build must not fetch anything or ask the checkout around it for a version.
    WGET: '/bin/false',
    GIT: '/bin/false',
  };
}
