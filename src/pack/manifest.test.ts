import { describe, expect, it } from 'vitest';
import { type Manifest, parseManifest } from './manifest.ts';
import { PackError } from './pack-error.ts';

const sha256 = '0'.repeat(64);

const manifest: Manifest = {
  format: 1,
  name: 'test',
  versions: { Xen: '4.17' },
  memory: 0x7ff0_0000,
  cpus: 4,
  entry: { pc: 0x20_0000, el: 2, x0: 0x800_0000 },
  images: [{ role: 'hypervisor', file: 'xen', size: 64, sha256, addresses: [0x20_0000] }],
  domains: [{ domid: 0, name: 'Dom0', hostname: 'dom0', vcpus: 2, memory: 256, vmid: 1 }],
  symbols: [],
};

function messageOf(value: unknown): string {
  try {
    parseManifest(typeof value === 'string' ? value : JSON.stringify(value));
    return 'accepted';
  } catch (error) {
    return error instanceof PackError ? `${error.code}: ${error.message}` : `not typed: ${String(error)}`;
  }
}

describe('a manifest', () => {
  it('comes back as it was', () => {
    expect(parseManifest(JSON.stringify(manifest))).toEqual(manifest);
  });

  it('of another format is refused by that, whatever else it holds', () => {
    expect(messageOf({ ...manifest, format: 2 })).toMatch(/^format: .*has format 2; .*reads format 1/);
    expect(messageOf({})).toMatch(/^format: .*has format none/);
    expect(messageOf(null)).toMatch(/^format/);
  });

  it('that is no JSON says so', () => {
    expect(messageOf('<html>')).toMatch(/^manifest: manifest.json is not JSON/);
  });

  it('names the field that is wrong', () => {
    const wrong = { ...manifest.images[0], size: -1 };
    expect(messageOf({ ...manifest, images: [wrong] })).toMatch(/^manifest: manifest.json: images.0.size: /);
    expect(messageOf({ ...manifest, images: [] })).toMatch(/: images: /);
    expect(messageOf({ ...manifest, entry: { pc: 0, el: 3, x0: 0 } })).toMatch(/: entry.el: /);
    expect(messageOf({ ...manifest, name: undefined, cpus: 0 })).toMatch(/and 1 more/);
  });

  it.each(['/etc/passwd', '../x', 'a/../b', 'a/..', '..', '.', './x', 'a//b', 'a/', '', 'a\\b', 'http://x/y'])(
    'may not name the file %j',
    (file) => {
      expect(messageOf({ ...manifest, images: [{ ...manifest.images[0], file }] })).toMatch(/images.0.file/);
    },
  );

  it.each(['xen', 'sources/xen/a.c', '.hidden', 'a..b', 'linux-6.1/x+y~z'])('may name the file %j', (file) => {
    expect(messageOf({ ...manifest, images: [{ ...manifest.images[0], file }] })).toBe('accepted');
  });
});
