import { beforeEach, describe, expect, it } from 'vitest';
import { vcpuKey } from './labels.ts';
import { TimelineModel } from './model.ts';
import { followFlows, neighbour, search, sliceAt } from './seek.ts';

const D1V0 = vcpuKey(1, 0);
let model: TimelineModel;

/** pCPU 0 alternates between EL1 (90 ns) and a hypercall (10 ns); one function with another in it runs from 1000 to 1500. */
beforeEach(() => {
  model = new TimelineModel(2);
  const kernel = model.labels.intern('EL1', 'el1', D1V0);
  const call = model.labels.intern('xen_version', 'el2', D1V0);
  for (let n = 0; n < 100; n++) {
    model.cpus[0].levels.set(n * 100, kernel);
    model.cpus[0].levels.set(n * 100 + 90, call);
  }
  model.cpus[1].levels.set(95, model.labels.intern('Xen_VERSION, once', 'el2', D1V0));
  const { functions, states, syscalls } = model.vcpu(D1V0);
  states.set(0, model.labels.intern('pCPU 0', 'running', D1V0));
  syscalls.set(0, model.labels.intern('', 'none', D1V0));
  const outer = functions.open(1000, model.labels.intern('outer', 'function', D1V0), 0);
  functions.add(1100, 1200, model.labels.intern('inner', 'function', D1V0), 1);
  functions.close(outer, 1500);
  model.advance(10_000);
});

const LEVELS = 0;
const text = (found: { text: string; from: number } | undefined): string =>
  found ? `${found.from} ${found.text}` : 'none';

describe('a slice', () => {
  it('is found by its time', () => {
    expect(text(sliceAt(model, LEVELS, 195))).toBe('190 xen_version');
    expect(text(sliceAt(model, LEVELS, 200))).toBe('200 EL1');
    expect(text(sliceAt(model, 999_999, 200))).toBe('none');
  });

  it('of spans is the innermost, or that of a depth', () => {
    const { functionsId } = model.vcpu(D1V0);
    expect(text(sliceAt(model, functionsId, 1150))).toBe('1100 inner');
    expect(text(sliceAt(model, functionsId, 1150, 0))).toBe('1000 outer');
    expect(text(sliceAt(model, functionsId, 1600))).toBe('none');
  });

  it('has a next and a previous one', () => {
    expect(text(neighbour(model, LEVELS, 190, 0, 1))).toBe('200 EL1');
    expect(text(neighbour(model, LEVELS, 190, 0, -1))).toBe('100 EL1');
    expect(text(neighbour(model, LEVELS, 0, 0, -1))).toBe('none');
    expect(text(neighbour(model, LEVELS, 9990, 0, 1))).toBe('none');
  });
});

describe('arrows', () => {
  it('lead to what is at their other end, either way', () => {
    const { statesId } = model.vcpu(D1V0);
    model.flows.add('hypercall', statesId, 190, LEVELS, 190);
    model.flows.add('hypercall', statesId, 290, LEVELS, 290);
    expect(followFlows(model, statesId, 0, 250, 1).map(text)).toEqual(['190 xen_version']);
    expect(followFlows(model, LEVELS, 290, 300, -1).map(text)).toEqual(['0 pCPU 0']);
    expect(followFlows(model, LEVELS, 290, 300, 1)).toEqual([]);
  });
});

describe('a search', () => {
  it('goes through all tracks in the order of time, whatever the case', () => {
    const first = search(model, 'XEN_version', null, 0, 1);
    expect(text(first)).toBe('90 xen_version');
    const second = search(model, 'xen_version', first?.entry.id ?? 0, first?.from ?? 0, 1);
    expect(text(second)).toBe('95 Xen_VERSION, once');
    expect(text(search(model, 'xen_version', second?.entry.id ?? 0, 95, 1))).toBe('190 xen_version');
    expect(text(search(model, 'xen_version', 2, 95, -1))).toBe('90 xen_version');
  });

  it('ends where nothing matches any more', () => {
    expect(search(model, 'xen_version', LEVELS, 9990, 1)).toBeUndefined();
    expect(search(model, 'vfs_read', null, 0, 1)).toBeUndefined();
  });

  it('finds one of several that begin together once each', () => {
    model.cpus[1].levels.set(290, model.labels.intern('xen_version', 'el2', vcpuKey(2, 0)));
    const first = search(model, 'xen_version', LEVELS, 200, 1);
    const second = search(model, 'xen_version', first?.entry.id ?? 0, first?.from ?? 0, 1);
    expect([first, second].map((found) => [found?.from, found?.entry.id])).toEqual([
      [290, LEVELS],
      [290, model.cpus[1].levelsId],
    ]);
  });
});
