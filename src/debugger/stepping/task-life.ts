/** Whether the task that a step began with can still come to where the step ends. */
import type { System } from '../contexts/system.ts';

/** Letters of tasks that execute nothing any more: zombie, dead. */
const DEAD = 'ZX';

export class TaskLife {
  private constructor(
    private readonly system: System,
    private readonly domain: number,
    private readonly task: bigint,
    private readonly pid: number,
    private readonly comm: string,
    /** What of its user memory must stay; undefined when that does not matter. */
    private readonly memory: bigint | undefined,
  ) {}

  /** The task that `cpu` works for at `el`; undefined when there is none, or for Xen's own code, which goes on without it. */
  static of(system: System, cpu: number, el: number): TaskLife | undefined {
    const { domain, task } = system.context(cpu);
    const info = system.task(domain, task);
    if (el > 1 || domain === undefined || task === undefined || !info) return undefined;
    const memory = el === 0 ? system.kernels.get(domain)?.userMemory(task) : undefined;
    return new TaskLife(system, domain, task, info.pid, info.comm, memory);
  }

  /** Why nothing more is to be expected; undefined while there is. */
  ending(): string | undefined {
    const info = this.system.task(this.domain, this.task);
    const who = `d${this.domain}:pid ${this.pid} (${this.comm})`;
    if (!info || info.pid !== this.pid || DEAD.includes(info.state)) return `${who} has ended`;
    const memory = this.memory === undefined ? undefined : this.system.kernels.get(this.domain)?.userMemory(this.task);
    // A task on its way out gives up its memory before anything else.
    if (memory === 0n) return `${who} has ended`;
    return memory === this.memory ? undefined : `${who} executes another program now`;
  }
}
