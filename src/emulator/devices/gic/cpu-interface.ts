/**
 * One CPU's interface of the GIC-400 (GICC) as Non-secure software sees it (IHI 0048B chapter 4.4): Group 1 interrupts, priorities in the
 * Non-secure view (bits 7:4), GICC_BPR being the Non-secure binary point. The aliased Secure registers (ABPR, AIAR, AEOIR, AHPPIR) read as zero.
 */
import { TraceKind } from '../../trace-events.ts';
import type { Plain } from '../device.ts';
import { numbers } from '../plain.ts';
import type { Distributor, GicTrace, PendingInterrupt } from './distributor.ts';
import { FIRST_SPECIAL_INTID, GICC, GICC_IIDR_VALUE, IDLE_PRIORITY, SPURIOUS } from './registers.ts';

/** GICC_CTLR, Non-secure view: EnableGrp1, bypass disable bits, EOImodeNS. */
const CTLR_ENABLE = 1;
const CTLR_EOI_MODE = 0x200;
const CTLR_MASK = 0x261;
/** Smallest Non-secure binary point with 5 priority bits: groups are bits 7:4. */
const BPR_MINIMUM = 3;

export class CpuInterface {
  private ctlr = 0;
  private pmr = 0;
  private bpr = BPR_MINIMUM;
  /** Bit n: an interrupt of group priority `n << 4` is active. */
  private activePriorities = 0;

  constructor(
    private readonly cpu: number,
    private readonly distributor: Distributor,
    private readonly changed: () => void,
    private readonly trace: GicTrace,
  ) {}

  reset(): void {
    this.restore([0, 0, BPR_MINIMUM, 0]);
  }

  /** An interrupt is pending that may interrupt what is running: the state of the IRQ signal. */
  get asserted(): boolean {
    return this.deliverable() !== undefined;
  }

  /** Reads a register of page 0. */
  read(offset: number): number {
    switch (offset) {
      case GICC.CTLR:
        return this.ctlr;
      case GICC.PMR:
        return this.pmr;
      case GICC.BPR:
        return this.bpr;
      case GICC.IAR:
        return this.acknowledge();
      case GICC.RPR:
        return this.runningPriority;
      case GICC.HPPIR:
        return answer(this.distributor.highestPending(this.cpu));
      case GICC.APR0:
        return this.activePriorities;
      case GICC.IIDR:
        return GICC_IIDR_VALUE;
      default:
        return 0;
    }
  }

  /** Writes a register of page 0. */
  write(offset: number, value: number): void {
    if (offset === GICC.CTLR) this.ctlr = value & CTLR_MASK;
    else if (offset === GICC.PMR) this.pmr = value & 0xf0;
    else if (offset === GICC.BPR) this.bpr = Math.max(value & 7, BPR_MINIMUM);
    else if (offset === GICC.EOIR) this.endOfInterrupt(value & 0x1fff);
    else if (offset === GICC.APR0) this.activePriorities = value & 0xffff;
    this.changed();
  }

  /** GICC_DIR, register 0 of page 1: meaningful only with split priority drop and deactivation. */
  deactivate(value: number): void {
    if (!(this.ctlr & CTLR_EOI_MODE)) return;
    this.trace(this.cpu, TraceKind.interruptDeactivate, value & 0x3ff);
    this.distributor.deactivate(this.cpu, value & 0x3ff);
  }

  private get runningPriority(): number {
    const active = this.activePriorities;
    return active === 0 ? IDLE_PRIORITY : (31 - Math.clz32(active & -active)) << 4;
  }

  private groupPriority(priority: number): number {
    return priority & (0xff << (this.bpr + 1)) & 0xff;
  }

  private deliverable(): PendingInterrupt | undefined {
    if (!(this.ctlr & CTLR_ENABLE)) return undefined;
    const best = this.distributor.highestPending(this.cpu);
    if (!best || best.priority >= this.pmr) return undefined;
    return this.groupPriority(best.priority) < this.runningPriority ? best : undefined;
  }

  private acknowledge(): number {
    const best = this.deliverable();
    this.trace(this.cpu, TraceKind.interruptAcknowledge, answer(best));
    if (!best) return SPURIOUS;
    this.activePriorities |= 1 << (this.groupPriority(best.priority) >> 4);
    this.distributor.acknowledge(this.cpu, best);
    return answer(best);
  }

  private endOfInterrupt(value: number): void {
    const intid = value & 0x3ff;
    if (intid >= FIRST_SPECIAL_INTID) return;
    this.trace(this.cpu, TraceKind.interruptEnd, value);
    this.activePriorities &= this.activePriorities - 1;
    if (!(this.ctlr & CTLR_EOI_MODE)) this.distributor.deactivate(this.cpu, intid);
  }

  save(): Plain {
    return [this.ctlr, this.pmr, this.bpr, this.activePriorities];
  }

  restore(state: Plain): void {
    const [ctlr, pmr, bpr, activePriorities] = numbers(state, 4);
    this.ctlr = ctlr & CTLR_MASK;
    this.pmr = pmr & 0xf0;
    this.bpr = Math.max(bpr & 7, BPR_MINIMUM);
    this.activePriorities = activePriorities & 0xffff;
  }
}

/** INTID in bits 9:0, the source CPU of an SGI in bits 12:10. */
function answer(interrupt: PendingInterrupt | undefined): number {
  return interrupt ? interrupt.intid | (interrupt.source << 10) : SPURIOUS;
}
