/** What the default pack's machine is made of: where its images lie and which domains Xen creates. */
import type { BootDomain, BootPlan } from './chosen.ts';

/** A domain to be created by Xen at boot ("dom0less" for the DomUs). */
export interface DomainPlan {
  readonly domid: number;
  /** As a person calls it. */
  readonly name: string;
  /** Its `who=` and prompt; for DomUs also the name of its node. */
  readonly hostname: string;
  readonly vcpus: number;
  /** MiB. */
  readonly memory: number;
}

/** Physical addresses of what is in memory before the first instruction. */
export const loadAddress = {
  /** Xen wants a 2 MiB boundary; this is also where QEMU puts it. */
  xen: 0x0020_0000,
  deviceTree: 0x0800_0000,
  dom0Kernel: 0x1000_0000,
  dom0Initrd: 0x1400_0000,
  domUKernel: 0x1800_0000,
  domUInitrd: 0x1c00_0000,
} as const;

/** Bytes of DDR low that the board's device tree tells of: 2 GiB without the last MiB, which firmware keeps. */
export const memorySize = 0x7ff0_0000;

export const cpuCount = 4;

export const domains: readonly DomainPlan[] = [
  { domid: 0, name: 'Dom0', hostname: 'dom0', vcpus: 2, memory: 256 },
  { domid: 1, name: 'DomU1', hostname: 'domU1', vcpus: 2, memory: 192 },
  { domid: 2, name: 'DomU2', hostname: 'domU2', vcpus: 1, memory: 160 },
];

/** How they boot; sizes in bytes. */
export function defaultBoot(kernelSize: number, initrdSize: number): BootPlan {
  return {
    xenBootargs: 'console=dtuart dtuart=serial0',
    domains: domains.map(({ domid, hostname, vcpus, memory }): BootDomain => {
      const [console, kernel, initrd] =
        domid === 0
          ? ['console=hvc0 earlycon=xen earlyprintk=xen', loadAddress.dom0Kernel, loadAddress.dom0Initrd]
          : ['console=ttyAMA0 earlycon', loadAddress.domUKernel, loadAddress.domUInitrd];
      return {
        hostname,
        vcpus,
        memory,
        bootargs: `${console} nokaslr rdinit=/init who=${hostname}`,
        kernel: { address: kernel, size: kernelSize },
        initrd: { address: initrd, size: initrdSize },
      };
    }),
  };
}
