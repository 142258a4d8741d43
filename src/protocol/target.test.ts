import { expect, it } from 'vitest';
import { formatScope, parseScope, type Scope } from './target.ts';

it.each<Scope>([
  { kind: 'any' },
  { kind: 'xen' },
  { kind: 'domain', domain: 12 },
  { kind: 'vcpu', domain: 1, vcpu: 0 },
  { kind: 'task', domain: 1, pid: 42 },
  { kind: 'cpu', cpu: 3 },
  { kind: 'vmid', vmid: 2 },
])('reads back the scope it wrote: $kind', (scope) => {
  expect(parseScope(formatScope(scope))).toEqual(scope);
});

it('refuses what is not a scope', () => {
  expect(parseScope('d1:')).toBeUndefined();
  expect(parseScope('domain 1')).toBeUndefined();
});
