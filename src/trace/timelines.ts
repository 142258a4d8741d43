/** From events to timelines. Events come in the machine's own order; what one pCPU does is in the order of its time. */
import { ExceptionClass } from '../arch/esr.ts';
import { RECORD_WORDS, TraceKind, TraceRecord } from '../base/trace-record.ts';
import { CpuLane, type CpuStart } from './cpu-lane.ts';
import { exitReason, faultAddress } from './exit-reasons.ts';
import { GuestLanes, Runstate } from './guest-lanes.ts';
import { EVENT_SEND, XEN_HYPERCALL_TAG } from '../awareness/xen/hypercalls.ts';
import { InterruptLife } from './interrupt-life.ts';
import { type Category, domidOf, isGuest, MARKER_KINDS, NO_VCPU, type VcpuKey, vcpuKey } from './labels.ts';
import { TimelineModel } from './model.ts';
import { syscallName } from './syscalls.ts';

/** What the numbers in events stand for. */
export interface TraceNames {
  /** The domain that has a VMID. */
  domidOf(vmid: number): number | undefined;
  /** Names of tasks, as `taskSwitch` events number them. */
  taskName(number: number): string;
  /** What a probed function's slice is called, given its arguments. */
  probeText(probe: number, values: readonly bigint[]): string;
  /** The device that a domain's hypervisor emulates at an intermediate physical address. */
  deviceAt?(domid: number, ipa: number): string | undefined;
  /** What the marker of a `stop` event says. */
  stopText(number: number): string;
}

interface PendingProbe {
  readonly probe: number;
  readonly key: VcpuKey;
  readonly isHypervisor: boolean;
  readonly time: number;
  left: number;
  readonly values: bigint[];
}

/** Labels after which calls with arguments not met before are called by their function alone. */
export const MOST_LABELS = 100_000;

/** MPIDR affinity fields to a vCPU's number, as Xen gives them out. */
const vcpuOfMpidr = (low: number): number => (low & 0xf) | (((low >>> 8) & 0xff) << 4);

export class Timelines {
  readonly model: TimelineModel;
  private readonly cpus: readonly CpuLane[];
  private readonly guests: GuestLanes;
  private readonly life: InterruptLife;
  private readonly mpidr: number[] = [];
  /** The last exception of each pCPU, until its detail has come. */
  private readonly lastEsr: number[] = [];
  private readonly lastTarget: number[] = [];
  private readonly pending: (PendingProbe | undefined)[] = [];
  /** True when the hypervisor's own switches are recorded: then nothing is inferred from registers. */
  private isProbed = false;
  private previous: VcpuKey = NO_VCPU;
  /** The vCPU that each pCPU has just been taken from. */
  private readonly switchedFrom: VcpuKey[] = [];

  constructor(
    cpuCount: number,
    private readonly names: TraceNames,
  ) {
    this.model = new TimelineModel(cpuCount);
    this.cpus = this.model.cpus.map((tracks) => new CpuLane(this.model, tracks));
    this.guests = new GuestLanes(this.model, () => this.model.start);
    this.life = new InterruptLife(this.model);
  }

  /** What the machine is about when the recording begins. `mpidr` is each CPU's VMPIDR_EL2, low half. */
  begin(starts: readonly (CpuStart & { readonly mpidr: number })[]): void {
    this.model.start = Math.min(...starts.map(({ time }) => time));
    for (const [cpu, start] of starts.entries()) {
      this.mpidr[cpu] = start.mpidr;
      this.cpus[cpu].begin({ ...start, time: this.model.start });
      this.guests.run(start.vcpu, cpu, this.model.start);
    }
  }

  /** State of a vCPU that is not on a pCPU when the recording begins. */
  beginVcpu(key: VcpuKey, state: number): void {
    this.guests.changeState(key, state, 0, this.model.start, true);
  }

  /** The task that a vCPU is in when the recording begins. */
  beginTask(key: VcpuKey, pid: number, name: string): void {
    this.guests.switchTask(key, pid, name, this.model.start);
  }

  /** Whether `contextSwitch` events are to be expected. */
  set expectsSwitches(isProbed: boolean) {
    this.isProbed = isProbed;
  }

  /** Reads records. */
  add(words: Uint32Array): void {
    for (let at = 0; at < words.length; at += RECORD_WORDS) this.event(words, at);
  }

  private event(words: Uint32Array, at: number): void {
    const cpu = TraceRecord.cpu(words, at);
    const time = TraceRecord.time(words, at);
    const low = words[at + 6];
    const high = words[at + 7];
    const kind = TraceRecord.kind(words, at);
    if (kind <= TraceKind.exceptionDetail)
      this.cpuEvent(kind, cpu, TraceRecord.el(words, at), time, low, high, words, at);
    else if (kind <= TraceKind.softwareInterrupt) this.interruptEvent(kind, cpu, time, low);
    else this.otherEvent(kind, cpu, TraceRecord.el(words, at), time, low, high, words, at);
  }

