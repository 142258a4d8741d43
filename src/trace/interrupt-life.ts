/** Follows interrupts: device line, acknowledge by the hypervisor, list register, acknowledge by the guest. */
import { interruptName, SPURIOUS_INTID } from './exit-reasons.ts';
import type { VcpuKey } from './labels.ts';
import type { TimelineModel } from './model.ts';

const LR_PENDING = 1 << 28;
const LR_HARDWARE = 0x8000_0000;
const CPU_SHIFT = 16;

interface Injection {
  /** When it began: at the line, where that is known. */
  readonly since: number;
  /** When the list register was written. */
  readonly injectedAt: number;
  readonly cpu: number;
}

/** An interrupt that a guest handles. */
interface Handling {
  readonly intid: number;
  readonly span: number;
}

/** Private interrupts are one for each CPU. */
const sourceKey = (cpu: number, intid: number): number => (intid < 32 ? (cpu << CPU_SHIFT) | intid : intid);

export class InterruptLife {
  private readonly levels = new Map<number, boolean>();
  /** Since when an interrupt waits to be acknowledged. */
  private readonly raised = new Map<number, number>();
  /** Since when an acknowledged interrupt had waited, and who sent it. */
  private readonly origins = new Map<number, number>();
  private readonly injected = new Map<string, Injection>();
  private readonly inService: number[] = [];
  /** What each vCPU handles, outermost first. */
  private readonly handled = new Map<VcpuKey, Handling[]>();

  constructor(private readonly model: TimelineModel) {}

  line(cpu: number, argument: number, time: number): void {
    const intid = argument & 0xffff;
    const isHigh = (argument & 0x1_0000) !== 0;
    const key = sourceKey(cpu, intid);
    this.levels.set(key, isHigh);
    if (isHigh && !this.raised.has(key)) this.raised.set(key, time);
  }

  /** GICD_SGIR: target list filter in bits 25:24, list in 23:16, SGI in 3:0. */
  software(cpu: number, value: number, time: number): void {
    const { length } = this.model.cpus;
    const all = (1 << length) - 1;
    const list = [(value >>> 16) & 0xff, all & ~(1 << cpu), 1 << cpu, 0][(value >>> 24) & 3];
    for (let target = 0; target < length; target++) {
      if ((list >>> target) & 1) this.raised.set(sourceKey(target, value & 15), time);
    }
  }

  acknowledge(cpu: number, value: number, vcpu: VcpuKey, time: number): void {
    const intid = value & 0x3ff;
    if (intid === SPURIOUS_INTID) return;
    const key = sourceKey(cpu, intid);
    const since = this.raised.get(key) ?? time;
    this.raised.delete(key);
    this.origins.set(key, since);
    this.inService[cpu] = intid;
    this.model.interrupts.add(time);
    this.model.physicalLatency.add(since, time, intid, vcpu);
    const { cpus, flows } = this.model;
    if (intid >= 16 && since < time) {
      flows.add('interrupt line', cpus[cpu].levelsId, since, cpus[cpu].levelsId, time);
    }
    const source = (value >>> 10) & 7;
    if (intid >= 16 || source >= cpus.length) return;
    flows.add('software interrupt', cpus[source].levelsId, since, cpus[cpu].levelsId, time);
  }

  deactivate(cpu: number, argument: number, time: number): void {
    const key = sourceKey(cpu, argument & 0xffff);
    if (this.levels.get(key) === true) this.raised.set(key, time);
  }

  listRegister(cpu: number, value: number, vcpu: VcpuKey, time: number): void {
    if ((value & LR_PENDING) === 0) return;
    const intid = value & 0x3ff;
    const key = `${vcpu}:${intid}`;
    if (this.injected.has(key)) return;
    const isHardware = (value & LR_HARDWARE) !== 0;
    const physical = isHardware ? (value >>> 10) & 0x3ff : intid;
    const isCause = isHardware || this.inService[cpu] === intid;
    const since = isCause ? (this.origins.get(sourceKey(cpu, physical)) ?? time) : time;
    this.injected.set(key, { since, injectedAt: time, cpu });
  }

  guestAcknowledge(value: number, vcpu: VcpuKey, time: number): void {
    const intid = value & 0x3ff;
    if (intid === SPURIOUS_INTID) return;
    this.beginHandling(intid, vcpu, time);
    const key = `${vcpu}:${intid}`;
    const found = this.injected.get(key);
    if (!found) return;
    this.injected.delete(key);
    this.model.virtualLatency.add(found.since, time, intid, vcpu);
    const { cpus, flows } = this.model;
    flows.add('injection', cpus[found.cpu].levelsId, found.injectedAt, this.model.vcpu(vcpu).interruptsId, time);
  }

  /** The guest says that it is done with an interrupt. */
  guestEnd(value: number, vcpu: VcpuKey, time: number): void {
    const stack = this.handled.get(vcpu) ?? [];
    const index = stack.findLastIndex(({ intid }) => intid === (value & 0x3ff));
    if (index < 0) return;
    for (const { span } of stack.splice(index)) this.model.vcpu(vcpu).interrupts.close(span, time);
  }

  private beginHandling(intid: number, vcpu: VcpuKey, time: number): void {
    let stack = this.handled.get(vcpu);
    if (!stack) this.handled.set(vcpu, (stack = []));
    const label = this.model.labels.intern(interruptName(intid), 'interrupt', vcpu);
    stack.push({ intid, span: this.model.vcpu(vcpu).interrupts.open(time, label, stack.length) });
  }
}
