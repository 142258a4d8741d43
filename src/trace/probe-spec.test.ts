import { describe, expect, it } from 'vitest';
import { parseProbe, ProbeError, probeText } from './probe-spec.ts';

describe('a probe specification', () => {
  it.each([
    ['xen:do_xen_version', { space: { kind: 'xen' }, name: 'do_xen_version', argumentCount: undefined }],
    ['d1:vfs_read/3', { space: { kind: 'guest', domain: 1, el: 1 }, name: 'vfs_read', argumentCount: 3 }],
    ['d0:EL0:main', { space: { kind: 'guest', domain: 0, el: 0 }, name: 'main', argumentCount: undefined }],
  ] as const)('%s names a function in its space', (text, spec) => {
    expect(parseProbe(text)).toEqual(spec);
    expect(probeText(spec)).toBe(text);
  });

  it.each(['do_xen_version', 'xen:', 'xen:EL1:f', 'd1:f/9', 'e1:f', 'd1:0x1000'])('%s is none', (text) => {
    expect(() => parseProbe(text)).toThrow(ProbeError);
  });
});
