/** Xen's domains and vCPUs, read from its own structures. */
import type { DebugPort, RegimeView } from '../../emulator/debug-port.ts';
import {
  type CurrentVcpu,
  type DomainInfo,
  type Hypervisor,
  type RegisterValues,
  RUNSTATES,
  type VcpuInfo,
} from '../../debugger/contexts/guests.ts';
import { LayoutError } from '../../debugger/contexts/layout.ts';
import { ifReadable, MemoryReader } from '../../debugger/contexts/reader.ts';
import type { SymbolFile } from '../../debugger/symbols/symbol-file.ts';
import { HYPERCALLS } from './hypercalls.ts';
import { type XenLayouts, xenLayouts } from './layouts.ts';
import {
  layeredRegisters,
  liveRegisters,
  onlyRegisters,
  savedRegisters,
  vectorRegisters,
  withGuestStack,
} from './registers.ts';

/** Bits of struct vcpu's pause_flags (xen/sched.h). */
const VPF_BLOCKED = 1n;
const VPF_DOWN = 2n;
/** First of the domain numbers that Xen keeps for itself (public/xen.h, DOMID_FIRST_RESERVED). */
const DOMID_FIRST_RESERVED = 0x7ff0;
/** SHUTDOWN_crash (public/sched.h). */
const SHUTDOWN_CRASH = 3;
const RUNNING = 0;
/** No list is longer: a damaged one must end. */
const MAX_DOMAINS = 4096;
const MAX_VCPUS = 1024;
/** Registers that are the general ones of a guest and not system registers. */
const GENERAL = /^(X\d+|SP|PC|PSTATE|SP_EL[01]|ELR_EL1|SPSR_EL1)$/;
/** Registers of EL1 that follow the vCPU; everything that decides its translations is among them. */
const BELONGS_TO_GUEST = /_EL[01]$|^V\d+$|^FP[CS]R$|^(VTTBR|VTCR|HCR|VMPIDR|MDCR)_EL2$/;

export class Xen implements Hypervisor {
  readonly hypercalls = HYPERCALLS;
  readonly #reader: MemoryReader;

  private constructor(
    private readonly port: DebugPort,
    private readonly layouts: XenLayouts,
    private readonly nameOf: (domid: number) => string,
  ) {
    this.#reader = new MemoryReader(port, () => ({ kind: 'va', view: this.view() }), true);
  }

  /** Prepares for the Xen that `symbols` describes. `nameOf` tells what a domain is called: Xen itself does not know. */
  static async open(port: DebugPort, symbols: SymbolFile, nameOf = defaultName): Promise<Xen> {
    return new Xen(port, await xenLayouts(symbols), nameOf);
  }

  /** Reads Xen's memory. */
  get reader(): MemoryReader {
    return this.#reader;
  }

  view(): RegimeView {
    return this.port.view(0, 2);
  }

  isIdle(domid: number): boolean {
    return domid >= DOMID_FIRST_RESERVED;
  }

  domains(): DomainInfo[] {
    return this.#domainAddresses().map((address) => this.#domain(address));
  }

  domain(domid: number): DomainInfo | undefined {
    const address = this.#domainAddress(domid);
    return address === undefined ? undefined : this.#domain(address);
  }

