/** Stops: what the page is told of them, and who may still read or write at one. */
import { placeText } from '../../debugger/breakpoints/spec.ts';
import { formatLocation } from '../../debugger/contexts/spaces.ts';
import type { DebugStop } from '../../debugger/stepping/run-control.ts';
import { STALE_STOP, type Stop, type StopReason } from '../../protocol/stop.ts';
import type { MarkerKind } from '../../trace/labels.ts';
import type { Inspection } from '../inspection.ts';
import { RunTo } from '../run-to.ts';
import type { SessionCore } from './core.ts';

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

export class Stops {
  readonly runTo = new RunTo();
  /** Where the machine stands; null while it runs. */
  current: Stop | null = null;
  #serial = 0;
  /** First id of the present stop, which may have been renewed since. */
  #firstId = 0;
  /** The turn of the last read. */
  #turn: Promise<void> = Promise.resolve();

  constructor(private readonly core: SessionCore) {}

  /** Makes what the debugger says of a stop the page's. */
  report({ reason, cpu, breakpoints, message }: DebugStop): Stop {
    if (message !== undefined) return this.stopNow(reason === 'pause' ? 'pause' : 'step', message, cpu);
    const ids = this.core.mirror.idsOf(breakpoints);
    if (reason === 'step') return this.stopNow('step', 'after a step', cpu);
    const places = breakpoints.map(({ place }) => placeText(place, formatLocation));
    if (this.runTo.isReached(breakpoints)) return this.stopNow('step', `ran to ${places.join(', ')}`, cpu, ids);
    const words = FATAL_WORDS[reason] ?? `${reason} ${places.join(', ')}`.trim();
    return this.stopNow(REASONS[reason], words, cpu, ids);
  }

  stopNow(reason: StopReason, what: string, cpu: number, hitBreakpointIds: readonly string[] = []): Stop {
    const { core } = this;
    this.runTo.disarm();
    const { domain, vcpu, el } = core.view.context(cpu);
    const isGuest = domain !== undefined && vcpu !== undefined;
    const place = el === 2 ? 'Xen' : domain === undefined ? 'no domain' : core.domainName(domain);
    this.current = {
      stopId: ++this.#serial,
      reason,
      description: reason === 'fatal' ? what : `${what} in ${place}`,
      target: isGuest ? { kind: 'vcpu', domain, vcpu } : { kind: 'cpu', cpu },
      cpu,
      hitBreakpointIds,
      instructions: core.machine.instructions,
    };
    this.#firstId = this.#serial;
    core.inspection = core.newInspection();
    core.tracing.recording.mark(cpu, MARKERS[reason], this.current.description);
    this.#announce(this.current);
    return this.current;
  }

  #announce(stop: Stop): void {
    const { core } = this;
    // The sample belongs to the stop and is shown with it.
    core.events.stopped(stop);
    core.events.status(core.status.sample(false));
    core.events.breakpointsChanged(core.breakpointStates());
  }

  /** The same stop under a new id: more can be said about it now (symbols have been opened). */
  renew(): void {
    if (!this.current) return;
    this.current = { ...this.current, stopId: ++this.#serial, renews: this.current.stopId };
    this.#announce(this.current);
  }

  /**
   * What answers a read. Every read waits for a turn of its own, so that a message that comes meanwhile (Continue, Pause) waits for one of them at most, and
   * those that are left are given up when the machine goes on.
   */
  async reading(stopId: number): Promise<Inspection> {
    const turn = this.#turn.then(() => this.core.host.yield(0));
    this.#turn = turn;
    await turn;
    if (this.current?.stopId !== stopId) throw new Error(STALE_STOP);
    return this.core.inspection;
  }

  /** As `reading`, for writes, which do not wait: the machine must stand where it stood for the person who wrote. */
  writing(stopId: number): Inspection {
    if (!this.current || stopId < this.#firstId) throw new Error(STALE_STOP);
    return this.core.inspection;
  }
}
