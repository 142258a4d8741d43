import { expect, it } from 'vitest';
import type { BreakpointList } from '../debugger/breakpoints/breakpoints.ts';
import type { Breakpoint, BreakpointSpec as DebuggerSpec } from '../debugger/breakpoints/spec.ts';
import type { BreakpointSpec } from '../protocol/breakpoints.ts';
import { BreakpointMirror } from './breakpoint-mirror.ts';

/** A list that only remembers. */
class RecordingList {
  readonly specs = new Map<number, DebuggerSpec>();
  #next = 1;
  add(spec: DebuggerSpec): Promise<Breakpoint> {
    const id = this.#next++;
    this.specs.set(id, spec);
    return Promise.resolve(this.get(id) as Breakpoint);
  }
  remove(id: number): boolean {
    return this.specs.delete(id);
  }
  get(id: number): Breakpoint | undefined {
    const spec = this.specs.get(id);
    return spec && { ...spec, id, state: 'applied', message: undefined, hits: 0, locations: [], source: undefined };
  }
}

const wish = (id: string, change: Partial<BreakpointSpec> = {}): BreakpointSpec => ({
  id,
  enabled: true,
  place: { kind: 'function', name: id },
  scope: { kind: 'any' },
  ...change,
});
const asList = (list: RecordingList): BreakpointList => list as unknown as BreakpointList;

it('adds, keeps, changes and removes', async () => {
  const list = new RecordingList();
  const mirror = new BreakpointMirror();
  await mirror.set(asList(list), [wish('a'), wish('b')]);
  await mirror.set(asList(list), [wish('b', { scope: { kind: 'xen' } }), wish('c'), wish('a')]);
  expect([...list.specs].map(([id, { place, scope }]) => [id, 'name' in place && place.name, scope.kind])).toEqual([
    [1, 'a', 'any'],
    [3, 'b', 'xen'],
    [4, 'c', 'any'],
  ]);
  await mirror.set(asList(list), []);
  expect(list.specs.size).toBe(0);
});

it('takes another immediate than Xen’s own for the number of a hypercall', async () => {
  const list = new RecordingList();
  const mirror = new BreakpointMirror();
  await mirror.set(asList(list), [wish('h', { place: { kind: 'exception', exception: 'HVC', immediate: 17 } })]);
  expect(list.specs.get(1)?.place).toEqual({ kind: 'exception', exception: 'HVC', immediate: 0xea1, hypercall: 17 });
});

it('gives the page its own ids back', async () => {
  const list = new RecordingList();
  const mirror = new BreakpointMirror();
  await mirror.set(asList(list), [wish('x'), wish('y')]);
  expect(mirror.idsOf([list.get(2) as Breakpoint])).toEqual(['y']);
});