  private cpuEvent(
    kind: number,
    cpu: number,
    el: number,
    time: number,
    low: number,
    high: number,
    words: Uint32Array,
    at: number,
  ): void {
    const lane = this.cpus[cpu];
    switch (kind) {
      case TraceKind.exceptionEntry:
        this.lastEsr[cpu] = low;
        this.lastTarget[cpu] = high & 3;
        lane.enter(el, high & 3, low, time);
        break;
      case TraceKind.interruptEntry:
        lane.enter(el, high & 3, undefined, time);
        break;
      case TraceKind.exceptionDetail:
        this.detail(cpu, el, low, high, time);
        break;
      case TraceKind.exceptionReturn:
        this.exceptionReturn(cpu, el, (high >>> 24) & 3, time, TraceRecord.vmid(words, at));
        break;
      case TraceKind.wfi:
      case TraceKind.wfe:
        lane.sleep(time);
        break;
      case TraceKind.wake:
        lane.wake(time);
        break;
      case TraceKind.cpuOn:
        lane.power(true, time);
        break;
      case TraceKind.cpuOff:
        lane.power(false, time);
        break;
    }
  }

  /** Belongs to the exception before it. */
  private detail(cpu: number, el: number, low: number, high: number, time: number): void {
    const esr = this.lastEsr[cpu];
    if (this.lastTarget[cpu] === 2) {
      if (el === 2) return;
      this.cpus[cpu].explain(this.exitReason(this.cpus[cpu].vcpu, esr, low, high));
      if (esr >>> 26 === ExceptionClass.hvc && (esr & 0xffff) === XEN_HYPERCALL_TAG) this.hypercall(cpu, time);
    } else if (esr >>> 26 === ExceptionClass.svc && el === 0) {
      this.guests.enterSyscall(this.cpus[cpu].vcpu, syscallName(low), time);
    }
  }

  /** A fault is called by its address and the device that is emulated there. */
  private exitReason(vcpu: VcpuKey, esr: number, low: number, high: number): string {
    const reason = exitReason(esr, low, high);
    const ipa = isGuest(vcpu) ? faultAddress(esr, low, high) : undefined;
    const device = ipa === undefined ? undefined : this.names.deviceAt?.(domidOf(vcpu), ipa);
    return device === undefined ? reason : `${reason} ${device}`;
  }

  private hypercall(cpu: number, time: number): void {
    const { model } = this;
    const { vcpu } = this.cpus[cpu];
    model.hypercalls.add(time);
    if (isGuest(vcpu)) {
      model.flows.add('hypercall', model.vcpu(vcpu).statesId, time, model.cpus[cpu].levelsId, time);
    }
  }

  private exceptionReturn(cpu: number, from: number, target: number, time: number, vmid: number): void {
    const lane = this.cpus[cpu];
    if (from === 2 && target < 2 && !this.isProbed) this.infer(cpu, vmid, time);
    lane.leave(from, target, time);
    if (target === 0 && from === 1) this.guests.toProgram(lane.vcpu, time);
  }

  /** Without word from the hypervisor: whom it returns to is told by the registers. */
  private infer(cpu: number, vmid: number, time: number): void {
    const domid = this.names.domidOf(vmid);
    const key = domid === undefined ? NO_VCPU : vcpuKey(domid, vcpuOfMpidr(this.mpidr[cpu]));
    const lane = this.cpus[cpu];
    if (key === lane.vcpu) return;
    this.guests.changeState(lane.vcpu, Runstate.blocked, cpu, time, true);
    lane.switchTo(key, time);
    this.guests.run(key, cpu, time);
  }

  private interruptEvent(kind: number, cpu: number, time: number, low: number): void {
    const { vcpu } = this.cpus[cpu];
    switch (kind) {
      case TraceKind.vmpidrWrite:
        this.mpidr[cpu] = low;
        break;
      case TraceKind.interruptLine:
        this.life.line(cpu, low, time);
        break;
      case TraceKind.interruptAcknowledge:
        this.cpus[cpu].acknowledge(low & 0x3ff);
        this.life.acknowledge(cpu, low, vcpu, time);
        break;
      case TraceKind.interruptDeactivate:
        this.life.deactivate(cpu, low, time);
        break;
      case TraceKind.listRegisterWrite:
        this.life.listRegister(cpu, low, vcpu, time);
        break;
      case TraceKind.guestAcknowledge:
        this.life.guestAcknowledge(low, vcpu, time);
        break;
      case TraceKind.guestEnd:
        this.life.guestEnd(low, vcpu, time);
        break;
      case TraceKind.softwareInterrupt:
        this.life.software(cpu, low, time);
        break;
    }
  }

