/**
 * Probes that awareness chooses: where the hypervisor switches vCPUs and makes them runnable, where a Linux kernel switches tasks. They are breakpoints that never
 * stop, so nothing in a guest is changed.
 */
import { Layout } from '../debugger/contexts/layout.ts';
import { ifReadable, MemoryReader } from '../debugger/contexts/reader.ts';
import type { SymbolFile } from '../debugger/symbols/symbol-file.ts';
import type { DebugPort } from '../emulator/debug-port.ts';

/** Where probes leave what they saw. */
export interface ProbeSink {
  /** An event of the trace (`TraceKind`). */
  note(cpu: number, kind: number, low: number, high: number): void;
  /** A number by which the name of a task is known from now on. */
  nameNumber(name: string): number;
  readonly kinds: Readonly<Record<'contextSwitch' | 'runstate' | 'taskSwitch' | 'turnEnd' | 'turnBegin', number>>;
}

/** Xen's runstates (public/vcpu.h). */
const RUNNABLE = 1;
const COMM_LENGTH = 16;

/** Leaves a time (ns) as an event. */
function noteTime(sink: ProbeSink, cpu: number, kind: number, time: bigint): void {
  sink.note(cpu, kind, Number(time & 0xffff_ffffn), Number(time >> 32n));
}

/** Address of a function that has a symbol. */
function functionAddress(symbols: SymbolFile, name: string): bigint | undefined {
  return symbols.symbols.named(name).at(0)?.value;
}

/** Watches Xen's scheduler: `context_switch` and `vcpu_wake`. */
export class XenProbes {
  private readonly reader: MemoryReader;
  /** `domid << 16 | vcpu` of a `struct vcpu`. */
  private readonly keys = new Map<bigint, number>();
  private readonly ids: number[] = [];

  private constructor(
    private readonly port: DebugPort,
    private readonly vcpu: Layout<'id' | 'domain' | 'runstate' | 'entry' | 'pauseFlags' | 'pauseCount'>,
    private readonly domain: Layout<'domid'>,
    private readonly sink: ProbeSink,
  ) {
    this.reader = new MemoryReader(port, () => ({ kind: 'va', view: port.view(0, 2) }));
  }

  /** Sets the probes. Throws `LayoutError` when `symbols` are not Xen's. */
  static async open(port: DebugPort, symbols: SymbolFile, sink: ProbeSink): Promise<XenProbes> {
    const vcpu = await Layout.of(symbols, 'struct vcpu', {
      id: 'vcpu_id',
      domain: 'domain',
      runstate: 'runstate.state',
      entry: 'runstate.state_entry_time',
      pauseFlags: 'pause_flags',
      pauseCount: 'pause_count.counter',
    });
    const domain = await Layout.of(symbols, 'struct domain', { domid: 'domain_id' });
    const probes = new XenProbes(port, vcpu, domain, sink);
    probes.set(functionAddress(symbols, 'context_switch'), (cpu) => probes.contextSwitch(cpu));
    probes.set(functionAddress(symbols, 'vcpu_wake'), (cpu) => probes.wake(cpu));
    return probes;
  }

  /** Whether both functions were found. */
  get isComplete(): boolean {
    return this.ids.length === 2;
  }

  /** Domains may be others now. */
  forget(): void {
    this.keys.clear();
  }

  close(): void {
    for (const id of this.ids) this.port.remove(id);
    this.ids.length = 0;
  }

  /** `domid << 16 | vcpu`. Throws `MemoryError`. */
  keyOf(vcpu: bigint): number {
    const known = this.keys.get(vcpu);
    if (known !== undefined) return known;
    const domain = this.vcpu.read(this.reader, vcpu, 'domain');
    const key = (this.domain.number(this.reader, domain, 'domid') << 16) | this.vcpu.number(this.reader, vcpu, 'id');
    this.keys.set(vcpu, key);
    return key;
  }

  private set(address: bigint | undefined, seen: (cpu: number) => void): void {
    if (address === undefined) return;
    const accept = (cpu: number): boolean => {
      ifReadable(() => seen(cpu));
      return false;
    };
    this.ids.push(this.port.addBreakpoint({ address, space: 'va', filter: { el: 2, accept } }));
  }

