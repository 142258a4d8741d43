/** Puts the parts of the default pack into its folder and writes the manifest. */
import { join } from 'node:path';
import { cpuCount, defaultBoot, domains, loadAddress, memorySize } from '../default-machine.ts';
import { makeDeviceTree } from '../device-tree.ts';
import { type Manifest, MANIFEST_FORMAT, type PackFileEntry, type PackImage, type PackSymbols } from '../manifest.ts';
import { BUSYBOX_SOURCE_PREFIX } from './busybox.ts';
import { makeInitrd } from './initrd.ts';
import type { PackFolder } from './pack-folder.ts';
import { filesBelow } from './sources.ts';
import type { SymbolFacts } from './symbol-index.ts';
import { XEN_SOURCE_PREFIX } from './xen.ts';

/** Folders with the results of the steps before. */
export interface Ingredients {
  readonly versions: Readonly<Record<string, string>>;
  /** Path of `/init`. */
  readonly init: string;
  readonly folders: Readonly<Record<'xen' | 'busybox' | 'kernel' | 'vmlinux', string>>;
  readonly sources: Readonly<Record<'xen' | 'linux' | 'busybox', string>>;
  readonly symbolFiles: Readonly<Record<'xen' | 'kernel' | 'busybox', SymbolFacts>>;
  readonly kernelPrefixes: readonly string[];
  /** Paths of the symbol files' indices. */
  readonly indices: Readonly<Record<'xen' | 'kernel' | 'busybox', string>>;
}

/** The device tree for QEMU, which is no part of the machine's images. */
export const QEMU_DEVICE_TREE = 'zcu102-qemu.dtb';

/** Fills `folder`; the manifest has no snapshot yet. */
export async function assemble(folder: PackFolder, ingredients: Ingredients): Promise<Manifest> {
  await folder.begin();
  const manifest: Manifest = {
    format: MANIFEST_FORMAT,
    name: 'Xen with Dom0 and two DomUs',
    versions: { ...ingredients.versions },
    memory: memorySize,
    cpus: cpuCount,
    entry: { pc: loadAddress.xen, el: 2, x0: loadAddress.deviceTree },
    images: await putImages(folder, ingredients),
    domains: domains.map((domain) => ({ ...domain, vmid: domain.domid + 1 })),
    symbols: await putSymbols(folder, ingredients),
    sourceIndex: await putSources(folder, ingredients),
  };
  await folder.writeManifest(manifest);
  return manifest;
}

async function putImages(folder: PackFolder, { folders, init }: Ingredients): Promise<PackImage[]> {
  const xen = await folder.copy(join(folders.xen, 'xen'), 'xen');
  const kernel = await folder.copy(join(folders.kernel, 'linux'), 'linux');
  const initrd = await folder.write('initrd.cpio', await makeInitrd(folders.busybox, init));
  const boot = defaultBoot(kernel.size, initrd.size);
  const deviceTree = await folder.write('zcu102.dtb', makeDeviceTree({ boot, gic: 'board' }));
  await folder.write(QEMU_DEVICE_TREE, makeDeviceTree({ boot, gic: 'qemu' }));
  const { dom0Kernel, domUKernel, dom0Initrd, domUInitrd } = loadAddress;
  return [
    { role: 'hypervisor', ...xen, addresses: [loadAddress.xen] },
    { role: 'kernel', ...kernel, addresses: [dom0Kernel, domUKernel] },
    { role: 'initrd', ...initrd, addresses: [dom0Initrd, domUInitrd] },
    { role: 'device-tree', ...deviceTree, addresses: [loadAddress.deviceTree] },
  ];
}

async function putSymbols(folder: PackFolder, ingredients: Ingredients): Promise<PackSymbols[]> {
  const { folders, symbolFiles, kernelPrefixes, indices } = ingredients;
  const all = domains.map(({ domid }) => domid);
  const root = (prefix: string, name: string): PackSymbols['sourceRoots'][number] => ({
    prefix,
    folder: `sources/${name}`,
  });
  return [
    {
      ...(await folder.copy(join(folders.xen, 'xen-syms'), 'xen-syms')),
      role: 'xen',
      name: 'Xen',
      buildId: symbolFiles.xen.buildId,
      domains: [],
      sourceRoots: [root(XEN_SOURCE_PREFIX, 'xen')],
      index: await folder.copy(indices.xen, 'xen-syms.index'),
    },
    {
      ...(await folder.copy(join(folders.vmlinux, 'vmlinux'), 'vmlinux')),
      role: 'kernel',
      name: 'Linux',
      buildId: symbolFiles.kernel.buildId,
      domains: all,
      sourceRoots: kernelPrefixes.map((prefix) => root(prefix, 'linux')),
      index: await folder.copy(indices.kernel, 'vmlinux.index'),
    },
    {
      ...(await folder.copy(join(folders.busybox, 'busybox'), 'busybox')),
      role: 'program',
      name: 'busybox',
      buildId: symbolFiles.busybox.buildId,
      domains: all,
      guestPath: '/bin/busybox',
      sourceRoots: [root(BUSYBOX_SOURCE_PREFIX, 'busybox')],
      index: await folder.copy(indices.busybox, 'busybox.index'),
    },
  ];
}

async function putSources(folder: PackFolder, { sources }: Ingredients): Promise<PackFileEntry> {
  const names: string[] = [];
  for (const [name, from] of Object.entries(sources)) {
    await folder.copyFolder(from, `sources/${name}`);
    names.push(...(await filesBelow(from)).map((file) => `sources/${name}/${file}`));
  }
  return folder.write('sources/index.json', JSON.stringify(names));
}
