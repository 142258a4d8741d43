import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { SessionEvents, SessionFunctions } from '../protocol/session.ts';
import { STALE_STOP, type Stop } from '../protocol/stop.ts';
import { Client } from './client.ts';

const stop = (stopId: number, change: Partial<Stop> = {}): Stop => ({
  stopId,
  reason: 'pause',
  description: 'at your request in DomU1',
  target: { kind: 'vcpu', domain: 1, vcpu: 0 },
  cpu: 2,
  hitBreakpointIds: [],
  instructions: 100,
  ...change,
});

const pack = { name: 'p', versions: {}, domains: [], hasSnapshot: true };
const session = {
  loadPack: vi.fn(() => Promise.resolve(pack)),
  setBreakpoints: vi.fn(() => Promise.resolve([])),
  restart: vi.fn(() => Promise.resolve(stop(1, { reason: 'entry' }))),
  resume: vi.fn(() => Promise.resolve()),
  step: vi.fn(() => Promise.resolve(stop(9))),
  stackTrace: vi.fn(() => Promise.resolve([])),
};
let events: SessionEvents;
let client: Client;

beforeEach(async () => {
  vi.clearAllMocks();
  client = new Client((given) => {
    events = given;
    return { session: session as unknown as SessionFunctions, close: () => undefined };
  });
  await client.open({ kind: 'url', url: 'pack/' });
});

const target = (): unknown => client.context.getState().target;

describe('a stop', () => {
  it('makes its target current and reads its stack once', () => {
    events.stopped(stop(2));
    expect(target()).toEqual({ kind: 'vcpu', domain: 1, vcpu: 0 });
    expect(session.stackTrace).toHaveBeenCalledTimes(1);
  });

  it('that is renewed leaves the target that a person has chosen', () => {
    events.stopped(stop(2));
    client.select({ kind: 'cpu', cpu: 3 });
    events.stopped(stop(3, { renews: 2 }));
    expect(target()).toEqual({ kind: 'cpu', cpu: 3 });
    expect(session.stackTrace).toHaveBeenLastCalledWith(3, { kind: 'cpu', cpu: 3 });
  });
});

describe('a read', () => {
  it('is asked again when the stop was renewed meanwhile', async () => {
    events.stopped(stop(2));
    const question = vi.fn((_session: unknown, stopId: number) => {
      if (stopId === 3) return Promise.resolve('answer');
      events.stopped(stop(3, { renews: 2 }));
      return Promise.reject(new Error(STALE_STOP));
    });
    expect(await client.read(question)).toBe('answer');
    expect(question).toHaveBeenCalledTimes(2);
  });

  it('fails when the machine has run since', async () => {
    events.stopped(stop(2));
    const question = vi.fn(() => {
      events.stopped(stop(3, { instructions: 101 }));
      return Promise.reject(new Error(STALE_STOP));
    });
    await expect(client.read(question)).rejects.toThrow(STALE_STOP);
    expect(question).toHaveBeenCalledTimes(1);
  });
});

describe('a write', () => {
  it('goes to the machine where it stands, and views read again', async () => {
    events.stopped(stop(2));
    const write = vi.fn(() => Promise.resolve());
    expect(await client.write(write)).toBe(true);
    expect(write).toHaveBeenCalledWith(session, 2);
    expect(client.machine.getState().revision).toBe(1);
  });

  it('while the machine runs is refused aloud', async () => {
    const write = vi.fn(() => Promise.resolve());
    expect(await client.write(write)).toBe(false);
    expect(write).not.toHaveBeenCalled();
    expect(client.machine.getState().error).toMatch(/Pause it first/);
  });

  it('that comes too late says so', async () => {
    events.stopped(stop(2));
    expect(await client.write(() => Promise.reject(new Error(STALE_STOP)))).toBe(false);
    expect(client.machine.getState().error).toMatch(/Nothing was written/);
  });
});

describe('steps', () => {
  it('come one at a time, and one waits at most', async () => {
    events.stopped(stop(2));
    const ends: (() => void)[] = [];
    session.step.mockImplementation(() => new Promise((resolve) => ends.push(() => resolve(stop(9)))));
    const asked = [client.step('over'), client.step('over'), client.step('over')];
    await Promise.resolve();
    expect(session.step).toHaveBeenCalledTimes(1);
    expect(client.canPause).toBe(true);
    ends.shift()?.();
    await asked[0];
    await vi.waitFor(() => expect(session.step).toHaveBeenCalledTimes(2), { timeout: 30_000 });
    ends.shift()?.();
    await Promise.all(asked);
    expect(session.step).toHaveBeenCalledTimes(2);
    expect(client.canPause).toBe(false);
  });

  it('go on after one that failed', async () => {
    events.stopped(stop(2));
    session.step.mockRejectedValueOnce(new Error('not on a core'));
    await expect(client.step('over')).rejects.toThrow('not on a core');
    session.step.mockResolvedValueOnce(stop(3));
    await client.step('over');
    expect(session.step).toHaveBeenCalledTimes(2);
  });
});

describe('Pause', () => {
  it('before the machine runs keeps it at its snapshot', async () => {
    const opening = client.open({ kind: 'url', url: 'pack/' });
    session.resume.mockClear();
    expect(client.canPause).toBe(true);
    await client.pause();
    await opening;
    expect(session.resume).not.toHaveBeenCalled();
    expect(client.machine.getState().stop?.stopId).toBe(1);
  });

  it('of one machine is not remembered for the next', async () => {
    const opening = client.open({ kind: 'url', url: 'pack/' });
    await client.pause();
    await opening;
    session.resume.mockClear();
    await client.open({ kind: 'url', url: 'pack/' });
    expect(session.resume).toHaveBeenCalled();
  });
});
