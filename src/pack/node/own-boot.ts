/** Where the images of a person's system lie, and the device tree that tells Xen of them. */
import { readFile } from 'node:fs/promises';
import { type Fdt, FdtError, type FdtNode, readFdt, writeFdt } from '../../formats/fdt.ts';
import { LinuxImageError, readLinuxImage } from '../../formats/linux-image.ts';
import { type BootDomain, type BootModule, chosenNode } from '../chosen.ts';
import { cpuCount, loadAddress, memorySize } from '../default-machine.ts';
import { makeDeviceTree } from '../device-tree.ts';
import type { PackImage } from '../manifest.ts';
import { type TreeFacts, treeFacts } from '../tree-facts.ts';
import { node, regions } from '../tree-nodes.ts';
import { BuildError } from './build-error.ts';
import type { OwnDomain, OwnSystem } from './own-system.ts';

/** A file of the person's at a physical address. */
export interface PlacedImage {
  readonly role: PackImage['role'];
  /** Absolute. */
  readonly file: string;
  readonly address: number;
  readonly bytes: Uint8Array;
}

/** Everything that is in memory before the first instruction, but for the tree, and the tree. */
export interface OwnBoot {
  readonly images: readonly PlacedImage[];
  readonly tree: Uint8Array;
  readonly treeAddress: number;
  readonly facts: TreeFacts;
  /** What was changed in the person's tree. */
  readonly notes: readonly string[];
}

/** Boot images begin at 2 MiB boundaries. */
const BOUNDARY = 0x20_0000;
const DOM0_ARGUMENTS = 'console=hvc0 earlycon=xen earlyprintk=xen';
const DOMU_ARGUMENTS = 'console=ttyAMA0 earlycon';

const hex = (value: number): string => `0x${value.toString(16)}`;

async function readImage(role: PlacedImage['role'], file: string): Promise<Uint8Array> {
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw new BuildError(`${file} cannot be read: ${error.code === 'ENOENT' ? 'no such file' : error.message}`);
  });
  try {
    if (role !== 'initrd') readLinuxImage(bytes);
  } catch (error) {
    if (error instanceof LinuxImageError) throw new BuildError(`${file}: ${error.message}`);
    throw error;
  }
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

async function readTree(file: string): Promise<Fdt> {
  const bytes = await readFile(file).catch(() => {
    throw new BuildError(`${file} cannot be read`);
  });
  try {
    return readFdt(new Uint8Array(bytes));
  } catch (error) {
    if (error instanceof FdtError) throw new BuildError(`${file}: ${error.message}`);
    throw error;
  }
}

/** Gives every file that domains name a place of its own, one after the other. */
class Layout {
  readonly images: PlacedImage[] = [];
  #next: number = loadAddress.dom0Kernel;

  constructor(readonly at: (path: string) => string) {}

  async put(role: PlacedImage['role'], path: string, address?: number): Promise<BootModule> {
    const file = this.at(path);
    const known = this.images.find((image) => image.file === file);
    if (known) return { address: known.address, size: known.bytes.length };
    const bytes = await readImage(role, file);
    const image = { role, file, address: address ?? this.#next, bytes };
    this.images.push(image);
    if (address === undefined) this.#next += Math.ceil(bytes.length / BOUNDARY) * BOUNDARY;
    return { address: image.address, size: bytes.length };
  }

  async domain(domain: OwnDomain, index: number): Promise<BootDomain> {
    const { name, vcpus, memory } = domain;
    const bootargs = domain.bootargs ?? (index === 0 ? DOM0_ARGUMENTS : DOMU_ARGUMENTS);
    const kernel = await this.put('kernel', domain.kernel);
    const initrd = domain.initrd === undefined ? undefined : await this.put('initrd', domain.initrd);
    return { hostname: name, vcpus, memory, bootargs, kernel, ...(initrd ? { initrd } : {}) };
  }
}

/** The tree with the memory that the machine has: the board's own has more. */
function withMachineMemory(tree: Fdt, notes: string[]): Fdt {
  const isMemory = ({ name }: FdtNode): boolean => name.startsWith('memory');
  const memory = node('memory@0', { device_type: 'memory', reg: regions(0, memorySize) });
  const children = tree.root.children.filter((child) => !isMemory(child));
  notes.push(`/memory now tells of what this machine has: ${memorySize / 2 ** 20} MiB at 0`);
  return { ...tree, root: { ...tree.root, children: [...children, memory] } };
}

function withChosen(tree: Fdt, chosen: FdtNode): Fdt {
  const others = tree.root.children.filter(({ name }) => name !== 'chosen');
  return { ...tree, root: { ...tree.root, children: [...others, chosen] } };
}

/** Every module that the tree tells of must be an image, with all its bytes. */
function checkModules({ modules }: TreeFacts, images: readonly PlacedImage[]): void {
  const there = images.map(({ file, address }) => `  ${hex(address)} ${file}`).join('\n');
  for (const { path, address, size } of modules) {
    const image = images.find((each) => each.address === address);
    if (!image) {
      throw new BuildError(
        `The device tree says that ${path} is at ${hex(address)}, where no image is. Images:\n${there}`,
      );
    }
    if (image.bytes.length > size) {
      const sizes = `${image.bytes.length} bytes; the device tree gives it ${size}`;
      throw new BuildError(`${image.file} (${path}) has ${sizes}: write its size into the tree's reg property.`);
    }
  }
}

function checkPlaces(images: readonly PlacedImage[], treeAddress: number, treeSize: number): void {
  const places = [
    ...images.map(({ file, address, bytes }) => ({ file, address, end: address + bytes.length })),
    { file: 'the device tree', address: treeAddress, end: treeAddress + treeSize },
  ].toSorted((a, b) => a.address - b.address);
  places.forEach(({ file, address, end }, index) => {
    if (end > memorySize) throw new BuildError(`${file} at ${hex(address)} ends beyond the machine's memory.`);
    const next = places[index + 1];
    if (next && next.address < end) throw new BuildError(`${file} and ${next.file} overlap at ${hex(next.address)}.`);
  });
}

/** Puts the system together. Rejects with `BuildError` when it cannot boot for a reason that can be seen. */
export async function ownBoot(system: OwnSystem, at: (path: string) => string): Promise<OwnBoot> {
  const notes: string[] = [];
  const layout = new Layout(at);
  const own = system.deviceTree === undefined ? undefined : await readTree(at(system.deviceTree));
  let tree = own && withMachineMemory(own, notes);
  if ('images' in system) {
    for (const { role, file, address } of system.images) await layout.put(role, file, address);
  } else {
    await layout.put('hypervisor', system.xen, loadAddress.xen);
    const domains: BootDomain[] = [];
    for (const [index, domain] of system.domains.entries()) domains.push(await layout.domain(domain, index));
    const boot = { xenBootargs: system.xenBootargs ?? 'console=dtuart dtuart=serial0', domains };
    tree = tree ? withChosen(tree, chosenNode(boot)) : readFdt(makeDeviceTree({ boot, gic: 'board' }));
  }
  if (!tree) throw new BuildError('no device tree');
  const bytes = writeFdt(tree);
  const treeAddress = 'images' in system ? system.deviceTreeAddress : loadAddress.deviceTree;
  const facts = treeFacts(tree, cpuCount);
  if (facts.domains.length === 0) throw new BuildError('The device tree has no /chosen with a kernel for any domain.');
  checkModules(facts, layout.images);
  checkPlaces(layout.images, treeAddress, bytes.length);
  return { images: layout.images, tree: bytes, treeAddress, facts, notes };
}
