/**
 * The distributor of the GIC-400 (GICD) as Non-secure software sees it (IHI 0048B chapter 4.3).
 *
 * The machine enters its guests where boot firmware would: with every interrupt in Group 1. So the group and lock-down registers read as zero,
 * and priorities are kept in the Non-secure view, in which 4 bits (7:4) exist.
 */
import { CPU_COUNT } from '../../memory-layout.ts';
import { TraceKind } from '../../trace-events.ts';
import type { Plain, Width } from '../device.ts';
import { numbers, record } from '../plain.ts';
import {
  GICD,
  GICD_IDENTIFICATION,
  GICD_IIDR_VALUE,
  GICD_TYPER_VALUE,
  INTID_COUNT,
  PRIVATE_INTIDS,
  SPI_BASE,
  SPI_COUNT,
} from './registers.ts';

/** Bit words: one for each CPU's INTIDs 0-31, then one for each 32 SPIs. */
const SPI_WORDS = SPI_COUNT / 32;
const WORDS = CPU_COUNT + SPI_WORDS;
const ALL_CPUS = (1 << CPU_COUNT) - 1;
const PRIORITY_MASK = 0xf0;
const SGI_MASK = 0xffff;

/** A pending interrupt: INTID, the CPU that sent it when it is an SGI, and its priority (Non-secure view). */
export interface PendingInterrupt {
  readonly intid: number;
  readonly source: number;
  readonly priority: number;
}

/** Takes an event of the trace: the CPU it is about, its kind, and the argument's halves. */
export type GicTrace = (cpu: number, kind: TraceKind, low: number, high?: number) => void;

export class Distributor {
  private enabledGroup1 = 0;
  private readonly enabled = new Uint32Array(WORDS);
  /** The pending flip-flop: edges, ISPENDR writes, and for SGIs "some source is pending". */
  private readonly latched = new Uint32Array(WORDS);
  /** Input signals. */
  private readonly level = new Uint32Array(WORDS);
  private readonly active = new Uint32Array(WORDS);
  private readonly edge = new Uint32Array(WORDS);
  private readonly priority = new Uint8Array(WORDS * 32);
  /** CPU masks of the SPIs. */
  private readonly targets = new Uint8Array(SPI_COUNT);
  /** For each CPU and SGI the mask of CPUs whose request is pending. */
  private readonly sgiSources = new Uint8Array(CPU_COUNT * 16);

  /** `changed` is called whenever what is pending for some CPU may have changed. */
  constructor(
    private readonly changed: () => void,
    private readonly trace: GicTrace,
  ) {
    this.reset();
  }

  reset(): void {
    this.enabledGroup1 = 0;
    for (const words of [this.latched, this.level, this.active, this.edge]) words.fill(0);
    this.enabled.fill(0);
    this.enabled.fill(SGI_MASK, 0, CPU_COUNT);
    this.edge.fill(SGI_MASK, 0, CPU_COUNT);
    for (const bytes of [this.priority, this.targets, this.sgiSources]) bytes.fill(0);
  }

  /** Sets the input signal of a PPI of `cpu`, or of an SPI (then `cpu` is who causes it). */
  setLevel(cpu: number, intid: number, level: boolean): void {
    const word = wordOf(cpu, intid);
    const bit = 1 << (intid & 31);
    if (((this.level[word] & bit) !== 0) === level) return;
    this.level[word] ^= bit;
    this.trace(cpu, TraceKind.interruptLine, intid | (level ? 0x1_0000 : 0));
    if (level) this.latched[word] |= bit & this.edge[word];
    this.changed();
  }

  /** The interrupt of highest priority that is pending, enabled and not active for `cpu`; the lowest INTID among equals. */
  highestPending(cpu: number): PendingInterrupt | undefined {
    if (!this.enabledGroup1) return undefined;
    let bestId = -1;
    let bestPriority = 0x100;
    for (let index = 0; index <= SPI_WORDS; index++) {
      const word = index === 0 ? cpu : CPU_COUNT + index - 1;
      let bits = this.candidates(word);
      while (bits !== 0) {
        const bit = 31 - Math.clz32(bits & -bits);
        bits &= bits - 1;
        const priority = this.priority[word * 32 + bit];
        if (priority >= bestPriority || (index > 0 && !this.isTarget(cpu, (index - 1) * 32 + bit))) continue;
        bestId = index * 32 + bit;
        bestPriority = priority;
      }
    }
    return bestId < 0 ? undefined : { intid: bestId, source: this.sourceOf(cpu, bestId), priority: bestPriority };
  }

  /** Pending becomes active (GICC_IAR read). For a level-sensitive interrupt whose signal stays it becomes active and pending. */
  acknowledge(cpu: number, { intid, source }: PendingInterrupt): void {
    const word = wordOf(cpu, intid);
    const bit = 1 << (intid & 31);
    this.active[word] |= bit;
    if (intid < 16) this.clearSgi(cpu, intid, 1 << source);
    else this.latched[word] &= ~bit;
    this.changed();
  }

