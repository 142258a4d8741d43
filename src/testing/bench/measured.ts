/** A machine that workloads are timed on. */
import type { Workload } from './workload.ts';

/** One timed run. */
export interface Timing {
  readonly seconds: number;
  /** Guest instructions retired, where the machine counts them. */
  readonly instructions?: number;
}

export interface MeasuredMachine {
  /** Defines a workload's functions in its domains, untimed. */
  prepare(workload: Workload): Promise<void>;
  run(workload: Workload): Promise<Timing>;
  stop(): Promise<void>;
}
