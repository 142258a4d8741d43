/** The page's side of a session: its stores, and what a person can make it do. */
import type { OutputMessage } from '../protocol/breakpoints.ts';
import type { StackFrame } from '../protocol/inspect.ts';
import type { TerminalId } from '../protocol/pack.ts';
import type { PackSource } from '../protocol/pack.ts';
import type { SessionEvents, SessionFunctions } from '../protocol/session.ts';
import { STALE_STOP, type StepRequest, type Stop } from '../protocol/stop.ts';
import type { Target } from '../protocol/target.ts';
import { Arrivals } from './arrivals.ts';
import { createBreakpointStore, reportStates } from './breakpoint-store.ts';
import { CommandRegistry } from './commands.ts';
import { ConsoleHub } from './console-hub.ts';
import { createContextStore } from './context-store.ts';
import { createCursorStore } from './cursor-store.ts';
import { createMachineStore, isRunning } from './machine-store.ts';
import { createNavigationStore, showLocation, showSource } from './navigation.ts';
import { addMessage, createOutputStore } from './output-store.ts';
import { Questions } from './questions.ts';
import type { Connect, SessionConnection } from './session.ts';
import { createSourceStore, SourceTexts } from './source-cache.ts';
import { createTimelineStore, keepArrangement } from './timeline-store.ts';
import { createWorkspaceStore } from './workspace-store.ts';

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** One page's session, stores and actions. */
export class Client {
  readonly machine = createMachineStore();
  readonly context = createContextStore();
  readonly breakpoints = createBreakpointStore();
  readonly cursor = createCursorStore();
  readonly workspace = createWorkspaceStore();
  readonly navigation = createNavigationStore();
  readonly output = createOutputStore();
  readonly sources = createSourceStore();
  readonly texts = new SourceTexts(async (path) => this.session.source(path));
  readonly timeline = createTimelineStore();
  readonly consoles = new ConsoleHub();
  readonly questions = new Questions();
  readonly commands = new CommandRegistry((message) => this.report(message));
  readonly #arrivals = new Arrivals(this);
  readonly #connect: Connect;
  #connection: SessionConnection | null = null;
  #source: PackSource | null = null;
  /** Pause was asked for before the machine could run. */
  #pauseAtStart = false;
  /** Steps that are under way or wait. */
  #steps = 0;
  #lastStep: Promise<unknown> = Promise.resolve();

  constructor(connect: Connect) {
    this.#connect = connect;
    this.breakpoints.subscribe((state, previous) => {
      if (state.specs !== previous.specs) void this.#sendBreakpoints();
    });
    keepArrangement(this.timeline, this.workspace);
    this.workspace.subscribe(({ keys }, previous) => {
      if (keys !== previous.keys) this.commands.customize(keys);
    });
  }

  /** The session; throws when there is none, which commands prevent by being disabled. */
  get session(): SessionFunctions {
    if (!this.#connection) throw new Error('No machine is loaded.');
    return this.#connection.session;
  }

  /** Shows a failure to the person. */
  report(message: string): void {
    this.machine.setState({ error: message });
    addMessage(this.output, { category: 'debugger', severity: 'error', text: message, instructions: this.#now() });
  }

  #now(): number {
    return this.machine.getState().status?.instructions ?? 0;
  }

  /** Opens a pack in a new worker: at its boot snapshot and running, or cold when it has none or `isCold` asks for it. */
  async open(source: PackSource, isCold = false): Promise<void> {
    this.#connection?.close();
    this.#arrivals.cancel();
    this.#source = source;
    this.#pauseAtStart = false;
    this.consoles.reset();
    this.sources.setState({ files: {} });
    this.texts.clear();
    this.machine.setState({ phase: 'loading', pack: null, status: null, stop: null, lastStop: null, error: null });
    const connection = this.#connect(this.#events());
    this.#connection = connection;
    try {
      const pack = await connection.session.loadPack(source);
      this.machine.setState({ pack });
      await this.#sendBreakpoints();
      if (pack.hasSnapshot && !isCold) await this.#start();
      else await this.#boot();
    } catch (error) {
      if (this.#connection !== connection || this.machine.getState().phase === 'crashed') return;
      this.machine.setState({ phase: 'empty', progress: null });
      this.report(messageOf(error));
    }
  }

  /** Opens the last pack again, after a crash. */
  async reopen(): Promise<void> {
    if (this.#source) await this.open(this.#source);
  }

  /** Back to the boot snapshot, running. */
  async restart(): Promise<void> {
    if (this.machine.getState().phase !== 'ready') return this.reopen();
    this.#pauseAtStart = false;
    return this.#start().catch((error: unknown) => {
      this.machine.setState({ phase: 'empty' });
      throw error;
    });
  }

  /** Boots from the first instruction, in a new worker. */
  async coldBoot(): Promise<void> {
    if (this.#source) await this.open(this.#source, true);
  }

  async #start(): Promise<void> {
    this.consoles.reset();
    // The stop at the snapshot is passed by, and not worth reading, unless a person asks for it.
    this.#arrivals.cancel();
    this.machine.setState({ phase: 'loading', stop: null });
    const stop = await this.session.restart();
    this.machine.setState({ phase: 'ready' });
    if (this.#pauseAtStart) {
      this.#onStopped(stop);
      await this.#arrivals.shown;
    } else await this.resume();
  }

  async #boot(): Promise<void> {
    await this.session.coldBoot();
    this.machine.setState({ phase: 'ready' });
    this.#onResumed();
    if (this.#pauseAtStart) await this.pause();
  }

  async resume(): Promise<void> {
    this.#onResumed();
    await this.session.resume();
  }

  async pause(): Promise<void> {
    if (this.machine.getState().phase === 'loading') this.#pauseAtStart = true;
    else await this.session.pause();
  }

  /** True when there is something to pause, or will be in a moment. */
  get canPause(): boolean {
    return this.isRunning || this.#steps > 0 || this.machine.getState().phase === 'loading';
  }

  /**
   * Asks something of the machine where it stands, and once more when the stop was only renewed meanwhile. Rejects when the machine runs or has run since.
   */
  async read<T>(question: (session: SessionFunctions, stopId: number) => Promise<T>): Promise<T> {
    const { stop } = this.machine.getState();
    if (!stop) throw new Error('The machine runs. Pause it first.');
    try {
      return await question(this.session, stop.stopId);
    } catch (error) {
      if (messageOf(error) !== STALE_STOP) throw error;
      // The stop that replaced this one may be on its way to be shown.
      await this.#arrivals.shown;
      const now = this.machine.getState().stop;
      const isRenewed = now !== null && now.stopId !== stop.stopId && now.instructions === stop.instructions;
      if (!isRenewed) throw error;
      return this.read(question);
    }
  }

  /**
   * Writes something to the machine where it stands, and has every view read again. A failure is reported; false means that nothing was written, so that
   * what the person entered can be kept.
   */
  async write(change: (session: SessionFunctions, stopId: number) => Promise<unknown>): Promise<boolean> {
    const { stop } = this.machine.getState();
    try {
      if (!stop) throw new Error('Nothing was written: the machine runs. Pause it first.');
      await change(this.session, stop.stopId);
      this.invalidate();
      return true;
    } catch (error) {
      const message = messageOf(error);
      this.report(message === STALE_STOP ? 'Nothing was written: the machine has run since.' : message);
      return false;
    }
  }

  /** A step of the current target, by lines or instructions as the focus says. */
  async step(kind: StepRequest['kind']): Promise<void> {
    await this.#inTurn(() => {
      const { target, granularity } = this.context.getState();
      const { followExceptions } = this.workspace.getState().preferences;
      return this.session.step({ kind, granularity, target, followExceptions });
    });
  }

