/** The GIC-400 of the ZynqMP: distributor, CPU interfaces, virtual interfaces, and where the SoC maps them. */
import { Line } from '../../cpu/state.ts';
import { CPU_COUNT } from '../../memory-layout.ts';
import { TraceKind } from '../../trace-events.ts';
import type { Device, Plain, Region, Width } from '../device.ts';
import { list, record } from '../plain.ts';
import { CpuInterface } from './cpu-interface.ts';
import { Distributor, type GicTrace } from './distributor.ts';
import { MAINTENANCE_PPI, SPI_BASE } from './registers.ts';
import { VirtualInterface } from './virtual-interface.ts';

/** Region numbers. */
const REGION = { GICD: 0, GICC: 1, GICH: 2, GICV: 3 } as const;

/** What the GIC drives: `Line` bits into each CPU. */
export interface GicHost {
  setLines(cpu: number, lines: number): void;
  /** The CPU that is executing (0 when none is). */
  executing(): number;
  /** An event of the trace that `cpu` caused or is told of. */
  trace(cpu: number, kind: TraceKind, low: number, high: number): void;
}

export class Gic400 implements Device {
  readonly name = 'gic';
  /** Every 4 KiB page repeats through a 64 KiB window; GICC, GICH and GICV have two windows, for their pages 0 and 1. */
  readonly regions: readonly Region[] = [
    { base: 0xf901_0000, size: 0x1_0000 },
    { base: 0xf902_0000, size: 0x2_0000 },
    { base: 0xf904_0000, size: 0x2_0000 },
    { base: 0xf906_0000, size: 0x2_0000 },
  ];
  private readonly trace: GicTrace = (cpu, kind, low, high = 0) => this.host.trace(cpu, kind, low, high);
  private readonly distributor = new Distributor(() => this.update(), this.trace);
  private readonly interfaces = perCpu(
    (cpu) => new CpuInterface(cpu, this.distributor, () => this.update(), this.trace),
  );
  private readonly virtual = perCpu(
    (cpu) =>
      new VirtualInterface(
        (intid) => this.deactivatePhysical(cpu, intid),
        () => this.update(),
        (kind, low, high) => this.trace(cpu, kind, low, high),
      ),
  );
  private readonly lines = new Uint8Array(CPU_COUNT);
  private updating = false;

  constructor(private readonly host: GicHost) {}

  /** Level of a shared peripheral interrupt; `spi` as in the device tree (INTID - 32). */
  setSpi(spi: number, level: boolean): void {
    this.distributor.setLevel(this.host.executing(), spi + SPI_BASE, level);
  }
  /** Level of a private peripheral interrupt (INTID 16-31) of one CPU. */
  setPpi(cpu: number, intid: number, level: boolean): void {
    this.distributor.setLevel(cpu, intid, level);
  }

  read(offset: number, width: Width, cpu: number, region: number): number {
    if (region === REGION.GICD) return this.distributor.read(offset & 0xfff, width, cpu);
    // Reads narrower than a word are of the word: only GICD is byte-accessible, but nothing faults.
    const word = this.readWord(offset & 0x1_0ffc, cpu, region) >>> ((offset & 3) * 8);
    return width === 4 ? word : word & (width === 1 ? 0xff : 0xffff);
  }

  private readWord(offset: number, cpu: number, region: number): number {
    const page1 = offset >= 0x1_0000;
    const register = offset & 0xfff;
    if (region === REGION.GICH) return this.control(page1, register, cpu).readControl(controlRegister(page1, register));
    if (page1) return 0;
    if (region === REGION.GICC) return this.interfaces[cpu].read(register);
    return this.virtual[cpu].readGuest(register);
  }

  write(offset: number, width: Width, value: number, cpu: number, region: number): void {
    const page1 = (offset & 0x1_0000) !== 0;
    const register = offset & 0xfff;
    if (region === REGION.GICD) this.distributor.write(register, width, value, cpu);
    else if (region === REGION.GICH)
      this.control(page1, register, cpu).writeControl(controlRegister(page1, register), value);
    else if (page1) this.writeDeactivate(register, value, cpu, region);
    else if (region === REGION.GICC) this.interfaces[cpu].write(register, value);
    else this.virtual[cpu].writeGuest(register, value);
  }

  private writeDeactivate(register: number, value: number, cpu: number, region: number): void {
    if (register !== 0) return;
    if (region === REGION.GICC) this.interfaces[cpu].deactivate(value);
    else this.virtual[cpu].deactivate(value);
  }

  /** GICH page 0 is the CPU's own interface; page 1 shows each CPU's in 512 bytes, bits 11:9 naming it (DDI 0471B 3.2). */
  private control(page1: boolean, register: number, cpu: number): VirtualInterface {
    return this.virtual[page1 ? (register >>> 9) % CPU_COUNT : cpu];
  }

  private deactivatePhysical(cpu: number, intid: number): void {
    if (intid < 16) return;
    this.trace(cpu, TraceKind.interruptDeactivate, intid | 0x1_0000);
    this.distributor.deactivate(cpu, intid);
  }

  /** Settles the maintenance interrupts, then drives the CPUs' signals. */
  private update(): void {
    if (this.updating) return;
    this.updating = true;
    for (let cpu = 0; cpu < CPU_COUNT; cpu++) {
      this.distributor.setLevel(cpu, MAINTENANCE_PPI, this.virtual[cpu].maintenance);
    }
    this.updating = false;
    for (let cpu = 0; cpu < CPU_COUNT; cpu++) this.driveLines(cpu);
  }

  private driveLines(cpu: number): void {
    const irq = this.interfaces[cpu].asserted ? Line.IRQ : 0;
    const virtual = this.virtual[cpu];
    const lines = irq | (virtual.virqAsserted ? Line.vIRQ : 0) | (virtual.vfiqAsserted ? Line.vFIQ : 0);
    if (lines === this.lines[cpu]) return;
    this.lines[cpu] = lines;
    this.host.setLines(cpu, lines);
  }

  reset(): void {
    this.updating = true;
    this.distributor.reset();
    for (const part of [...this.interfaces, ...this.virtual]) part.reset();
    this.updating = false;
    this.driveAll();
  }

  save(): Plain {
    return {
      distributor: this.distributor.save(),
      interfaces: this.interfaces.map((part) => part.save()),
      virtual: this.virtual.map((part) => part.save()),
    };
  }

  restore(state: Plain): void {
    const fields = record(state);
    this.distributor.restore(fields.distributor);
    const restoreEach = (parts: readonly { restore(state: Plain): void }[], saved: Plain): void => {
      list(saved, CPU_COUNT, (element) => element).forEach((element, cpu) => parts[cpu].restore(element));
    };
    restoreEach(this.interfaces, fields.interfaces);
    restoreEach(this.virtual, fields.virtual);
    this.driveAll();
  }

  /** Drives every signal anew, whatever was driven before. */
  private driveAll(): void {
    this.lines.fill(0xff);
    this.update();
  }
}

function controlRegister(page1: boolean, register: number): number {
  return page1 ? register & 0x1ff : register;
}

function perCpu<T>(make: (cpu: number) => T): readonly T[] {
  return Array.from({ length: CPU_COUNT }, (_, cpu) => make(cpu));
}
