/** Breakpoints on two guests that run the same program at the same addresses, without symbols. */
import { beforeEach, describe, expect, it } from 'vitest';
import { DebugPort } from '../../emulator/debug-port.ts';
import { COUNTER, GUEST, physicalBase, twoGuests } from '../../testing/two-guests.ts';
import type { AddressSpace, Scope } from '../contexts/spaces.ts';
import { Debugger } from '../debugger.ts';
import type { BreakpointPlace, BreakpointSpec } from './spec.ts';

const LIMIT = 2000;
const HERE: AddressSpace = { kind: 'cpu', cpu: 0 };
const ANY: Scope = { kind: 'any' };
const LOOP: BreakpointPlace = { kind: 'address', location: { space: HERE, address: GUEST.loop } };
/** The offset of the counter in a guest's memory. */
const COUNTER_OFFSET = COUNTER - GUEST.base;

let session: Debugger;
let logs: string[];

beforeEach(() => {
  session = new Debugger(new DebugPort(twoGuests()), undefined, []);
  logs = [];
  session.onLog = (text) => logs.push(text);
});

const add = (place: BreakpointPlace, changes: Partial<BreakpointSpec> = {}) =>
  session.breakpoints.add({ place, scope: ANY, enabled: true, ...changes });

const vmid = (): number => session.system.port.status(0).vmid;

/** Reasons and VMIDs of the next stops. */
async function stops(count: number): Promise<string[]> {
  const found: string[] = [];
  for (let i = 0; i < count; i++) {
    const { reason } = await session.run(LIMIT);
    found.push(`${reason} ${vmid()}`);
  }
  return found;
}

describe('a breakpoint', () => {
  it('stops whoever comes there, in turn', async () => {
    await add(LOOP);
    expect(await stops(4)).toEqual(['breakpoint 1', 'breakpoint 2', 'breakpoint 1', 'breakpoint 2']);
  });

  it('stops one guest alone when its scope says so', async () => {
    await add(LOOP, { scope: { kind: 'vmid', vmid: 2 } });
    expect(await stops(3)).toEqual(['breakpoint 2', 'breakpoint 2', 'breakpoint 2']);
  });

  it('at a physical address stops the guest whose memory that is', async () => {
    await add({ kind: 'address', location: { space: { kind: 'pa' }, address: physicalBase(2) } });
    expect(await stops(2)).toEqual(['breakpoint 2', 'breakpoint 2']);
  });

  it('does nothing while it is disabled, and is gone when it was temporary', async () => {
    const { id } = await add(LOOP, { enabled: false });
    expect(session.breakpoints.get(id)?.state).toBe('disabled');
    expect(await stops(1)).toEqual([expect.stringContaining('limit')]);
    await session.breakpoints.change(id, { enabled: true, temporary: true });
    expect(await stops(2)).toEqual([expect.stringContaining('breakpoint'), expect.stringContaining('limit')]);
    expect(session.breakpoints.all).toEqual([]);
  });

  it('counts its hits and stops from the one that is asked for on', async () => {
    const { id } = await add(LOOP, { hitCount: 5 });
    await session.run(LIMIT);
    expect(session.breakpoints.get(id)?.hits).toBe(5);
    expect(session.system.port.readRegister(0, 'X0')).toBe(4n);
  });

  it('stops when its condition holds, and says so when it cannot be evaluated', async () => {
    const { id } = await add(LOOP, { condition: '$x0 == 7' });
    await session.run(LIMIT);
    expect(session.system.port.readRegister(0, 'X0')).toBe(7n);
    await session.breakpoints.change(id, { condition: 'nothing > 1' });
    expect((await session.run(LIMIT)).reason).toBe('breakpoint');
    expect(logs).toEqual([`breakpoint ${id}: nothing > 1: there is no "nothing" here`]);
  });

  it('with a message prints it and goes on', async () => {
    await add(LOOP, { logMessage: 'x0 is {$x0}, {nothing}', condition: '$x0 < 2' });
    expect((await session.run(100)).reason).toBe('limit');
    expect(logs).toEqual([0, 1].map((it) => `x0 is ${it}, {nothing: there is no "nothing" here}`));
  });

  it('at a function that nobody has waits for it', async () => {
    const { state, message } = await add({ kind: 'function', name: 'major_show' });
    expect(state).toBe('pending');
    expect(message).toContain('major_show');
  });
});

describe('a data breakpoint', () => {
  const counterOf = (guest: 1 | 2): BreakpointPlace => ({
    kind: 'data',
    location: { space: { kind: 'pa' }, address: physicalBase(guest) + COUNTER_OFFSET },
    size: 8,
    access: 'change',
  });

  it('tells guests apart that write to the same virtual address', async () => {
    await add(counterOf(2));
    expect(await stops(3)).toEqual(['data breakpoint 2', 'data breakpoint 2', 'data breakpoint 2']);
  });

  it('passes over accesses of others than it is meant for', async () => {
    await add(counterOf(2), { scope: { kind: 'vmid', vmid: 1 } });
    expect(await stops(1)).toEqual([expect.stringContaining('limit')]);
  });
});

describe('an exception breakpoint', () => {
  it('stops at an HVC with its immediate, and not at another', async () => {
    await add({ kind: 'exception', exception: 'HVC', immediate: 7 }, { temporary: true });
    expect((await session.run(LIMIT)).reason).toBe('exception');
    await add({ kind: 'exception', exception: 'HVC', immediate: 8 });
    expect((await session.run(LIMIT)).reason).toBe('limit');
  });

  it('stops at an exception class', async () => {
    await add({ kind: 'exception', exception: 'synchronous', ec: 0x16 });
    expect((await session.run(LIMIT)).portStop.event).toMatchObject({ from: 1, target: 2 });
  });
});
