/** What the debugger wants to know of a hypervisor and of the kernels it runs. Awareness of a particular system implements it. */
import type { RegimeView } from '../../emulator/debug-port.ts';

/** Xen's runstates (public/vcpu.h), in their order. */
export const RUNSTATES = ['running', 'runnable', 'blocked', 'offline'] as const;
export type Runstate = (typeof RUNSTATES)[number];

/** A virtual CPU. */
export interface VcpuInfo {
  /** Address of `struct vcpu`, in Xen's space. */
  readonly address: bigint;
  readonly domid: number;
  readonly vcpu: number;
  /** `d1v0`, as Xen's `%pv` prints it. */
  readonly label: string;
  /** pCPU it runs on, or last ran or will run on. */
  readonly processor: number;
  readonly isRunning: boolean;
  /** Taken out of service by its guest. */
  readonly isDown: boolean;
  readonly runstate: Runstate;
  /** Seconds spent running. */
  readonly time: number;
  /** pCPUs, as `xl` writes them: `all`, `0`, `0-1`. */
  readonly hardAffinity: string;
  readonly softAffinity: string;
}

/** A domain. */
export interface DomainInfo {
  /** Address of `struct domain`, in Xen's space. */
  readonly address: bigint;
  readonly domid: number;
  readonly name: string;
  readonly vmid: number;
  readonly vttbr: bigint;
  /** Pages of 4 KiB. */
  readonly pages: number;
  /** Letters `rbpscd`, a dash for each that does not hold, as `xl list` has them. */
  readonly state: string;
  /** Seconds its vCPUs have run. */
  readonly time: number;
  readonly vcpus: readonly VcpuInfo[];
}

/** A task of a guest kernel. */
export interface TaskInfo {
  /** Address of its structure, at EL1 of the domain. */
  readonly address: bigint;
  readonly pid: number;
  readonly tgid: number;
  readonly comm: string;
  /** As ps prints it: `R`, `S`, `D`, `T`, `t`, `Z`, `X`, `I`. */
  readonly state: string;
  /** It has no user memory. */
  readonly isKernelThread: boolean;
}

/** Which vCPU a pCPU works for. `domid` is that of the idle domain when it works for nobody. */
export interface CurrentVcpu {
  readonly address: bigint;
  readonly domid: number;
  readonly vcpu: number;
}

/** Registers by name, and whether they are those of a pCPU at this moment. */
export interface RegisterValues {
  readonly isLive: boolean;
  /** `pCPU 2`, `d1v0, saved in struct vcpu`. */
  readonly label: string;
  read(name: string): bigint | undefined;
  /** False when it cannot be written. */
  write(name: string, value: bigint): boolean;
}

/** Awareness of the hypervisor. All answers are read from the machine at the time of the question. */
export interface Hypervisor {
  /** Names of hypercalls (`xen_version`), by number. */
  readonly hypercalls: ReadonlyMap<number, string>;
  domains(): DomainInfo[];
  domain(domid: number): DomainInfo | undefined;
  domidOfVmid(vmid: number): number | undefined;
  /** The vCPU on whose behalf a pCPU executes; undefined before the hypervisor is up. */
  currentVcpu(cpu: number): CurrentVcpu | undefined;
  /** Address of the vCPU structure that a pCPU executes for; the cheap form. */
  currentVcpuAddress(cpu: number): bigint | undefined;
  vcpu(domid: number, vcpu: number): VcpuInfo | undefined;
  vcpuOfAddress(address: bigint): VcpuInfo | undefined;
  /** pCPU whose registers are the vCPU's own at this moment. */
  cpuOf(vcpuAddress: bigint): number | undefined;
  /** Registers of the vCPU as its guest sees them: of its pCPU, or as saved. */
  guestRegisters(vcpuAddress: bigint): RegisterValues;
  /** Registers of the hypervisor where it stopped executing for this vCPU. */
  hypervisorRegisters(vcpuAddress: bigint): RegisterValues;
  /** The eyes of a vCPU at EL0 or EL1. */
  guestView(vcpuAddress: bigint, el: 0 | 1): RegimeView;
  /** Xen's own eyes. */
  view(): RegimeView;
  isIdle(domid: number): boolean;
}

/** Awareness of one domain's kernel. */
export interface GuestKernel {
  /** Difference between where the kernel runs and where it was linked. */
  slide(): bigint | undefined;
  tasks(): TaskInfo[];
  /** Task that a vCPU runs. */
  currentTask(vcpuAddress: bigint): bigint | undefined;
  task(address: bigint): TaskInfo | undefined;
  /** Address of the user registers saved on a task's kernel stack. */
  userRegisters(task: bigint): bigint | undefined;
  /** Path-less name of the program that a task executes. */
  program(task: bigint): string | undefined;
  /** What tells a task's user memory from any other; 0 when it has none. */
  userMemory(task: bigint): bigint | undefined;
  /** The eyes of a task's program, whether it runs or not. */
  taskView(task: bigint, vcpuAddress: bigint): RegimeView | undefined;
}