  /** Active becomes inactive (GICC_EOIR, GICC_DIR, or the guest's end of an interrupt with LR.HW). */
  deactivate(cpu: number, intid: number): void {
    if (intid >= INTID_COUNT) return;
    this.active[wordOf(cpu, intid)] &= ~(1 << (intid & 31));
    this.changed();
  }

  read(offset: number, width: Width, cpu: number): number {
    const word = this.readWord(offset & ~3, cpu);
    const shifted = word >>> ((offset & 3) * 8);
    return width === 4 ? word >>> 0 : shifted & (width === 1 ? 0xff : 0xffff);
  }

  write(offset: number, width: Width, value: number, cpu: number): void {
    if (isByteBank(offset)) {
      for (let i = 0; i < width; i++) this.writeByte(offset + i, (value >>> (8 * i)) & 0xff, cpu);
    } else if (offset >= GICD.ICFGR && offset < GICD.PPISR) {
      this.writeConfiguration(offset, width, value, cpu);
    } else {
      this.writeWord(offset & ~3, (value << ((offset & 3) * 8)) >>> 0, cpu);
    }
    this.changed();
  }

  private readWord(offset: number, cpu: number): number {
    if (isByteBank(offset)) {
      let word = 0;
      for (let i = 0; i < 4; i++) word |= this.readByte(offset + i, cpu) << (8 * i);
      return word;
    }
    if (offset >= GICD.PIDR4) return GICD_IDENTIFICATION[(offset - GICD.PIDR4) >> 2];
    if (offset >= GICD.ISENABLER && offset < GICD.IPRIORITYR) return this.readBits(offset, cpu);
    if (offset >= GICD.ICFGR && offset < GICD.PPISR) return this.readConfiguration(offset, cpu);
    if (offset >= GICD.PPISR && offset < GICD.SPISR + 4 * SPI_WORDS) return this.readSignals(offset, cpu);
    if (offset === GICD.CTLR) return this.enabledGroup1;
    if (offset === GICD.TYPER) return GICD_TYPER_VALUE;
    return offset === GICD.IIDR ? GICD_IIDR_VALUE : 0;
  }

  private writeWord(offset: number, value: number, cpu: number): void {
    if (offset === GICD.CTLR) this.enabledGroup1 = value & 1;
    else if (offset === GICD.SGIR) this.generateSgi(value, cpu);
    else if (offset >= GICD.ISENABLER && offset < GICD.IPRIORITYR) this.writeBits(offset, value, cpu);
  }

  /** ISENABLER..ICACTIVER: set and clear registers read alike. */
  private readBits(offset: number, cpu: number): number {
    const word = bitWord(offset, cpu);
    if (word < 0) return 0;
    if (offset < GICD.ISPENDR) return this.enabled[word];
    return offset < GICD.ISACTIVER ? this.pending(word) : this.active[word];
  }

  private writeBits(offset: number, value: number, cpu: number): void {
    const word = bitWord(offset, cpu);
    if (word < 0) return;
    const writable = word < CPU_COUNT ? PRIVATE_INTIDS : 0xffff_ffff;
    // SGIs are always enabled, and are made pending only through their own registers.
    const bits = value & (offset < GICD.ISACTIVER ? writable & ~(word < CPU_COUNT ? SGI_MASK : 0) : writable);
    const words = offset < GICD.ISPENDR ? this.enabled : offset < GICD.ISACTIVER ? this.latched : this.active;
    if (offset & 0x80) words[word] &= ~bits;
    else words[word] |= bits;
  }

  private readByte(offset: number, cpu: number): number {
    if (offset >= GICD.CPENDSGIR) return this.sgiSources[cpu * 16 + (offset & 15)];
    const intid = offset & 0x3ff;
    if (intid >= INTID_COUNT) return 0;
    if (offset < GICD.ITARGETSR) return this.priority[wordOf(cpu, intid) * 32 + (intid & 31)];
    if (intid >= SPI_BASE) return this.targets[intid - SPI_BASE];
    return (PRIVATE_INTIDS >>> intid) & 1 ? 1 << cpu : 0;
  }

  private writeByte(offset: number, value: number, cpu: number): void {
    if (offset >= GICD.SPENDSGIR) this.pendSgi(cpu, offset & 15, value & ALL_CPUS);
    else if (offset >= GICD.CPENDSGIR) this.clearSgi(cpu, offset & 15, value);
    else this.writePriorityOrTarget(offset, value, cpu);
  }

  private writePriorityOrTarget(offset: number, value: number, cpu: number): void {
    const intid = offset & 0x3ff;
    if (intid >= INTID_COUNT || (intid < SPI_BASE && !((PRIVATE_INTIDS >>> intid) & 1))) return;
    if (offset < GICD.ITARGETSR) this.priority[wordOf(cpu, intid) * 32 + (intid & 31)] = value & PRIORITY_MASK;
    else if (intid >= SPI_BASE) this.targets[intid - SPI_BASE] = value & ALL_CPUS;
  }

