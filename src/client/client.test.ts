import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { SessionEvents, SessionFunctions } from '../protocol/session.ts';
import type { MachineStatus } from '../protocol/status.ts';
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

/** A stop that is shown, with its stack. */
async function arrive(stopped: Stop): Promise<void> {
  events.stopped(stopped);
  await vi.waitFor(() => expect(client.machine.getState().stop).toBe(stopped));
}

const target = (): unknown => client.context.getState().target;

describe('a stop', () => {
  it('makes its target current and reads its stack once', async () => {
    await arrive(stop(2));
    expect(target()).toEqual({ kind: 'vcpu', domain: 1, vcpu: 0 });
    expect(session.stackTrace).toHaveBeenCalledTimes(1);
  });

  it('that is renewed leaves the target that a person has chosen', async () => {
    await arrive(stop(2));
    client.select({ kind: 'cpu', cpu: 3 });
    await arrive(stop(3, { renews: 2 }));
    expect(target()).toEqual({ kind: 'cpu', cpu: 3 });
    expect(session.stackTrace).toHaveBeenLastCalledWith(3, { kind: 'cpu', cpu: 3 });
  });
});

describe('a stop on its way', () => {
  const frame = { id: 7, name: 'major_show', presentationHint: 'subtle' };

  it('is shown together with its stack and its sample', async () => {
    const seen: unknown[] = [];
    session.stackTrace.mockResolvedValueOnce([frame] as never);
    events.stopped(stop(2));
    events.status({ running: false, instructions: 100 } as MachineStatus);
    expect(client.machine.getState()).toMatchObject({ stop: null, status: null });
    client.machine.subscribe(({ stop: now, status }) => seen.push([now?.stopId, status?.instructions]));
    await vi.waitFor(() => expect(client.context.getState().frameId).toBe(7));
    expect(seen).toEqual([[2, 100]]);
  });

  it('does not wait long for a stack', async () => {
    let answer = (_frames: never): void => undefined;
    session.stackTrace.mockReturnValueOnce(new Promise((resolve) => (answer = resolve)));
    await arrive(stop(2));
    expect(client.context.getState().frames).toEqual([]);
    answer([frame] as never);
    await vi.waitFor(() => expect(client.context.getState().frameId).toBe(7));
  });

  it('is not shown when the machine goes on', async () => {
    events.stopped(stop(2));
    events.resumed();
    await new Promise((resolve) => setTimeout(resolve, 0));
    expect(client.machine.getState().stop).toBeNull();
  });
});

describe('a read', () => {
  it('is asked again when the stop was renewed meanwhile', async () => {
    await arrive(stop(2));
    const question = vi.fn(async (_session: unknown, stopId: number) => {
      if (stopId === 3) return 'answer';
      await arrive(stop(3, { renews: 2 }));
      throw new Error(STALE_STOP);
    });
    expect(await client.read(question)).toBe('answer');
    expect(question).toHaveBeenCalledTimes(2);
  });

  it('is asked again when the renewed stop is still on its way', async () => {
    await arrive(stop(2));
    const question = vi.fn(async (_session: unknown, stopId: number) => {
      if (stopId === 3) return 'answer';
      events.stopped(stop(3, { renews: 2 }));
      throw new Error(STALE_STOP);
    });
    expect(await client.read(question)).toBe('answer');
  });

  it('fails when the machine has run since', async () => {
    await arrive(stop(2));
    const question = vi.fn(async () => {
      await arrive(stop(3, { instructions: 101 }));
      throw new Error(STALE_STOP);
    });
    await expect(client.read(question)).rejects.toThrow(STALE_STOP);
    expect(question).toHaveBeenCalledTimes(1);
  });
});

describe('a write', () => {
  it('goes to the machine where it stands, and views read again', async () => {
    await arrive(stop(2));
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
    await arrive(stop(2));
    expect(await client.write(() => Promise.reject(new Error(STALE_STOP)))).toBe(false);
    expect(client.machine.getState().error).toMatch(/Nothing was written/);
  });
});

describe('steps', () => {
  it('come one at a time, and one waits at most', async () => {
    await arrive(stop(2));
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
    await arrive(stop(2));
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
