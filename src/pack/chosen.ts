/** `/chosen`: what Xen boots (Xen's docs/misc/arm/device-tree/booting.txt, "Creating Multiple Domains directly from Xen"). */
import { cells, type FdtNode, strings } from '../formats/fdt.ts';
import { node, regions, twoCells } from './tree-nodes.ts';

/** Something that is in memory for Xen to give to a domain: physical address and bytes. */
export interface BootModule {
  readonly address: number;
  readonly size: number;
}

/** A domain that Xen creates at boot. */
export interface BootDomain {
  /** For DomUs also the name of the node. */
  readonly hostname: string;
  readonly vcpus: number;
  /** MiB. */
  readonly memory: number;
  readonly bootargs: string;
  readonly kernel: BootModule;
  readonly initrd?: BootModule;
}

export interface BootPlan {
  readonly xenBootargs: string;
  /** Dom0 first. */
  readonly domains: readonly BootDomain[];
}

export function chosenNode({ xenBootargs, domains: [dom0, ...domUs] }: BootPlan): FdtNode {
  const properties = {
    ...twoCells,
    'stdout-path': 'serial0:115200n8',
    'xen,xen-bootargs': `${xenBootargs} dom0_mem=${dom0.memory}M dom0_max_vcpus=${dom0.vcpus} bootscrub=0`,
    'xen,dom0-bootargs': dom0.bootargs,
  };
  const module = (name: string, kind: string, { address, size }: BootModule): FdtNode =>
    node(name, { compatible: strings(`xen,${kind}`, 'xen,multiboot-module'), reg: regions(address, size) });
  return node('chosen', properties, [
    module('dom0', 'linux-zimage', dom0.kernel),
    ...(dom0.initrd ? [module('dom0-ramdisk', 'linux-initrd', dom0.initrd)] : []),
    ...domUs.map(domUNode),
  ]);
}

function domUNode({ hostname, memory, vcpus, bootargs, kernel, initrd }: BootDomain): FdtNode {
  const properties = {
    compatible: 'xen,domain',
    ...twoCells,
    // KiB
    memory: cells(0, memory * 1024),
    cpus: vcpus,
    vpl011: true,
    'xen,enhanced': 'enabled',
  } as const;
  const module = (kind: string, { address, size }: BootModule, more: Readonly<Record<string, string>> = {}): FdtNode =>
    node(`module@${address.toString(16)}`, {
      compatible: strings(`multiboot,${kind}`, 'multiboot,module'),
      reg: regions(address, size),
      ...more,
    });
  return node(hostname, properties, [
    module('kernel', kernel, { bootargs }),
    ...(initrd ? [module('ramdisk', initrd)] : []),
  ]);
}