  /** Two bits an interrupt: bit 1 edge-triggered, bit 0 the 1-N model, which is fixed. */
  private readConfiguration(offset: number, cpu: number): number {
    const first = (offset - GICD.ICFGR) * 4;
    if (first >= INTID_COUNT) return 0;
    if (first === 0) return 0xaaaa_aaaa;
    if (first === 16) return 0x5554_0000;
    const half = this.edge[wordOf(cpu, first)] >>> (first & 16);
    let value = 0x5555_5555;
    for (let i = 0; i < 16; i++) value |= ((half >>> i) & 1) << (2 * i + 1);
    return value;
  }

  /** SGIs are always edge-triggered and the GIC-400's PPIs level-sensitive: only SPIs can be configured. */
  private writeConfiguration(offset: number, width: Width, value: number, cpu: number): void {
    const first = (offset - GICD.ICFGR) * 4;
    for (let intid = first; intid < first + 4 * width && intid < INTID_COUNT; intid++) {
      const bit = 1 << (intid & 31);
      if (intid < SPI_BASE) continue;
      if ((value >>> ((intid - first) * 2 + 1)) & 1) this.edge[wordOf(cpu, intid)] |= bit;
      else this.edge[wordOf(cpu, intid)] &= ~bit;
    }
  }

  /** GICD_PPISR (bit 9 is PPI 25) and GICD_SPISRn: the input signals. */
  private readSignals(offset: number, cpu: number): number {
    if (offset === GICD.PPISR) return this.level[cpu] >>> 16;
    return this.level[CPU_COUNT + ((offset - GICD.SPISR) >> 2)];
  }

  /** GICD_SGIR: target list filter in bits 25:24, CPU target list in 23:16, SGI number in 3:0. */
  private generateSgi(value: number, cpu: number): void {
    this.trace(cpu, TraceKind.softwareInterrupt, value);
    const filter = (value >>> 24) & 3;
    const list = [(value >>> 16) & ALL_CPUS, ALL_CPUS & ~(1 << cpu), 1 << cpu, 0][filter];
    for (let target = 0; target < CPU_COUNT; target++) {
      if ((list >>> target) & 1) this.pendSgi(target, value & 15, 1 << cpu);
    }
  }

  private pendSgi(cpu: number, sgi: number, sources: number): void {
    const pending = (this.sgiSources[cpu * 16 + sgi] |= sources);
    if (pending) this.latched[cpu] |= 1 << sgi;
  }

  private clearSgi(cpu: number, sgi: number, sources: number): void {
    const pending = (this.sgiSources[cpu * 16 + sgi] &= ~sources);
    if (!pending) this.latched[cpu] &= ~(1 << sgi);
  }

  private sourceOf(cpu: number, intid: number): number {
    if (intid >= 16) return 0;
    const sources = this.sgiSources[cpu * 16 + intid];
    return 31 - Math.clz32(sources & -sources);
  }

  private pending(word: number): number {
    return this.latched[word] | (this.level[word] & ~this.edge[word]);
  }

  private candidates(word: number): number {
    return this.pending(word) & this.enabled[word] & ~this.active[word];
  }

  private isTarget(cpu: number, spi: number): boolean {
    return ((this.targets[spi] >>> cpu) & 1) !== 0;
  }

  save(): Plain {
    const { enabledGroup1 } = this;
    return { enabledGroup1, ...mapValues(this.arrays(), (array) => [...array]) };
  }

  restore(state: Plain): void {
    const fields = record(state);
    for (const [name, array] of Object.entries(this.arrays())) array.set(numbers(fields[name], array.length));
    this.enabledGroup1 = numbers([fields.enabledGroup1], 1)[0];
  }

  private arrays(): Record<string, Uint32Array | Uint8Array> {
    const { enabled, latched, level, active, edge, priority, targets, sgiSources } = this;
    return { enabled, latched, level, active, edge, priority, targets, sgiSources };
  }
}

function mapValues<T, U>(source: Record<string, T>, map: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(source).map(([key, value]) => [key, map(value)]));
}

function wordOf(cpu: number, intid: number): number {
  return intid < SPI_BASE ? cpu : CPU_COUNT + (intid >>> 5) - 1;
}

/** Bit word that a register of ISENABLER..ICACTIVER covers, or -1 beyond the last interrupt. */
function bitWord(offset: number, cpu: number): number {
  const first = (offset & 0x7f) * 8;
  return first < INTID_COUNT ? wordOf(cpu, first) : -1;
}

/** Registers with one byte for each interrupt, which may be accessed as bytes. */
function isByteBank(offset: number): boolean {
  return (offset >= GICD.IPRIORITYR && offset < GICD.ICFGR) || (offset >= GICD.CPENDSGIR && offset < 0xf30);
}
