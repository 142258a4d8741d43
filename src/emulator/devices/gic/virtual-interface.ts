/**
 * One CPU's virtual interface of the GIC-400: the hypervisor's control registers (GICH) and the guest's CPU interface (GICV) over the same list
 * registers (IHI 0048B chapter 5).
 */
import { TraceKind } from '../../trace-events.ts';
import type { Plain } from '../device.ts';
import { list, number, record } from '../plain.ts';
import {
  FIRST_SPECIAL_INTID,
  GICC,
  GICC_IIDR_VALUE,
  GICH,
  GICH_VTR_VALUE,
  HCR,
  IDLE_PRIORITY,
  LR_COUNT,
  MISR,
  SPURIOUS,
  SPURIOUS_OTHER_GROUP,
  VMCR,
} from './registers.ts';

/** List register fields. */
const LR_PENDING = 1 << 28;
const LR_ACTIVE = 1 << 29;
const LR_STATE = LR_PENDING | LR_ACTIVE;
const LR_GROUP1 = 1 << 30;
const LR_HW = 0x8000_0000;
const LR_EOI = 1 << 19;

/** GICH_HCR without RES0 bits; GICH_VMCR likewise. */
const HCR_MASK = 0xf800_00ff;
const VMCR_MASK = 0xf8fc_021f;
const CONTROL_MASK = 0x21f;
/** Smallest binary points with 5 priority bits (Group 0, Group 1). */
const BP_MINIMUM = 2;
const ABP_MINIMUM = 3;
const VMCR_RESET = (BP_MINIMUM << 21) | (ABP_MINIMUM << 18);

export class VirtualInterface {
  private hcr = 0;
  private vmcr = VMCR_RESET;
  /** Bit n: a virtual interrupt of group priority `n << 3` is active. */
  private apr = 0;
  private readonly lr = new Uint32Array(LR_COUNT);

  /**
   * `deactivatePhysical` ends the physical interrupt behind a list register with HW = 1; `changed` is called whenever the signals this interface drives may
   * have changed.
   */
  constructor(
    private readonly deactivatePhysical: (intid: number) => void,
    private readonly changed: () => void,
    private readonly trace: (kind: TraceKind, low: number, high?: number) => void,
  ) {}

  reset(): void {
    this.hcr = 0;
    this.vmcr = VMCR_RESET;
    this.apr = 0;
    this.lr.fill(0);
  }

  /** A virtual interrupt may be taken by the guest as an IRQ. */
  get virqAsserted(): boolean {
    const lr = this.deliverable();
    return lr >= 0 && !this.isFiq(this.lr[lr]);
  }
  /** A virtual interrupt may be taken by the guest as an FIQ: Group 0 with FIQEn. */
  get vfiqAsserted(): boolean {
    const lr = this.deliverable();
    return lr >= 0 && this.isFiq(this.lr[lr]);
  }
  /** Level of the maintenance interrupt. */
  get maintenance(): boolean {
    return (this.hcr & HCR.En) !== 0 && this.misr !== 0;
  }

  /** Reads a GICH register. */
  readControl(offset: number): number {
    if (offset >= GICH.LR && offset < GICH.LR + 4 * LR_COUNT) return this.lr[(offset - GICH.LR) >> 2];
    switch (offset) {
      case GICH.HCR:
        return this.hcr >>> 0;
      case GICH.VTR:
        return GICH_VTR_VALUE;
      case GICH.VMCR:
        return this.vmcr >>> 0;
      case GICH.MISR:
        return this.misr;
      case GICH.EISR0:
        return this.maskOf(needsEoiMaintenance);
      case GICH.ELRSR0:
        return this.maskOf((lr) => !(lr & LR_STATE) && !needsEoiMaintenance(lr));
      case GICH.APR:
        return this.apr >>> 0;
      default:
        return 0;
    }
  }

  /** Writes a GICH register. */
  writeControl(offset: number, value: number): void {
    if (offset >= GICH.LR && offset < GICH.LR + 4 * LR_COUNT) this.setListRegister((offset - GICH.LR) >> 2, value);
    else if (offset === GICH.HCR) this.hcr = value & HCR_MASK;
    else if (offset === GICH.VMCR) this.setVmcr(value);
    else if (offset === GICH.APR) this.apr = value;
    this.changed();
  }

  private setListRegister(index: number, value: number): void {
    this.trace(TraceKind.listRegisterWrite, value, index);
    this.lr[index] = value;
  }

