/** A debugging session: one machine, one pack, and everything the protocol asks of them. No DOM, no port: the worker and Node use it alike. */
import type { ConsoleId } from '../awareness/consoles.ts';
import type { Cpu } from '../emulator/cpu/cpu.ts';
import { EL, SLOT_SP, X } from '../emulator/cpu/state.ts';
import { hashMachine, loadMachine } from '../emulator/machine-state.ts';
import { Machine, type RunResult } from '../emulator/machine.ts';
import { DRAM_BASE } from '../emulator/memory-layout.ts';
import { TraceKind } from '../emulator/trace-events.ts';
import type { Pack } from '../pack/load.ts';
import type { AddressSpace, Location } from '../protocol/address.ts';
import type { DomainRow, TaskRow, VcpuRow } from '../protocol/awareness.ts';
import type { BreakpointSpec, BreakpointState } from '../protocol/breakpoints.ts';
import type {
  Disassembly,
  MemoryBlock,
  SourceText,
  StackFrame,
  SymbolMatch,
  TranslationWalk,
  Variable,
  VariableScope,
} from '../protocol/inspect.ts';
import type { PackInfo, PackSource, TerminalId } from '../protocol/pack.ts';
import type { RegisterSet } from '../protocol/registers.ts';
import type { SessionEvents, SessionFunctions } from '../protocol/session.ts';
import type { ConsoleOutput, Unmodelled } from '../protocol/status.ts';
import { STALE_STOP, type StepRequest, type Stop, type StopReason } from '../protocol/stop.ts';
import { type Target, targetKey } from '../protocol/target.ts';
import { AddressSpaces, vcpuOf } from './address-spaces.ts';
import { BreakpointBinder, describeException } from './breakpoint-binder.ts';
import { CodeReader } from './code-reader.ts';
import { GuestConsoles } from './guest-consoles.ts';
import { codeSpaceOf, domainOfCpu, StatusSampler } from './machine-status.ts';
import { Pacer } from './pacer.ts';
import { readRegisters, writeRegister } from './register-sets.ts';
import { StackReader } from './stack-reader.ts';
import { type StepEnd, Stepper } from './stepper.ts';
import { SymbolDirectory } from './symbol-directory.ts';
import { explainTranslation } from './translation.ts';

/** What a session needs of its surroundings. */
export interface SessionHost {
  /** Opens a pack's manifest. */
  openPack(source: PackSource): Promise<Pack>;
  /** Lets messages and timers be handled, for at least `milliseconds`. */
  yield(milliseconds: number): Promise<void>;
  /** Real time in milliseconds. */
  now(): number;
}

/** Milliseconds between two samples of the machine. */
const SAMPLE_INTERVAL = 33;

/** Thrown by everything that needs parts which this session has not got. */
class NotAvailable extends Error {}

export class Session implements SessionFunctions {
  readonly #machine = new Machine();
  readonly #consoles: GuestConsoles;
  readonly #spaces: AddressSpaces;
  readonly #binder: BreakpointBinder;
  readonly #status: StatusSampler;
  readonly #code: CodeReader;
  readonly #stack: StackReader;
  readonly #stepper: Stepper;
  readonly #pacer: Pacer;
  readonly #output = new Map<ConsoleId, number[]>();
  #pack: Pack | undefined;
  #symbols: SymbolDirectory | undefined;
  #memoryIsZero = true;
  #stop: Stop | null = null;
  #stopSerial = 0;
  #isRunning = false;
  #pauseWanted = false;
  /** Why the binder stopped the machine, until the stop is reported. */
  #reason: { readonly reason: StopReason; readonly what: string; readonly cpu: Cpu } | null = null;
  #lastSample = 0;