  private otherEvent(
    kind: number,
    cpu: number,
    el: number,
    time: number,
    low: number,
    high: number,
    words: Uint32Array,
    at: number,
  ): void {
    const { vcpu } = this.cpus[cpu];
    switch (kind) {
      case TraceKind.contextSwitch:
        this.contextSwitch(cpu, low, high, time);
        break;
      case TraceKind.runstate:
        this.runstate(cpu, low, high, time);
        break;
      case TraceKind.taskSwitch:
        this.guests.switchTask(vcpu, low, this.names.taskName(high), time);
        break;
      case TraceKind.probeEntry:
        this.beginProbe({ probe: low, key: vcpu, isHypervisor: el === 2, time, left: high, values: [] }, cpu);
        break;
      case TraceKind.probeArgument:
        this.probeArgument(cpu, TraceRecord.argument(words, at));
        break;
      case TraceKind.probeReturn:
        this.guests.leaveFunction(vcpu, el === 2, low, time);
        break;
      case TraceKind.stop:
        this.mark(this.names.stopText(low), MARKER_KINDS[high] ?? 'stop', time);
        break;
      case TraceKind.turnEnd:
      case TraceKind.turnBegin:
        this.turn(kind, cpu, el, time, low + high * 2 ** 32);
        break;
      case TraceKind.stimulus:
        this.mark(`STM ${high & 0xffff}: 0x${low.toString(16)}`, 'stimulus', time);
        break;
    }
  }

  private contextSwitch(cpu: number, previous: VcpuKey, next: VcpuKey, time: number): void {
    this.isProbed = true;
    this.previous = previous;
    this.switchedFrom[cpu] = previous;
    const lane = this.cpus[cpu];
    const waker = this.guests.wokenBy(next);
    lane.switchTo(next, time);
    this.guests.run(next, cpu, time);
    if (!waker) return;
    this.model.flows.add(
      'wake-up',
      this.model.cpus[waker.cpu].levelsId,
      waker.time,
      this.model.vcpu(next).statesId,
      time,
    );
  }

  /** What the scheduler that has just switched took for the present: the hypervisor, or a kernel. */
  private turn(kind: number, cpu: number, el: number, time: number, clock: number): void {
    const { vcpu } = this.cpus[cpu];
    const { vcpuTurns } = this.model;
    const isEnd = kind === TraceKind.turnEnd;
    const previous = this.switchedFrom[cpu] ?? NO_VCPU;
    if (el < 2) this.guests[isEnd ? 'endTurn' : 'beginTurn'](vcpu, time, clock);
    else if (!isEnd && isGuest(vcpu)) vcpuTurns.begin(vcpu, time, clock);
    else if (isEnd && isGuest(previous)) vcpuTurns.end(previous, previous, time, clock);
  }

  private runstate(cpu: number, key: VcpuKey, state: number, time: number): void {
    const isSwitch = key === this.previous;
    this.previous = NO_VCPU;
    this.guests.changeState(key, state, cpu, time, isSwitch);
    const exit = this.cpus[cpu].exit;
    if (isSwitch || state !== Runstate.runnable || exit?.reason !== EVENT_SEND) return;
    const { cpus, flows } = this.model;
    flows.add('event channel', cpus[cpu].levelsId, exit.start, this.model.vcpu(key).statesId, time);
  }

  private beginProbe(probe: PendingProbe, cpu: number): void {
    this.pending[cpu] = probe;
    if (probe.left === 0) this.endProbe(cpu, probe);
  }

  private probeArgument(cpu: number, value: bigint): void {
    const probe = this.pending[cpu];
    if (!probe) return;
    probe.values.push(value);
    if (--probe.left === 0) this.endProbe(cpu, probe);
  }

  private endProbe(cpu: number, { probe, key, isHypervisor, time, values }: PendingProbe): void {
    this.pending[cpu] = undefined;
    this.guests.enterFunction(key, isHypervisor, probe, this.callText(key, probe, values), time);
  }

  /** Arguments are told apart until there are too many: names must not take more memory than the events. */
  private callText(key: VcpuKey, probe: number, values: readonly bigint[]): string {
    const { labels } = this.model;
    const text = this.names.probeText(probe, values);
    const isNew = labels.labels.length >= MOST_LABELS && values.length > 0 && !labels.has(text, 'function', key);
    return isNew ? `${this.names.probeText(probe, [])}(…)` : text;
  }

  private mark(text: string, kind: Category, time: number): void {
    this.model.markers.add(time, time, this.model.labels.intern(text, kind, NO_VCPU));
  }
}
