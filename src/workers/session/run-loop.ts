/** Run control: the machine in slices of a few milliseconds, with messages handled in between. */
import type { Debugger } from '../../debugger/debugger.ts';
import type { DebugStop } from '../../debugger/stepping/run-control.ts';
import type { BreakpointPlace } from '../../protocol/breakpoints.ts';
import type { StepRequest, Stop } from '../../protocol/stop.ts';
import type { Scope } from '../../protocol/target.ts';
import type { SessionCore } from './core.ts';
import { messageOf } from './host.ts';
import type { SessionOutput } from './output.ts';
import type { Stops } from './stops.ts';

/** Milliseconds between two looks for places of breakpoints that are pending. */
const REFRESH_INTERVAL = 500;
/** Milliseconds that a step may keep messages waiting. */
const TURN_INTERVAL = 8;
/** Milliseconds after which a step is shown as a machine that runs. */
const LONG_STEP = 200;
/** Instructions that a step may take before it is given up. */
export const STEP_LIMIT = 200_000_000;

export class RunLoop {
  #pauseWanted = false;
  #lastTurn = 0;
  /** When the step began that is under way and not shown as running yet. */
  #stepStart: number | undefined;
  #lastRefresh = 0;
  /** The pCPU whose stop is being looked into. */
  #judged = 0;

  constructor(
    private readonly core: SessionCore,
    private readonly stops: Stops,
    private readonly output: SessionOutput,
  ) {}

  /** Has a debugger run the machine in slices, and its logpoints speak in the output view, whoever runs the machine. */
  serve(debug: Debugger): void {
    const { core } = this;
    debug.onLog = (text) => {
      this.output.message('logpoint', 'info', text);
      core.tracing.recording.mark(this.#judged, 'logpoint', text);
    };
    debug.control.turns = {
      slice: () => core.pacer.slice(),
      isDue: () => core.host.now() - this.#lastTurn > TURN_INTERVAL,
      pass: () => this.#pass(),
    };
  }

  async resume(): Promise<void> {
    const { core, stops } = this;
    if (core.isRunning) return;
    core.requirePack();
    const past = stops.current?.cpu;
    stops.current = null;
    core.isRunning = true;
    this.#pauseWanted = false;
    core.pacer.restart();
    core.events.resumed();
    await core.debug.breakpoints.refresh();
    this.#loop(past).catch((error: unknown) => core.events.crashed(messageOf(error)));
  }

  async pause(): Promise<Stop> {
    this.#pauseWanted = true;
    while (this.core.isRunning) await this.core.host.yield(0);
    return this.stops.current ?? this.stops.stopNow('pause', 'at your request', 0);
  }

  /** Stops whatever goes on; the machine is about to be replaced. */
  async halt(): Promise<void> {
    if (this.core.isRunning) await this.pause();
    this.stops.current = null;
  }

  async #loop(first: number | undefined): Promise<void> {
    const { core } = this;
    let past = first;
    for (;;) {
      core.typing.pump();
      const portStop = core.port.run(core.pacer.slice(), past);
      past = undefined;
      this.output.flush();
      if (portStop.reason !== 'limit') {
        this.#judged = portStop.cpu;
        const stop = await core.debug.control.judge(portStop);
        if (stop) {
          core.isRunning = false;
          this.stops.report(stop);
          return;
        }
        past = portStop.cpu;
      }
      await core.host.yield(core.pacer.pause());
      if (this.#pauseWanted) {
        core.isRunning = false;
        this.stops.stopNow('pause', 'at your request', this.#busiestCpu());
        return;
      }
      await this.#refresh();
    }
  }

  /** Looks for places of breakpoints that were not there before: a program was started, a module loaded. */
  async #refresh(): Promise<void> {
    const now = this.core.host.now();
    if (now - this.#lastRefresh < REFRESH_INTERVAL) return;
    this.#lastRefresh = now;
    const { breakpoints } = this.core.debug;
    if (breakpoints.all.some(({ state }) => state === 'pending')) await breakpoints.refresh();
  }

  /** A pCPU that does something, for a pause that is about none in particular; guests before Xen. */
  #busiestCpu(): number {
    const { port, view } = this.core;
    const cpus = Array.from({ length: port.cpuCount }, (_, cpu) => cpu);
    const awake = cpus.filter((cpu) => !port.status(cpu).isAsleep && view.context(cpu).domain !== undefined);
    return awake.find((cpu) => port.status(cpu).el < 2) ?? awake[0] ?? 0;
  }

  async step({ kind, granularity, followExceptions, target }: StepRequest): Promise<Stop> {
    const { view } = this.core;
    const cpu = view.requireCpu(target);
    if (this.core.isRunning) throw new Error('The machine is running.');
    this.stops.current = null;
    const stop = await this.duringStep(async (): Promise<DebugStop> => {
      const found = await this.core.debug.stepper.step(cpu, kind, { granularity, followExceptions, limit: STEP_LIMIT });
      return found.reason === 'pause' ? { ...found, cpu: view.cpuOf(target) ?? cpu } : found;
    });
    return this.stops.report(stop);
  }

  async runTo(place: BreakpointPlace, scope: Scope): Promise<void> {
    if (this.core.isRunning) throw new Error('The machine is running.');
    await this.stops.runTo.arm(this.core.debug.breakpoints, place, scope);
    await this.resume();
  }

  /** A step runs in slices, with messages handled in between; Pause ends it where it is. */
  async duringStep<T>(step: () => Promise<T>): Promise<T> {
    this.core.isRunning = true;
    this.#pauseWanted = false;
    this.#stepStart = this.core.host.now();
    this.#lastTurn = this.#stepStart;
    try {
      return await step();
    } finally {
      this.core.isRunning = false;
      this.#stepStart = undefined;
      this.output.flush();
    }
  }

  /** Messages have their turn while something steps; true when the person wants it to end. */
  async #pass(): Promise<boolean> {
    const { core } = this;
    core.pacer.pause();
    this.stops.current = null;
    const now = core.host.now();
    if (this.#stepStart !== undefined && now - this.#stepStart > LONG_STEP) {
      this.#stepStart = undefined;
      core.events.resumed();
    }
    this.output.flush(this.#stepStart === undefined);
    core.typing.pump();
    await core.host.yield(0);
    this.#lastTurn = core.host.now();
    return this.#pauseWanted;
  }
}