  async stepInstruction(): Promise<void> {
    await this.#inTurn(() => {
      const { target } = this.context.getState();
      return this.session.step({ kind: 'into', granularity: 'instruction', target });
    });
  }

  /** One step at a time. Of those that are asked for meanwhile, as by a key that is held down, one waits and the others are dropped. */
  async #inTurn(step: () => Promise<unknown>): Promise<void> {
    if (this.#steps > 1) return;
    this.#steps += 1;
    const turn = this.#lastStep.then(() => (this.isStopped ? step() : undefined));
    // The next one sets out from what this one has shown.
    this.#lastStep = turn.catch(() => undefined).then(() => this.#arrivals.shown);
    await turn.finally(() => {
      this.#steps -= 1;
    });
  }

  async type(terminal: TerminalId, text: string): Promise<void> {
    await this.session.consoleInput(terminal, text);
  }

  /** Makes `target` what every view looks at; its stack is read. */
  select(target: Target): void {
    this.context.setState({ target: { ...target }, frames: [], frameId: null, framesError: null });
    void this.#arrivals.readStack(true);
  }

  /** Makes a frame current and shows its source, or its code when it has none. */
  showFrame(frame: StackFrame): void {
    this.context.setState({ frameId: frame.id });
    const { source, domain, location } = frame;
    if (!source) showLocation(this.navigation, 'disassembly', location);
    else {
      const owner = domain === null ? ({ kind: 'xen' } as const) : ({ kind: 'domain', domain } as const);
      showSource(this.navigation, { path: source.path, line: source.line, owner });
    }
  }

  /** Says that memory or registers were written, so that views read again. */
  invalidate(): void {
    this.machine.setState(({ revision }) => ({ revision: revision + 1 }));
    void this.#arrivals.readStack(false);
  }

  async #sendBreakpoints(): Promise<void> {
    if (!this.#connection || !this.machine.getState().pack) return;
    try {
      reportStates(this.breakpoints, await this.session.setBreakpoints(this.breakpoints.getState().specs));
    } catch (error) {
      this.report(messageOf(error));
    }
  }

  #onStopped(stop: Stop): void {
    if (this.machine.getState().phase !== 'loading') this.#arrivals.stopped(stop);
  }

  #onResumed(): void {
    this.#arrivals.cancel();
    this.machine.setState({ stop: null, error: null });
  }

  #events(): SessionEvents {
    return {
      status: (status) => this.#arrivals.status(status),
      stopped: (stop) => this.#onStopped(stop),
      resumed: () => this.#onResumed(),
      console: (output) => this.consoles.write(output),
      progress: (progress) => this.machine.setState({ progress }),
      breakpointsChanged: (states) => reportStates(this.breakpoints, states),
      breakpointsEdited: (specs) => this.breakpoints.setState({ specs }),
      output: (message) => this.#onOutput(message),
      crashed: (message) => this.#onCrashed(message),
    };
  }

  /** What the machine itself has to say is urgent. */
  #onOutput(message: OutputMessage): void {
    addMessage(this.output, message);
    if (message.category === 'machine' && message.severity === 'error') this.machine.setState({ error: message.text });
  }

  #onCrashed(message: string): void {
    this.#arrivals.cancel();
    this.#connection?.close();
    this.#connection = null;
    this.machine.setState({ phase: 'crashed', progress: null, stop: null });
    this.report(message);
  }

  /** True when the guests can be stepped. */
  get isStopped(): boolean {
    const state = this.machine.getState();
    return state.phase === 'ready' && state.stop !== null;
  }

  get isRunning(): boolean {
    return isRunning(this.machine.getState());
  }
}
