/**
 * CoreSight System Trace Macrocell (Arm IHI 0054, DDI 0444) of the ZynqMP: stores to its stimulus ports are events of the trace.
 *
 * The machine enters its guests where boot firmware would have enabled the macrocell and all ports. There is no formatter or sink behind it: the events
 * themselves are kept.
 */
import { TraceKind } from '../trace-events.ts';
import type { Device, Plain, Region, Width } from './device.ts';
import { list, number } from './plain.ts';

const STIMULUS = 0;
/** Bytes of an extended stimulus port; the kind of packet is in the offset within it. */
const PORT_SIZE = 256;

const REGISTER = {
  STMSPER: 0xe00,
  STMSPTER: 0xe20,
  STMPRIVMASKR: 0xe40,
  STMSPSCR: 0xe60,
  STMSPMSCR: 0xe64,
  STMTCSR: 0xe80,
  STMTSFREQR: 0xe8c,
  STMSYNCR: 0xe90,
  STMAUXCR: 0xe94,
} as const;
const PLAIN_OFFSETS: readonly number[] = Object.values(REGISTER);
const TCSR_ENABLE = 1;
/** Enabled, timestamps on, all ports enabled. */
const RESET: Readonly<Record<number, number>> = {
  [REGISTER.STMTCSR]: 0x0001_0003,
  [REGISTER.STMSPER]: 0xffff_ffff,
  [REGISTER.STMTSFREQR]: 1_000_000_000,
};

/** Features and identification (DDI 0444 3.3); stores are taken 32 bits at a time, which STMSPFEAT2R.DSIZE says. */
const CONSTANTS: Readonly<Record<number, number>> = {
  0xea0: 0x0065_87d1,
  0xea4: 0x0001_04f2,
  0xea8: 0x7f,
  0xfb4: 0,
  0xfb8: 0xaa,
  0xfc8: 0x0001_0000,
  0xfcc: 0x63,
  0xfd0: 0x04,
  0xfe0: 0x62,
  0xfe4: 0xb9,
  0xfe8: 0x1b,
  0xfec: 0,
  0xff0: 0x0d,
  0xff4: 0x90,
  0xff8: 0x05,
  0xffc: 0xb1,
};

/** Flags in bits 31:24 of the high half of a `stimulus` event's argument. */
export const StimulusFlag = { marked: 1, timestamped: 2, flag: 4, trigger: 8, invariantTiming: 16 } as const;

/** What the macrocell needs of the machine. */
export interface StmHost {
  /** An event of the trace. */
  trace(cpu: number, kind: TraceKind, low: number, high: number): void;
}

export class Stm implements Device {
  readonly name = 'stm';
  /** The stimulus ports on AXI, and the registers on APB. */
  readonly regions: readonly Region[] = [
    { base: 0xf800_0000, size: 0x100_0000 },
    { base: 0xfe9c_0000, size: 0x1000 },
  ];
  private readonly registers = new Map<number, number>();

  constructor(private readonly host: StmHost) {
    this.reset();
  }

  reset(): void {
    for (const offset of PLAIN_OFFSETS) this.registers.set(offset, RESET[offset] ?? 0);
  }

  /** A stimulus port reads as ready. */
  read(offset: number, _width: Width, _cpu: number, region: number): number {
    if (region === STIMULUS) return 1;
    const register = offset & 0xffc;
    return this.registers.get(register) ?? CONSTANTS[register] ?? 0;
  }

  write(offset: number, width: Width, value: number, cpu: number, region: number): void {
    if (region === STIMULUS) this.stimulus(offset, width, value, cpu);
    else if (this.registers.has(offset & 0xffc)) this.registers.set(offset & 0xffc, value);
  }

  private stimulus(offset: number, width: Width, value: number, cpu: number): void {
    const port = Math.floor(offset / PORT_SIZE);
    if (!this.isEnabled(port)) return;
    const size = width === 4 ? 2 : width - 1;
    this.host.trace(cpu, TraceKind.stimulus, value, port | (size << 16) | (flagsOf(offset & 0xff) << 24));
  }

  /** STMSPER enables 32 ports; here they stand for all that have the same number modulo 32 (STMSPSCR selects nothing). */
  private isEnabled(port: number): boolean {
    const isOn = ((this.registers.get(REGISTER.STMTCSR) ?? 0) & TCSR_ENABLE) !== 0;
    return isOn && (((this.registers.get(REGISTER.STMSPER) ?? 0) >>> (port & 31)) & 1) === 1;
  }

  save(): Plain {
    return PLAIN_OFFSETS.map((offset) => this.registers.get(offset) ?? 0);
  }

  restore(state: Plain): void {
    const values = list(state, PLAIN_OFFSETS.length, number);
    for (const [index, offset] of PLAIN_OFFSETS.entries()) this.registers.set(offset, values[index]);
  }
}

/** The packet that an offset within a port asks for: G_DMTS 0x00, G_DM 0x08, G_DTS 0x10, G_D 0x18, G_FLAGTS 0x60, ... and 0x80 more without guarantee. */
function flagsOf(offset: number): number {
  const invariant = offset & 0x80 ? StimulusFlag.invariantTiming : 0;
  const timestamped = offset & 8 ? 0 : StimulusFlag.timestamped;
  const kind = offset & 0x70;
  if (kind === 0x00) return invariant | timestamped | StimulusFlag.marked;
  if (kind === 0x60) return invariant | timestamped | StimulusFlag.flag;
  if (kind === 0x70) return invariant | timestamped | StimulusFlag.trigger;
  return invariant | timestamped;
}