  constructor(
    private readonly events: SessionEvents,
    private readonly host: SessionHost,
  ) {
    const machine = this.#machine;
    const domainOf = (vmid: number): number | undefined => this.#domainOf(vmid);
    const symbols = (): SymbolDirectory | undefined => this.#symbols;
    this.#spaces = new AddressSpaces(machine, domainOf);
    this.#binder = new BreakpointBinder(machine, this.#spaces, symbols, domainOf, (text) => this.#log(text));
    this.#code = new CodeReader(this.#spaces, symbols);
    this.#stack = new StackReader(this.#spaces, symbols);
    this.#stepper = new Stepper(machine, this.#spaces, this.#binder, symbols, domainOf, (count) => this.#run(count));
    const nameNow = (space: AddressSpace, address: bigint) => this.#symbols?.nameNow(space, address) ?? null;
    this.#status = new StatusSampler(machine, domainOf, nameNow, () => host.now());
    this.#pacer = new Pacer(machine.clock, () => host.now());
    machine.hooks.onBreakpoint = (cpu) => this.#atBreakpoint(cpu);
    machine.hooks.onTrace = (cpu, kind, argument) => this.#traced(cpu, kind, argument);
    this.#consoles = new GuestConsoles(machine, (id, bytes) => this.#printed(id, bytes), domainOf);
  }

  // Lifecycle

  async loadPack(source: PackSource): Promise<PackInfo> {
    const pack = await this.host.openPack(source);
    this.#pack = pack;
    this.#symbols = undefined;
    const { name, versions, domains, snapshot } = pack.manifest;
    return { name, versions, domains, hasSnapshot: snapshot !== undefined };
  }

