/** Running time of vCPUs and tasks by the machine's clock beside what Xen and the kernels account for: they read their clock when they begin to schedule. */
import { CATEGORIES, type VcpuKey } from './labels.ts';
import type { TimelineModel } from './model.ts';
import { TASKS_PER_DOMAIN, type TurnLog } from './turns.ts';

/** Time of a guest's task on its vCPUs while those ran, ns. */
export interface TaskTimes {
  readonly domid: number;
  readonly pid: number;
  /** `cat 57`: the last name it had. */
  readonly name: string;
  readonly running: number;
  /** `running` as the kernel accounts for it (`se.sum_exec_runtime`): whole turns by the clock that it reads when it begins to schedule. */
  readonly account: number;
  /** Whole turns. */
  readonly turns: number;
}

/** Of somebody's whole turns: how many, and how much longer they are by the scheduler's clock than by the machine's, ns. */
interface TurnSum {
  turns: number;
  difference: number;
}
export const NO_TURNS: Readonly<TurnSum> = { turns: 0, difference: 0 };

/** By subject. `lengthOf` tells how long a turn was by the machine's clock. */
export function turnSums(
  { subjects, vcpus, starts, ends, lengths, count }: TurnLog,
  from: number,
  to: number,
  lengthOf: (start: number, end: number, vcpu: VcpuKey) => number,
): Map<number, TurnSum> {
  const sums = new Map<number, TurnSum>();
  for (let i = 0; i < count; i++) {
    const [start, end] = [starts.values[i], ends.values[i]];
    if (start < from || end > to) continue;
    const subject = subjects.values[i];
    let sum = sums.get(subject);
    if (!sum) sums.set(subject, (sum = { turns: 0, difference: 0 }));
    sum.turns++;
    sum.difference += lengths.values[i] - lengthOf(start, end, vcpus.values[i]);
  }
  return sums;
}

const RUNNING = CATEGORIES.indexOf('running');

/** Nanoseconds that a vCPU ran between two times. */
function runningTime(model: TimelineModel, key: VcpuKey, from: number, to: number): number {
  const shares = new Float64Array(CATEGORIES.length);
  model.vcpus.get(key)?.states.addShares(from, to, shares);
  return shares[RUNNING];
}

/** What runs most first. */
export function taskTimes(model: TimelineModel, from: number, to: number): TaskTimes[] {
  const names = new Map<number, string>();
  const running = new Map<number, number>();
  for (const { key, tasks } of model.guestVcpus) {
    const last = tasks.indexAt(to);
    for (let i = Math.max(0, tasks.indexAt(from)); i <= last; i++) {
      const label = tasks.labels.values[i];
      const { text, category } = model.labels.get(label);
      const task = model.taskOf.get(label);
      if (task === undefined || category !== 'task') continue;
      const [start, end] = [Math.max(from, tasks.starts.values[i]), Math.min(to, tasks.endOf(i))];
      if (end <= start) continue;
      names.set(task, text);
      running.set(task, (running.get(task) ?? 0) + runningTime(model, key, start, end));
    }
  }
  const accounts = turnSums(model.taskTurns, from, to, (start, end, vcpu) => runningTime(model, vcpu, start, end));
  const rows = [...running].map(([task, time]): TaskTimes => {
    const { turns, difference } = accounts.get(task) ?? NO_TURNS;
    const [domid, pid] = [Math.floor(task / TASKS_PER_DOMAIN), task % TASKS_PER_DOMAIN];
    return { domid, pid, name: names.get(task) ?? '', running: time, account: time + difference, turns };
  });
  return rows.sort((a, b) => b.running - a.running);
}
