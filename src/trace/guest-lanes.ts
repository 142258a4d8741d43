/** What is known of each vCPU while a recording is read: its state, its task, the system call it is in, the probed functions it is in. */
import { domidOf, isGuest, isIdle, NO_VCPU, type VcpuKey } from './labels.ts';
import type { TimelineModel, VcpuTracks } from './model.ts';
import { taskKey, TASKS_PER_DOMAIN } from './turns.ts';

/** Xen's runstates (public/vcpu.h). */
export const Runstate = { running: 0, runnable: 1, blocked: 2, offline: 3 } as const;

interface OpenFunction {
  readonly probe: number;
  readonly label: number;
  /** The span on the track, which ends when the task is switched away from and begins again with it. */
  span: number;
}

interface Lane {
  readonly tracks: VcpuTracks;
  state: number;
  /** When it became runnable, and on which pCPU somebody saw to that. */
  runnableSince: number;
  wasPreempted: boolean;
  wokenBy: number;
  task: number;
  previousTask: number;
  readonly hypervisorFunctions: OpenFunction[];
}

const UNKNOWN_TASK = TASKS_PER_DOMAIN - 1;

export class GuestLanes {
  private readonly lanes = new Map<VcpuKey, Lane>();
  /** The system call that each task is in: a label. */
  private readonly openSyscalls = new Map<number, number>();
  /** The probed functions that each task is in, outermost first. */
  private readonly openFunctions = new Map<number, OpenFunction[]>();

  constructor(
    private readonly model: TimelineModel,
    private readonly startTime: () => number,
  ) {}

  /** A vCPU gets a pCPU. */
  run(key: VcpuKey, cpu: number, time: number): void {
    const lane = this.lane(key);
    if (!lane || lane.state === Runstate.running) return;
    if (lane.state === Runstate.runnable) this.ranAfterWaiting(lane, time);
    lane.state = Runstate.running;
    lane.tracks.states.set(time, this.label(`pCPU ${cpu}`, 'running', key));
  }

  /** What a vCPU has become that has lost its pCPU (`isSwitch`) or was woken by what `cpu` does. */
  changeState(key: VcpuKey, state: number, cpu: number, time: number, isSwitch: boolean): void {
    const lane = this.lane(key);
    if (!lane || (lane.state === Runstate.running && !isSwitch) || lane.state === state) return;
    lane.state = state;
    if (state === Runstate.runnable) {
      lane.runnableSince = time;
      lane.wasPreempted = isSwitch;
      lane.wokenBy = cpu;
    }
    const category =
      state === Runstate.runnable ? (isSwitch ? 'preempted' : 'runnable') : (STATE_CATEGORIES[state] ?? 'offline');
    lane.tracks.states.set(time, this.label(category, category, key));
  }

  /** The kernel of a vCPU changes tasks. `name` is what the task is called. */
  switchTask(key: VcpuKey, pid: number, name: string, time: number): void {
    const lane = this.lane(key);
    if (!lane) return;
    const { functions } = lane.tracks;
    for (const { span } of this.functionsOf(lane)) functions.close(span, time);
    lane.previousTask = lane.task;
    lane.task = pid;
    for (const [depth, open] of this.functionsOf(lane).entries()) open.span = functions.open(time, open.label, depth);
    const category = pid === 0 ? 'idle-task' : 'task';
    const label = this.label(pid === 0 ? 'idle' : `${name} ${pid}`, category, key);
    this.model.taskOf.set(label, taskKey(domidOf(key), pid));
    lane.tracks.tasks.set(time, label);
    lane.tracks.syscalls.set(time, this.openSyscalls.get(this.taskKey(lane)) ?? this.label('', 'none', key));
  }

  /** The kernel has closed the account of the task that it switches away from, at `clock` (ns) of its own. */
  endTurn(key: VcpuKey, time: number, clock: number): void {
    const lane = this.lane(key);
    if (lane) this.model.taskTurns.end(taskKey(domidOf(key), lane.previousTask), key, time, clock);
  }

