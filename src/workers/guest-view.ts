/** The machine as the debugger knows it, with the pack's word for it where there are no symbols: spaces, contexts, names of addresses. */
import type { Debugger } from '../debugger/debugger.ts';
import type { SymbolModule } from '../debugger/contexts/modules.ts';
import type { DebugPort, PortSpace } from '../emulator/debug-port.ts';
import type { AddressInfo } from '../debugger/symbols/symbol-file.ts';
import { type AddressSpace, formatSpace, type Location } from '../protocol/address.ts';
import type { MemoryBlock } from '../protocol/inspect.ts';
import { type Target, targetKey } from '../protocol/target.ts';
import { formatSymbol } from './symbol-modules.ts';

const PAGE = 4096n;

/** Who executes on a pCPU. */
export interface CpuContext {
  readonly el: number;
  readonly pc: bigint;
  /** Undefined when idle or unknown. */
  readonly domain: number | undefined;
  readonly vcpu: number | undefined;
  readonly task: bigint | undefined;
  readonly space: AddressSpace;
}

export class GuestView {
  constructor(
    readonly port: DebugPort,
    readonly debug: Debugger,
    /** What the pack says of VMIDs. */
    private readonly domainOfVmid: (vmid: number) => number | undefined,
  ) {}

  /** Who executes on a pCPU: by Xen's own structures, else by the VMID. */
  context(cpu: number): CpuContext {
    const { system } = this.debug;
    if (system.hypervisor) return system.context(cpu);
    const { el, pc, vmid, isAsleep } = this.port.status(cpu);
    const domain = el === 2 && isAsleep ? undefined : this.domainOfVmid(vmid);
    const isGuest = el < 2 && domain !== undefined;
    const space: AddressSpace =
      el === 2 ? { kind: 'xen' } : isGuest ? { kind: 'guest', domain, el: el === 0 ? 0 : 1 } : { kind: 'cpu', cpu };
    return { el, pc, domain, vcpu: undefined, task: undefined, space };
  }

  /** The pCPU that executes a target now. */
  cpuOf(target: Target): number | undefined {
    if (target.kind === 'cpu') return target.cpu;
    for (let cpu = 0; cpu < this.port.cpuCount; cpu += 1) {
      const { domain, vcpu, task } = this.context(cpu);
      if (domain !== target.domain || !this.port.status(cpu).isPowered) continue;
      if (target.kind === 'vcpu' ? vcpu === target.vcpu : this.taskInfo(domain, task)?.pid === target.pid) return cpu;
    }
    return undefined;
  }

  /** As `cpuOf`; throws when the target is on no pCPU. */
  requireCpu(target: Target): number {
    const cpu = this.cpuOf(target);
    if (cpu === undefined) throw new Error(`${targetKey(target)} is not on a core at this moment`);
    return cpu;
  }

  /** Address of `struct vcpu` of a target that is switched away from. */
  vcpuAddress(target: Target): bigint | undefined {
    if (target.kind !== 'vcpu') return undefined;
    return this.debug.system.hypervisor?.vcpu(target.domain, target.vcpu)?.address;
  }

  taskInfo(
    domain: number | undefined,
    task: bigint | undefined,
  ): { readonly pid: number; readonly comm: string } | undefined {
    return this.debug.system.task(domain, task);
  }

  /** How to reach a space. Throws with a message for the person. */
  portSpace(space: AddressSpace): PortSpace {
    if (this.debug.system.hypervisor || space.kind === 'pa' || space.kind === 'cpu' || space.kind === 'xen') {
      return this.debug.system.portSpace(space);
    }
    for (let cpu = 0; cpu < this.port.cpuCount; cpu += 1) {
      if (this.domainOfVmid(this.port.status(cpu).vmid) !== space.domain) continue;
      const view = this.port.view(cpu, 1);
      return space.kind === 'ipa' ? { kind: 'ipa', view } : { kind: 'va', view: { ...view, el: space.el } };
    }
    throw new Error(`d${space.domain} is on no core, and without Xen's symbols its memory cannot be found`);
  }

  /** Memory, page by page: what cannot be read is marked. */
  read({ space, address }: Location, length: number): MemoryBlock {
    const bytes = new Uint8Array(length);
    const readable = new Uint8Array(length);
    const reach = this.portSpace(space);
    let fault: string | undefined;
    for (let offset = 0; offset < length;) {
      const at = BigInt.asUintN(64, address + BigInt(offset));
      const count = Math.min(Number(PAGE - (at % PAGE)), length - offset);
      const found = this.port.read(reach, at, count);
      bytes.set(found.bytes, offset);
      readable.fill(1, offset, offset + found.bytes.length);
      fault ??= found.fault;
      offset += count;
    }
    return { address, bytes, readable, fault };
  }

  /** Writes memory; throws when any of it cannot be. */
  write({ space, address }: Location, bytes: Uint8Array): void {
    const fault = this.port.write(this.portSpace(space), address, bytes);
    if (fault !== undefined) throw new Error(`${formatSpace(space)}:0x${address.toString(16)}: ${fault}`);
  }

  /** The module whose code is in a space, and what is added to its addresses there. */
  module(space: AddressSpace): { readonly module: SymbolModule; readonly slide: bigint } | undefined {
    const { system } = this.debug;
    const module = system.moduleIn(space);
    return module && { module, slide: system.slide(module, space) ?? 0n };
  }

  /** What is at an address. */
  async lookup(space: AddressSpace, address: bigint): Promise<AddressInfo | undefined> {
    const found = this.module(space);
    return found?.module.file.lookupAddress(BigInt.asUintN(64, address - found.slide));
  }

  /** `name+0x10` from the symbol table, which is in memory; null when nothing is there. */
  nameNow(space: AddressSpace, address: bigint): string | null {
    const found = this.module(space);
    const linked = BigInt.asUintN(64, address - (found?.slide ?? 0n));
    const symbol = found?.module.file.symbols.covering(linked);
    return symbol ? formatSymbol(symbol.name, linked - symbol.value) : null;
  }
}
