/**
 * The performance monitors (Arm ARM D7). Counters are not stepped: elapsed time is added when somebody looks, when what counts changes, and at the
 * moment of an overflow that is to interrupt (`nextOverflow`). One retired instruction is one nanosecond and one cycle, so CPU_CYCLES and INST_RETIRED
 * advance alike; the other events that are counted happen one at a time.
 */
import type { Cpu } from '../cpu.ts';
import { EL } from '../state.ts';
import { Mdcr, Pmcr } from './bits.ts';
import { Reg } from './offsets.ts';

/** Event counters, PMCR_EL0.N. */
export const EVENT_COUNTERS = 6;
/** Bit of the cycle counter in PMCNTENSET, PMOVSSET, PMINTENSET. */
export const CYCLE_COUNTER = 31;

/** Events that are counted; the A53 has more, which depend on caches, buses and predictors that are not modelled. */
export const Event = {
  SW_INCR: 0x00,
  INST_RETIRED: 0x08,
  EXC_TAKEN: 0x09,
  EXC_RETURN: 0x0a,
  CID_WRITE_RETIRED: 0x0b,
  CPU_CYCLES: 0x11,
  CHAIN: 0x1e,
} as const;

/** PMEVTYPER.evtCount. */
const EVENT_MASK = 0x3ff;

const PMCR_WORD = Reg.PMCR_EL0 >>> 2;
const ENABLE_WORD = Reg.PMCNTENSET_EL0 >>> 2;
const OVERFLOW_WORD = Reg.PMOVSSET_EL0 >>> 2;
const INTERRUPT_WORD = Reg.PMINTENSET_EL1 >>> 2;
const SINCE_WORD = Reg.PMU_SINCE >>> 2;
const MDCR_WORD = Reg.MDCR_EL2 >>> 2;
const COUNTER_WORD = [0, 1, 2, 3, 4, 5].map((n) => (Reg.PMEVCNTR0_EL0 >>> 2) + 2 * n);
const TYPE_WORD = [0, 1, 2, 3, 4, 5].map((n) => (Reg.PMEVTYPER0_EL0 >>> 2) + 2 * n);

function setSince(u: Uint32Array, now: number): void {
  u[SINCE_WORD] = now % 2 ** 32;
  u[SINCE_WORD + 1] = Math.floor(now / 2 ** 32);
}

/** PMEVTYPER.{P,U,NSK,NSU,NSH} in Non-secure state: does the counter run at `el`? */
function countsAt(filter: number, el: number): boolean {
  if (el === 2) return (filter & (1 << 27)) !== 0;
  const first = el === 1 ? 31 : 30;
  return (((filter >>> first) ^ (filter >>> (first - 2))) & 1) === 0;
}

/** The enable that an event counter shares with others: PMCR.E, or MDCR_EL2.HPME where the counter belongs to EL2. */
function isGroupEnabled(u: Uint32Array, n: number): boolean {
  const isHyp = n >= (u[MDCR_WORD] & Mdcr.HPMN);
  return isHyp ? (u[MDCR_WORD] & Mdcr.HPME) !== 0 : (u[PMCR_WORD] & Pmcr.E) !== 0;
}

const eventRuns = (u: Uint32Array, n: number): boolean => (u[ENABLE_WORD] & (1 << n)) !== 0 && isGroupEnabled(u, n);

/** Is the overflow of event counter `n` counted by the next one? */
function isChained(u: Uint32Array, n: number): boolean {
  return n % 2 === 0 && (u[TYPE_WORD[n + 1]] & EVENT_MASK) === Event.CHAIN && eventRuns(u, n + 1);
}

function addToEvent(u: Uint32Array, n: number, amount: number): void {
  const sum = u[COUNTER_WORD[n]] + amount;
  u[COUNTER_WORD[n]] = sum;
  if (sum < 2 ** 32) return;
  u[OVERFLOW_WORD] |= 1 << n;
  if (isChained(u, n)) addToEvent(u, n + 1, 1);
}

function addCycles(cpu: Cpu, elapsed: number): void {
  const u = cpu.state.u32;
  const before = cpu.state.get64(Reg.PMCCNTR_EL0);
  const after = before + BigInt(elapsed);
  cpu.state.set64(Reg.PMCCNTR_EL0, after);
  const width = (u[PMCR_WORD] & Pmcr.LC) === 0 ? 32n : 64n;
  if (after >> width !== before >> width) u[OVERFLOW_WORD] = (u[OVERFLOW_WORD] | (1 << CYCLE_COUNTER)) >>> 0;
}

function cycleCounterRuns(u: Uint32Array, el: number): boolean {
  const enabled = (u[PMCR_WORD] & Pmcr.E) !== 0 && u[ENABLE_WORD] >>> CYCLE_COUNTER === 1;
  return enabled && countsAt(u[Reg.PMCCFILTR_EL0 >>> 2], el);
}

/** PMCR.D: the cycle counter counts every 64th cycle. */
const isDivided = (u: Uint32Array): boolean => (u[PMCR_WORD] & (Pmcr.D | Pmcr.LC)) === Pmcr.D;

/** Does event counter `n` count time, now, at `el`? */
function eventCountsTime(u: Uint32Array, n: number, el: number): boolean {
  const event = u[TYPE_WORD[n]] & EVENT_MASK;
  if (event !== Event.INST_RETIRED && event !== Event.CPU_CYCLES) return false;
  return eventRuns(u, n) && countsAt(u[TYPE_WORD[n]], el);
}

