import { describe, expect, it } from 'vitest';
import { formatLocation, parseLocation, type AddressSpace } from './address.ts';

const PA: AddressSpace = { kind: 'pa' };

describe('address notation', () => {
  it.each<[string, AddressSpace, bigint]>([
    ['xen:0x2a0040', { kind: 'xen' }, 0x2a0040n],
    ['d2:EL1:0xffff800008028ca0', { kind: 'guest', domain: 2, el: 1 }, 0xffff800008028ca0n],
    ['d0:EL0:0x400000', { kind: 'guest', domain: 0, el: 0 }, 0x400000n],
    ['d1:IPA:0x40000000', { kind: 'ipa', domain: 1 }, 0x40000000n],
    ['PA:0x0', { kind: 'pa' }, 0n],
    ['p3:0x80', { kind: 'cpu', cpu: 3 }, 0x80n],
  ])('writes and reads %s', (text, space, address) => {
    expect(formatLocation({ space, address })).toBe(text);
    expect(parseLocation(text, PA)).toEqual({ space, address });
  });

  it('takes the fallback space for a bare number', () => {
    expect(parseLocation('ffff', { kind: 'xen' })).toEqual({ space: { kind: 'xen' }, address: 0xffffn });
  });

  it('knows the prefixes of other debuggers', () => {
    expect(parseLocation('EL2:0x10', PA)?.space).toEqual({ kind: 'xen' });
    expect(parseLocation('NP:10', { kind: 'xen' })?.space).toEqual(PA);
  });

  it.each(['', 'xen:', 'd1:0x10', 'q:10', 'xen:0xz', '0x1ffffffffffffffff'])('refuses %j', (text) => {
    expect(parseLocation(text, PA)).toBeUndefined();
  });
});
