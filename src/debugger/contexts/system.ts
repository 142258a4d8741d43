/** The machine with its guests: who executes where, and how to read what they see. */
import type { DebugPort, PortSpace, RegimeView } from '../../emulator/debug-port.ts';
import type { GuestKernel, Hypervisor, TaskInfo } from './guests.ts';
import { isProgram, ModuleList, type SymbolModule } from './modules.ts';
import { Moment } from './moment.ts';
import { type AddressSpace, formatSpace } from './spaces.ts';

/** Who executes on a pCPU: (EL, VMID, ASID) resolved to domain, vCPU and task. */
export interface ExecutionContext {
  readonly cpu: number;
  readonly el: number;
  readonly pc: bigint;
  /** Domain that executes, or on whose behalf Xen does; undefined when idle or unknown. */
  readonly domain: number | undefined;
  readonly vcpu: number | undefined;
  readonly vcpuAddress: bigint | undefined;
  /** The guest's current task. */
  readonly task: bigint | undefined;
  /** Space of the PC. */
  readonly space: AddressSpace;
}

/** A space that nothing leads to at the moment. */
export class SpaceError extends Error {}

/** Bytes of a vCPU's stack in Xen on Arm (STACK_SIZE); it is aligned to its size. */
const XEN_STACK = 0x8000n;

export class System {
  /** Kernels of domains by domid. */
  readonly kernels = new Map<number, GuestKernel>();
  /** Spaces that have been found, by their notation. */
  readonly #spaces: Moment<Map<string, PortSpace>>;

  constructor(
    readonly port: DebugPort,
    /** Undefined without symbols for the hypervisor: then guests are told apart by VMID. */
    readonly hypervisor: Hypervisor | undefined,
    readonly modules: ModuleList,
  ) {
    this.#spaces = new Moment(port, () => new Map());
  }

  /** Who executes on a pCPU. */
  context(cpu: number): ExecutionContext {
    const { el, pc, vmid } = this.port.status(cpu);
    const current = this.hypervisor?.currentVcpu(cpu);
    const isIdle = current !== undefined && this.hypervisor?.isIdle(current.domid) === true;
    const owner = isIdle ? undefined : current;
    const domain = owner?.domid ?? (el < 2 && vmid > 0 && !current ? this.#domainOfVmid(vmid) : undefined);
    const task = owner && domain !== undefined ? this.kernels.get(domain)?.currentTask(owner.address) : undefined;
    const space = this.#spaceOf(cpu, el, domain);
    return { cpu, el, pc, domain, vcpu: current?.vcpu, vcpuAddress: current?.address, task, space };
  }

  /**
   * Equal for the same logical context: in a guest the task (or vCPU, where tasks are not known) and the level, in Xen the vCPU whose stack is used. It stays
   * the same through interrupts, preemption and migration.
   */
  contextKey(cpu: number, el = this.port.status(cpu).el): string {
    if (el === 2) return `xen ${this.#xenStack(cpu)}`;
    const vmid = this.port.status(cpu).vmid;
    const vcpu = this.hypervisor?.currentVcpuAddress(cpu);
    const domain = vcpu === undefined ? undefined : this.hypervisor?.currentVcpu(cpu)?.domid;
    const task = domain === undefined || vcpu === undefined ? undefined : this.kernels.get(domain)?.currentTask(vcpu);
    if (task !== undefined) return `vmid ${vmid} EL${el} task ${task}`;
    return `vmid ${vmid} EL${el} ${vcpu ?? `cpu ${cpu}`}`;
  }

  /** How to reach a space. `task` is whose program EL0 means; without it that of the domain's running task. Throws `SpaceError`. */
  portSpace(space: AddressSpace, task?: bigint): PortSpace {
    const key = `${formatSpace(space)} ${task ?? ''}`;
    const known = this.#spaces.value;
    const found = known.get(key) ?? this.#findSpace(space, task);
    known.set(key, found);
    return found;
  }

  #findSpace(space: AddressSpace, task: bigint | undefined): PortSpace {
    switch (space.kind) {
      case 'pa':
        return { kind: 'pa' };
      case 'cpu':
        return { kind: 'va', view: this.port.view(space.cpu) };
      case 'xen':
        return { kind: 'va', view: this.port.view(0, 2) };
      case 'ipa':
        return { kind: 'ipa', view: this.#guestView(space.domain, 1) };
      case 'guest':
        return {
          kind: 'va',
          view: space.el === 1 ? this.#guestView(space.domain, 1) : this.#programView(space.domain, task),
        };
    }
  }

  /** Bytes; shorter when they end early. Throws `SpaceError`. */
  read(space: AddressSpace, address: bigint, length: number, task?: bigint): Uint8Array {
    return this.port.read(this.portSpace(space, task), address, length).bytes;
  }

  /** The module whose code is in `space`. */
  moduleIn(space: AddressSpace, task?: bigint): SymbolModule | undefined {
    if (space.kind !== 'guest' || space.el !== 0) return this.modules.in(space);
    const owner = task ?? this.#someTask(space.domain);
    const program = owner === undefined ? undefined : this.kernels.get(space.domain)?.program(owner);
    return this.modules.in(space, program);
  }

  /** True when the task that a pCPU works for executes `module`. */
  runsProgram(cpu: number, module: SymbolModule): boolean {
    const { domain, task } = this.context(cpu);
    const program = domain === undefined || task === undefined ? undefined : this.kernels.get(domain)?.program(task);
    return program === undefined || isProgram(module, program);
  }

  /** What is added to link addresses of a module in a space; undefined while that cannot be told. */
  slide(module: SymbolModule, space: AddressSpace): bigint | undefined {
    if (module.role !== 'kernel' || space.kind !== 'guest') return 0n;
    const kernel = this.kernels.get(space.domain);
    return kernel ? kernel.slide() : 0n;
  }

  task(domain: number | undefined, task: bigint | undefined): TaskInfo | undefined {
    return domain === undefined || task === undefined ? undefined : this.kernels.get(domain)?.task(task);
  }

  vmidOf(domain: number): number | undefined {
    return this.hypervisor?.domain(domain)?.vmid;
  }

  #domainOfVmid(vmid: number): number | undefined {
    return this.hypervisor?.domidOfVmid(vmid);
  }

