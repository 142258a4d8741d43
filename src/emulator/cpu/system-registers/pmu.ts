/**
 * The performance monitors (Arm ARM D7). Counters are not stepped: elapsed time is added when somebody looks or when what counts changes.
 * One retired instruction is one nanosecond and one cycle, so CPU_CYCLES and INST_RETIRED advance alike; the other
 * events that are counted happen one at a time.
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

function eventRuns(u: Uint32Array, n: number): boolean {
  if ((u[ENABLE_WORD] & (1 << n)) === 0) return false;
  const isHyp = n >= (u[MDCR_WORD] & Mdcr.HPMN);
  return isHyp ? (u[MDCR_WORD] & Mdcr.HPME) !== 0 : (u[PMCR_WORD] & Pmcr.E) !== 0;
}

function addToEvent(u: Uint32Array, n: number, amount: number): void {
  const sum = u[COUNTER_WORD[n]] + amount;
  u[COUNTER_WORD[n]] = sum;
  if (sum < 2 ** 32) return;
  u[OVERFLOW_WORD] |= 1 << n;
  const isChained = n % 2 === 0 && n < 5 && (u[TYPE_WORD[n + 1]] & EVENT_MASK) === Event.CHAIN;
  if (isChained && eventRuns(u, n + 1)) addToEvent(u, n + 1, 1);
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

function account(cpu: Cpu, since: number, now: number): void {
  const u = cpu.state.u32;
  const el = u[EL >>> 2];
  const divided = (u[PMCR_WORD] & (Pmcr.D | Pmcr.LC)) === Pmcr.D;
  if (cycleCounterRuns(u, el)) {
    addCycles(cpu, divided ? Math.floor(now / 64) - Math.floor(since / 64) : now - since);
  }
  for (let n = 0; n < EVENT_COUNTERS; n++) {
    const event = u[TYPE_WORD[n]] & EVENT_MASK;
    if (event !== Event.INST_RETIRED && event !== Event.CPU_CYCLES) continue;
    if (eventRuns(u, n) && countsAt(u[TYPE_WORD[n]], el)) addToEvent(u, n, now - since);
  }
}

/** Brings the counters up to now. Must be called before the exception level or a PMU control changes; free when no counter is enabled. */
export function syncPmu(cpu: Cpu): void {
  const u = cpu.state.u32;
  if (u[ENABLE_WORD] === 0) return;
  const now = Math.floor(cpu.host.now(cpu));
  const since = u[SINCE_WORD] + u[SINCE_WORD + 1] * 2 ** 32;
  if (now > since) account(cpu, since, now);
  setSince(u, now);
}

/** Starts counting from now on: after counters were enabled, and when a CPU wakes (its clock was stopped). */
export function restartPmu(cpu: Cpu): void {
  setSince(cpu.state.u32, Math.floor(cpu.host.now(cpu)));
}

/** One event at the present exception level: for the counters in `mask` that count it. Free when none is enabled. */
export function countEvent(cpu: Cpu, event: number, mask = (1 << EVENT_COUNTERS) - 1): void {
  const u = cpu.state.u32;
  const enabled = u[ENABLE_WORD] & mask;
  if (enabled === 0) return;
  for (let n = 0; n < EVENT_COUNTERS; n++) {
    const counts = (u[TYPE_WORD[n]] & EVENT_MASK) === event && countsAt(u[TYPE_WORD[n]], u[EL >>> 2]);
    if ((enabled & (1 << n)) !== 0 && counts && eventRuns(u, n)) addToEvent(u, n, 1);
  }
}