  /** context_switch(prev, next): the runstates have been changed already, as of when Xen began to schedule. */
  private contextSwitch(cpu: number): void {
    const [previous, next] = [this.port.x(cpu, 0), this.port.x(cpu, 1)];
    const key = this.keyOf(previous);
    const { kinds } = this.sink;
    this.sink.note(cpu, kinds.contextSwitch, key, this.keyOf(next));
    this.sink.note(cpu, kinds.runstate, key, this.vcpu.number(this.reader, previous, 'runstate'));
    noteTime(this.sink, cpu, kinds.turnEnd, this.vcpu.read(this.reader, previous, 'entry'));
    noteTime(this.sink, cpu, kinds.turnBegin, this.vcpu.read(this.reader, next, 'entry'));
  }

  /** vcpu_wake(v) makes it runnable when nothing else keeps it. */
  private wake(cpu: number): void {
    const vcpu = this.port.x(cpu, 0);
    if (this.vcpu.number(this.reader, vcpu, 'runstate') <= RUNNABLE) return;
    const isKept =
      this.vcpu.read(this.reader, vcpu, 'pauseFlags') !== 0n || this.vcpu.read(this.reader, vcpu, 'pauseCount') !== 0n;
    if (!isKept) this.sink.note(cpu, this.sink.kinds.runstate, this.keyOf(vcpu), RUNNABLE);
  }
}

/** Watches a Linux kernel's `__switch_to`. */
export class LinuxProbes {
  private readonly reader: MemoryReader;
  private cpu = 0;
  private id: number | undefined;

  private constructor(
    private readonly port: DebugPort,
    private readonly task: Layout<'pid' | 'comm' | 'account'>,
    private readonly sink: ProbeSink,
  ) {
    this.reader = new MemoryReader(port, () => ({ kind: 'va', view: port.view(this.cpu, 1) }));
  }

  /**
   * Sets the probe for the kernels that `symbols` describes and `accepts` lets through: all domains that run the same image at the same place need only
   * one. `slide` is the difference between where the kernel runs and where it was linked.
   */
  static async open(
    port: DebugPort,
    symbols: SymbolFile,
    sink: ProbeSink,
    slide: bigint,
    accepts: (cpu: number) => boolean = () => true,
  ): Promise<LinuxProbes> {
    const task = await Layout.of(symbols, 'struct task_struct', {
      pid: 'pid',
      comm: 'comm',
      account: 'se.exec_start',
    });
    const probes = new LinuxProbes(port, task, sink);
    const address = functionAddress(symbols, '__switch_to');
    if (address === undefined) return probes;
    const accept = (cpu: number): boolean => {
      if (accepts(cpu)) ifReadable(() => probes.switchTo(cpu));
      return false;
    };
    probes.id = port.addBreakpoint({ address: address + slide, space: 'va', filter: { el: 1, accept } });
    return probes;
  }

  get isComplete(): boolean {
    return this.id !== undefined;
  }

  close(): void {
    if (this.id !== undefined) this.port.remove(this.id);
    this.id = undefined;
  }

  /** __switch_to(prev, next): the account of the previous has been closed, that of the next opened. The idle task has none. */
  private switchTo(cpu: number): void {
    this.cpu = cpu;
    const [previous, next] = [this.port.x(cpu, 0), this.port.x(cpu, 1)];
    const pid = this.task.number(this.reader, next, 'pid');
    const comm = this.reader.string(next + this.task.offset('comm'), COMM_LENGTH);
    const { kinds } = this.sink;
    this.sink.note(cpu, kinds.taskSwitch, pid, this.sink.nameNumber(comm));
    if (this.task.number(this.reader, previous, 'pid') !== 0) this.#noteAccount(cpu, kinds.turnEnd, previous);
    if (pid !== 0) this.#noteAccount(cpu, kinds.turnBegin, next);
  }

  #noteAccount(cpu: number, kind: number, task: bigint): void {
    noteTime(this.sink, cpu, kind, this.task.read(this.reader, task, 'account'));
  }
}
