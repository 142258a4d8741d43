/**
 * The event streams of the generic timer (Arm ARM D11.2.3): CNTKCTL_EL1 picks a bit of CNTVCT whose change is an event for WFE, CNTHCTL_EL2 one of CNTPCT.
 * Nothing happens at the changes themselves: they are found when the event register is looked at.
 */
import type { Cpu } from './cpu.ts';
import { EVENT } from './state.ts';
import { Cntkctl } from './system-registers/bits.ts';
import { Reg } from './system-registers/offsets.ts';

/** The counter counts at 100 MHz. */
const NS_PER_TICK = 10;

/** One stream: an event at each count that is `phase` modulo `period`. */
interface Stream {
  readonly period: bigint;
  readonly phase: bigint;
}

function stream(control: number, offset: bigint): Stream | undefined {
  if ((control & Cntkctl.EVNTEN) === 0) return undefined;
  const bit = 1n << BigInt((control >>> 4) & 15);
  const isFalling = (control & Cntkctl.EVNTDIR) !== 0;
  return { period: 2n * bit, phase: offset + (isFalling ? 0n : bit) };
}

/** The streams in counts of CNTPCT. */
function streams(cpu: Cpu): Stream[] {
  const { state } = cpu;
  const virtual = stream(state.get(Reg.CNTKCTL_EL1), state.get64(Reg.CNTVOFF_EL2));
  const physical = stream(state.get(Reg.CNTHCTL_EL2), 0n);
  return [virtual, physical].filter((each) => each !== undefined);
}

const ticks = (ns: number): bigint => BigInt(Math.floor(ns / NS_PER_TICK));

/** The first count after `count` at which a stream has an event. */
function following({ period, phase }: Stream, count: bigint): bigint {
  const into = (((count - phase) % period) + period) % period;
  return count + period - into;
}

/** Sets the event register when a stream had an event since the last call. Must be called before what decides the streams changes. */
export function noteStreamEvents(cpu: Cpu): void {
  const { state } = cpu;
  if (((state.get(Reg.CNTKCTL_EL1) | state.get(Reg.CNTHCTL_EL2)) & Cntkctl.EVNTEN) === 0) return;
  const now = ticks(cpu.host.now(cpu));
  const since = state.get64(Reg.EVENTS_SINCE);
  if (streams(cpu).some((each) => following(each, since) <= now)) state.set(EVENT, 1);
  state.set64(Reg.EVENTS_SINCE, now);
}

/** Events count from now on: what decides the streams was changed. */
export function restartStreams(cpu: Cpu): void {
  cpu.state.set64(Reg.EVENTS_SINCE, ticks(cpu.host.now(cpu)));
}

/** Virtual time in ns of the next event; Infinity without a stream. */
export function nextStreamEvent(cpu: Cpu): number {
  const now = ticks(cpu.host.now(cpu));
  return streams(cpu).reduce((first, each) => Math.min(first, Number(following(each, now)) * NS_PER_TICK), Infinity);
}