  domidOfVmid(vmid: number): number | undefined {
    const { domain } = this.layouts;
    const address = this.#domainAddresses().find((it) => domain.number(this.#reader, it, 'vmid') === vmid);
    return address === undefined ? undefined : domain.number(this.#reader, address, 'domid');
  }

  currentVcpuAddress(cpu: number): bigint | undefined {
    const base = this.port.readRegister(cpu, 'TPIDR_EL2');
    const { currentVcpu } = this.layouts;
    if (base === undefined || currentVcpu === undefined || !this.port.status(cpu).isPowered) return undefined;
    const address = ifReadable(() => this.#reader.u64(BigInt.asUintN(64, currentVcpu + base)));
    return address === 0n ? undefined : address;
  }

  currentVcpu(cpu: number): CurrentVcpu | undefined {
    const address = this.currentVcpuAddress(cpu);
    return address === undefined ? undefined : ifReadable(() => ({ address, ...this.#identity(address) }));
  }

  vcpu(domid: number, vcpu: number): VcpuInfo | undefined {
    const domain = this.#domainAddress(domid);
    if (domain === undefined) return undefined;
    const address = this.#vcpuAddresses(domain).at(vcpu);
    return address === undefined || vcpu < 0 ? undefined : this.#vcpu(address);
  }

  vcpuOfAddress(address: bigint): VcpuInfo | undefined {
    return ifReadable(() => this.#vcpu(address));
  }

  cpuOf(vcpuAddress: bigint): number | undefined {
    for (let cpu = 0; cpu < this.port.cpuCount; cpu++) {
      if (this.currentVcpuAddress(cpu) === vcpuAddress && this.#holdsGuest(cpu, vcpuAddress)) return cpu;
    }
    return undefined;
  }

  guestRegisters(vcpuAddress: bigint): RegisterValues {
    const cpu = this.cpuOf(vcpuAddress);
    if (cpu === undefined) return this.#saved(vcpuAddress);
    const live = liveRegisters(this.port, cpu);
    if (this.port.status(cpu).el < 2) return live;
    const label = `${this.#label(vcpuAddress)}, trapped on pCPU ${cpu}`;
    return layeredRegisters(false, label, [
      this.#frame(vcpuAddress),
      onlyRegisters(live, (name) => BELONGS_TO_GUEST.test(name) && !GENERAL.test(name)),
    ]);
  }

  hypervisorRegisters(vcpuAddress: bigint): RegisterValues {
    const label = `${this.#label(vcpuAddress)} in Xen, saved in struct vcpu`;
    return savedRegisters(this.layouts.switched, this.#reader, vcpuAddress, label, this.#store);
  }

  guestView(vcpuAddress: bigint, el: 0 | 1): RegimeView {
    const registers = this.guestRegisters(vcpuAddress);
    const read = (name: string): bigint => registers.read(name) ?? 0n;
    const { domain } = this.layouts;
    const owner = this.layouts.vcpu.read(this.#reader, vcpuAddress, 'domain');
    return this.port.makeView(
      {
        SCTLR_EL1: read('SCTLR_EL1'),
        TCR_EL1: read('TCR_EL1'),
        TTBR0_EL1: read('TTBR0_EL1'),
        TTBR1_EL1: read('TTBR1_EL1'),
        MAIR_EL1: read('MAIR_EL1'),
        HCR_EL2: read('HCR_EL2') | 1n,
        VTCR_EL2: this.port.readRegister(0, 'VTCR_EL2') ?? 0n,
        VTTBR_EL2: domain.read(this.#reader, owner, 'vttbr'),
        SCTLR_EL2: this.port.readRegister(0, 'SCTLR_EL2') ?? 0n,
      },
      el,
    );
  }

  /** What the trap that is being handled, or was handled last, saved of the guest. */
  #frame(vcpu: bigint): RegisterValues {
    const info = this.layouts.vcpu.read(this.#reader, vcpu, 'cpuInfo');
    const base = info + this.layouts.cpuInfo.offset('regs');
    return withGuestStack(savedRegisters(this.layouts.userRegs, this.#reader, base, 'trap frame', this.#store));
  }

  #saved(vcpu: bigint): RegisterValues {
    const label = `${this.#label(vcpu)}, saved in struct vcpu`;
    const system = savedRegisters(this.layouts.saved, this.#reader, vcpu, label, this.#store);
    const { vectors } = this.layouts;
    const floating = vectors.has('vectors')
      ? [vectorRegisters(this.#reader, vcpu + vectors.offset('vectors'), this.#store)]
      : [];
    return layeredRegisters(false, label, [this.#frame(vcpu), system, ...floating]);
  }

  readonly #store = (address: bigint, bytes: Uint8Array): boolean =>
    this.port.write({ kind: 'va', view: this.view() }, address, bytes) === undefined;

  /** While Xen switches vCPUs, the registers of EL1 are still the previous one's: VTTBR tells. */
  #holdsGuest(cpu: number, vcpu: bigint): boolean {
    const { domid } = this.#identity(vcpu);
    if (this.isIdle(domid)) return true;
    const owner = this.layouts.vcpu.read(this.#reader, vcpu, 'domain');
    return this.layouts.domain.number(this.#reader, owner, 'vmid') === this.port.status(cpu).vmid;
  }

  #identity(vcpu: bigint): { domid: number; vcpu: number } {
    const layout = this.layouts.vcpu;
    const owner = layout.read(this.#reader, vcpu, 'domain');
    return { domid: this.#domid(owner), vcpu: layout.signed(this.#reader, vcpu, 'id') };
  }

  #label(vcpu: bigint): string {
    const { domid, vcpu: id } = this.#identity(vcpu);
    return vcpuLabel(domid, id);
  }

  #domid(domain: bigint): number {
    return this.layouts.domain.number(this.#reader, domain, 'domid');
  }

  #domainAddress(domid: number): bigint | undefined {
    return this.#domainAddresses().find((address) => this.#domid(address) === domid);
  }

  /** The linked list of domains. Empty while Xen has not set it up. */
  #domainAddresses(): bigint[] {
    const { domainList, domain } = this.layouts;
    if (domainList === undefined) throw new LayoutError('the symbol file has no domain_list');
    const found: bigint[] = [];
    const first = ifReadable(() => this.#reader.u64(domainList)) ?? 0n;
    for (let at = first; at !== 0n && found.length < MAX_DOMAINS; at = domain.read(this.#reader, at, 'next'))
      found.push(at);
    return found;
  }

  #vcpuAddresses(domain: bigint): bigint[] {
    const layout = this.layouts.domain;
    const count = Math.min(layout.number(this.#reader, domain, 'maxVcpus'), MAX_VCPUS);
    const table = layout.read(this.#reader, domain, 'vcpus');
    if (table === 0n) return [];
    return Array.from({ length: count }, (_, i) => this.#reader.u64(table + BigInt(8 * i))).filter((it) => it !== 0n);
  }

  #domain(address: bigint): DomainInfo {
    const layout = this.layouts.domain;
    const read = (name: Parameters<typeof layout.number>[2]): number => layout.number(this.#reader, address, name);
    const vcpus = this.#vcpuAddresses(address).map((it) => this.#vcpu(it));
    const domid = read('domid');
    const extra = layout.has('extraPages') ? read('extraPages') : 0;
    return {
      address,
      domid,
      name: this.nameOf(domid),
      vmid: read('vmid'),
      vttbr: layout.read(this.#reader, address, 'vttbr'),
      pages: read('pages') - extra,
      state: this.#domainState(address, vcpus),
      time: vcpus.reduce((sum, { time }) => sum + time, 0),
      vcpus,
    };
  }

  /** As Xen's getdomaininfo() finds it and `xl list` prints it. */
  #domainState(domain: bigint, vcpus: readonly VcpuInfo[]): string {
    const layout = this.layouts.domain;
    const read = (name: Parameters<typeof layout.number>[2]): number => layout.number(this.#reader, domain, name);
    const online = vcpus.filter(({ isDown }) => !isDown);
    const isShutDown = read('shutDown') !== 0;
    const isCrash = isShutDown && read('shutdownCode') === SHUTDOWN_CRASH;
    const isRunning = online.some((it) => it.isRunning);
    const flags: readonly (readonly [string, boolean])[] = [
      ['r', isRunning],
      ['b', !isRunning && online.every((it) => this.#isBlocked(it.address))],
      ['p', layout.signed(this.#reader, domain, 'paused') > 0],
      ['s', isShutDown && !isCrash],
      ['c', isCrash],
      ['d', read('dying') !== 0],
    ];
    return flags.map(([letter, holds]) => (holds ? letter : '-')).join('');
  }

  #isBlocked(vcpu: bigint): boolean {
    return (this.layouts.vcpu.read(this.#reader, vcpu, 'pauseFlags') & VPF_BLOCKED) !== 0n;
  }

  #vcpu(address: bigint): VcpuInfo {
    const layout = this.layouts.vcpu;
    const identity = this.#identity(address);
    const runstate = layout.number(this.#reader, address, 'runstate');
    return {
      address,
      ...identity,
      label: vcpuLabel(identity.domid, identity.vcpu),
      processor: layout.signed(this.#reader, address, 'processor'),
      isRunning: layout.number(this.#reader, address, 'isRunning') !== 0,
      isDown: (layout.read(this.#reader, address, 'pauseFlags') & VPF_DOWN) !== 0n,
      runstate: RUNSTATES[runstate] ?? 'offline',
      time: this.#runningTime(address, runstate),
      hardAffinity: this.#affinity(address, 'hard'),
      softAffinity: this.#affinity(address, 'soft'),
    };
  }

  /** Seconds in runstate running, what has passed since the last change included. */
  #runningTime(vcpu: bigint, runstate: number): number {
    const layout = this.layouts.vcpu;
    const past = this.#reader.u64(vcpu + layout.offset('times'));
    const since = runstate === RUNNING ? this.#now() - layout.read(this.#reader, vcpu, 'stateEntry') : 0n;
    return Number(past + (since > 0n ? since : 0n)) / 1e9;
  }

  /** Xen's NOW(): ns since it read its boot count. */
  #now(): bigint {
    const { bootCount, cpuKhz } = this.layouts;
    if (bootCount === undefined || cpuKhz === undefined) return 0n;
    const khz = this.#reader.u64(cpuKhz);
    const ticks = this.#count() - this.#reader.u64(bootCount);
    return khz === 0n ? 0n : (ticks * 1_000_000n) / khz;
  }

  #count(): bigint {
    const counts = Array.from(
      { length: this.port.cpuCount },
      (_, cpu) => this.port.readRegister(cpu, 'CNTPCT_EL0') ?? 0n,
    );
    return counts.reduce((latest, count) => (count > latest ? count : latest), 0n);
  }

  #affinity(vcpu: bigint, kind: 'hard' | 'soft'): string {
    const { vcpu: layout, unit, isMaskPointer, maskBytes } = this.layouts;
    if (!layout.has('unit') || !unit.has(kind)) return '?';
    const base = layout.read(this.#reader, vcpu, 'unit');
    if (base === 0n) return '?';
    const field = base + unit.offset(kind);
    const address = isMaskPointer ? this.#reader.u64(field) : field;
    const mask = this.#reader.unsigned(address, maskBytes);
    return describeMask(mask, this.port.cpuCount);
  }
}

/** `d1v0`; Xen writes `d[IDLE]v2` for the idle vCPUs. */
function vcpuLabel(domid: number, vcpu: number): string {
  return domid === 0x7fff ? `d[IDLE]v${vcpu}` : `d${domid}v${vcpu}`;
}

function defaultName(domid: number): string {
  if (domid === 0x7fff) return 'idle';
  return domid === 0 ? 'Dom0' : `DomU${domid}`;
}

/** Bits of a cpumask as `xl` prints them: `all`, `0`, `1-3`. */
function describeMask(mask: bigint, cpus: number): string {
  const set = Array.from({ length: cpus }, (_, cpu) => ((mask >> BigInt(cpu)) & 1n) !== 0n);
  if (set.every(Boolean)) return 'all';
  const parts: string[] = [];
  for (let cpu = 0; cpu < cpus; cpu++) {
    if (!set[cpu]) continue;
    let last = cpu;
    while (last + 1 < cpus && set[last + 1]) last++;
    parts.push(last === cpu ? `${cpu}` : `${cpu}-${last}`);
    cpu = last;
  }
  return parts.join(',') || 'none';
}
