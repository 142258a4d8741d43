/** Why and where the machine stopped. */
import type { Target } from './target.ts';

/** DAP `stopped.reason`, as far as it applies. */
export type StopReason = 'entry' | 'pause' | 'step' | 'breakpoint' | 'data breakpoint' | 'exception' | 'fatal';

/**
 * A stop. `stopId` names the moment: reads that carry an older one are refused, so that a value from before
 * a `continue` can never be shown as current.
 */
export interface Stop {
  readonly stopId: number;
  readonly reason: StopReason;
  /** One sentence for the status bar: `breakpoint major_show in DomU1`. */
  readonly description: string;
  readonly target: Target;
  /** pCPU on which it happened. */
  readonly cpu: number;
  readonly hitBreakpointIds: readonly string[];
  readonly instructions: number;
  /** The id this stop had before: the machine has not moved, but more can be said about it now. */
  readonly renews?: number;
}

/** DAP `SteppingGranularity`. */
export type SteppingGranularity = 'instruction' | 'line';

/** A step of the logical context of `target`. */
export interface StepRequest {
  readonly kind: 'into' | 'over' | 'out';
  readonly granularity: SteppingGranularity;
  readonly target: Target;
  /** Go into exceptions taken on the way, instead of letting them run. */
  readonly followExceptions?: boolean;
}

/** Thrown for a read that carries the id of a stop that is over. */
export const STALE_STOP = 'the machine has run since';
