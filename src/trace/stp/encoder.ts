/**
 * Writes stimulus events as a System Trace Protocol stream (MIPI STPv2, natural binary timestamps): the master is the pCPU, the channel the stimulus port.
 * Nibbles, the low one of each byte first.
 */

/** An event of the System Trace Macrocell. */
export interface StimulusEvent {
  /** ns. */
  readonly time: number;
  readonly cpu: number;
  readonly port: number;
  readonly value: number;
  /** log2 of the bytes. */
  readonly size: number;
  readonly isMarked: boolean;
  readonly isTimestamped: boolean;
  readonly isFlag: boolean;
  readonly isTrigger: boolean;
}

/** Opcodes, first nibble first. */
const ASYNC = [...Array.from({ length: 21 }, () => 0xf), 0];
const VERSION = [0xf, 0, 0];
/** STPv2, timestamps in natural binary. */
const VERSION_NATURAL = 3;
const M8 = [1];
const C8 = [3];
const C16 = [0xf, 3];
const FLAG = [0xf, 0xe];
const FLAG_TS = [0xe];
const TRIG = [0xf, 0, 6];
const TRIG_TS = [0xf, 0, 7];
/** Data of 8, 16 and 32 bits: plain, with timestamp, with marker, with both. */
const DATA: readonly (readonly (readonly number[])[])[] = [
  [[4], [5], [6]],
  [
    [0xf, 4],
    [0xf, 5],
    [0xf, 6],
  ],
  [
    [0xf, 8],
    [0xf, 9],
    [0xf, 0xa],
  ],
  [[8], [9], [0xa]],
];
/** Length code of a timestamp of 14 nibbles. */
const TIMESTAMP_14 = 0xd;
const TIMESTAMP_NIBBLES = 14;

export class StpEncoder {
  private readonly nibbles: number[] = [...ASYNC, ...VERSION, VERSION_NATURAL];
  private master = -1;
  private channel = -1;

  add(event: StimulusEvent): void {
    this.select(event);
    const { isTimestamped } = event;
    if (event.isFlag) this.nibbles.push(...(isTimestamped ? FLAG_TS : FLAG));
    else if (event.isTrigger) {
      this.nibbles.push(...(isTimestamped ? TRIG_TS : TRIG));
      this.number(event.value & 0xff, 2);
    } else {
      const form = (event.isMarked ? 2 : 0) + (isTimestamped ? 1 : 0);
      this.nibbles.push(...DATA[form][event.size]);
      this.number(event.value, 2 << event.size);
    }
    if (isTimestamped) this.timestamp(event.time);
  }

  /** The stream; a last odd nibble is made up with NULL. */
  finish(): Uint8Array {
    const padded = [...this.nibbles, 0];
    return Uint8Array.from({ length: padded.length >>> 1 }, (_, i) => padded[2 * i] | (padded[2 * i + 1] << 4));
  }

  private select({ cpu, port }: StimulusEvent): void {
    if (cpu !== this.master) {
      this.nibbles.push(...M8);
      this.number(cpu, 2);
      this.channel = 0;
    }
    this.master = cpu;
    if (port === this.channel) return;
    this.channel = port;
    this.nibbles.push(...(port < 0x100 ? C8 : C16));
    this.number(port, port < 0x100 ? 2 : 4);
  }

  private timestamp(time: number): void {
    this.nibbles.push(TIMESTAMP_14);
    this.number(time, TIMESTAMP_NIBBLES);
  }

  /** The most significant nibble first. */
  private number(value: number, count: number): void {
    for (let n = count - 1; n >= 0; n--) this.nibbles.push(Math.floor(value / 16 ** n) % 16);
  }
}
