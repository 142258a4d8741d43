/** Samples of the machine for the page, and the exception-level changes between them. */
import type { Cpu } from '../emulator/cpu/cpu.ts';
import { EL } from '../emulator/cpu/state.ts';
import type { Machine } from '../emulator/machine.ts';
import { TraceKind } from '../emulator/trace-events.ts';
import type { CpuStatus, ExceptionLevel, MachineStatus, Transition, TransitionKind } from '../protocol/status.ts';
import type { GuestView } from './guest-view.ts';

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

/** Changes of one kind on one pCPU since the last sample. */
interface Count {
  readonly kind: TransitionKind;
  readonly from: ExceptionLevel;
  readonly to: ExceptionLevel;
  readonly vmid: number;
  count: number;
}

export class StatusSampler {
  readonly #counts: Map<number, Count>[];
  /** Those of the sample before, shown for as long as there are no newer ones and the machine stands still. */
  readonly #shown: (readonly Transition[])[] = [];
  #lastInstructions = 0;
  #lastTime = 0;
  #mips = 0;

  constructor(
    private readonly machine: Machine,
    private readonly view: () => GuestView,
    private readonly domainOfVmid: (vmid: number) => number | undefined,
    /** Real time in milliseconds. */
    private readonly realTime: () => number,
  ) {
    this.#counts = machine.cpus.map(() => new Map<number, Count>());
  }

  /** To be called for every trace event, before it takes effect. It is called often, so it allocates only for what is new. */
  traced({ index, state }: Cpu, kind: number, argument: bigint): void {
    if (kind > TraceKind.exceptionReturn) return;
    const change = transitionOf(kind, argument);
    if (!change) return;
    const from = state.get(EL) as ExceptionLevel;
    const { vmid } = this.view().port.status(index);
    const key =
      (vmid << 16) | (change.kind.charCodeAt(0) << 8) | (change.kind.charCodeAt(1) << 4) | (from << 2) | change.to;
    const known = this.#counts[index].get(key);
    if (known) known.count += 1;
    else this.#counts[index].set(key, { ...change, from, vmid, count: 1 });
  }

  sample(running: boolean): MachineStatus {
    const { machine } = this;
    this.#measure(running);
    const cpus = machine.cpus.map((cpu) => this.#cpu(cpu.index, running));
    const virtualTime = Math.max(...machine.clock.time);
    return { running, instructions: machine.instructions, virtualTime, mips: running ? this.#mips : 0, cpus };
  }

  #takeTransitions(index: number, running: boolean): readonly Transition[] {
    const recent = [...this.#counts[index].values()].map(({ vmid, ...rest }): Transition => {
      return { ...rest, domain: this.domainOfVmid(vmid) ?? null };
    });
    this.#counts[index].clear();
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

  #cpu(cpu: number, running: boolean): CpuStatus {
    const view = this.view();
    const { isPowered, isAsleep, el, pc, vmid, asid } = view.port.status(cpu);
    const transitions = this.#takeTransitions(cpu, running);
    const base = { cpu, el: el as ExceptionLevel, pc, vmid, asid, transitions };
    if (!isPowered) return { ...base, state: 'off', domain: null, vcpu: null, task: null, symbol: null };
    const { domain, vcpu, task, space } = view.context(cpu);
    const info = view.taskInfo(domain, task);
    return {
      ...base,
      state: isAsleep ? 'sleeping' : 'running',
      domain: domain ?? null,
      vcpu: domain === undefined ? null : (vcpu ?? null),
      task: info ? { pid: info.pid, comm: info.comm } : null,
      symbol: view.nameNow(space, pc),
    };
  }
}
