import { expect, it } from 'vitest';
import type { CpuStatus } from '../protocol/status.ts';
import { codeSpace, cpuOfTarget, targetSpace } from './targets.ts';

const cpu = (change: Partial<CpuStatus>): CpuStatus => ({
  cpu: 0,
  state: 'running',
  el: 1,
  pc: 0n,
  vmid: 0,
  asid: 0,
  domain: null,
  vcpu: null,
  task: null,
  symbol: null,
  transitions: [],
  ...change,
});
const cpus = [cpu({}), cpu({ cpu: 1, domain: 1, vcpu: 1 }), cpu({ cpu: 2, domain: 1, vcpu: 0, el: 2 })];

it('finds the pCPU of a vCPU, wherever it runs', () => {
  expect(cpuOfTarget(cpus, { kind: 'vcpu', domain: 1, vcpu: 0 })?.cpu).toBe(2);
  expect(cpuOfTarget(cpus, { kind: 'vcpu', domain: 2, vcpu: 0 })).toBeUndefined();
  expect(cpuOfTarget(cpus, { kind: 'cpu', cpu: 0 })?.cpu).toBe(0);
});

it('names the space of the code by the exception level it runs at', () => {
  expect(codeSpace(cpus[1])).toEqual({ kind: 'guest', domain: 1, el: 1 });
  expect(codeSpace(cpus[2])).toEqual({ kind: 'xen' });
  expect(codeSpace(cpus[0])).toEqual({ kind: 'cpu', cpu: 0 });
});

it('takes a vCPU that is not running to be in its kernel', () => {
  expect(targetSpace(cpus, { kind: 'vcpu', domain: 2, vcpu: 0 })).toEqual({ kind: 'guest', domain: 2, el: 1 });
});