  /** The kernel has opened the account of the task that it switches to. */
  beginTurn(key: VcpuKey, time: number, clock: number): void {
    const lane = this.lane(key);
    if (lane) this.model.taskTurns.begin(taskKey(domidOf(key), lane.task), time, clock);
  }

  enterSyscall(key: VcpuKey, name: string, time: number): void {
    const lane = this.lane(key);
    if (!lane) return;
    const label = this.label(name, 'syscall', key);
    this.openSyscalls.set(this.taskKey(lane), label);
    lane.tracks.syscalls.set(time, label);
  }

  /** A vCPU goes on with its program. */
  toProgram(key: VcpuKey, time: number): void {
    const lane = this.lane(key);
    if (!lane || !this.openSyscalls.delete(this.taskKey(lane))) return;
    lane.tracks.syscalls.set(time, this.label('', 'none', key));
  }

  enterFunction(key: VcpuKey, isHypervisor: boolean, probe: number, text: string, time: number): void {
    const lane = this.lane(key, true);
    if (!lane) return;
    const stack = isHypervisor ? lane.hypervisorFunctions : this.functionsOf(lane);
    const track = isHypervisor ? lane.tracks.hypervisorFunctions : lane.tracks.functions;
    const label = this.label(text, 'function', key);
    stack.push({ probe, label, span: track.open(time, label, stack.length) });
  }

  leaveFunction(key: VcpuKey, isHypervisor: boolean, probe: number, time: number): void {
    const lane = this.lane(key, true);
    if (!lane) return;
    const stack = isHypervisor ? lane.hypervisorFunctions : this.functionsOf(lane);
    const track = isHypervisor ? lane.tracks.hypervisorFunctions : lane.tracks.functions;
    const index = stack.findLastIndex((open) => open.probe === probe);
    if (index >= 0) for (const { span } of stack.splice(index)) track.close(span, time);
  }

  /** The pCPU that made a waiting vCPU runnable, and when; undefined when nobody did. */
  wokenBy(key: VcpuKey): { readonly cpu: number; readonly time: number } | undefined {
    const lane = this.lanes.get(key);
    if (lane?.state !== Runstate.runnable || lane.wasPreempted) return undefined;
    return { cpu: lane.wokenBy, time: lane.runnableSince };
  }

  private functionsOf(lane: Lane): OpenFunction[] {
    const key = this.taskKey(lane);
    let stack = this.openFunctions.get(key);
    if (!stack) this.openFunctions.set(key, (stack = []));
    return stack;
  }

  private ranAfterWaiting(lane: Lane, time: number): void {
    this.model.schedulingLatency.add(lane.runnableSince, time, lane.wasPreempted ? 1 : 0, lane.tracks.key);
  }

  private taskKey(lane: Lane): number {
    const pid = lane.task < 0 ? UNKNOWN_TASK - (lane.tracks.key & 0xffff) : lane.task;
    return taskKey(domidOf(lane.tracks.key), pid);
  }

  private label(text: string, category: Parameters<TimelineModel['labels']['intern']>[1], key: VcpuKey): number {
    return this.model.labels.intern(text, category, key);
  }

  /** Lanes of guests; of Xen's own vCPUs only `withIdle`. */
  private lane(key: VcpuKey, withIdle = false): Lane | undefined {
    if (!isGuest(key) && !(withIdle && (isIdle(key) || key === NO_VCPU))) return undefined;
    const known = this.lanes.get(key);
    return known ?? this.makeLane(key);
  }

  private makeLane(key: VcpuKey): Lane {
    const tracks = this.model.vcpu(key);
    const lane: Lane = {
      tracks,
      state: Runstate.offline,
      runnableSince: 0,
      wasPreempted: false,
      wokenBy: 0,
      task: -1,
      previousTask: -1,
      hypervisorFunctions: [],
    };
    this.lanes.set(key, lane);
    const start = this.startTime();
    tracks.states.set(start, this.label('offline', 'offline', key));
    tracks.tasks.set(start, this.label('', 'none', key));
    tracks.syscalls.set(start, this.label('', 'none', key));
    return lane;
  }
}

const STATE_CATEGORIES = ['running', 'runnable', 'blocked', 'offline'] as const;
