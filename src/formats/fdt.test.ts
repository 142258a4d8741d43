import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cells, type Fdt, FdtError, type FdtNode, findNode, findProperty, readFdt, strings, writeFdt } from './fdt.ts';

function dtc(from: 'dts' | 'dtb', to: 'dts' | 'dtb', input: Uint8Array | string): Uint8Array {
  return execFileSync('dtc', ['-q', '-I', from, '-O', to, '-o', '-', '-'], { input, stdio: ['pipe', 'pipe', 'pipe'] });
}

const node = (name: string, properties: FdtNode['properties'], children: readonly FdtNode[] = []): FdtNode => ({
  name,
  properties,
  children,
});

const sample: Fdt = {
  bootCpu: 0,
  reservations: [{ address: 0x1000n, size: 0x12_3456_7890n }],
  root: node(
    '',
    [
      { name: '#address-cells', value: cells(2) },
      { name: 'compatible', value: strings('xlnx,zynqmp-zcu102', 'xlnx,zynqmp') },
    ],
    [
      node(
        'chosen',
        [{ name: 'empty', value: new Uint8Array() }],
        [node('dom0@1000', [{ name: 'reg', value: cells(0, 0x1000) }])],
      ),
    ],
  ),
};

const name = fc.stringMatching(/^[a-z][a-z0-9,._+-]{0,20}$/);
const properties = fc.uniqueArray(fc.record({ name, value: fc.uint8Array({ maxLength: 40 }) }), {
  selector: (property) => property.name,
  maxLength: 5,
});
/** Trees of at most `depth` more levels. */
function treeOf(depth: number): fc.Arbitrary<FdtNode> {
  const selector = (child: FdtNode): string => child.name;
  const children = depth === 0 ? fc.constant([]) : fc.uniqueArray(treeOf(depth - 1), { selector, maxLength: 3 });
  return fc.record({ name, properties, children });
}
const anyFdt = treeOf(3).map((root): Fdt => ({ bootCpu: 0, reservations: [], root: { ...root, name: '' } }));

describe('device trees', () => {
  it('come back as they were written', () => {
    fc.assert(
      fc.property(anyFdt, (fdt) => {
        expect(readFdt(writeFdt(fdt))).toEqual(fdt);
      }),
    );
  });

  it('read by dtc and written by it again are the same', () => {
    const fdts = [sample, ...fc.sample(anyFdt, { numRuns: 20, seed: 1 })];
    for (const fdt of fdts) expect(readFdt(dtc('dtb', 'dtb', writeFdt(fdt)))).toEqual(fdt);
  });

  it('compiled by dtc from source are understood', () => {
    const source = '/dts-v1/; / { a { b { c = <1 2>, "x", [ff]; }; }; };';
    const found = findNode(readFdt(dtc('dts', 'dtb', source)).root, 'a/b');
    expect(found && findProperty(found, 'c')).toEqual(new Uint8Array([0, 0, 0, 1, 0, 0, 0, 2, 0x78, 0, 0xff]));
    expect(found && findNode(found, 'nowhere/at/all')).toBeUndefined();
  });
});

describe('damaged device trees', () => {
  const errorOf = (bytes: Uint8Array): string => {
    try {
      readFdt(bytes);
      return 'none';
    } catch (error) {
      return error instanceof FdtError ? error.code : `not typed: ${String(error)}`;
    }
  };

  const patched = (offset: number, word: number): Uint8Array => {
    const bytes = writeFdt(sample);
    new DataView(bytes.buffer).setUint32(offset, word);
    return bytes;
  };

  it('that are something else are named so', () => {
    expect(errorOf(new Uint8Array())).toBe('not-a-device-tree');
    expect(errorOf(patched(0, 0x7f454c46))).toBe('not-a-device-tree');
    expect(errorOf(patched(20, 3))).toBe('unsupported-version');
    expect(errorOf(patched(24, 18))).toBe('unsupported-version');
  });

  it('with blocks outside of the file are refused', () => {
    for (const offset of [4, 8, 12, 16, 32, 36]) expect(errorOf(patched(offset, 0xffff_fff0))).toBe('truncated');
    expect(errorOf(patched(8, 41))).toBe('malformed');
  });

  it('nested 20,000 deep are refused without recursion', () => {
    const begin = cells(1, 0);
    const structure = new Uint8Array(20_000 * 8);
    for (let at = 0; at < structure.length; at += 8) structure.set(begin, at);
    const header = cells(0xd00dfeed, 56 + structure.length, 56, 56, 40, 17, 16, 0, 0, structure.length);
    expect(errorOf(Uint8Array.from([...header, ...new Uint8Array(16), ...structure]))).toBe('too-deep');
  });

  it('cut anywhere give a typed error', () => {
    const bytes = writeFdt(sample);
    for (let size = 0; size < bytes.length; size++) expect(errorOf(bytes.slice(0, size))).toMatch(/^(not-a|truncated)/);
  });

  it('with any words changed give a typed error or a tree', () => {
    const bytes = writeFdt(sample);
    const word = fc.oneof(fc.constantFrom(0, 1, 2, 3, 4, 9, 0xffff_ffff, 0x8000_0000), fc.nat());
    const change = fc.record({ at: fc.nat({ max: bytes.length / 4 - 1 }), word });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const mutant = bytes.slice();
        const view = new DataView(mutant.buffer);
        for (const each of changes) view.setUint32(each.at * 4, each.word);
        expect(errorOf(mutant)).not.toMatch(/^not typed/);
      }),
      { numRuns: 2000 },
    );
  });
});
