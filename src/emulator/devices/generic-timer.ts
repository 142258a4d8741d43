/**
 * The generic timers of the four CPUs (DDI 0487 chapter D11): the system counter as each CPU sees it, and the EL1 physical, virtual, EL2 and Secure timers.
 * The counter counts at 100 MHz as on the board: one tick is 10 ns of virtual time.
 */
import { CPU_COUNT } from '../memory-layout.ts';
import type { Plain } from './device.ts';
import { bigint, list, number, record } from './plain.ts';

/** CNTFRQ_EL0, Hz. */
const COUNTER_FREQUENCY = 100_000_000;
const NS_PER_TICK = 1e9 / COUNTER_FREQUENCY;

/** Timer numbers, as in `Timers`. */
export const Timer = { CNTP: 0, CNTV: 1, CNTHP: 2, CNTPS: 3 } as const;
const TIMER_COUNT = 4;
/** PPI of each timer, by timer number. */
export const TIMER_PPIS: readonly number[] = [30, 27, 26, 29];

/** CNTx_CTL bits. */
const ENABLE = 1;
const IMASK = 2;
const ISTATUS = 4;

/** Virtual time in ns (52 days) beyond which nothing is due: numbers that large would soon not tell one nanosecond from the next. */
const END_OF_TIME = 2 ** 52;

/** What the timers need of the machine. */
export interface TimerHost {
  /** Virtual time of one CPU, in ns. */
  now(cpu: number): number;
  setPpi(cpu: number, intid: number, level: boolean): void;
  /** `nextDeadline(cpu)` must be asked again before another instruction retires. */
  deadlineChanged(cpu: number): void;
}

/** Names a CPU: the core's `Cpu`, of which the timers need no more. */
interface CpuIndex {
  readonly index: number;
}

interface TimerState {
  control: number;
  compare: bigint;
}

export class GenericTimers {
  private readonly timers: readonly (readonly TimerState[])[] = Array.from({ length: CPU_COUNT }, () =>
    Array.from({ length: TIMER_COUNT }, () => ({ control: 0, compare: 0n })),
  );
  /** CNTVOFF_EL2 of each CPU. */
  private readonly offsets = new BigUint64Array(CPU_COUNT);
  /** When each CPU's outputs change next, ns. */
  private readonly deadlines = Array.from({ length: CPU_COUNT }, () => Infinity);
  /** The greatest count any CPU has been shown, in ticks: a CPU that runs later in the same window never sees less. */
  private shown = 0;

  constructor(private readonly host: TimerHost) {}

  reset(): void {
    for (const timer of this.timers.flat()) Object.assign(timer, { control: 0, compare: 0n });
    this.offsets.fill(0n);
    this.shown = 0;
    for (let cpu = 0; cpu < CPU_COUNT; cpu++) this.changed(cpu);
  }

  /** CNTPCT: monotonic over all CPUs. */
  count(cpu: CpuIndex): bigint {
    this.shown = this.clampedTicks(cpu.index);
    return BigInt(this.shown);
  }

  /** CNTVOFF of a CPU changed. */
  setOffset(cpu: CpuIndex, ticks: bigint): void {
    this.offsets[cpu.index] = ticks;
    this.changed(cpu.index);
  }

  readControl(cpu: CpuIndex, timer: number): number {
    const { control } = this.timers[cpu.index][timer];
    if (!(control & ENABLE)) return control;
    return control | (this.untilMet(cpu.index, timer, this.clampedTicks(cpu.index)) === 0n ? ISTATUS : 0);
  }
  writeControl(cpu: CpuIndex, timer: number, value: number): void {
    this.timers[cpu.index][timer].control = value & (ENABLE | IMASK);
    this.changed(cpu.index);
  }

  readCompare(cpu: CpuIndex, timer: number): bigint {
    return this.timers[cpu.index][timer].compare;
  }
  writeCompare(cpu: CpuIndex, timer: number, value: bigint): void {
    this.timers[cpu.index][timer].compare = BigInt.asUintN(64, value);
    this.changed(cpu.index);
  }

  /**
   * Virtual time in ns at which an interrupt output of `cpu` changes next by itself: `update` is due then. It stays in the past until `update` has been called.
   * Infinity when nothing will change.
   */
  nextDeadline(cpu: number): number {
    return this.deadlines[cpu];
  }

  /** Drives the interrupt outputs of `cpu` as they are at its present time. */
  update(cpu: number): void {
    const ticks = this.ticks(cpu);
    let deadline = Infinity;
    for (let timer = 0; timer < TIMER_COUNT; timer++) {
      const isOutput = (this.timers[cpu][timer].control & (ENABLE | IMASK)) === ENABLE;
      const left = isOutput ? this.untilMet(cpu, timer, ticks) : 0n;
      if (left > 0n) deadline = Math.min(deadline, (ticks + Number(left)) * NS_PER_TICK);
      this.host.setPpi(cpu, TIMER_PPIS[timer], isOutput && left === 0n);
    }
    this.deadlines[cpu] = deadline < END_OF_TIME ? deadline : Infinity;
  }

  private changed(cpu: number): void {
    this.update(cpu);
    this.host.deadlineChanged(cpu);
  }

  private ticks(cpu: number): number {
    return Math.floor(this.host.now(cpu) / NS_PER_TICK);
  }

  private clampedTicks(cpu: number): number {
    return Math.max(this.shown, this.ticks(cpu));
  }

  /** Ticks until the timer's condition is met; 0 when it is. Count, offset and CVAL are unsigned 64-bit numbers (D11.2.4). */
  private untilMet(cpu: number, timer: number, ticks: number): bigint {
    const offset = timer === Timer.CNTV ? this.offsets[cpu] : 0n;
    const count = BigInt.asUintN(64, BigInt(ticks) - offset);
    const { compare } = this.timers[cpu][timer];
    return count >= compare ? 0n : compare - count;
  }

  save(): Plain {
    const timers = this.timers.flat().map(({ control, compare }) => ({ control, compare: compare.toString() }));
    // JSON has no Infinity.
    const deadlines = this.deadlines.map((deadline) => (deadline === Infinity ? null : deadline));
    return { shown: this.shown, deadlines, offsets: [...this.offsets].map(String), timers };
  }

  /** Takes what `save` gave. The outputs stay as they are: their levels are the GIC's, and what is due is done when the CPU runs on. */
  restore(state: Plain): void {
    const fields = record(state);
    this.shown = number(fields.shown);
    const deadlines = list(fields.deadlines, CPU_COUNT, (saved) => (saved === null ? Infinity : number(saved)));
    this.offsets.set(list(fields.offsets, CPU_COUNT, bigint));
    const saved = list(fields.timers, CPU_COUNT * TIMER_COUNT, readTimer);
    this.timers.flat().forEach((timer, i) => Object.assign(timer, saved[i]));
    deadlines.forEach((deadline, cpu) => {
      this.deadlines[cpu] = deadline;
      this.host.deadlineChanged(cpu);
    });
  }
}

function readTimer(state: Plain): TimerState {
  const fields = record(state);
  return { control: number(fields.control) & (ENABLE | IMASK), compare: bigint(fields.compare) };
}
