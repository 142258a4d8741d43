import { expect, it } from 'vitest';
import type { CpuStatus, Transition } from '../../protocol/status.ts';
import { crossingsOf, markersOf } from './map-model.ts';

const cpu = (change: Partial<CpuStatus>): CpuStatus => ({
  cpu: 0,
  state: 'running',
  el: 1,
  pc: 0n,
  vmid: 1,
  asid: 0,
  domain: 0,
  vcpu: 0,
  task: null,
  symbol: null,
  transitions: [],
  ...change,
});
const hvc: Transition = { kind: 'HVC', from: 1, to: 2, domain: 1, count: 3 };

it('leaves pCPUs that are off out of the map', () => {
  expect(markersOf([cpu({ state: 'off' }), cpu({ cpu: 1, state: 'sleeping', domain: null, el: 2 })])).toEqual([
    { cpu: 1, column: null, el: 2, isSleeping: true },
  ]);
});

it('adds up what the pCPUs of one domain crossed', () => {
  expect(crossingsOf([cpu({ transitions: [hvc] }), cpu({ cpu: 1, transitions: [{ ...hvc, count: 2 }] })])).toEqual([
    { column: 1, boundary: 1, kind: 'HVC', isEntry: true, count: 5 },
  ]);
});

it('tells entry from return, and the two boundaries apart', () => {
  const eret: Transition = { kind: 'ERET', from: 1, to: 0, domain: 1, count: 1 };
  const found = crossingsOf([cpu({ transitions: [hvc, eret] })]);
  expect(found.map(({ boundary, isEntry }) => [boundary, isEntry])).toEqual([
    [1, true],
    [0, false],
  ]);
});