  /** Reads a register of GICV page 0. */
  readGuest(offset: number): number {
    switch (offset) {
      case GICC.CTLR:
        return this.vmcr & CONTROL_MASK;
      case GICC.PMR:
        return this.priorityMask;
      case GICC.BPR:
        return (this.vmcr >>> 21) & 7;
      case GICC.ABPR:
        return (this.vmcr >>> 18) & 7;
      case GICC.RPR:
        return this.runningPriority;
      case GICC.APR0:
        return this.apr >>> 0;
      case GICC.IIDR:
        return GICC_IIDR_VALUE;
      default:
        return this.readInterrupt(offset);
    }
  }

  private readInterrupt(offset: number): number {
    if (offset === GICC.IAR || offset === GICC.AIAR) {
      return this.acknowledge(this.answer(this.deliverable(), offset === GICC.AIAR));
    }
    if (offset !== GICC.HPPIR && offset !== GICC.AHPPIR) return 0;
    return this.intidOf(this.answer(this.highestPending(), offset === GICC.AHPPIR));
  }

  /** Writes a register of GICV page 0. */
  writeGuest(offset: number, value: number): void {
    if (offset === GICC.CTLR) this.setVmcr((this.vmcr & ~CONTROL_MASK) | (value & CONTROL_MASK));
    else if (offset === GICC.PMR) this.setVmcr((this.vmcr & 0x07ff_ffff) | (value << 24));
    else if (offset === GICC.BPR) this.setVmcr((this.vmcr & ~(7 << 21)) | ((value & 7) << 21));
    else if (offset === GICC.ABPR) this.setVmcr((this.vmcr & ~(7 << 18)) | ((value & 7) << 18));
    else if (offset === GICC.EOIR || offset === GICC.AEOIR) this.endOfInterrupt(value);
    else if (offset === GICC.APR0) this.apr = value;
    this.changed();
  }

  /** GICV_DIR, register 0 of page 1. */
  deactivate(value: number): void {
    if (this.vmcr & VMCR.VEM && (value & 0x3ff) < FIRST_SPECIAL_INTID && !this.deactivateVirtual(value)) {
      this.countEoi();
    }
    this.changed();
  }

  private setVmcr(value: number): void {
    const bp = Math.max((value >>> 21) & 7, BP_MINIMUM);
    const abp = Math.max((value >>> 18) & 7, ABP_MINIMUM);
    this.vmcr = (value & VMCR_MASK & ~(0x3f << 18)) | (bp << 21) | (abp << 18);
  }

  private get priorityMask(): number {
    return (this.vmcr >>> 24) & 0xf8;
  }

  private get runningPriority(): number {
    return this.apr === 0 ? IDLE_PRIORITY : (31 - Math.clz32(this.apr & -this.apr)) << 3;
  }

  /** The lower list register wins among equals. */
  private highestPending(): number {
    if (!(this.hcr & HCR.En)) return -1;
    let best = -1;
    for (let i = 0; i < LR_COUNT; i++) {
      const lr = this.lr[i];
      if ((lr & LR_STATE) !== LR_PENDING) continue;
      if (!(this.vmcr & (lr & LR_GROUP1 ? VMCR.Grp1En : VMCR.Grp0En))) continue;
      if (best < 0 || priorityOf(lr) < priorityOf(this.lr[best])) best = i;
    }
    return best;
  }

  private deliverable(): number {
    const best = this.highestPending();
    if (best < 0) return -1;
    const lr = this.lr[best];
    if (priorityOf(lr) >= this.priorityMask) return -1;
    return this.groupPriority(lr) < this.runningPriority ? best : -1;
  }

  /** Group 0 (and Group 1 with CBPR): bits 7:BP+1. Group 1: bits 7:ABP. */
  private groupPriority(lr: number): number {
    const useAbp = lr & LR_GROUP1 && !(this.vmcr & VMCR.CBPR);
    const shift = useAbp ? (this.vmcr >>> 18) & 7 : ((this.vmcr >>> 21) & 7) + 1;
    return priorityOf(lr) & (0xff << shift) & 0xff;
  }

  private isFiq(lr: number): boolean {
    return !(lr & LR_GROUP1) && (this.vmcr & VMCR.FIQEn) !== 0;
  }

  /**
   * What a read of the plain or the aliased register finds at list register `index` (-1: nothing): the aliased registers see only Group 1, the plain
   * ones hide Group 1 (-2) unless AckCtl is set.
   */
  private answer(index: number, aliased: boolean): number {
    if (index < 0) return index;
    const group1 = (this.lr[index] & LR_GROUP1) !== 0;
    if (aliased) return group1 ? index : -1;
    return group1 && !(this.vmcr & VMCR.AckCtl) ? -2 : index;
  }

