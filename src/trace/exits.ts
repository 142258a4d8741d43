/** Visits to the hypervisor: from a trap or interrupt out of a guest to the return, or to the switch to another vCPU. One list for each pCPU. */
import { Column } from './columns.ts';

export class ExitLog {
  readonly starts = new Column(Float64Array);
  /** Nanoseconds. */
  readonly durations = new Column(Float64Array);
  /** Label: reason and vCPU. */
  readonly labels = new Column(Uint32Array);

  get count(): number {
    return this.starts.length;
  }

  add(start: number, duration: number, label: number): void {
    this.starts.push(start);
    this.durations.push(duration);
    this.labels.push(label);
  }

  trim(time: number): void {
    let count = 0;
    while (count < this.count && this.starts.values[count] < time) count++;
    if (count === 0) return;
    for (const column of [this.starts, this.durations, this.labels]) column.drop(count);
  }
}

/** A time that something took, by what it was and whose. */
export class LatencyLog {
  readonly starts = new Column(Float64Array);
  /** Nanoseconds. */
  readonly durations = new Column(Float64Array);
  /** What it was: an INTID, say. */
  readonly subjects = new Column(Uint32Array);
  readonly vcpus = new Column(Int32Array);

  get count(): number {
    return this.starts.length;
  }

  add(start: number, end: number, subject: number, vcpu: number): void {
    this.starts.push(start);
    this.durations.push(Math.max(0, end - start));
    this.subjects.push(subject);
    this.vcpus.push(vcpu);
  }

  trim(time: number): void {
    let count = 0;
    while (count < this.count && this.starts.values[count] < time) count++;
    if (count === 0) return;
    for (const column of [this.starts, this.durations, this.subjects, this.vcpus]) column.drop(count);
  }
}
