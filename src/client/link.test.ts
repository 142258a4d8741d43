import { expect, it } from 'vitest';
import { decodeLink, encodeLink, type Link } from './link.ts';

const NOTHING: Link = { target: null, view: null, location: null, source: null };

it.each<[string, Link]>([
  ['', NOTHING],
  ['target=d1v0&view=registers', { ...NOTHING, target: { kind: 'vcpu', domain: 1, vcpu: 0 }, view: 'registers' }],
  [
    'target=p2&view=memory&at=d1:IPA:0x40000000',
    {
      ...NOTHING,
      target: { kind: 'cpu', cpu: 2 },
      view: 'memory',
      location: { space: { kind: 'ipa', domain: 1 }, address: 0x4000_0000n },
    },
  ],
  [
    'target=d1:pid%2042&file=d1:/usr/src/a+b/sys-hypervisor.c:80'.replace('+', '%2B'),
    {
      ...NOTHING,
      target: { kind: 'task', domain: 1, pid: 42 },
      source: { path: '/usr/src/a+b/sys-hypervisor.c', owner: { kind: 'domain', domain: 1 }, line: 80 },
    },
  ],
  ['file=xen:arch/arm/traps.c', { ...NOTHING, source: { path: 'arch/arm/traps.c', owner: { kind: 'xen' } } }],
])('writes and reads %s', (text, link) => {
  expect(encodeLink(link)).toBe(text);
  expect(decodeLink(`#${text}`)).toEqual(link);
});

it('leaves out what it cannot read', () => {
  expect(decodeLink('#target=nobody&view=memory&at=somewhere')).toEqual({ ...NOTHING, view: 'memory' });
  expect(decodeLink('#file=nobody:x.c')).toEqual(NOTHING);
});
