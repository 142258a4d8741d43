/** Turns of vCPUs on pCPUs, and of tasks on vCPUs, as those who give them out account for them: by the clock that they read when they begin to schedule. */
import { Column } from './columns.ts';
import type { VcpuKey } from './labels.ts';

/** Whole turns, in the order in which they ended. */
export class TurnLog {
  /** Whose: a vCPU, or a task (`taskKey`). */
  readonly subjects = new Column(Float64Array);
  /** The vCPU that ran. */
  readonly vcpus = new Column(Int32Array);
  /** When it was switched to and away from, ns of machine time. */
  readonly starts = new Column(Float64Array);
  readonly ends = new Column(Float64Array);
  /** How long it was by the scheduler's clock, ns. */
  readonly lengths = new Column(Float64Array);
  private readonly open = new Map<number, { readonly start: number; readonly clock: number }>();

  get count(): number {
    return this.starts.length;
  }

  /** A turn begins at `time`; by the scheduler's clock that is `clock`. */
  begin(subject: number, time: number, clock: number): void {
    this.open.set(subject, { start: time, clock });
  }

  /** The turn is over. What began before the recording did is not known whole. */
  end(subject: number, vcpu: VcpuKey, time: number, clock: number): void {
    const begun = this.open.get(subject);
    if (!begun) return;
    this.open.delete(subject);
    this.subjects.push(subject);
    this.vcpus.push(vcpu);
    this.starts.push(begun.start);
    this.ends.push(time);
    this.lengths.push(clock - begun.clock);
  }

  trim(time: number): void {
    let count = 0;
    while (count < this.count && this.ends.values[count] < time) count++;
    if (count === 0) return;
    for (const column of [this.subjects, this.vcpus, this.starts, this.ends, this.lengths]) column.drop(count);
  }
}

/** Tasks of all domains have different numbers. */
export const TASKS_PER_DOMAIN = 2 ** 22;
/** A task of any domain as one number. */
export const taskKey = (domid: number, pid: number): number => domid * TASKS_PER_DOMAIN + pid;
