/**
 * One Cadence UART of the ZynqMP (UG1085 chapter 21, register reference UG1087).
 *
 * Sending takes no time. Receiving runs at the line rate of the board's console, 115,200 baud 8N1, whatever the divisors say: the boot firmware that would
 * have programmed them is not part of the model. Bytes from outside wait in a queue until the receiver is enabled and its FIFO has room, as a
 * sender with flow control would; the queue is part of the state.
 */
import type { Device, Plain, Region, Width } from './device.ts';
import { number, numbers, record } from './plain.ts';

const REGISTER = {
  CR: 0x00,
  MR: 0x04,
  IER: 0x08,
  IDR: 0x0c,
  IMR: 0x10,
  ISR: 0x14,
  BRGR: 0x18,
  RTOR: 0x1c,
  RTRIG: 0x20,
  MCR: 0x24,
  MSR: 0x28,
  SR: 0x2c,
  FIFO: 0x30,
  BDIV: 0x34,
  FDEL: 0x38,
  PMIN: 0x3c,
  PWID: 0x40,
  TTRIG: 0x44,
} as const;

/** Registers that only hold what is written: reset value and writable bits. */
const PLAIN_REGISTERS: Readonly<Record<number, { readonly reset: number; readonly mask: number }>> = {
  [REGISTER.MR]: { reset: 0, mask: 0xfff },
  [REGISTER.BRGR]: { reset: 0x28b, mask: 0xffff },
  [REGISTER.RTOR]: { reset: 0, mask: 0xff },
  [REGISTER.RTRIG]: { reset: 0x20, mask: 0x3f },
  [REGISTER.MCR]: { reset: 0, mask: 0x23 },
  [REGISTER.BDIV]: { reset: 0xf, mask: 0xff },
  [REGISTER.FDEL]: { reset: 0, mask: 0x3f },
  [REGISTER.PMIN]: { reset: 0, mask: 0xffff },
  [REGISTER.PWID]: { reset: 0, mask: 0xffff },
  [REGISTER.TTRIG]: { reset: 0x20, mask: 0x3f },
};
const PLAIN_OFFSETS = Object.keys(PLAIN_REGISTERS).map(Number);

const CR = { RXRES: 1, TXRES: 2, RXEN: 4, RXDIS: 8, TXEN: 0x10, TXDIS: 0x20, RSTTO: 0x40, STPBRK: 0x100 } as const;
const CR_RESET = CR.STPBRK | CR.TXDIS | CR.RXDIS;
const CR_SELF_CLEARING = CR.RXRES | CR.TXRES | CR.RSTTO;

/** Bits of ISR, IER, IDR and IMR; the low five are also those of SR. */
const INTERRUPT = { RTRIG: 1, REMPTY: 2, RFUL: 4, TEMPTY: 8, TFUL: 0x10, TIMEOUT: 0x100, TTRIG: 0x400 } as const;
const INTERRUPT_MASK = 0x3fff;
/** Bits of SR that latch the same bit of ISR. */
const SR_LATCHED = 0x1f;

/** MR.CHMODE, bits 9:8. */
const ChannelMode = { normal: 0, automaticEcho: 1, localLoopback: 2, remoteLoopback: 3 } as const;

const FIFO_SIZE = 64;
/** One character of 10 bits, and one bit, at 115,200 baud. */
const CHARACTER_NS = 86_806;
const BIT_NS = 8_681;

/** What the UART needs of the machine. */
export interface UartHost {
  /** Virtual time in ns. */
  now(): number;
  setInterrupt(level: boolean): void;
  /** `nextDeadline` changed. */
  deadlineChanged(): void;
  /** A byte left on the line. */
  output(byte: number): void;
  /** A byte was put on the line towards the UART. */
  input(byte: number): void;
}

export class CadenceUart implements Device {
  readonly regions: readonly Region[];
  private control = CR_RESET;
  private mask = 0;
  private status = 0;
  private readonly plain = new Map<number, number>();
  private fifo: number[] = [];
  private waiting: number[] = [];
  /** Earliest time at which the next character can have arrived. */
  private lineFreeAt = 0;
  /** Time at which the receiver's timeout expires; -1 when it does not run. */
  private timeoutAt = -1;
  /** The deadline last told to the machine. */
  private announced = Infinity;

  constructor(
    readonly name: string,
    base: number,
    private readonly host: UartHost,
  ) {
    this.regions = [{ base, size: 0x1_0000 }];
    this.setResetValues();
  }

  reset(): void {
    this.setResetValues();
    this.settle();
  }

  /** Bytes arrive on the line, after those that still wait. */
  receive(bytes: Iterable<number>): void {
    for (const byte of bytes) {
      this.host.input(byte);
      this.waiting.push(byte);
    }
    this.settle();
  }

  /** Bytes that the receiver has not taken yet. */
  get backlog(): number {
    return this.waiting.length;
  }

  /** Virtual time in ns at which something happens by itself (in the past: it is due now); Infinity when nothing does. */
  nextDeadline(): number {
    const arrival = this.canReceive ? this.lineFreeAt : Infinity;
    return Math.min(arrival, this.timeoutAt >= 0 ? this.timeoutAt : Infinity);
  }

  /** Does what is due at time `now`. */
  update(now: number): void {
    if (this.canReceive && this.lineFreeAt <= now) {
      this.lineFreeAt = now + CHARACTER_NS;
      this.arrive(this.waiting.shift() ?? 0);
    }
    if (this.timeoutAt >= 0 && this.timeoutAt <= now) {
      this.timeoutAt = -1;
      this.status |= INTERRUPT.TIMEOUT;
    }
    this.settle();
  }

  read(offset: number, width: Width): number {
    const register = offset & 0xffc;
    const value = this.readRegister(register) >>> ((offset & 3) * 8);
    return width === 4 ? value : value & (width === 1 ? 0xff : 0xffff);
  }

