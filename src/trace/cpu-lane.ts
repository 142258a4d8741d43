/** What is known of one pCPU while a recording is read: its exception level, why it is in the hypervisor, and for which vCPU. */
import { exceptionClassName } from '../arch/esr.ts';
import { exitReason, interruptName, SPURIOUS_INTID } from './exit-reasons.ts';
import { type Category, isGuest, isIdle, NO_VCPU, type VcpuKey, vcpuName } from './labels.ts';
import type { CpuTracks, TimelineModel } from './model.ts';

const IRQ = 'IRQ';
const IDLE = 'idle loop';
const START = 'Xen';
const SWITCH = 'context switch';
const LEVEL_CATEGORIES: readonly Category[] = ['el0', 'el1', 'el2'];

/** What a pCPU is about when a recording begins. */
export interface CpuStart {
  /** ns. */
  readonly time: number;
  readonly el: number;
  readonly isAsleep: boolean;
  readonly isPowered: boolean;
  readonly vcpu: VcpuKey;
}

export class CpuLane {
  vcpu: VcpuKey = NO_VCPU;
  private el = 2;
  private isAsleep = false;
  private isPowered = false;
  /** Why the hypervisor was entered; then what interrupted that. */
  private reasons: string[] = [START];
  private exitStart = -1;
  private exitReason = '';

  constructor(
    private readonly model: TimelineModel,
    readonly tracks: CpuTracks,
  ) {}

  begin(start: CpuStart): void {
    this.el = start.el;
    this.isAsleep = start.isAsleep;
    this.isPowered = start.isPowered;
    this.vcpu = start.vcpu;
    this.reasons = [isIdle(start.vcpu) ? IDLE : START];
    this.exitStart = -1;
    this.show(start.time);
    this.showVcpu(start.time);
  }

  get isInHypervisor(): boolean {
    return this.el === 2;
  }

  /** Since when and why the hypervisor has been at work for a guest; undefined when it is not. */
  get exit(): { readonly start: number; readonly reason: string } | undefined {
    return this.exitStart < 0 ? undefined : { start: this.exitStart, reason: this.exitReason };
  }

  power(isOn: boolean, time: number): void {
    this.isPowered = isOn;
    this.isAsleep = false;
    this.el = 2;
    this.reasons = [START];
    this.show(time);
  }

  sleep(time: number): void {
    this.isAsleep = true;
    this.show(time);
  }

  wake(time: number): void {
    this.isAsleep = false;
    this.show(time);
  }

  /** An exception or interrupt; `esr` is undefined for an interrupt. */
  enter(from: number, target: number, esr: number | undefined, time: number): void {
    const reason = esr === undefined ? IRQ : exitReason(esr, 0, 0);
    this.el = target;
    this.isAsleep = false;
    if (target === 2 && from < 2) {
      this.reasons = [reason];
      this.beginExit(reason, time);
    } else if (target === 2) {
      this.reasons.push(esr === undefined ? IRQ : exceptionClassName(esr >>> 26));
    }
    this.show(time);
  }

  /** The exception that has just been taken to EL2 is known better. */
  explain(reason: string): void {
    this.rename(reason);
  }

  /** The hypervisor found out which interrupt it was entered for. */
  acknowledge(intid: number): void {
    if (this.el !== 2 || intid === SPURIOUS_INTID || this.reasons.at(-1) !== IRQ) return;
    this.rename(interruptName(intid));
  }

  /** ERET. */
  leave(from: number, target: number, time: number): void {
    this.el = target;
    if (from === 2 && target < 2) {
      this.endExit(time);
      this.reasons = [];
    } else if (from === 2 && this.reasons.length > 1) this.reasons.pop();
    this.show(time);
  }

  /** The pCPU now works for another vCPU. */
  switchTo(vcpu: VcpuKey, time: number): void {
    if (vcpu === this.vcpu) return;
    this.endExit(time);
    this.vcpu = vcpu;
    this.reasons = [isIdle(vcpu) ? IDLE : SWITCH];
    if (this.el === 2 && isGuest(vcpu)) this.beginExit(SWITCH, time);
    this.show(time);
    this.showVcpu(time);
  }

  private rename(reason: string): void {
    if (this.reasons.length === 1 && this.exitStart >= 0) this.exitReason = reason;
    this.reasons[Math.max(0, this.reasons.length - 1)] = reason;
    this.tracks.levels.relabel(this.labelNow());
  }

  private beginExit(reason: string, time: number): void {
    this.exitStart = time;
    this.exitReason = reason;
  }

  private endExit(time: number): void {
    if (this.exitStart < 0) return;
    const label = this.model.labels.intern(this.exitReason, 'el2', this.vcpu);
    this.tracks.exits.add(this.exitStart, time - this.exitStart, label);
    this.exitStart = -1;
  }

  private show(time: number): void {
    this.tracks.levels.set(time, this.labelNow());
  }

  private showVcpu(time: number): void {
    const category = isGuest(this.vcpu) ? 'running' : isIdle(this.vcpu) ? 'asleep' : 'el2';
    const text = isIdle(this.vcpu) ? 'idle' : vcpuName(this.vcpu);
    this.tracks.vcpus.set(time, this.model.labels.intern(text, category, this.vcpu));
  }

  private labelNow(): number {
    const { labels } = this.model;
    if (!this.isPowered) return labels.intern('off', 'off', NO_VCPU);
    if (this.isAsleep) return labels.intern('asleep', 'asleep', this.vcpu);
    const text = this.el === 2 ? (this.reasons.at(-1) ?? START) : `EL${this.el}`;
    return labels.intern(text, LEVEL_CATEGORIES[this.el], this.vcpu);
  }
}