function account(cpu: Cpu, since: number, now: number): void {
  const u = cpu.state.u32;
  const el = u[EL >>> 2];
  if (cycleCounterRuns(u, el)) {
    addCycles(cpu, isDivided(u) ? Math.floor(now / 64) - Math.floor(since / 64) : now - since);
  }
  for (let n = 0; n < EVENT_COUNTERS; n++) if (eventCountsTime(u, n, el)) addToEvent(u, n, now - since);
}

/** The overflow interrupt of a CPU, a level (pseudocode AArch64.CheckForPMUOverflow). */
function interruptLevel(u: Uint32Array): boolean {
  const overflowed = u[OVERFLOW_WORD] & u[INTERRUPT_WORD];
  if (overflowed === 0) return false;
  if (overflowed >>> CYCLE_COUNTER === 1 && (u[PMCR_WORD] & Pmcr.E) !== 0) return true;
  return COUNTER_WORD.some((_, n) => (overflowed & (1 << n)) !== 0 && isGroupEnabled(u, n));
}

/** Drives the interrupt; the machine asks `nextOverflow` again before another instruction retires. */
export function pmuChanged(cpu: Cpu): void {
  cpu.host.pmuChanged(cpu, interruptLevel(cpu.state.u32));
}

/** Runs `count`, and drives the interrupt when an overflow by it may raise it; true when it may. */
function noticingOverflow(cpu: Cpu, count: () => void): boolean {
  const u = cpu.state.u32;
  const before = u[OVERFLOW_WORD];
  count();
  const overflowed = (u[OVERFLOW_WORD] & ~before & u[INTERRUPT_WORD]) !== 0;
  if (overflowed) pmuChanged(cpu);
  return overflowed;
}

const sinceOf = (u: Uint32Array): number => u[SINCE_WORD] + u[SINCE_WORD + 1] * 2 ** 32;

/** Brings the counters up to now. Free when no counter is enabled. */
export function syncPmu(cpu: Cpu): void {
  const u = cpu.state.u32;
  if (u[ENABLE_WORD] === 0) return;
  const now = Math.floor(cpu.host.now(cpu));
  const since = sinceOf(u);
  if (now > since) noticingOverflow(cpu, () => account(cpu, since, now));
  setSince(u, now);
}

/** Must be called before the exception level changes, or the CPU sleeps. */
export function syncPmuBeforeLevel(cpu: Cpu): void {
  syncPmu(cpu);
  const u = cpu.state.u32;
  if (u[ENABLE_WORD] !== 0 && u[INTERRUPT_WORD] !== 0) pmuChanged(cpu);
}

/** Starts counting from now on: after counters were enabled, and when a CPU wakes (its clock was stopped). */
export function restartPmu(cpu: Cpu): void {
  setSince(cpu.state.u32, Math.floor(cpu.host.now(cpu)));
}

/** Virtual time in ns at which the cycle counter overflows. */
function cycleOverflow(cpu: Cpu, since: number): number {
  const u = cpu.state.u32;
  const isLong = (u[PMCR_WORD] & Pmcr.LC) !== 0;
  const count = cpu.state.get64(Reg.PMCCNTR_EL0);
  const left = isLong ? Number((1n << 64n) - count) : 2 ** 32 - u[Reg.PMCCNTR_EL0 >>> 2];
  return isDivided(u) ? 64 * (Math.floor(since / 64) + left) : since + left;
}

/** Could an overflow of event counter `n` raise the interrupt, by itself or by the counter that counts its overflows? */
const mayInterrupt = (u: Uint32Array, n: number): boolean =>
  (u[INTERRUPT_WORD] & (1 << n)) !== 0 || (isChained(u, n) && (u[INTERRUPT_WORD] & (2 << n)) !== 0);

/** Virtual time in ns (52 days) beyond which nothing is due. */
const END_OF_TIME = 2 ** 52;

/**
 * Virtual time in ns of the next overflow that may raise the interrupt while the CPU runs on at its exception level: `syncPmu` is due then. Infinity when
 * there is none.
 */
export function nextOverflow(cpu: Cpu): number {
  const u = cpu.state.u32;
  if (u[INTERRUPT_WORD] === 0 || u[ENABLE_WORD] === 0) return Infinity;
  const since = sinceOf(u);
  const el = u[EL >>> 2];
  const isCycle = u[INTERRUPT_WORD] >>> CYCLE_COUNTER === 1 && cycleCounterRuns(u, el);
  let first = isCycle ? cycleOverflow(cpu, since) : Infinity;
  for (let n = 0; n < EVENT_COUNTERS; n++) {
    if (mayInterrupt(u, n) && eventCountsTime(u, n, el)) first = Math.min(first, since + 2 ** 32 - u[COUNTER_WORD[n]]);
  }
  return first < END_OF_TIME ? first : Infinity;
}

function countInto(u: Uint32Array, event: number, enabled: number): void {
  for (let n = 0; n < EVENT_COUNTERS; n++) {
    const counts = (u[TYPE_WORD[n]] & EVENT_MASK) === event && countsAt(u[TYPE_WORD[n]], u[EL >>> 2]);
    if ((enabled & (1 << n)) !== 0 && counts && eventRuns(u, n)) addToEvent(u, n, 1);
  }
}

/** One event at the present exception level: for the counters in `mask` that count it. Free when none is enabled. True when it may have raised the interrupt. */
export function countEvent(cpu: Cpu, event: number, mask = (1 << EVENT_COUNTERS) - 1): boolean {
  const u = cpu.state.u32;
  const enabled = u[ENABLE_WORD] & mask;
  return enabled !== 0 && noticingOverflow(cpu, () => countInto(u, event, enabled));
}
