/** A debugging session: one machine, one pack, and everything the protocol asks of them. No DOM, no port: the worker and Node use it alike. */
import { bytesAccess } from '../base/random-access.ts';
import { attachDebugger } from '../awareness/attach.ts';
import type { ConsoleId } from '../awareness/consoles.ts';
import { placeText } from '../debugger/breakpoints/spec.ts';
import { CommandConsole } from '../debugger/commands/console.ts';
import { Debugger } from '../debugger/debugger.ts';
import { locationText } from '../debugger/contexts/spaces.ts';
import type { DebugStop } from '../debugger/stepping/run-control.ts';
import type { SymbolModule } from '../debugger/contexts/modules.ts';
import { DebugPort } from '../emulator/debug-port.ts';
import { hashMachine, loadMachine } from '../emulator/machine-state.ts';
import { Machine } from '../emulator/machine.ts';
import { DRAM_BASE } from '../emulator/memory-layout.ts';
import type { Pack } from '../pack/load.ts';
import type { MarkerKind } from '../trace/labels.ts';
import type { AddressSpace, Location } from '../protocol/address.ts';
import type { DomainRow, TaskRow, VcpuRow } from '../protocol/awareness.ts';
import type { BreakpointPlace, BreakpointSpec, BreakpointState, OutputMessage } from '../protocol/breakpoints.ts';
import type {
  Disassembly,
  InlineValues,
  MemoryBlock,
  MemorySearch,
  SourcePlace,
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
import { type Scope, type Target, targetKey } from '../protocol/target.ts';
import type {
  ProbeInfo,
  ProbeSource,
  ProbeState,
  TimelineEvent,
  TimelineFormat,
  TimelineRequest,
  TimelineSeek,
  TimelineSlice,
  TimelineStatistics,
  TimelineWindow,
} from '../protocol/timeline.ts';
import { BreakpointMirror } from './breakpoint-mirror.ts';
import { CodePlaces } from './code-places.ts';
import { readCode } from './code-reader.ts';
import { GuestConsoles } from './guest-consoles.ts';
import { GuestHealth } from './guest-health.ts';
import { GuestView } from './guest-view.ts';
import { Inspection } from './inspection.ts';
import { StatusSampler } from './machine-status.ts';
import { findInMemory } from './memory-search.ts';
import { Pacer } from './pacer.ts';
import { RunTo } from './run-to.ts';
import { typesOf } from './space-scope.ts';
import { openModules, readSource } from './symbol-modules.ts';
import { describeEvent } from './timeline-event.ts';
import { seekSlices } from './timeline-seek.ts';
import { cutWindow, windowStatistics } from './timeline-window.ts';
import { Tracing } from './tracing.ts';
import { Typing } from './typing.ts';
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
/** Milliseconds between two looks for places of breakpoints that are pending. */
const REFRESH_INTERVAL = 500;
/** Milliseconds that a step may keep messages waiting. */
const TURN_INTERVAL = 8;
/** Milliseconds between two turns of what can wait, while the machine runs. */
const INDEX_INTERVAL = 40;
/** Milliseconds after which a step is shown as a machine that runs. */
const LONG_STEP = 200;
/** Instructions that a step may take before it is given up. */
const STEP_LIMIT = 200_000_000;

const REASONS: Readonly<Record<DebugStop['reason'], StopReason>> = {
  step: 'step',
  breakpoint: 'breakpoint',
  'data breakpoint': 'data breakpoint',
  exception: 'exception',
  pause: 'pause',
  limit: 'pause',
  idle: 'fatal',
  off: 'fatal',
  reset: 'fatal',
};

/** How stops are marked on the timeline. */
const MARKERS: Readonly<Record<StopReason, MarkerKind>> = {
  step: 'step',
  breakpoint: 'breakpoint',
  'data breakpoint': 'breakpoint',
  exception: 'breakpoint',
  pause: 'stop',
  entry: 'stop',
  fatal: 'stop',
};

const FATAL_WORDS: Readonly<Partial<Record<DebugStop['reason'], string>>> = {
  idle: 'every core sleeps and nothing will wake any',
  off: 'the machine was switched off',
  reset: 'the machine asked to be reset',
};

export class Session implements SessionFunctions {
  readonly #machine = new Machine();
  readonly #consoles: GuestConsoles;
  readonly #port: DebugPort;
  readonly #status: StatusSampler;
  readonly #pacer: Pacer;
  readonly #health: GuestHealth;
  readonly #tracing: Tracing;
  readonly #reportedDeaths = new Set<string>();
  readonly #breakpoints = new BreakpointMirror();
  readonly #output = new Map<ConsoleId, number[]>();
  readonly #typing: Typing;
  readonly #runTo = new RunTo();
  #breakpointChange: Promise<void> = Promise.resolve();
  /** The turn of the last read. */
  #turn: Promise<void> = Promise.resolve();
  #pack: Pack | undefined;
  #view: GuestView;
  #inspection: Inspection;
  #console: CommandConsole;
  /** Moment and target that the console was last told of. */
  #focusKey = '';
  #hasSymbols = false;
  #isOpeningSymbols = false;
  /** Settled when the symbols are there, or are known not to come. */
  #symbols: Promise<void> = Promise.resolve();
  #memoryIsZero = true;
  #stop: Stop | null = null;
  #stopSerial = 0;
  /** First id of the present stop, which may have been renewed since. */
  #firstStopId = 0;
  #isRunning = false;
  #pauseWanted = false;
  #lastSample = 0;
  #lastTurn = 0;
  /** When the step began that is under way and not shown as running yet. */
  #stepStart: number | undefined;
  #lastRefresh = 0;
  /** The pCPU whose stop is being looked into. */
  #judged = 0;

  constructor(
    private readonly events: SessionEvents,
    private readonly host: SessionHost,
  ) {
    const machine = this.#machine;
    const domainOf = (vmid: number): number | undefined => this.#domainOf(vmid);
    this.#status = new StatusSampler(
      machine,
      () => this.#view,
      domainOf,
      () => host.now(),
    );
    machine.hooks.onTrace = (cpu, kind, argument) => this.#status.traced(cpu, kind, argument);
    this.#health = new GuestHealth(machine, domainOf);
    this.#tracing = new Tracing(machine, domainOf);
    this.#consoles = new GuestConsoles(machine, (id, bytes) => this.#printed(id, bytes), domainOf);
    // A breakpoint that is hit while Xen switches its console must stop there, not at the end of the slice.
    this.#consoles.isStopWanted = true;
    this.#typing = new Typing(this.#consoles, () => machine.clock.windowStart);
    this.#port = new DebugPort(machine, (count) => this.#consoles.run(count));
    this.#view = this.#viewOf(new Debugger(this.#port, undefined, []));
    this.#inspection = this.#inspectionOf(this.#view);
    this.#console = this.#consoleOf(this.#view.debug);
    this.#pacer = new Pacer(machine.clock, () => host.now());
  }

  #viewOf(debug: Debugger): GuestView {
    return new GuestView(this.#port, debug, (vmid) => this.#domainOf(vmid));
  }

  #consoleOf(debug: Debugger): CommandConsole {
    const console = new CommandConsole(debug);
    console.state.runLimit = STEP_LIMIT;
    // Logpoints speak in the output view, whoever runs the machine.
    debug.onLog = (text) => {
      this.#message('logpoint', 'info', text);
      this.#tracing.recording.mark(this.#judged, 'logpoint', text);
    };
    debug.control.turns = {
      slice: () => this.#pacer.slice(),
      isDue: () => this.host.now() - this.#lastTurn > TURN_INTERVAL,
      pass: () => this.#pass(),
    };
    return console;
  }

  #inspectionOf(view: GuestView): Inspection {
    return new Inspection(this.#machine, view, () => this.host.now());
  }

  get #debug(): Debugger {
    return this.#view.debug;
  }

  // Lifecycle

  async loadPack(source: PackSource): Promise<PackInfo> {
    const pack = await this.host.openPack(source);
    this.#pack = pack;
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
    return this.#stopNow('entry', 'at the boot snapshot', 0);
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
    this.#typing.clear();
    this.#port.stateReplaced();
    this.#health.reset();
    this.#reportedDeaths.clear();
    this.#tracing.begin();
    this.#inspection = this.#inspectionOf(this.#view);
    this.#pacer.restart();
    if (this.#hasSymbols || !this.#pack) return;
    this.#hasSymbols = true;
    const report = (text: string): void => this.#message('debugger', 'warning', text);
    this.#symbols = this.#openSymbols(this.#pack, report).catch((error: unknown) => report(messageOf(error)));
  }

  /** Xen's and Linux's own structures become readable; breakpoints move over. */
  async #openSymbols(pack: Pack, report: (message: string) => void): Promise<void> {
    this.#isOpeningSymbols = true;
    const { modules, debug } = await this.#attach(pack, report).finally(() => {
      this.#isOpeningSymbols = false;
    });
    await this.#afterOthers(async () => {
      this.#debug.breakpoints.clear();
      this.#view = this.#viewOf(debug);
      this.#console = this.#consoleOf(debug);
      this.#inspection = this.#inspectionOf(this.#view);
      await this.#breakpoints.moveTo(debug.breakpoints);
      await this.#tracing.attach(debug.system, modules);
    });
    this.events.breakpointsChanged(this.#breakpointStates());
    this.#renewStop();
    await this.#warmUp();
    this.#indexInBackground(debug).catch(() => undefined);
  }

  /** Makes the indices that the pack has not, a few milliseconds at a time. Until then questions by name are answered by a search. */
  async #indexInBackground(debug: Debugger): Promise<void> {
    let since = this.host.now();
    const pause = async (): Promise<void> => {
      if (this.host.now() - since < TURN_INTERVAL) return;
      await this.host.yield(this.#isRunning ? INDEX_INTERVAL : 0);
      if (this.#debug !== debug) throw new Error('another pack was opened');
      since = this.host.now();
    };
    for (const { file } of debug.system.modules.all) {
      if (!file.hasIndex && file.hasDebugInfo) await file.useIndex(bytesAccess(await file.makeIndex(pause)));
    }
  }

  /** Reads the line tables around every pc: the first look at a module takes long, and the person's first pause should not. */
  async #warmUp(): Promise<void> {
    for (let cpu = 0; cpu < this.#port.cpuCount; cpu += 1) {
      const { space, pc } = this.#view.context(cpu);
      await this.#view.lookup(space, pc).catch(() => undefined);
    }
  }

  async #attach(pack: Pack, report: (message: string) => void): Promise<{ modules: SymbolModule[]; debug: Debugger }> {
    const modules = await openModules(pack, report);
    const domainName = (domid: number): string => this.#domainName(domid);
    return { modules, debug: await attachDebugger(this.#port, modules, { domainName }) };
  }

  // Run control

  async resume(): Promise<void> {
    if (this.#isRunning) return;
    this.#requirePack();
    const past = this.#stop?.cpu;
    this.#stop = null;
    this.#isRunning = true;
    this.#pauseWanted = false;
    this.#pacer.restart();
    this.events.resumed();
    await this.#debug.breakpoints.refresh();
    this.#loop(past).catch((error: unknown) => this.events.crashed(messageOf(error)));
  }

  async pause(): Promise<Stop> {
    this.#pauseWanted = true;
    while (this.#isRunning) await this.host.yield(0);
    return this.#stop ?? this.#stopNow('pause', 'at your request', 0);
  }

  async #halt(): Promise<void> {
    if (this.#isRunning) await this.pause();
    this.#stop = null;
  }

  async #loop(first: number | undefined): Promise<void> {
    let past = first;
    for (;;) {
      this.#typing.pump();
      const portStop = this.#port.run(this.#pacer.slice(), past);
      past = undefined;
      this.#flush();
      if (portStop.reason !== 'limit') {
        this.#judged = portStop.cpu;
        const stop = await this.#debug.control.judge(portStop);
        if (stop) {
          this.#isRunning = false;
          this.#report(stop);
          return;
        }
        past = portStop.cpu;
      }
      await this.host.yield(this.#pacer.pause());
      if (this.#pauseWanted) {
        this.#isRunning = false;
        this.#stopNow('pause', 'at your request', this.#busiestCpu());
        return;
      }
      await this.#refresh();
    }
  }

  /** Looks for places of breakpoints that were not there before: a program was started, a module loaded. */
  async #refresh(): Promise<void> {
    const now = this.host.now();
    if (now - this.#lastRefresh < REFRESH_INTERVAL) return;
    this.#lastRefresh = now;
    const { breakpoints } = this.#debug;
    if (breakpoints.all.some(({ state }) => state === 'pending')) await breakpoints.refresh();
  }

  /** A pCPU that does something, for a pause that is about none in particular; guests before Xen. */
  #busiestCpu(): number {
    const cpus = Array.from({ length: this.#port.cpuCount }, (_, cpu) => cpu);
    const awake = cpus.filter(
      (cpu) => !this.#port.status(cpu).isAsleep && this.#view.context(cpu).domain !== undefined,
    );
    return awake.find((cpu) => this.#port.status(cpu).el < 2) ?? awake[0] ?? 0;
  }

  async step(request: StepRequest): Promise<Stop> {
    const { kind, granularity, followExceptions, target } = request;
    const cpu = this.#view.requireCpu(target);
    return this.#carryOut(async () => {
      const options = { granularity, followExceptions, limit: STEP_LIMIT };
      const stop = await this.#debug.stepper.step(cpu, kind, options);
      return stop.reason === 'pause' ? { ...stop, cpu: this.#view.cpuOf(target) ?? cpu } : stop;
    });
  }

  async runTo(place: BreakpointPlace, scope: Scope): Promise<void> {
    if (this.#isRunning) throw new Error('The machine is running.');
    await this.#runTo.arm(this.#debug.breakpoints, place, scope);
    await this.resume();
  }

  /** A step runs in slices, with messages handled in between; Pause ends it where it is. */
  async #carryOut(step: () => Promise<DebugStop>): Promise<Stop> {
    if (this.#isRunning) throw new Error('The machine is running.');
    this.#stop = null;
    this.#beginStep();
    try {
      const stop = await step();
      this.#endStep();
      return this.#report(stop);
    } finally {
      this.#endStep();
    }
  }

  #beginStep(): void {
    this.#isRunning = true;
    this.#pauseWanted = false;
    this.#stepStart = this.host.now();
    this.#lastTurn = this.#stepStart;
  }

  #endStep(): void {
    this.#isRunning = false;
    this.#stepStart = undefined;
    this.#flush();
  }

  /** Messages have their turn while something steps; true when the person wants it to end. */
  async #pass(): Promise<boolean> {
    this.#pacer.pause();
    this.#stop = null;
    const now = this.host.now();
    if (this.#stepStart !== undefined && now - this.#stepStart > LONG_STEP) {
      this.#stepStart = undefined;
      this.events.resumed();
    }
    this.#flush();
    this.#typing.pump();
    await this.host.yield(0);
    this.#lastTurn = this.host.now();
    return this.#pauseWanted;
  }

  #report({ reason, cpu, breakpoints, message }: DebugStop): Stop {
    if (message !== undefined) return this.#stopNow(reason === 'pause' ? 'pause' : 'step', message, cpu);
    const ids = this.#breakpoints.idsOf(breakpoints);
    if (reason === 'step') return this.#stopNow('step', 'after a step', cpu);
    const places = breakpoints.map(({ place }) => placeText(place, locationText));
    if (this.#runTo.isReached(breakpoints)) return this.#stopNow('step', `ran to ${places.join(', ')}`, cpu, ids);
    const words = FATAL_WORDS[reason] ?? `${reason} ${places.join(', ')}`.trim();
    return this.#stopNow(REASONS[reason], words, cpu, ids);
  }

  #stopNow(reason: StopReason, what: string, cpu: number, hitBreakpointIds: readonly string[] = []): Stop {
    this.#runTo.disarm();
    const { domain, vcpu, el } = this.#view.context(cpu);
    const isGuest = domain !== undefined && vcpu !== undefined;
    const place = el === 2 ? 'Xen' : domain === undefined ? 'no domain' : this.#domainName(domain);
    this.#stop = {
      stopId: ++this.#stopSerial,
      reason,
      description: reason === 'fatal' ? what : `${what} in ${place}`,
      target: isGuest ? { kind: 'vcpu', domain, vcpu } : { kind: 'cpu', cpu },
      cpu,
      hitBreakpointIds,
      instructions: this.#machine.instructions,
    };
    this.#firstStopId = this.#stopSerial;
    this.#inspection = this.#inspectionOf(this.#view);
    this.#tracing.recording.mark(cpu, MARKERS[reason], this.#stop.description);
    this.#announce(this.#stop);
    return this.#stop;
  }

  #announce(stop: Stop): void {
    this.events.status(this.#status.sample(false));
    this.events.breakpointsChanged(this.#breakpointStates());
    this.events.stopped(stop);
  }

  /** The same stop under a new id: more can be said about it now (symbols have been opened). */
  #renewStop(): void {
    if (!this.#stop) return;
    this.#stop = { ...this.#stop, stopId: ++this.#stopSerial, renews: this.#stop.stopId };
    this.#announce(this.#stop);
  }

  // Consoles and messages

  consoleInput(terminal: TerminalId, text: string): Promise<void> {
    this.#typing.add(terminal, text);
    return Promise.resolve();
  }

  #printed(id: ConsoleId, bytes: Uint8Array): void {
    const waiting = this.#output.get(id);
    if (waiting) waiting.push(...bytes);
    else this.#output.set(id, [...bytes]);
    this.#pacer.printed(id, bytes);
    this.#health.printed(id, bytes);
  }

  /** Sends what was printed, and a sample when one is due. */
  #flush(): void {
    if (this.#output.size > 0) {
      const output = [...this.#output].map(([terminal, bytes]): ConsoleOutput => {
        return { terminal, bytes: Uint8Array.from(bytes) };
      });
      this.#output.clear();
      this.events.console(output);
    }
    const now = this.host.now();
    if (!this.#isRunning || now - this.#lastSample < SAMPLE_INTERVAL) return;
    this.#lastSample = now;
    this.#reportDeaths();
    this.events.status(this.#status.sample(true));
  }

  /** Guests that have died since the last look. */
  #reportDeaths(): void {
    for (const { who, message } of this.#health.deaths) {
      if (this.#reportedDeaths.has(who)) continue;
      this.#reportedDeaths.add(who);
      const name = who === 'xen' ? 'Xen' : this.#domainName(Number(who.slice(1)));
      this.#message('machine', 'error', `${name} has died: ${message}`);
    }
  }

  #message(category: OutputMessage['category'], severity: OutputMessage['severity'], text: string): void {
    this.events.output({ category, severity, text, instructions: this.#machine.instructions });
  }

  // Breakpoints

  async setBreakpoints(breakpoints: readonly BreakpointSpec[]): Promise<readonly BreakpointState[]> {
    await this.#afterOthers(() => this.#breakpoints.set(this.#debug.breakpoints, breakpoints));
    return this.#breakpointStates();
  }

  /** Until symbols are there nobody knows which vCPU is whose, and a scope means nothing. */
  #breakpointStates(): BreakpointState[] {
    const states = this.#breakpoints.states(this.#debug.breakpoints);
    if (!this.#isOpeningSymbols) return states;
    return states.map((each) => {
      return each.state === 'applied' ? { ...each, state: 'pending', message: 'the symbols are being opened' } : each;
    });
  }

  /** Changes of the breakpoints take time and must not overlap: one may move all of them to another debugger. */
  async #afterOthers(change: () => Promise<void>): Promise<void> {
    const turn = this.#breakpointChange.then(change, change);
    this.#breakpointChange = turn;
    await turn;
  }

  // Reads at a stop

  /**
   * What answers a read. Every read waits for a turn of its own, so that a message that comes meanwhile (Continue, Pause) waits for one of them at most, and
   * those that are left are given up when the machine goes on.
   */
  async #reading(stopId: number): Promise<Inspection> {
    const turn = this.#turn.then(() => this.host.yield(0));
    this.#turn = turn;
    await turn;
    if (this.#stop?.stopId !== stopId) throw new Error(STALE_STOP);
    return this.#inspection;
  }

  /** As `#reading`, for writes, which do not wait: the machine must stand where it stood for the person who wrote. */
  #checkWrite(stopId: number): Inspection {
    if (!this.#stop || stopId < this.#firstStopId) throw new Error(STALE_STOP);
    return this.#inspection;
  }

  #domainOf(vmid: number): number | undefined {
    return this.#pack?.manifest.domains.find((domain) => domain.vmid === vmid)?.domid;
  }

  #domainName(domid: number): string {
    return this.#pack?.manifest.domains.find((domain) => domain.domid === domid)?.name ?? `d${domid}`;
  }

  async registers(stopId: number, target: Target): Promise<RegisterSet> {
    return (await this.#reading(stopId)).registers(target);
  }

  async writeRegister(stopId: number, target: Target, name: string, value: bigint): Promise<void> {
    this.#checkWrite(stopId).writeRegister(target, name, value);
    this.events.status(this.#status.sample(false));
    return Promise.resolve();
  }

  async readMemory(stopId: number, location: Location, length: number): Promise<MemoryBlock> {
    await this.#reading(stopId);
    return this.#view.read(location, length);
  }

  async writeMemory(stopId: number, location: Location, bytes: Uint8Array): Promise<void> {
    this.#checkWrite(stopId);
    this.#view.write(location, bytes);
    return Promise.resolve();
  }

  async disassemble(stopId: number, location: Location, before: number, count: number): Promise<Disassembly> {
    await this.#reading(stopId);
    return readCode(this.#view, location, before, count);
  }

  async translate(stopId: number, location: Location): Promise<TranslationWalk> {
    await this.#reading(stopId);
    return explainTranslation(this.#view, location);
  }

  async stackTrace(stopId: number, target: Target): Promise<readonly StackFrame[]> {
    return (await this.#reading(stopId)).stack(target);
  }

  async scopes(stopId: number, frameId: number): Promise<readonly VariableScope[]> {
    return (await this.#reading(stopId)).scopes(frameId);
  }

  async variables(stopId: number, variablesReference: number): Promise<readonly Variable[]> {
    return (await this.#reading(stopId)).variables(variablesReference);
  }

  async evaluate(stopId: number, frameId: number | null, expression: string): Promise<Variable> {
    const inspection = await this.#reading(stopId);
    return inspection.evaluate(frameId, expression, this.#stop?.target ?? { kind: 'cpu', cpu: 0 });
  }

  async setExpression(stopId: number, frameId: number | null, expression: string, value: string): Promise<Variable> {
    const target = this.#stop?.target ?? { kind: 'cpu', cpu: 0 };
    return this.#checkWrite(stopId).evaluate(frameId, `${expression} = ${value}`, target);
  }

  /** A line of the console. What runs the machine for long belongs to the session's own loop, so that it can be paused. */
  async execute(line: string, target: Target): Promise<string> {
    this.#requirePack();
    const text = line.trim();
    if (/^(interrupt|pause)$/.test(text)) return (await this.pause()).description;
    if (this.#isRunning) throw new Error('The machine is running: pause it first (interrupt).');
    if (/^(c|continue)$/.test(text)) {
      await this.resume();
      return 'Continuing.';
    }
    this.#focus(target);
    return this.#executeStopped(text);
  }

  async #executeStopped(text: string): Promise<string> {
    const before = this.#machine.instructions;
    this.#beginStep();
    try {
      return await this.#console.execute(text);
    } finally {
      this.#endStep();
      const specs = this.#breakpoints.adopt(this.#debug.breakpoints);
      if (specs) this.events.breakpointsEdited(specs);
      this.#afterCommand(text, this.#machine.instructions !== before);
    }
  }

  /** A command that ran the machine leads to a stop; any other may have written something, so views read again. */
  #afterCommand(text: string, hasRun: boolean): void {
    if (hasRun) this.#stopNow('step', `after "${text}"`, this.#debug.cpuOf(this.#console.state.focus) ?? 0);
    else if (/^(set|p|print|call)\b/.test(text)) this.#renewStop();
  }

  /** The console looks at what the page looks at. */
  #focus(target: Target): void {
    const address = this.#view.vcpuAddress(target);
    const cpu = this.#view.cpuOf(target) ?? 0;
    const key = `${this.#machine.instructions} ${targetKey(target)}`;
    if (key !== this.#focusKey) {
      this.#console.state.look(address === undefined ? { kind: 'cpu', cpu } : { kind: 'vcpu', address });
    }
    this.#focusKey = key;
  }

  completions(line: string): Promise<readonly string[]> {
    return Promise.resolve(this.#console.completions(line));
  }

  async source(path: string): Promise<SourceText> {
    return readSource(this.#requirePack(), path);
  }

  /** Questions about names wait for the symbols: "nothing is called that" would be wrong before. */
  async #places(): Promise<CodePlaces> {
    await this.#symbols;
    return new CodePlaces(this.#view);
  }

  async searchSymbols(query: string, domain: number | null): Promise<readonly SymbolMatch[]> {
    return (await this.#places()).search(query, domain);
  }

  async locate(place: BreakpointPlace, scope: Scope): Promise<readonly Location[]> {
    return (await this.#places()).locate(place, scope);
  }

  async definition(name: string, path: string | null, domain: number | null): Promise<SourcePlace | null> {
    return (await this.#places()).definition(name, path, domain);
  }

  async inlineValues(stopId: number, frameId: number): Promise<InlineValues | null> {
    return (await this.#reading(stopId)).inlineValues(frameId);
  }

  async findMemory(
    stopId: number,
    from: Location,
    pattern: Uint8Array,
    length: number,
    backwards: boolean,
  ): Promise<MemorySearch> {
    await this.#reading(stopId);
    const read = (location: Location, count: number): MemoryBlock => this.#view.read(location, count);
    return Promise.resolve(findInMemory(read, from, pattern, length, backwards));
  }

  async searchTypes(query: string, space: AddressSpace): Promise<readonly string[]> {
    await this.#symbols;
    const module = typesOf(this.#view, space);
    const names = (await module?.file.structureNames(() => this.host.yield(0))) ?? [];
    return names.filter((name) => name.includes(query)).slice(0, 200);
  }

  async overlay(stopId: number, location: Location, type: string): Promise<Variable> {
    return (await this.#reading(stopId)).overlay(location, type);
  }

  async domains(stopId: number): Promise<readonly DomainRow[]> {
    return (await this.#reading(stopId)).domains();
  }

  async vcpus(stopId: number): Promise<readonly VcpuRow[]> {
    return (await this.#reading(stopId)).vcpus();
  }

  async tasks(stopId: number, domid: number): Promise<readonly TaskRow[]> {
    return (await this.#reading(stopId)).tasks(domid);
  }

  // The recorded past

  timeline(request: TimelineRequest): Promise<TimelineWindow> {
    const { recording } = this.#tracing;
    recording.update();
    return Promise.resolve(cutWindow(recording.timelines.model, recording.store.dropped, request));
  }

  timelineSeek(seek: TimelineSeek): Promise<readonly TimelineSlice[]> {
    return Promise.resolve(seekSlices(this.#tracing.recording.timelines.model, seek));
  }

  timelineEvent(track: number, time: number, depth: number): Promise<TimelineEvent | null> {
    return describeEvent(this.#tracing.recording, this.#view, track, time, depth);
  }

  timelineStatistics(from: number, to: number): Promise<TimelineStatistics> {
    const { recording } = this.#tracing;
    recording.update();
    return Promise.resolve(windowStatistics(recording.timelines.model, from, to));
  }

  async addProbe(text: string): Promise<ProbeInfo> {
    const { id, name } = await this.#tracing.addProbe(text);
    return { id, name };
  }

  removeProbe(id: number): Promise<void> {
    this.#tracing.removeProbe(id);
    return Promise.resolve();
  }

  probes(): Promise<ProbeState> {
    return Promise.resolve(this.#tracing.probeState);
  }

  setProbeSource(source: ProbeSource, isOn: boolean): Promise<void> {
    return this.#tracing.setSource(source, isOn);
  }

  exportTimeline(format: TimelineFormat): Promise<readonly (string | Uint8Array)[]> {
    return Promise.resolve(this.#tracing.export(format));
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

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
