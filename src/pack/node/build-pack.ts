/** Building the default guest pack: packages to images, symbols, sources, device tree, manifest and boot snapshot. */
import { existsSync, statSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { domains } from '../default-machine.ts';
import { parseManifest } from '../manifest.ts';
import { Apt, type ArchivePackage } from './apt.ts';
import { assemble, type Ingredients } from './assemble.ts';
import { BUSYBOX_SOURCE_PREFIX, buildBusybox } from './busybox.ts';
import { addSnapshot, cachedStep, step } from './build-steps.ts';
import { type Cached, contentKey } from './cache.ts';
import { extractKernel, extractVmlinux, KERNEL_META_PACKAGE, KERNEL_SOURCE_PACKAGE } from './linux.ts';
import { PackFolder } from './pack-folder.ts';
import { Progress } from './progress.ts';
import { machineSources } from './snapshot.ts';
import { indexSymbols, symbolFacts } from './symbol-index.ts';
import { copySources, extractKernelSources, kernelPrefixes, namesBelow } from './sources.ts';
import { ensureTools, PACK_TOOLS } from './tools.ts';
import { buildXen, XEN_SOURCE_PREFIX } from './xen.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** Where `npm run pack` puts the default pack. */
export const DEFAULT_PACK = join(ROOT, 'public/packs/default');

/** Everything of the checkout that decides what a pack is made of. */
const RECIPE = ['guests', 'src/pack', 'src/debugger/symbols/index', 'src/formats/fdt.ts', 'src/formats/cpio.ts'].map(
  (path) => join(ROOT, path),
);
/** Says in a finished pack what it was made by. */
const STAMP = '.built-by';
const STEP_COUNT = 13;

/** What `buildPack` may be told. */
export interface BuildOptions {
  /** Read the package lists again, and use what is newest now. */
  readonly isUpdate: boolean;
}

/** Builds the default pack in `target`, or finds that it is there. Throws `BuildError` with a message for the person. */
export async function buildPack(target: string, { isUpdate }: BuildOptions): Promise<void> {
  const recipe = await contentKey([...RECIPE, ...(await machineSources())]);
  const progress = new Progress(STEP_COUNT);
  if (!isUpdate && (await isFinished(target, recipe))) {
    progress.note(`The guest pack in ${target} is up to date.`);
    return;
  }
  await ensureTools(PACK_TOOLS, progress);
  const ingredients = await prepare(progress, isUpdate);
  const folder = new PackFolder(target);
  const manifest = await step(progress, 'Assemble the pack', () => assemble(folder, ingredients));
  const prompts = new Map(domains.map(({ domid, hostname }) => [`d${domid}`, `${hostname} # `]));
  await addSnapshot(folder, manifest, prompts, progress);
  await writeFile(join(target, STAMP), recipe);
  progress.note(`The guest pack is in ${target}.`);
}

/** Whether a finished pack made by `recipe` is in `target`, with all files as large as they should be. */
async function isFinished(target: string, recipe: string): Promise<boolean> {
  const stamp = await readFile(join(target, STAMP), 'utf8').catch(() => '');
  const text = await readFile(join(target, 'manifest.json'), 'utf8').catch(() => '');
  if (stamp !== recipe || text === '') return false;
  const { images, symbols, snapshot, sourceIndex } = parseManifest(text);
  const files = [...images, ...symbols, ...symbols.map(({ index }) => index), snapshot, sourceIndex].filter(
    (file) => file !== undefined,
  );
  return files.every(({ file, size }) => statSync(join(target, file), { throwIfNoEntry: false })?.size === size);
}

interface Packages {
  readonly xen: ArchivePackage;
  readonly busybox: ArchivePackage;
  readonly kernel: ArchivePackage;
  readonly kernelDebug: ArchivePackage;
  readonly kernelSource: ArchivePackage;
}

async function resolvePackages(apt: Apt): Promise<Packages> {
  const dependency = await apt.field(KERNEL_META_PACKAGE, 'Depends');
  const [kernel] = dependency.split(/[ ,]/);
  const version = await apt.field(kernel, 'Version');
  return {
    // The release's own source: that of the security suite cannot always be fetched.
    xen: await apt.files('source', 'xen/bookworm'),
    busybox: await apt.files('source', 'busybox/bookworm'),
    kernel: await apt.files('binary', kernel),
    kernelDebug: await apt.files('binary', `${kernel}-dbg`),
    kernelSource: await apt.files('binary', `${KERNEL_SOURCE_PACKAGE}=${version}`),
  };
}

async function prepare(progress: Progress, isUpdate: boolean): Promise<Ingredients> {
  const apt = await step(progress, 'Package lists', () => Apt.open(isUpdate));
  const packages = await resolvePackages(apt);
  const fetch = (title: string, each: ArchivePackage): Promise<string> =>
    step(progress, `Fetch ${title}`, (current) => apt.fetch(each, current));
  const { xen, busybox, kernel, kernelDebug, kernelSource } = packages;
  const xenSource = await fetch('the sources of Xen', xen);
  const xenFolder = await cachedStep(progress, 'Build Xen', (current) => buildXen(xenSource, xen.files, current));
  const busyboxSource = await fetch('the sources of busybox', busybox);
  const config = join(ROOT, 'guests/busybox.config');
  const busyboxFolder = await cachedStep(progress, 'Build busybox', (current) =>
    buildBusybox(busyboxSource, busybox.files, config, current),
  );
  const kernelDownload = await fetch('the kernel', kernel);
  const kernelFolder = (await extractKernel(kernelDownload, kernel.files)).folder;
  const debugDownload = await fetch("the kernel's debug information", kernelDebug);
  const vmlinuxFolder = await cachedStep(progress, 'Unpack vmlinux', () =>
    extractVmlinux(debugDownload, kernelDebug.files),
  );
  const symbolFiles = {
    xen: await symbolFacts(join(xenFolder, 'xen-syms')),
    kernel: await symbolFacts(join(vmlinuxFolder, 'vmlinux')),
    busybox: await symbolFacts(join(busyboxFolder, 'busybox')),
  };
  const indexFolder = await cachedStep(progress, 'Index the symbols', () => indexSymbols(symbolFiles));
  const sourceDownload = await fetch("the kernel's sources", kernelSource);
  const prefixes = kernelPrefixes(symbolFiles.kernel.names);
  const kernelSources = await cachedStep(progress, 'Pick the sources that the line tables name', () =>
    extractKernelSources(sourceDownload, kernelSource.files, namesBelow(symbolFiles.kernel.names, prefixes)),
  );
  const own = (name: string, folder: string, names: string[]): Promise<Cached> =>
    copySources(name, join(folder, 'source'), names);
  return {
    versions: versionsOf(packages),
    init: join(ROOT, 'guests/init'),
    folders: { xen: xenFolder, busybox: busyboxFolder, kernel: kernelFolder, vmlinux: vmlinuxFolder },
    sources: {
      xen: (await own('xen', xenFolder, namesBelow(symbolFiles.xen.names, [XEN_SOURCE_PREFIX]))).folder,
      linux: kernelSources,
      busybox: (await own('busybox', busyboxFolder, namesBelow(symbolFiles.busybox.names, [BUSYBOX_SOURCE_PREFIX])))
        .folder,
    },
    symbolFiles,
    kernelPrefixes: prefixes,
    indices: {
      xen: join(indexFolder, 'xen'),
      kernel: join(indexFolder, 'kernel'),
      busybox: join(indexFolder, 'busybox'),
    },
  };
}

/** From the names of the files that were used. */
function versionsOf({ xen, busybox, kernel }: Packages): Record<string, string> {
  const version = ({ files }: ArchivePackage, pattern: RegExp): string =>
    files
      .map(({ name }) => pattern.exec(name))
      .find((match) => match !== null)?.[1]
      .replace('%3a', ':') ?? 'unknown';
  return {
    Xen: version(xen, /^xen_(.+)\.dsc$/),
    Linux: `${version(kernel, /^linux-image-(.+?)_/)} (${version(kernel, /_(.+?)_arm64\.deb$/)})`,
    BusyBox: version(busybox, /^busybox_(.+)\.dsc$/),
  };
}

/** Whether a pack that can be opened is in `target`. */
export function hasPack(target: string): boolean {
  return existsSync(join(target, 'manifest.json'));
}