  private readRegister(register: number): number {
    switch (register) {
      case REGISTER.CR:
        return this.control;
      case REGISTER.IMR:
        return this.mask;
      case REGISTER.ISR:
        return this.status;
      case REGISTER.SR:
        return this.channelStatus();
      case REGISTER.FIFO:
        return this.pop();
      default:
        return this.plain.get(register) ?? 0;
    }
  }

  write(offset: number, _width: Width, value: number): void {
    const register = offset & 0xffc;
    if (register === REGISTER.CR) this.writeControl(value);
    else if (register === REGISTER.IER) this.mask |= value & INTERRUPT_MASK;
    else if (register === REGISTER.IDR) this.mask &= ~value;
    else if (register === REGISTER.ISR) this.status &= ~value;
    else if (register === REGISTER.FIFO) this.send(value & 0xff);
    else if (register in PLAIN_REGISTERS) this.plain.set(register, value & PLAIN_REGISTERS[register].mask);
    this.settle();
  }

  private writeControl(value: number): void {
    if (value & CR.RXRES) {
      this.fifo = [];
      this.timeoutAt = -1;
    }
    this.control = value & 0x1ff & ~CR_SELF_CLEARING;
    if (value & CR.RSTTO) this.startTimeout();
  }

  private get rxEnabled(): boolean {
    return (this.control & (CR.RXEN | CR.RXDIS)) === CR.RXEN;
  }
  private get txEnabled(): boolean {
    return (this.control & (CR.TXEN | CR.TXDIS)) === CR.TXEN;
  }
  private get channelMode(): number {
    return (this.register(REGISTER.MR) >>> 8) & 3;
  }

  /** In local loopback the line's input is cut off, and what waits there goes on waiting. */
  private get canReceive(): boolean {
    const open = this.rxEnabled && this.channelMode !== ChannelMode.localLoopback;
    return open && this.waiting.length > 0 && this.fifo.length < FIFO_SIZE;
  }

  /** A character has come in on the line. */
  private arrive(byte: number): void {
    const mode = this.channelMode;
    if (mode !== ChannelMode.remoteLoopback) this.push(byte);
    if (mode === ChannelMode.remoteLoopback || mode === ChannelMode.automaticEcho) this.host.output(byte);
  }

  /** The guest sends a character; while the transmitter is disabled it is lost. */
  private send(byte: number): void {
    if (!this.txEnabled) return;
    const mode = this.channelMode;
    if (mode === ChannelMode.normal) this.host.output(byte);
    else if (mode === ChannelMode.localLoopback && this.rxEnabled) this.push(byte);
  }

  private push(byte: number): void {
    if (this.fifo.length < FIFO_SIZE) this.fifo.push(byte);
    this.startTimeout();
  }

  private pop(): number {
    const byte = this.fifo.shift() ?? 0;
    this.startTimeout();
    this.settle();
    return byte;
  }

  /** The timeout counts RTOR * 4 bit times of silence while characters lie in the FIFO. */
  private startTimeout(): void {
    const bits = this.register(REGISTER.RTOR) * 4;
    this.timeoutAt = bits > 0 && this.fifo.length > 0 ? this.host.now() + bits * BIT_NS : -1;
  }

  /** SR: the transmitter's FIFO is always empty, as sending takes no time. */
  private channelStatus(): number {
    const level = this.fifo.length;
    const trigger = this.register(REGISTER.RTRIG);
    return (
      INTERRUPT.TEMPTY |
      (trigger > 0 && level >= trigger ? INTERRUPT.RTRIG : 0) |
      (level === 0 ? INTERRUPT.REMPTY : 0) |
      (level === FIFO_SIZE ? INTERRUPT.RFUL : 0)
    );
  }

  /** Latches ISR, drives the interrupt and tells when the next event is due. */
  private settle(): void {
    this.status |= this.channelStatus() & SR_LATCHED;
    this.host.setInterrupt((this.status & this.mask) !== 0);
    const deadline = this.nextDeadline();
    if (deadline === this.announced) return;
    this.announced = deadline;
    this.host.deadlineChanged();
  }

  private register(offset: number): number {
    return this.plain.get(offset) ?? 0;
  }

  private setResetValues(): void {
    this.control = CR_RESET;
    this.mask = 0;
    this.status = INTERRUPT.REMPTY | INTERRUPT.TEMPTY;
    for (const offset of PLAIN_OFFSETS) this.plain.set(offset, PLAIN_REGISTERS[offset].reset);
    this.fifo = [];
    this.waiting = [];
    this.lineFreeAt = 0;
    this.timeoutAt = -1;
  }

  save(): Plain {
    const { control, mask, status, lineFreeAt, timeoutAt } = this;
    const plain = PLAIN_OFFSETS.map((offset) => this.register(offset));
    return { control, mask, status, lineFreeAt, timeoutAt, plain, fifo: [...this.fifo], waiting: [...this.waiting] };
  }

  restore(state: Plain): void {
    const fields = record(state);
    this.control = number(fields.control) & 0x1ff;
    this.mask = number(fields.mask) & INTERRUPT_MASK;
    this.status = number(fields.status) & INTERRUPT_MASK;
    this.lineFreeAt = number(fields.lineFreeAt);
    this.timeoutAt = number(fields.timeoutAt);
    const plain = numbers(fields.plain, PLAIN_OFFSETS.length);
    PLAIN_OFFSETS.forEach((offset, i) => this.plain.set(offset, plain[i] & PLAIN_REGISTERS[offset].mask));
    this.fifo = numbers(fields.fifo).slice(0, FIFO_SIZE);
    this.waiting = numbers(fields.waiting);
    this.settle();
  }
}
