/** Where Xen's structures have what we read of them: from its debugging information, whatever the version. */
import { Layout } from '../../debugger/contexts/layout.ts';
import type { SymbolFile } from '../../debugger/symbols/symbol-file.ts';
import { strip } from '../../debugger/symbols/types.ts';

const DOMAIN = {
  next: 'next_in_list',
  domid: 'domain_id',
  pages: 'tot_pages',
  extraPages: 'extra_pages',
  maxVcpus: 'max_vcpus',
  vcpus: 'vcpu',
  dying: 'is_dying',
  shutDown: 'is_shut_down',
  shutdownCode: 'shutdown_code',
  paused: 'controller_pause_count',
  vmid: 'arch.p2m.vmid',
  vttbr: 'arch.p2m.vttbr',
} as const;

const VCPU = {
  id: 'vcpu_id',
  processor: 'processor',
  domain: 'domain',
  runstate: 'runstate.state',
  stateEntry: 'runstate.state_entry_time',
  times: 'runstate.time',
  isRunning: 'is_running',
  pauseFlags: 'pause_flags',
  unit: 'sched_unit',
  cpuInfo: 'arch.cpu_info',
} as const;

/** System registers of a vCPU that does not run, and the member of `struct arch_vcpu` each is saved in. */
const SAVED = {
  VBAR_EL1: 'arch.vbar',
  TCR_EL1: ['arch.tcr', 'arch.ttbcr'],
  TTBR0_EL1: 'arch.ttbr0',
  TTBR1_EL1: 'arch.ttbr1',
  PAR_EL1: 'arch.par',
  MAIR_EL1: 'arch.mair',
  AMAIR_EL1: 'arch.amair',
  SCTLR_EL1: 'arch.sctlr',
  ACTLR_EL1: 'arch.actlr',
  CPACR_EL1: 'arch.cpacr',
  CONTEXTIDR_EL1: 'arch.contextidr',
  TPIDR_EL0: 'arch.tpidr_el0',
  TPIDR_EL1: 'arch.tpidr_el1',
  TPIDRRO_EL0: 'arch.tpidrro_el0',
  HCR_EL2: 'arch.hcr_el2',
  MDCR_EL2: 'arch.mdcr_el2',
  FAR_EL1: 'arch.far',
  ESR_EL1: 'arch.esr',
  AFSR0_EL1: 'arch.afsr0',
  AFSR1_EL1: 'arch.afsr1',
  CSSELR_EL1: 'arch.csselr',
  VMPIDR_EL2: 'arch.vmpidr',
  CNTKCTL_EL1: 'arch.cntkctl',
  FPCR: 'arch.vfp.fpcr',
  FPSR: 'arch.vfp.fpsr',
} as const;

/** Pairs of 64-bit words, one pair for each of V0 to V31. */
const VECTORS = { vectors: 'arch.vfp.fpregs' } as const;

const numbered = <P extends string>(prefix: P, from: number, to: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: to - from + 1 }, (_, i) => [`X${from + i}`, `${prefix}x${from + i}`]));

/** What Xen has of its own when it switched away from a vCPU: callee-saved registers. */
const SWITCHED: Record<string, string> = {
  ...numbered('arch.saved_context.', 19, 28),
  X29: 'arch.saved_context.fp',
  SP: 'arch.saved_context.sp',
  PC: 'arch.saved_context.pc',
};

/** What the entry code saves of the guest (struct cpu_user_regs). */
const USER_REGS: Record<string, string> = {
  ...numbered('', 0, 28),
  X29: 'fp',
  X30: 'lr',
  SP: 'sp',
  PC: 'pc',
  PSTATE: 'cpsr',
  ESR: 'hsr',
  SPSR_EL1: 'spsr_el1',
  SP_EL0: 'sp_el0',
  SP_EL1: 'sp_el1',
  ELR_EL1: 'elr_el1',
};

export type XenLayouts = Awaited<ReturnType<typeof xenLayouts>>;

/** Bytes of the smallest cpumask. */
const WORD_BYTES = 8;

/** Reads the layouts. Throws `LayoutError` when this cannot be Xen's symbol file. */
export async function xenLayouts(symbols: SymbolFile) {
  const sched = { hard: 'cpu_hard_affinity', soft: 'cpu_soft_affinity' } as const;
  const saved = Object.keys(SAVED) as (keyof typeof SAVED)[];
  const address = async (name: string): Promise<bigint | undefined> => symbols.symbols.named(name).at(0)?.value;
  const unit = await Layout.of(symbols, 'struct sched_unit', sched, ['hard', 'soft']);
  return {
    domain: await Layout.of(symbols, 'struct domain', DOMAIN, ['extraPages']),
    vcpu: await Layout.of(symbols, 'struct vcpu', VCPU, ['unit']),
    saved: await Layout.of(symbols, 'struct vcpu', SAVED, saved),
    vectors: await Layout.of(symbols, 'struct vcpu', VECTORS, ['vectors']),
    switched: await Layout.of(symbols, 'struct vcpu', SWITCHED),
    userRegs: await Layout.of(symbols, 'struct cpu_user_regs', USER_REGS),
    cpuInfo: await Layout.of(symbols, 'struct cpu_info', { regs: 'guest_cpu_user_regs' }),
    unit,
    /** The mask is behind a pointer when there may be many CPUs, else in place. */
    isMaskPointer: unit.has('hard') && strip(unit.place('hard').type).kind === 'pointer',
    maskBytes: ((await symbols.typeByName('struct cpumask'))?.byteSize ?? 0) || WORD_BYTES,
    domainList: await address('domain_list'),
    /** Offset from a pCPU's TPIDR_EL2. */
    currentVcpu: await address('per_cpu__curr_vcpu'),
    bootCount: await address('boot_count'),
    cpuKhz: await address('cpu_khz'),
  };
}