  #spaceOf(cpu: number, el: number, domain: number | undefined): AddressSpace {
    if (el === 2) return { kind: 'xen' };
    return domain === undefined ? { kind: 'cpu', cpu } : { kind: 'guest', domain, el: el === 0 ? 0 : 1 };
  }

  /** Xen gives each vCPU a stack of its own; its address, whether Xen or the guest executes now. */
  #xenStack(cpu: number): bigint {
    const { el, sp } = this.port.status(cpu);
    const stack = el === 2 ? sp : (this.port.readRegister(cpu, 'SP_EL2') ?? 0n);
    // The guest's entry point into Xen is the end of the stack, less one structure.
    return (stack - 1n) / XEN_STACK;
  }

  #guestView(domain: number, el: 0 | 1): RegimeView {
    const vcpu = this.#someVcpu(domain);
    if (vcpu === undefined || !this.hypervisor) throw new SpaceError(`there is no domain ${domain}`);
    return this.hypervisor.guestView(vcpu, el);
  }

  #programView(domain: number, task: bigint | undefined): RegimeView {
    const vcpu = this.#someVcpu(domain);
    const owner = task ?? this.#someTask(domain);
    const view =
      vcpu === undefined || owner === undefined ? undefined : this.kernels.get(domain)?.taskView(owner, vcpu);
    return view ?? this.#guestView(domain, 0);
  }

  /** A vCPU that runs, or the first one. */
  #someVcpu(domain: number): bigint | undefined {
    const vcpus = this.hypervisor?.domain(domain)?.vcpus ?? [];
    return (vcpus.find(({ isRunning }) => isRunning) ?? vcpus.at(0))?.address;
  }

  #someTask(domain: number): bigint | undefined {
    const vcpu = this.#someVcpu(domain);
    return vcpu === undefined ? undefined : this.kernels.get(domain)?.currentTask(vcpu);
  }
}
