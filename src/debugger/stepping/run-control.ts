/** Runs the machine until something that the person asked for happens. */
import type { PortStop } from '../../emulator/debug-port.ts';
import type { BreakpointList } from '../breakpoints/breakpoints.ts';
import type { Breakpoint } from '../breakpoints/spec.ts';
import type { System } from '../contexts/system.ts';

/** Why the machine stands. */
export type DebugStopReason =
  | 'step'
  | 'breakpoint'
  | 'data breakpoint'
  | 'exception'
  | 'pause'
  /** The instructions allowed were retired. */
  | 'limit'
  | 'idle'
  | 'off'
  | 'reset';

export interface DebugStop {
  readonly reason: DebugStopReason;
  /** pCPU that it is about. */
  readonly cpu: number;
  readonly breakpoints: readonly Breakpoint[];
  readonly portStop: PortStop;
  /** What a step has to say for itself when it did not end where it should. */
  readonly message?: string;
}

const REASONS: Readonly<Record<PortStop['reason'], DebugStopReason>> = {
  limit: 'limit',
  breakpoint: 'breakpoint',
  watchpoint: 'data breakpoint',
  catchpoint: 'exception',
  step: 'step',
  requested: 'pause',
  idle: 'idle',
  off: 'off',
  reset: 'reset',
};

/** Whoever else needs the thread while the machine runs for long. */
export interface Turns {
  /** Instructions to run before the next turn. */
  slice(): number;
  /** A turn should be given now, however little was run. */
  isDue(): boolean;
  /** Gives others a turn; true when the person wants the run to end. */
  pass(): Promise<boolean>;
}

export class RunControl {
  /** Without turns a run keeps the thread until it ends. */
  turns: Turns | undefined;

  constructor(
    readonly system: System,
    readonly breakpoints: BreakpointList,
    /** Gets what logpoints print. */
    private readonly onLog: (text: string) => void = () => {},
  ) {}

  /** Runs at most `limit` instructions; `past` is the pCPU that stands at an instruction which it is to leave in any case. */
  async run(limit: number, past?: number): Promise<DebugStop> {
    await this.breakpoints.refresh();
    const { port } = this.system;
    const target = port.instructions + limit;
    let passing = past;
    for (;;) {
      const stop = await this.runPort(target - port.instructions, passing);
      const result = await this.judge(stop);
      if (result) return result;
      passing = stop.cpu;
    }
  }

  /** As the port's `run`, with turns for others. */
  runPort(limit: number, past?: number): Promise<PortStop> {
    return this.#inTurns(limit, (count) => this.system.port.run(count, past));
  }

  /** As the port's `stepInstruction`, with turns for others. */
  stepPort(cpu: number, limit: number): Promise<PortStop> {
    return this.#inTurns(limit, (count) => this.system.port.stepInstruction(cpu, count));
  }

  async #inTurns(limit: number, begin: (count: number) => PortStop): Promise<PortStop> {
    const { port } = this.system;
    const { turns } = this;
    if (!turns) return begin(limit);
    const end = port.instructions + limit;
    const slice = (): number => Math.min(turns.slice(), end - port.instructions);
    let stop = turns.isDue() && (await turns.pass()) ? this.#requested() : begin(slice());
    while (stop.reason === 'limit' && port.instructions < end) {
      stop = (await turns.pass()) ? this.#requested() : port.goOn(slice());
    }
    return stop;
  }

  /** Where a person has ended a run. */
  #requested(): PortStop {
    const { instructions } = this.system.port;
    return { reason: 'requested', cpu: 0, hits: [], watchHits: [], event: undefined, instructions };
  }

  /** What a port's stop means to the person; undefined when the machine is to go on. */
  async judge(stop: PortStop): Promise<DebugStop | undefined> {
    if (stop.hits.length === 0) return { reason: REASONS[stop.reason], cpu: stop.cpu, breakpoints: [], portStop: stop };
    const { stops, logs } = await this.breakpoints.check(stop);
    for (const text of logs) this.onLog(text);
    if (stops.length === 0) return undefined;
    return { reason: REASONS[stop.reason], cpu: stop.cpu, breakpoints: stops, portStop: stop };
  }
}