  private intidOf(index: number): number {
    if (index < 0) return index === -2 ? SPURIOUS_OTHER_GROUP : SPURIOUS;
    const lr = this.lr[index];
    return lr & LR_HW ? lr & 0x3ff : lr & 0x1fff;
  }

  private acknowledge(index: number): number {
    this.trace(TraceKind.guestAcknowledge, this.intidOf(index));
    if (index < 0) return this.intidOf(index);
    this.apr |= 1 << (this.groupPriority(this.lr[index]) >> 3);
    this.lr[index] = (this.lr[index] & ~LR_STATE) | LR_ACTIVE;
    this.changed();
    return this.intidOf(index);
  }

  private endOfInterrupt(value: number): void {
    if ((value & 0x3ff) >= FIRST_SPECIAL_INTID) return;
    this.trace(TraceKind.guestEnd, value & 0x1fff);
    const dropped = this.apr !== 0;
    this.apr &= this.apr - 1;
    if (this.vmcr & VMCR.VEM) return;
    if (!this.deactivateVirtual(value) && dropped) this.countEoi();
  }

  /** Ends the active interrupt a guest names; false when no list register holds it. */
  private deactivateVirtual(value: number): boolean {
    const index = this.lr.findIndex((lr) => (lr & LR_ACTIVE) !== 0 && names(value, lr));
    if (index < 0) return false;
    const lr = this.lr[index];
    this.lr[index] = lr & ~LR_ACTIVE;
    if (lr & LR_HW) this.deactivatePhysical((lr >>> 10) & 0x3ff);
    return true;
  }

  /** GICH_HCR.EOICount: ends of interrupts that no list register holds. */
  private countEoi(): void {
    const count = ((this.hcr >>> HCR.EOICountShift) + 1) & 31;
    this.hcr = (this.hcr & 0x07ff_ffff) | (count << HCR.EOICountShift);
  }

  private maskOf(matches: (lr: number) => boolean): number {
    return this.lr.reduce((mask, lr, i) => (matches(lr) ? mask | (1 << i) : mask), 0);
  }

  /** GICH_MISR: the reasons for a maintenance interrupt that hold and are enabled. */
  private get misr(): number {
    const { hcr, vmcr } = this;
    let reasons = this.lr.some(needsEoiMaintenance) ? MISR.EOI : 0;
    if (hcr & HCR.UIE && this.lr.filter((lr) => lr & LR_STATE).length <= 1) reasons |= MISR.U;
    if (hcr & HCR.LRENPIE && hcr >>> HCR.EOICountShift) reasons |= MISR.LRENP;
    if (hcr & HCR.NPIE && !this.lr.some((lr) => lr & LR_PENDING)) reasons |= MISR.NP;
    if (hcr & HCR.VGrp0EIE && vmcr & VMCR.Grp0En) reasons |= MISR.VGrp0E;
    if (hcr & HCR.VGrp0DIE && !(vmcr & VMCR.Grp0En)) reasons |= MISR.VGrp0D;
    if (hcr & HCR.VGrp1EIE && vmcr & VMCR.Grp1En) reasons |= MISR.VGrp1E;
    if (hcr & HCR.VGrp1DIE && !(vmcr & VMCR.Grp1En)) reasons |= MISR.VGrp1D;
    return reasons;
  }

  save(): Plain {
    return { hcr: this.hcr >>> 0, vmcr: this.vmcr >>> 0, apr: this.apr >>> 0, lr: [...this.lr] };
  }

  restore(state: Plain): void {
    const fields = record(state);
    [this.hcr, this.vmcr, this.apr] = [number(fields.hcr), number(fields.vmcr), number(fields.apr)].map((n) => n | 0);
    this.lr.set(list(fields.lr, LR_COUNT, number));
  }
}

/** Priority in bits 27:23, as 8 bits. */
function priorityOf(lr: number): number {
  return (lr >>> 20) & 0xf8;
}

/** An interrupt has ended that asked for a maintenance interrupt. */
function needsEoiMaintenance(lr: number): boolean {
  return (lr & LR_STATE) === 0 && (lr & LR_HW) === 0 && (lr & LR_EOI) !== 0;
}

/** Whether a guest's EOIR or DIR value names the interrupt in `lr`; software SGIs carry their source in bits 12:10. */
function names(value: number, lr: number): boolean {
  const mask = (value & 0x3ff) < 16 && !(lr & LR_HW) ? 0x1fff : 0x3ff;
  return ((value ^ lr) & mask) === 0;
}
