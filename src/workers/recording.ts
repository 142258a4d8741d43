/** The recording of a machine: takes the events out of its ring, keeps them, and builds the timelines while they come. */
import { TraceKind } from '../base/trace-record.ts';
import type { Hypervisor } from '../debugger/contexts/guests.ts';
import { RUNSTATES } from '../debugger/contexts/guests.ts';
import { EL, SLEEP } from '../emulator/cpu/state.ts';
import { Reg } from '../emulator/cpu/system-registers/offsets.ts';
import type { Machine } from '../emulator/machine.ts';
import type { EmulatedDevices } from '../awareness/xen/emulated-devices.ts';
import type { ProbeSink } from '../awareness/probes.ts';
import { EventStore } from '../trace/event-store.ts';
import { MARKER_KINDS, type MarkerKind, NO_VCPU, type VcpuKey, vcpuKey } from '../trace/labels.ts';
import { Timelines } from '../trace/timelines.ts';
import { vcpuOf, vmidOf } from './vcpu-registers.ts';

/** What a function's probe is called. */
export interface ProbeName {
  /** `vfs_read`. */
  readonly name: string;
}

export class Recording implements ProbeSink {
  readonly store: EventStore;
  timelines: Timelines;
  readonly kinds = TraceKind;
  readonly probes: ProbeName[] = [];
  private readonly texts: string[] = [];
  private readonly textNumbers = new Map<string, number>();
  private hypervisor: Hypervisor | undefined;
  /** What the hypervisor emulates, once that is known. */
  devices: EmulatedDevices | undefined;

  /** `domidOf` tells whose VMID it is; `budget` in bytes of events. */
  constructor(
    private readonly machine: Machine,
    readonly domidOf: (vmid: number) => number | undefined,
    budget?: number,
  ) {
    this.store = new EventStore(budget);
    this.timelines = this.makeTimelines();
    machine.traceRing.onFull = () => this.drain();
  }

  /** Begins anew at the machine's present state; with a hypervisor that can be asked, from what that says. */
  begin(hypervisor: Hypervisor | undefined = this.hypervisor): void {
    this.hypervisor = hypervisor;
    this.devices?.forget();
    this.machine.traceRing.clear();
    this.store.clear();
    this.timelines = this.makeTimelines();
    this.timelines.begin(this.machine.cpus.map(({ index }) => this.cpuStart(index)));
    if (hypervisor) this.beginVcpus(hypervisor);
  }

  /** The hypervisor's own switches are recorded from now on. */
  expectSwitches(): void {
    this.timelines.expectsSwitches = true;
  }

  /** Takes what the machine has recorded. */
  drain(): void {
    const { traceRing } = this.machine;
    if (traceRing.lostRecords > 0) this.store.addLost(traceRing.lostRecords);
    let isTrimmed = false;
    traceRing.drain((words) => {
      isTrimmed = this.store.add(words) || isTrimmed;
      this.timelines.add(words);
    });
    if (isTrimmed && this.store.start !== undefined) this.timelines.model.trim(this.store.start);
  }

  /** Takes what was recorded, and has every track reach the present. */
  update(): void {
    this.drain();
    this.timelines.model.advance(Math.max(...this.machine.clock.time));
  }

  note(cpu: number, kind: number, low: number, high: number): void {
    this.machine.note(cpu, kind as TraceKind, low, high);
  }

  nameNumber(name: string): number {
    const known = this.textNumbers.get(name);
    if (known !== undefined) return known;
    this.textNumbers.set(name, this.texts.length);
    return this.texts.push(name) - 1;
  }

  /** Leaves a mark on the timeline: where the debugger stopped, and why. */
  mark(cpu: number, kind: MarkerKind, text: string): void {
    this.note(cpu, this.kinds.stop, this.nameNumber(text), MARKER_KINDS.indexOf(kind));
  }

  /** The task that a vCPU is in when the recording begins. */
  beginTask(domid: number, vcpu: number, pid: number, name: string): void {
    this.timelines.beginTask(vcpuKey(domid, vcpu), pid, name);
  }

  private makeTimelines(): Timelines {
    return new Timelines(this.machine.cpus.length, {
      domidOf: (vmid) => this.domidOf(vmid),
      deviceAt: (domid, ipa) => this.devices?.at(domid, ipa, (id) => this.hypervisor?.domain(id)?.address),
      taskName: (number) => this.texts[number] ?? '?',
      probeText: (probe, values) => {
        const name = this.probes[probe]?.name ?? `probe ${probe}`;
        return values.length === 0 ? name : `${name}(${values.map((value) => `0x${value.toString(16)}`).join(', ')})`;
      },
      stopText: (number) => this.texts[number] ?? 'stop',
    });
  }

  private cpuStart(index: number) {
    const { machine } = this;
    const { state } = machine.cpus[index];
    return {
      time: machine.now(index),
      el: state.get(EL),
      isAsleep: state.get(SLEEP) !== 0,
      isPowered: machine.powered[index],
      vcpu: this.vcpuAtStart(index),
      mpidr: state.get(Reg.VMPIDR_EL2),
    };
  }

  private vcpuAtStart(index: number): VcpuKey {
    const { state } = this.machine.cpus[index];
    const current = this.hypervisor?.currentVcpu(index);
    if (current) return vcpuKey(current.domid, current.vcpu);
    const domid = this.domidOf(vmidOf(state));
    return domid === undefined || state.get(EL) === 2 ? NO_VCPU : vcpuKey(domid, vcpuOf(state));
  }

  private beginVcpus(hypervisor: Hypervisor): void {
    for (const { vcpus } of hypervisor.domains()) {
      for (const { domid, vcpu, runstate } of vcpus) {
        this.timelines.beginVcpu(vcpuKey(domid, vcpu), RUNSTATES.indexOf(runstate));
      }
    }
  }
}
