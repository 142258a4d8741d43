/** What GDB's processes and threads are in the machine: their registers, their memory, and where they are. */
import type { ContextFilter, PortSpace } from '../../emulator/debug-port.ts';
import type { RegisterValues, VcpuInfo } from '../contexts/guests.ts';
import type { System } from '../contexts/system.ts';
import { type ThreadId, XEN_PID } from './threads.ts';

/** A thread and what to say of it. */
export interface ThreadInfo extends ThreadId {
  /** `d1v0`, `pCPU 2`. */
  readonly name: string;
  /** `DomU1, running on pCPU 2`. */
  readonly description: string;
  /** pCPU. */
  readonly core: number;
}

/** What is asked of a thread that does not exist. */
export class NoSuchThread extends Error {}

/** Offset of the vector for synchronous exceptions from a lower level (Arm ARM D1.10.2). */
const LOWER_LEVEL_VECTOR = 0x400n;
/** PSTATE after an exception to EL2: EL2h, all masked. */
const EL2_ENTRY_PSTATE = 0x3c9n;
/** Registers that Xen will find as its guest left them: nobody's while the guest executes. */
const UNKNOWN_WHILE_OUTSIDE = /^(X\d+|V\d+|FP[CS]R)$/;

export class Targets {
  constructor(readonly system: System) {}

  /** Every thread of every process, in the order of their numbers. */
  all(): ThreadInfo[] {
    const { hypervisor } = this.system;
    const domains = hypervisor?.domains() ?? [];
    const guests = domains
      .toSorted((a, b) => a.domid - b.domid)
      .flatMap(({ domid, name, vcpus }) => vcpus.map((vcpu) => this.#vcpuThread(domid, name, vcpu)));
    return [...guests, ...this.#cpuThreads()];
  }

  exists(thread: ThreadId): boolean {
    if (thread.pid === XEN_PID) return this.#isOn(thread.tid - 1);
    return this.#vcpuInfo(thread) !== undefined;
  }

  /** Whose thread a pCPU executes at this moment. */
  onCpu(cpu: number): ThreadId {
    if (this.system.port.status(cpu).el < 2) {
      const { domain, vcpu } = this.system.context(cpu);
      if (domain !== undefined && vcpu !== undefined) return { pid: domain + 1, tid: vcpu + 1 };
    }
    return { pid: XEN_PID, tid: cpu + 1 };
  }

  /** pCPU that executes a thread's own instructions at this moment. */
  cpuOf(thread: ThreadId): number | undefined {
    const { port } = this.system;
    if (thread.pid === XEN_PID) return port.status(thread.tid - 1).el === 2 ? thread.tid - 1 : undefined;
    const cpu = this.system.hypervisor?.cpuOf(this.vcpuAddress(thread));
    return cpu !== undefined && port.status(cpu).el < 2 ? cpu : undefined;
  }

  /** Address of `struct vcpu` of a domain's thread. Throws `NoSuchThread`. */
  vcpuAddress(thread: ThreadId): bigint {
    const info = this.#vcpuInfo(thread);
    if (!info) throw new NoSuchThread(`p${thread.pid}.${thread.tid}`);
    return info.address;
  }

  registers(thread: ThreadId): RegisterValues {
    if (thread.pid === XEN_PID) return this.#xenRegisters(thread.tid - 1);
    const { hypervisor } = this.system;
    if (!hypervisor) throw new NoSuchThread(`p${thread.pid}.${thread.tid}`);
    return hypervisor.guestRegisters(this.vcpuAddress(thread));
  }

  /** Memory as a thread sees it; its domain need not run. */
  memory(thread: ThreadId): PortSpace {
    const { port, hypervisor } = this.system;
    if (thread.pid === XEN_PID || !hypervisor) return { kind: 'va', view: port.view(Math.max(thread.tid - 1, 0), 2) };
    return { kind: 'va', view: hypervisor.guestView(this.vcpuAddress(thread), 1) };
  }

  /** What is to be added to link addresses of a process's kernel; undefined while that cannot be told. */
  slide({ pid }: ThreadId): bigint | undefined {
    return pid === XEN_PID ? 0n : this.system.kernels.get(pid - 1)?.slide();
  }

  /** Contexts in which a process executes. */
  filter(pid: number): ContextFilter {
    if (pid === XEN_PID) return this.system.hypervisor ? { el: 2 } : {};
    const vmid = this.system.vmidOf(pid - 1);
    if (vmid === undefined) throw new NoSuchThread(`process ${pid}`);
    return { el: [0, 1], vmid };
  }

  #vcpuInfo({ pid, tid }: ThreadId): VcpuInfo | undefined {
    return this.system.hypervisor?.vcpu(pid - 1, tid - 1);
  }

  #vcpuThread(domid: number, domain: string, vcpu: VcpuInfo): ThreadInfo {
    const { label, runstate, processor } = vcpu;
    const cpu = this.system.hypervisor?.cpuOf(vcpu.address);
    const place = cpu === undefined ? `last on pCPU ${processor}` : `on pCPU ${cpu}, EL${this.#el(cpu)}`;
    const description = `${domain}, ${runstate}, ${place}`;
    return { pid: domid + 1, tid: vcpu.vcpu + 1, name: label, description, core: cpu ?? processor };
  }

  #cpuThreads(): ThreadInfo[] {
    const cpus = Array.from({ length: this.system.port.cpuCount }, (_, cpu) => cpu).filter((cpu) => this.#isOn(cpu));
    return cpus.map((cpu) => {
      const current = this.system.hypervisor?.currentVcpu(cpu);
      const vcpu = current && this.system.hypervisor?.vcpuOfAddress(current.address);
      const description = `Xen, EL${this.#el(cpu)}${vcpu ? `, for ${vcpu.label}` : ''}`;
      return { pid: XEN_PID, tid: cpu + 1, name: `pCPU ${cpu}`, description, core: cpu };
    });
  }

  #el(cpu: number): number {
    return this.system.port.status(cpu).el;
  }

  #isOn(cpu: number): boolean {
    return cpu >= 0 && cpu < this.system.port.cpuCount && this.system.port.status(cpu).isPowered;
  }

  /**
   * A pCPU's, while Xen executes there. While a guest does, Xen stands before the vector by which it will be entered, and its general registers are
   * those that the guest will leave.
   */
  #xenRegisters(cpu: number): RegisterValues {
    const { port, hypervisor } = this.system;
    if (!this.#isOn(cpu)) throw new NoSuchThread(`pCPU ${cpu}`);
    const isLive = this.#el(cpu) === 2 || !hypervisor;
    const isFixed = (name: string): boolean => !isLive && (name in WAITING || UNKNOWN_WHILE_OUTSIDE.test(name));
    const read = (name: string): bigint | undefined => port.readRegister(cpu, name);
    return {
      isLive,
      label: `pCPU ${cpu}`,
      read: (name) => (isFixed(name) ? WAITING[name]?.(read) : read(name)),
      write: (name, value) => !isFixed(name) && port.writeRegister(cpu, name, value),
    };
  }
}

type Read = (name: string) => bigint | undefined;

/** What Xen's registers will be when it is entered. */
const WAITING: Readonly<Record<string, (read: Read) => bigint | undefined>> = {
  PC: (read) => (read('VBAR_EL2') ?? 0n) + LOWER_LEVEL_VECTOR,
  SP: (read) => read('SP_EL2'),
  PSTATE: () => EL2_ENTRY_PSTATE,
};
