/** What a device tree with a filled `/chosen` tells of the system that it boots: memory, domains, and where Xen will look for their images. */
import { type Fdt, type FdtNode, findNode, findProperty } from '../formats/fdt.ts';
import type { BootModule } from './chosen.ts';

/** A module with the path of the node that tells of it. */
export interface NamedModule extends BootModule {
  readonly path: string;
}

/** A domain that Xen will create. */
export interface TreeDomain {
  readonly domid: number;
  /** The name of its node; `dom0`. */
  readonly hostname: string;
  readonly vcpus: number;
  /** MiB. */
  readonly memory: number;
}

export interface TreeFacts {
  readonly domains: readonly TreeDomain[];
  readonly modules: readonly NamedModule[];
}

const decoder = new TextDecoder();

function text(node: FdtNode, name: string): string {
  return decoder.decode(findProperty(node, name) ?? new Uint8Array()).replace(/\0$/, '');
}

function isCompatible(node: FdtNode, ...names: readonly string[]): boolean {
  const all = text(node, 'compatible').split('\0');
  return names.some((name) => all.includes(name));
}

/** A property as numbers of as many 32-bit cells as `widths` says. */
function numbers(node: FdtNode, name: string, ...widths: readonly number[]): number[] {
  const value = findProperty(node, name) ?? new Uint8Array();
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
  let at = 0;
  return widths.map((width) => {
    let result = 0;
    for (let cell = 0; cell < width && at + 4 <= value.length; cell++, at += 4) {
      result = result * 2 ** 32 + view.getUint32(at);
    }
    return result;
  });
}

function modulesBelow(parent: FdtNode, path: string): NamedModule[] {
  const width = (name: string, fallback: number): number =>
    findProperty(parent, name) ? numbers(parent, name, 1)[0] : fallback;
  const [addressCells, sizeCells] = [width('#address-cells', 2), width('#size-cells', 1)];
  const modules = parent.children.filter((node) => isCompatible(node, 'multiboot,module', 'xen,multiboot-module'));
  return modules.map((node) => {
    const [address, size] = numbers(node, 'reg', addressCells, sizeCells);
    return { path: `${path}/${node.name}`, address, size };
  });
}

/** `dom0_mem=1G,max:2G` in MiB. Xen's own default is 512 MiB. */
function dom0Memory(bootargs: string): number {
  const [, number = '512', unit = 'M'] = /\bdom0_mem=(\d+)([KMG]?)/i.exec(bootargs) ?? [];
  const scale: Readonly<Record<string, number>> = { K: 1 / 1024, M: 1, G: 1024 };
  return Math.round(Number(number) * (scale[unit.toUpperCase()] ?? 1 / 1024));
}

/** Reads the facts. `cpus`: how many Dom0 gets when nothing is said. */
export function treeFacts({ root }: Fdt, cpus: number): TreeFacts {
  const chosen = findNode(root, 'chosen');
  if (!chosen) return { domains: [], modules: [] };
  const bootargs = text(chosen, 'xen,xen-bootargs') || text(chosen, 'bootargs');
  const dom0Modules = modulesBelow(chosen, '/chosen');
  const dom0: TreeDomain = {
    domid: 0,
    hostname: 'dom0',
    vcpus: Number(/\bdom0_max_vcpus=(\d+)/.exec(bootargs)?.[1] ?? cpus),
    memory: dom0Memory(bootargs),
  };
  const nodes = chosen.children.filter((node) => isCompatible(node, 'xen,domain'));
  const domUs = nodes.map((node, index): TreeDomain => ({
    domid: index + 1,
    hostname: node.name,
    vcpus: numbers(node, 'cpus', 1)[0] || 1,
    memory: numbers(node, 'memory', 2)[0] / 1024,
  }));
  const domUModules = nodes.flatMap((node) => modulesBelow(node, `/chosen/${node.name}`));
  return {
    domains: [...(dom0Modules.length > 0 ? [dom0] : []), ...domUs],
    modules: [...dom0Modules, ...domUModules],
  };
}
