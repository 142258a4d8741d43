/** Samples of the machine for the page, and the exception-level changes between them. */
import type { Cpu } from '../emulator/cpu/cpu.ts';
import { EL, SLEEP } from '../emulator/cpu/state.ts';
import type { Machine } from '../emulator/machine.ts';
import { captureRegisters } from '../emulator/mmu/contexts.ts';
import { currentAsid, regimeRegisters } from '../emulator/mmu/regime.ts';
import { TraceKind } from '../emulator/trace-events.ts';
import type { AddressSpace } from '../protocol/address.ts';
import type { CpuStatus, ExceptionLevel, MachineStatus, Transition, TransitionKind } from '../protocol/status.ts';
import { vcpuOf, vmidOf } from './address-spaces.ts';

const CLASS_KINDS: Readonly<Record<number, TransitionKind>> = {
  0x01: 'WFI',
  0x15: 'SVC',
  0x16: 'HVC',
  0x17: 'SMC',
  0x18: 'MSR',
  0x20: 'ABORT',
  0x21: 'ABORT',
  0x24: 'ABORT',
  0x25: 'ABORT',
};

/** What kind of change a trace event is, and to which level; undefined for events that are none. */
export function transitionOf(
  kind: number,
  argument: bigint,
): { readonly kind: TransitionKind; readonly to: ExceptionLevel } | undefined {
  if (kind === TraceKind.exceptionReturn) return { kind: 'ERET', to: Number((argument >> 56n) & 3n) as ExceptionLevel };
  const to = Number((argument >> 32n) & 3n) as ExceptionLevel;
  if (kind === TraceKind.interruptEntry) return { kind: 'IRQ', to };
  if (kind !== TraceKind.exceptionEntry) return undefined;
  return { kind: CLASS_KINDS[Number((argument >> 26n) & 0x3fn)] ?? 'TRAP', to };
}

/** The domain in whose context a pCPU is; undefined when it has none. */
export function domainOfCpu(cpu: Cpu, domainOf: (vmid: number) => number | undefined): number | undefined {
  const { state } = cpu;
  // Xen leaves the last guest's VTTBR_EL2 in place while its idle vCPU sleeps.
  if (state.get(EL) === 2 && state.get(SLEEP) !== 0) return undefined;
  return domainOf(vmidOf(state));
}

export class StatusSampler {
  readonly #transitions: Map<string, Transition>[];
  /** Those of the sample before, shown for as long as there are no newer ones and the machine stands still. */
  readonly #shown: (readonly Transition[])[] = [];
  readonly #scratch = regimeRegisters({});
  #lastInstructions = 0;
  #lastTime = 0;
  #mips = 0;

  constructor(
    private readonly machine: Machine,
    private readonly domainOf: (vmid: number) => number | undefined,
    private readonly symbolAt: (space: AddressSpace, address: bigint) => string | null,
    /** Real time in milliseconds. */
    private readonly realTime: () => number,
  ) {
    this.#transitions = machine.cpus.map(() => new Map<string, Transition>());
  }

  /** To be called for every trace event, before it takes effect. */
  traced(cpu: Cpu, kind: number, argument: bigint): void {
    const change = transitionOf(kind, argument);
    if (!change) return;
    const from = cpu.state.get(EL) as ExceptionLevel;
    const vmid = vmidOf(cpu.state);
    const key = `${change.kind}${from}${change.to}${vmid}`;
    const known = this.#transitions[cpu.index].get(key);
    const domain = this.domainOf(vmid) ?? null;
    this.#transitions[cpu.index].set(key, { ...change, from, domain, count: (known?.count ?? 0) + 1 });
  }

  sample(running: boolean): MachineStatus {
    const { machine } = this;
    this.#measure(running);
    const cpus = machine.cpus.map((cpu) => this.#cpu(cpu, running));
    const virtualTime = Math.max(...machine.clock.time);
    return { running, instructions: machine.instructions, virtualTime, mips: running ? this.#mips : 0, cpus };
  }

  #takeTransitions(index: number, running: boolean): readonly Transition[] {
    const recent = [...this.#transitions[index].values()];
    this.#transitions[index].clear();
    if (running || recent.length > 0) this.#shown[index] = recent;
    return this.#shown[index] ?? [];
  }

  /** A running mean over about a second. */
  #measure(running: boolean): void {
    const now = this.realTime();
    const { instructions } = this.machine;
    const elapsed = now - this.#lastTime;
    if (running && elapsed > 0 && elapsed < 2000 && instructions >= this.#lastInstructions) {
      const mips = (instructions - this.#lastInstructions) / elapsed / 1000;
      this.#mips += (mips - this.#mips) * Math.min(1, elapsed / 500);
    }
    this.#lastInstructions = instructions;
    this.#lastTime = now;
  }

  #cpu(cpu: Cpu, running: boolean): CpuStatus {
    const { index, state } = cpu;
    const isOn = this.machine.powered[index];
    const el = state.get(EL) as ExceptionLevel;
    const domain = isOn ? (domainOfCpu(cpu, this.domainOf) ?? null) : null;
    captureRegisters(state, 1, this.#scratch);
    const transitions = this.#takeTransitions(index, running);
    return {
      cpu: index,
      state: !isOn ? 'off' : state.get(SLEEP) !== 0 ? 'sleeping' : 'running',
      el,
      pc: state.pc,
      vmid: vmidOf(state),
      asid: currentAsid(this.#scratch),
      domain,
      vcpu: domain === null ? null : vcpuOf(state),
      task: null,
      symbol: this.symbolAt(codeSpaceOf(cpu, domain), state.pc),
      transitions,
    };
  }
}

/** The space in which a pCPU's pc is an address. */
export function codeSpaceOf({ index, state }: Cpu, domain: number | null | undefined): AddressSpace {
  const el = state.get(EL);
  if (el === 2) return { kind: 'xen' };
  return domain === null || domain === undefined
    ? { kind: 'cpu', cpu: index }
    : { kind: 'guest', domain, el: el === 0 ? 0 : 1 };
}
