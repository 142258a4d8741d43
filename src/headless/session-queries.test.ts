/** What the page asks of a session beyond run control, asked of the real pack. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pass } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadPack } from '../pack/load.ts';
import { FolderFiles } from '../pack/node/folder-files.ts';
import type { BreakpointState } from '../protocol/breakpoints.ts';
import type { StackFrame } from '../protocol/inspect.ts';
import type { SessionEvents } from '../protocol/session.ts';
import type { Stop } from '../protocol/stop.ts';
import { createSession } from '../workers/session/session.ts';

const PACK = 'public/packs/default';
const XEN = { kind: 'xen' } as const;
const DOMU1 = { kind: 'domain', domain: 1 } as const;
const KERNEL = { kind: 'guest', domain: 1, el: 1 } as const;

describe.skipIf(!existsSync(join(PACK, 'boot.snapshot')))('a session', () => {
  const stops: Stop[] = [];
  let states: readonly BreakpointState[] = [];
  const events: SessionEvents = {
    status: () => {},
    stopped: (stop) => stops.push(stop),
    resumed: () => {},
    console: () => {},
    progress: () => {},
    breakpointsChanged: (changed) => {
      states = changed;
    },
    breakpointsEdited: () => {},
    output: () => {},
    crashed: (message) => expect.fail(message),
  };
  const session = createSession(events, {
    openPack: () => loadPack(new FolderFiles(PACK)),
    yield: (milliseconds) => pass(milliseconds),
    now: () => performance.now(),
  });
  const until = async (isDone: () => boolean): Promise<void> => {
    while (!isDone()) await pass(5);
  };
  const current = (): Stop => stops[stops.length - 1];
  /** Frames of the stack that the machine has stopped in. */
  const frames = async (): Promise<readonly StackFrame[]> => session.stackTrace(current().stopId, current().target);

  beforeAll(async () => {
    await session.loadPack({ kind: 'url', url: PACK });
    const spec = { id: 'bp1', enabled: true, place: { kind: 'function', name: 'major_show' }, scope: DOMU1 } as const;
    await session.setBreakpoints([spec]);
    await session.restart();
    await until(() => states.some(({ state }) => state === 'applied'));
    await session.consoleInput('d1', 'cat /sys/hypervisor/version/major\n');
    await session.resume();
    await until(() => current().reason === 'breakpoint');
  }, 120_000);

  it('finds functions, variables and files by any part of their names', async () => {
    const first = async (query: string): Promise<unknown> => (await session.searchSymbols(query, 1))[0];
    expect(await first('do_xen_vers')).toMatchObject({ name: 'do_xen_version', kind: 'function', space: XEN });
    expect(await first('MAJOR_show')).toMatchObject({ name: 'major_show', kind: 'function', space: KERNEL });
    expect(await first('sys-hypervisor.c')).toMatchObject({ name: 'sys-hypervisor.c', kind: 'file', space: KERNEL });
    expect(await first('jiffies_64')).toMatchObject({ name: 'jiffies_64', kind: 'data' });
  });

  it('knows where names are defined', async () => {
    const [{ source }] = await frames();
    const path = source?.path ?? '';
    expect(await session.definition('major_show', path, 1)).toMatchObject({ path });
    expect((await session.definition('HYPERVISOR_xen_version', null, 1))?.path).toMatch(/hypercall\.S$/);
    expect((await session.definition('do_xen_version', null, null))?.path).toMatch(/common\/kernel\.c$/);
    expect((await session.definition('domain_list', null, null))?.path).toMatch(/domain\.c$/);
    expect(await session.definition('no_such_name', path, 1)).toBeNull();
  });

  it('gives the values of a frame with the lines that they belong to', async () => {
    const [top] = await frames();
    const inline = await session.inlineValues(current().stopId, top.id);
    expect(inline?.path).toBe(top.source?.path);
    expect(inline?.fromLine).toBeLessThanOrEqual(inline?.toLine ?? 0);
    expect(inline?.values.map(({ name }) => name)).toEqual(expect.arrayContaining(['attr', 'buffer']));
  });

  it('runs to a line and stops there', async () => {
    const [{ source }] = await frames();
    const place = { kind: 'line', path: source?.path ?? '', line: (source?.line ?? 0) + 2 } as const;
    const [expected] = await session.locate(place, DOMU1);
    const before = stops.length;
    await session.runTo(place, DOMU1);
    await until(() => stops.length > before);
    expect(current()).toMatchObject({ reason: 'step', description: expect.stringMatching(/^ran to .* in DomU1$/) });
    const [top] = await frames();
    expect(top.location).toEqual(expected);
  });

  it('shows a breakpoint on the line that it was set on, whatever else begins at its address', async () => {
    const [{ source }] = await frames();
    const path = source?.path ?? '';
    const [entry] = await session.searchSymbols('major_show', 1);
    const { rows } = await session.disassemble(current().stopId, entry.location!, 0, 24);
    const lines = [...new Set(rows.flatMap((row) => (row.source?.path === path ? [row.source.line] : [])))];
    const specs = lines.map((line) => {
      const place = { kind: 'line', path, line } as const;
      return { id: `line ${line}`, enabled: true, place, scope: DOMU1 };
    });
    const placed = await session.setBreakpoints(specs);
    expect(placed.length).toBeGreaterThan(3);
    const strays = placed.filter(({ line, message }) => line !== undefined && !message?.startsWith('moved to line'));
    expect(strays).toEqual([]);
    await session.setBreakpoints([]);
  });

  it('refuses to run to where there is no code', async () => {
    await expect(session.runTo({ kind: 'line', path: 'no-such-file.c', line: 1 }, DOMU1)).rejects.toThrow(/no code/);
  });

  it('finds bytes in a domain’s memory', async () => {
    const [{ location }] = await session.searchSymbols('linux_banner', 1);
    const text = new TextEncoder().encode('Linux version');
    const from = { space: KERNEL, address: (location?.address ?? 0n) - 4096n };
    const { found } = await session.findMemory(current().stopId, from, text, 1 << 20, false);
    expect(found).toBe(location?.address);
  });

  it('shows memory as a structure of Xen', async () => {
    const [{ location }] = await session.searchSymbols('domain_list', null);
    const list = await session.overlay(current().stopId, location!, 'struct domain');
    expect(list).toMatchObject({ type: 'struct domain' });
    const members = await session.variables(current().stopId, list.variablesReference);
    expect(members[0]).toMatchObject({ name: 'domain_id', size: 2, location });
    expect(await session.searchTypes('struct dom', { kind: 'xen' })).toContain('struct domain');
  }, 60_000);
});
