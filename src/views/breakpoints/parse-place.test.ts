import { expect, it } from 'vitest';
import type { BreakpointPlace } from '../../protocol/breakpoints.ts';
import type { Scope } from '../../protocol/target.ts';
import { parsePlace } from './parse-place.ts';

const D1: Scope = { kind: 'domain', domain: 1 };
const kernel = { kind: 'guest', domain: 1, el: 1 } as const;

it.each<[string, BreakpointPlace]>([
  ['major_show', { kind: 'function', name: 'major_show' }],
  ['arch/arm/traps.c:1200', { kind: 'line', path: 'arch/arm/traps.c', line: 1200 }],
  ['0xffff800008028ca0', { kind: 'address', location: { space: kernel, address: 0xffff800008028ca0n } }],
  ['xen:0x2a0000', { kind: 'address', location: { space: { kind: 'xen' }, address: 0x2a0000n } }],
  ['hvc #0xea1', { kind: 'exception', exception: 'HVC', immediate: 0xea1 }],
  ['IRQ', { kind: 'exception', exception: 'IRQ' }],
  [
    'change d1:IPA:0x1000 4',
    { kind: 'data', location: { space: { kind: 'ipa', domain: 1 }, address: 0x1000n }, size: 4, access: 'change' },
  ],
])('understands %s', (text, place) => {
  expect(parsePlace(text, D1)).toEqual(place);
});

it('takes a name that looks like a number for a function', () => {
  expect(parsePlace('abc', D1)).toEqual({ kind: 'function', name: 'abc' });
});

it.each(['', 'a b', 'read nowhere', 'd1:EL1:xyz'])('refuses %j', (text) => {
  expect(parsePlace(text, D1)).toBeUndefined();
});
