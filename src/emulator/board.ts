/** The ZCU102 around its CPUs: which devices there are, where they are and how they are wired. A device costs one line here. */
import { Bus, type UnmodelledHandler } from './bus.ts';
import { CadenceUart } from './devices/cadence-uart.ts';
import { StateError, type Device, type Plain } from './devices/device.ts';
import { GenericTimers } from './devices/generic-timer.ts';
import { Gic400 } from './devices/gic/gic400.ts';
import { record } from './devices/plain.ts';
import { Stm } from './devices/stm.ts';
import { TraceKind } from './trace-events.ts';

/** Serial ports: base address and SPI. */
const UARTS: readonly { readonly base: number; readonly spi: number }[] = [
  { base: 0xff00_0000, spi: 21 },
  { base: 0xff01_0000, spi: 22 },
];
/** SPI of CPU 0's performance monitors; the others' follow. */
const PMU_SPI = 143;
/** Devices that states of older versions do not have: they are then as after a reset. */
const LATER_DEVICES: readonly string[] = ['stm'];
/** Devices that are no CPU's have their deadlines on this CPU's clock. */
const DEVICE_CPU = 0;

/** What the board needs of the machine. */
export interface BoardHost {
  /** Virtual time in ns as `cpu` sees it now, exact to the instruction. */
  now(cpu: number): number;
  /** The CPU that is executing (0 when none is). */
  executing(): number;
  /** Drives the interrupt signals into a CPU (`Line` bits). */
  setLines(cpu: number, lines: number): void;
  /** `nextDeadline(cpu)` must be asked again before another instruction retires. */
  deadlineChanged(cpu: number): void;
  /** A byte left the machine on serial port `port`. */
  serialOutput(port: number, byte: number): void;
  /** An event of the trace that `cpu` caused or is told of. */
  trace(cpu: number, kind: TraceKind, low: number, high: number): void;
  /** An access that no device answers. */
  readonly unmodelledAccess: UnmodelledHandler;
}

export class Board {
  readonly gic: Gic400;
  readonly timers: GenericTimers;
  readonly uarts: readonly CadenceUart[];
  readonly stm: Stm;
  readonly bus: Bus;
  private readonly devices: readonly Device[];

  constructor(host: BoardHost) {
    this.gic = new Gic400(host);
    this.timers = new GenericTimers({
      now: (cpu) => host.now(cpu),
      setPpi: (cpu, intid, level) => this.gic.setPpi(cpu, intid, level),
      deadlineChanged: (cpu) => host.deadlineChanged(cpu),
    });
    this.uarts = UARTS.map(({ base, spi }, port) => {
      return new CadenceUart(`uart${port}`, base, {
        now: () => host.now(host.executing()),
        setInterrupt: (level) => this.gic.setSpi(spi, level),
        deadlineChanged: () => host.deadlineChanged(DEVICE_CPU),
        output: (byte) => host.serialOutput(port, byte),
        input: (byte) => host.trace(host.executing(), TraceKind.serialInput, (port << 8) | byte, 0),
      });
    });
    this.stm = new Stm(host);
    this.devices = [this.gic, ...this.uarts, this.stm];
    this.bus = new Bus(this.devices, host.unmodelledAccess);
  }

  reset(): void {
    for (const device of this.devices) device.reset();
    this.timers.reset();
  }

  /** Level of the performance monitors' interrupt of a CPU. */
  setPmuInterrupt(cpu: number, level: boolean): void {
    this.gic.setSpi(PMU_SPI + cpu, level);
  }

  /** Virtual time in ns at which `update(cpu)` must be called next; it may be in the past, which means now. Infinity: not at all. */
  nextDeadline(cpu: number): number {
    const deadline = this.timers.nextDeadline(cpu);
    if (cpu !== DEVICE_CPU) return deadline;
    return this.uarts.reduce((earliest, uart) => Math.min(earliest, uart.nextDeadline()), deadline);
  }

  /** Does what is due at time `now` (ns) on the clock of `cpu`, which is that CPU's present time. */
  update(cpu: number, now: number): void {
    this.timers.update(cpu);
    if (cpu === DEVICE_CPU) for (const uart of this.uarts) uart.update(now);
  }

  save(): Plain {
    const devices = Object.fromEntries(this.devices.map((device) => [device.name, device.save()]));
    return { ...devices, timers: this.timers.save() };
  }

  /** Takes what `save` gave. The clocks of the CPUs must have been restored before; drives every interrupt signal anew. */
  restore(state: Plain): void {
    const fields = record(state);
    const later = LATER_DEVICES.filter((name) => !(name in fields));
    for (const { name } of [...this.devices, { name: 'timers' }]) {
      if (!(name in fields) && !later.includes(name)) throw new StateError(`the state of ${name} is missing`);
    }
    for (const device of this.devices) {
      if (later.includes(device.name)) device.reset();
      else device.restore(fields[device.name]);
    }
    this.timers.restore(fields.timers);
  }
}