  async restart(): Promise<Stop> {
    await this.#halt();
    const pack = this.#requirePack();
    this.events.progress({ title: 'Loading the boot snapshot', detail: pack.manifest.name, fraction: null });
    try {
      const file = await pack.snapshot();
      if (!file) throw new Error('This pack has no boot snapshot: choose Cold Boot.');
      const isFirst = this.#memoryIsZero;
      this.#memoryIsZero = false;
      this.#consoles.restore(loadMachine(this.#machine, file, isFirst));
    } finally {
      this.events.progress(null);
    }
    this.#pacer.unpacedUntilPrompt = false;
    this.#begin();
    this.events.console(this.#consoles.recentOutput().map(({ console, bytes }) => ({ terminal: console, bytes })));
    return this.#stopNow('entry', 'at the boot snapshot', this.#machine.cpus[0]);
  }

  async coldBoot(): Promise<void> {
    const pack = this.#requirePack();
    // Zeroing two gigabytes would commit them all: a new worker has them zero and costs nothing.
    if (!this.#memoryIsZero) throw new Error('A cold boot needs a new session: this one has run already.');
    const title = 'Loading the guests';
    try {
      const images = await pack.images((done, total) => {
        const detail = `${Math.round(done / 1e6)} of ${Math.round(total / 1e6)} MB`;
        this.events.progress({ title, detail, fraction: done / total });
      });
      this.#memoryIsZero = false;
      for (const { address, bytes } of images) this.#machine.bytes.set(bytes, DRAM_BASE + address);
      const { pc, x0 } = pack.manifest.entry;
      this.#machine.start(BigInt(pc), BigInt(x0));
      this.#consoles.reset();
    } finally {
      this.events.progress(null);
    }
    this.#machine.unmodelled.clear();
    this.#pacer.unpacedUntilPrompt = true;
    this.#begin();
    await this.resume();
  }

  #requirePack(): Pack {
    if (!this.#pack) throw new Error('No pack is loaded.');
    return this.#pack;
  }

  /** A machine in a new state: what was known of the old one is forgotten. */
  #begin(): void {
    this.#output.clear();
    this.#spaces.reset();
    this.#binder.replant();
    this.#pacer.restart();
    if (this.#symbols || !this.#pack) return;
    const symbols = new SymbolDirectory(this.#pack);
    const report = (text: string): void => this.#message('debugger', 'warning', text);
    symbols.open(report).then(
      async () => {
        this.#symbols = symbols;
        await this.#binder.resolveAgain();
        this.events.breakpointsChanged(this.#binder.states());
        if (this.#stop) this.#renewStop();
      },
      (error: unknown) => report(String(error)),
    );
  }

  // Run control

  resume(): Promise<void> {
    if (this.#isRunning) return Promise.resolve();
    this.#requirePack();
    this.#stop = null;
    this.#isRunning = true;
    this.#pauseWanted = false;
    this.#pacer.restart();
    this.events.resumed();
    this.#loop().catch((error: unknown) => this.events.crashed(error instanceof Error ? error.message : String(error)));
    return Promise.resolve();
  }

  async pause(): Promise<Stop> {
    this.#pauseWanted = true;
    while (this.#isRunning) await this.host.yield(0);
    return this.#stop ?? this.#stopNow('pause', 'at your request', this.#machine.cpus[0]);
  }

  async #halt(): Promise<void> {
    if (this.#isRunning) await this.pause();
    this.#stop = null;
  }

  async #loop(): Promise<void> {
    for (;;) {
      const result = this.#run(this.#pacer.slice());
      if (this.#binder.hasPending) this.#binder.plant();
      this.#flush();
      if (this.#endOfRun(result)) return;
      await this.host.yield(this.#pacer.pause());
      if (this.#pauseWanted) {
        this.#isRunning = false;
        this.#stopNow('pause', 'at your request', this.#busiestCpu());
        return;
      }
    }
  }

  /** Reports why the machine cannot go on; false when it can. */
  #endOfRun(result: RunResult): boolean {
    if (this.#reason) {
      const { reason, what, cpu } = this.#reason;
      this.#isRunning = false;
      this.#stopNow(reason, what, cpu);
      return true;
    }
    if (result === 'done' || result === 'stopped') return false;
    this.#isRunning = false;
    const words = {
      idle: 'every core sleeps and nothing will wake any',
      off: 'the machine was switched off',
      reset: 'the machine asked to be reset',
    };
    this.#stopNow('fatal', words[result], this.#machine.cpus[0]);
    return true;
  }

  #run(count: number): RunResult {
    this.#consoles.isStopWanted = false;
    return this.#consoles.run(count);
  }

  #requestStop(): void {
    this.#consoles.isStopWanted = true;
    this.#machine.requestStop();
  }

  /** A pCPU that does something, for a pause that is about none in particular; guests before Xen. */
  #busiestCpu(): Cpu {
    const { cpus, powered } = this.#machine;
    const awake = cpus.filter(
      (cpu) => powered[cpu.index] && domainOfCpu(cpu, (vmid) => this.#domainOf(vmid)) !== undefined,
    );
    return awake.find(({ state }) => state.get(EL) < 2) ?? awake[0] ?? cpus[0];
  }

  async step(request: StepRequest): Promise<Stop> {
    const cpu = this.#requireCpu(request.target);
    this.#stop = null;
    this.#reason = null;
    const end = await this.#stepper.step(cpu, request);
    return this.#afterStep(end, cpu);
  }

  runTo(target: Target, location: Location): Promise<Stop> {
    const cpu = this.#requireCpu(target);
    this.#stop = null;
    this.#reason = null;
    return Promise.resolve(this.#afterStep(this.#stepper.runTo(cpu, [location.address]), cpu));
  }

  #afterStep(end: StepEnd, cpu: Cpu): Stop {
    this.#flush();
    const hit = this.#reason as { reason: StopReason; what: string; cpu: Cpu } | null;
    if (hit) return this.#stopNow(hit.reason, hit.what, hit.cpu);
    if (end.kind === 'done') return this.#stopNow('step', 'after a step', end.cpu);
    const why = end.kind === 'failed' ? end.reason : 'interrupted';
    return this.#stopNow('step', `the step did not end: ${why}`, cpu);
  }

  #stopNow(reason: StopReason, what: string, cpu: Cpu): Stop {
    this.#reason = null;
    const domain = domainOfCpu(cpu, (vmid) => this.#domainOf(vmid));
    const target: Target =
      domain !== undefined && cpu.state.get(EL) < 2
        ? { kind: 'vcpu', domain, vcpu: vcpuOf(cpu.state) }
        : { kind: 'cpu', cpu: cpu.index };
    const place = cpu.state.get(EL) === 2 ? 'Xen' : this.#domainName(domain);
    const isHit = reason === 'breakpoint' || reason === 'exception';
    this.#stop = {
      stopId: ++this.#stopSerial,
      reason,
      description: `${what}${reason === 'fatal' ? '' : ` in ${place}`}`,
      target,
      cpu: cpu.index,
      hitBreakpointIds: isHit ? this.#binder.hitIds : [],
      instructions: this.#machine.instructions,
    };
    this.#binder.plant();
    this.events.status(this.#status.sample(false));
    this.events.breakpointsChanged(this.#binder.states());
    this.events.stopped(this.#stop);
    return this.#stop;
  }

  /** The same stop under a new id: more can be said about it now (symbols have been opened). */
  #renewStop(): void {
    if (!this.#stop) return;
    this.#stop = { ...this.#stop, stopId: ++this.#stopSerial };
    this.events.status(this.#status.sample(false));
    this.events.stopped(this.#stop);
  }

  #atBreakpoint(cpu: Cpu): boolean {
    const isGoal = this.#stepper.reached(cpu);
    if (this.#binder.hit(cpu) === 'stop') {
      this.#reason = { reason: 'breakpoint', what: `breakpoint ${this.#binder.hitIds.join(', ')}`, cpu };
      return true;
    }
    return isGoal;
  }

  #traced(cpu: Cpu, kind: number, argument: bigint): void {
    if (kind === TraceKind.vttbrWrite) this.#spaces.leaving(cpu);
    if (kind > TraceKind.exceptionReturn) return;
    this.#status.traced(cpu, kind, argument);
    if (kind !== TraceKind.exceptionReturn) this.#stepper.exception(cpu);
    if (this.#binder.exception(cpu, kind, argument) === 'stop') {
      this.#reason = { reason: 'exception', what: describeException(kind, argument), cpu };
      this.#requestStop();
    }
  }

  // Consoles and messages

  consoleInput(terminal: TerminalId, text: string): Promise<void> {
    this.#consoles.type(terminal, text);
    return Promise.resolve();
  }

  #printed(id: ConsoleId, bytes: Uint8Array): void {
    const waiting = this.#output.get(id);
    if (waiting) waiting.push(...bytes);
    else this.#output.set(id, [...bytes]);
    this.#pacer.printed(id, bytes);
  }

  /** Sends what was printed, and a sample when one is due. */
  #flush(): void {
    if (this.#output.size > 0) {
      const output = [...this.#output].map(([terminal, bytes]): ConsoleOutput => ({
        terminal,
        bytes: Uint8Array.from(bytes),
      }));
      this.#output.clear();
      this.events.console(output);
    }
    const now = this.host.now();
    if (!this.#isRunning || now - this.#lastSample < SAMPLE_INTERVAL) return;
    this.#lastSample = now;
    this.events.status(this.#status.sample(true));
  }

  #message(category: 'machine' | 'debugger' | 'logpoint', severity: 'info' | 'warning', text: string): void {
    this.events.output({ category, severity, text, instructions: this.#machine.instructions });
  }

  #log(text: string): void {
    this.#message('logpoint', 'info', text);
  }

  // Breakpoints

  async setBreakpoints(breakpoints: readonly BreakpointSpec[]): Promise<readonly BreakpointState[]> {
    await this.#binder.set(breakpoints);
    return this.#binder.states();
  }

  // Reads at a stop

  #check(stopId: number): void {
    if (this.#stop?.stopId !== stopId) throw new Error(STALE_STOP);
  }

  #domainOf(vmid: number): number | undefined {
    return this.#pack?.manifest.domains.find((domain) => domain.vmid === vmid)?.domid;
  }

  #domainName(domid: number | undefined): string {
    return this.#pack?.manifest.domains.find((domain) => domain.domid === domid)?.name ?? 'no domain';
  }

  /** The pCPU that executes a target now. */
  #cpuOf(target: Target): Cpu | undefined {
    const { cpus } = this.#machine;
    if (target.kind === 'cpu') return cpus[target.cpu];
    if (target.kind === 'task') return undefined;
    return cpus.find(
      (cpu) => domainOfCpu(cpu, (vmid) => this.#domainOf(vmid)) === target.domain && vcpuOf(cpu.state) === target.vcpu,
    );
  }

  #requireCpu(target: Target): Cpu {
    const cpu = this.#cpuOf(target);
    if (cpu) return cpu;
    throw new Error(`${targetKey(target)} is not on a core at this moment; its saved state needs Xen's structures`);
  }

  async registers(stopId: number, target: Target): Promise<RegisterSet> {
    this.#check(stopId);
    const cpu = this.#requireCpu(target);
    const label = target.kind === 'cpu' ? `pCPU ${cpu.index}` : `${targetKey(target)} on pCPU ${cpu.index}`;
    return Promise.resolve({ origin: 'live', label, registers: readRegisters(this.#machine, cpu) });
  }

  async writeRegister(stopId: number, target: Target, name: string, value: bigint): Promise<void> {
    this.#check(stopId);
    writeRegister(this.#requireCpu(target), name, value);
    this.events.status(this.#status.sample(false));
    return Promise.resolve();
  }

  async readMemory(stopId: number, location: Location, length: number): Promise<MemoryBlock> {
    this.#check(stopId);
    return Promise.resolve(this.#spaces.read(location, length));
  }

  async writeMemory(stopId: number, location: Location, bytes: Uint8Array): Promise<void> {
    this.#check(stopId);
    this.#spaces.write(location, bytes);
    return Promise.resolve();
  }

  async disassemble(stopId: number, location: Location, before: number, count: number): Promise<Disassembly> {
    this.#check(stopId);
    return this.#code.read(location, before, count);
  }

  async translate(stopId: number, location: Location): Promise<TranslationWalk> {
    this.#check(stopId);
    return Promise.resolve(explainTranslation(this.#spaces, location));
  }

  async stackTrace(stopId: number, target: Target): Promise<readonly StackFrame[]> {
    this.#check(stopId);
    const cpu = this.#requireCpu(target);
    const space = codeSpaceOf(
      cpu,
      domainOfCpu(cpu, (vmid) => this.#domainOf(vmid)),
    );
    const registers = {
      pc: cpu.state.pc,
      sp: cpu.state.x(SLOT_SP),
      fp: cpu.state.get64(X + 29 * 8),
      lr: cpu.state.x(30),
    };
    return this.#stack.read(space, registers);
  }

  scopes(): Promise<readonly VariableScope[]> {
    return Promise.reject(new NotAvailable('Variables are not available in this session.'));
  }

  variables(): Promise<readonly Variable[]> {
    return Promise.reject(new NotAvailable('Variables are not available in this session.'));
  }

  evaluate(): Promise<Variable> {
    return Promise.reject(new NotAvailable('Expressions are not available in this session.'));
  }

  setExpression(): Promise<Variable> {
    return Promise.reject(new NotAvailable('Expressions are not available in this session.'));
  }

  execute(): Promise<string> {
    return Promise.reject(new NotAvailable('The command console is not available in this session.'));
  }

  completions(): Promise<readonly string[]> {
    return Promise.resolve([]);
  }

  async source(path: string): Promise<SourceText> {
    if (!this.#symbols) throw new Error('the symbols are still being opened');
    return this.#symbols.source(path);
  }

  searchSymbols(query: string, space: AddressSpace | null): Promise<readonly SymbolMatch[]> {
    return Promise.resolve(this.#symbols?.search(query, space) ?? []);
  }

  domains(): Promise<readonly DomainRow[]> {
    return Promise.reject(
      new NotAvailable('The list of domains needs Xen awareness, which this session does not have.'),
    );
  }

  vcpus(): Promise<readonly VcpuRow[]> {
    return Promise.reject(new NotAvailable('The list of vCPUs needs Xen awareness, which this session does not have.'));
  }

  tasks(): Promise<readonly TaskRow[]> {
    return Promise.resolve([]);
  }

  unmodelled(): Promise<readonly Unmodelled[]> {
    return Promise.resolve(
      this.#machine.unmodelled.accesses.map(({ what, address, width, pc, vmid, count }): Unmodelled => {
        const where = address === undefined ? '' : ` ${width} at PA:0x${address.toString(16)}`;
        return { what: `${what}${where}`, count, pc, cpu: 0, domain: this.#domainOf(vmid) ?? null };
      }),
    );
  }

  stateHash(): Promise<string> {
    return Promise.resolve(hashMachine(this.#machine));
  }
}
