/** The recording's events, read and added up on their own, to check the tables of the page by: nothing of the page's reading of them is used. */

const WORDS = 8;
const ENTRY = 1;
const INTERRUPT = 2;
const RETURN = 3;
const WFI = 8;
const WFE = 9;
const WAKE = 10;
const DETAIL = 15;
const CONTEXT_SWITCH = 31;
const RUNSTATE = 32;

const RUNNABLE = 1;
const IDLE_DOMID = 0x7fff;
const HYPERCALL = 0x5a00_0ea1;

interface RawEvent {
  readonly time: number;
  readonly kind: number;
  readonly cpu: number;
  readonly el: number;
  readonly low: number;
  readonly high: number;
}

function events(file: Uint8Array): RawEvent[] {
  const words = new Uint32Array(file.buffer, file.byteOffset, file.byteLength / 4);
  return Array.from({ length: words.length / WORDS }, (_, index) => {
    const at = index * WORDS;
    const head = words[at + 3];
    return {
      time: words[at] + (words[at + 1] & 0xffff) * 2 ** 32,
      kind: (head >>> 14) & 0x3f,
      cpu: (head >>> 20) & 3,
      el: (head >>> 22) & 3,
      low: words[at + 6],
      high: words[at + 7],
    };
  });
}

const isGuest = (key: number): boolean => key >>> 16 !== IDLE_DOMID;
const nameOf = (key: number): string => `d${key >>> 16}v${key & 0xffff}`;

/** Figures of guests' vCPUs, by name. Times in nanoseconds. */
export interface RawFigures {
  /** A pCPU that waits for a lock in WFE sleeps while it has a vCPU. */
  readonly levels: Map<string, [el0: number, el1: number, el2: number, asleep: number]>;
  /** Entries to EL2 and switches to a vCPU while there. */
  readonly exits: Map<string, number>;
  readonly wfi: number;
  readonly versionCalls: number;
  /** The longest time from runnable to running. */
  readonly longestWait: number;
  readonly longestWaiter: string;
}

/** What one pCPU does. */
interface Cpu {
  el: number;
  isAsleep: boolean;
  vcpu: number;
  since: number;
}

/** What the pCPUs are about before their first event: it tells the level, and the first switch whose it was. */
function beginnings(list: readonly RawEvent[], from: number): Cpu[] {
  return [0, 1, 2, 3].map((cpu) => {
    const own = list.filter((event) => event.cpu === cpu);
    const vcpu = own.find(({ kind }) => kind === CONTEXT_SWITCH)?.low ?? IDLE_DOMID << 16;
    return { el: own[0]?.el ?? 2, isAsleep: own[0] === undefined || own[0].kind === WAKE, vcpu, since: from };
  });
}

function step(cpu: Cpu, { kind, low: _low, high }: RawEvent): void {
  if (kind === ENTRY || kind === INTERRUPT) {
    cpu.el = high & 3;
    cpu.isAsleep = false;
  } else if (kind === RETURN) cpu.el = (high >>> 24) & 3;
  else if (kind === WFI || kind === WFE) cpu.isAsleep = true;
  else if (kind === WAKE) cpu.isAsleep = false;
  else if (kind === CONTEXT_SWITCH) cpu.vcpu = high;
}

/** Time at each level from `from` up to `to` (ns). */
function levelTimes(list: readonly RawEvent[], from: number, to: number): RawFigures['levels'] {
  const times: RawFigures['levels'] = new Map();
  const cpus = beginnings(list, from);
  const account = (cpu: Cpu, until: number): void => {
    const length = Math.min(until, to) - Math.max(cpu.since, from);
    cpu.since = Math.max(cpu.since, until);
    if (length <= 0 || !isGuest(cpu.vcpu)) return;
    const row = times.get(nameOf(cpu.vcpu)) ?? [0, 0, 0, 0];
    row[cpu.isAsleep ? 3 : cpu.el] += length;
    times.set(nameOf(cpu.vcpu), row);
  };
  for (const event of list) {
    account(cpus[event.cpu], event.time);
    step(cpus[event.cpu], event);
  }
  for (const cpu of cpus) account(cpu, to);
  return times;
}

function exitCounts(list: readonly RawEvent[], from: number, to: number): Map<string, number> {
  const counts = new Map<string, number>();
  const cpus = beginnings(list, from);
  for (const event of list) {
    const cpu = cpus[event.cpu];
    const isEntry = (event.kind === ENTRY || event.kind === INTERRUPT) && event.el < 2 && (event.high & 3) === 2;
    step(cpu, event);
    const isExit = isEntry || (event.kind === CONTEXT_SWITCH && cpu.el === 2 && event.low !== event.high);
    if (!isExit || !isGuest(cpu.vcpu) || event.time < from || event.time >= to) continue;
    counts.set(nameOf(cpu.vcpu), (counts.get(nameOf(cpu.vcpu)) ?? 0) + 1);
  }
  return counts;
}

function longestWait(list: readonly RawEvent[], from: number, to: number): { length: number; who: string } {
  const running = new Set<number>();
  const waiting = new Map<number, number>();
  let best = { length: 0, who: '' };
  let left = -1;
  const end = (key: number, time: number): void => {
    const since = waiting.get(key) ?? time;
    waiting.delete(key);
    if (since >= from && time - since > best.length) best = { length: time - since, who: nameOf(key) };
  };
  for (const { kind, time, low, high } of list.filter((event) => event.time < to)) {
    if (kind === CONTEXT_SWITCH) {
      running.delete(low);
      running.add(high);
      end(high, time);
      left = low;
    } else if (kind === RUNSTATE) {
      const isSwitch = low === left;
      left = -1;
      if (running.has(low) && !isSwitch) continue;
      if (high !== RUNNABLE) waiting.delete(low);
      else if (isGuest(low) && !waiting.has(low)) waiting.set(low, time);
    }
  }
  for (const key of waiting.keys()) end(key, to);
  return best;
}

/** Adds up the events of a recording between two times. */
export function rawFigures(file: Uint8Array, from: number, to: number): RawFigures {
  const list = events(file);
  const inside = list.filter(({ time }) => time >= from && time < to);
  const wfi = inside.filter(({ kind, low, high, el }) => {
    return kind === ENTRY && el < 2 && (high & 3) === 2 && low >>> 26 === 1 && (low & 1) === 0;
  });
  const versionCalls = list.filter((event, index) => {
    const before = list[index - 1];
    const isCall = before?.kind === ENTRY && before.low === HYPERCALL && before.time >= from && before.time < to;
    return event.kind === DETAIL && isCall && event.low === 17;
  });
  const { length, who } = longestWait(list, from, to);
  return {
    levels: levelTimes(list, from, to),
    exits: exitCounts(list, from, to),
    wfi: wfi.length,
    versionCalls: versionCalls.length,
    longestWait: length,
    longestWaiter: who,
  };
}
