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

export class RunControl {
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
      const stop = port.run(target - port.instructions, passing);
      const result = await this.judge(stop);
      if (result) return result;
      passing = stop.cpu;
    }
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
