import { expect, it } from 'vitest';
import { formatSymbol, normalize } from './symbol-modules.ts';

it.each([
  ['sources/linux/./fs/../fs/file.c', 'sources/linux/fs/file.c'],
  ['sources/xen//arch/arm/traps.c', 'sources/xen/arch/arm/traps.c'],
  ['a/b/../../c.S', 'c.S'],
])('normalises %s', (path, expected) => {
  expect(normalize(path)).toBe(expected);
});

it('writes offsets in hexadecimal, and none at the start', () => {
  expect(formatSymbol('do_xen_version', 0x14n)).toBe('do_xen_version+0x14');
  expect(formatSymbol('do_xen_version', 0n)).toBe('do_xen_version');
});
