import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { defaultBoot } from './default-machine.ts';
import { makeDeviceTree } from './device-tree.ts';
import { LocalFiles } from './files.ts';
import { writeFdt } from '../formats/fdt.ts';
import { loadPack } from './load.ts';
import type { Manifest, PackImage } from './manifest.ts';

type Contents = Readonly<Record<string, Uint8Array | string>>;

function bytesOf(contents: Uint8Array | string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(typeof contents === 'string' ? new TextEncoder().encode(contents) : contents);
}

/** An arm64 boot image that is nothing but its header. */
function bootImage(): Uint8Array {
  const bytes = new Uint8Array(64);
  new DataView(bytes.buffer).setUint32(56, 0x644d5241, true);
  return bytes;
}

const entryOf = (file: string, contents: Uint8Array | string): { file: string; size: number; sha256: string } => {
  const bytes = bytesOf(contents);
  return { file, size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
};

const good: Contents = {
  xen: bootImage(),
  dtb: makeDeviceTree({ boot: defaultBoot(1, 1), gic: 'board' }),
  'index.json': '["sources/a.c"]',
  'sources/a.c': 'int a;',
  snapshot: 'state',
};

function manifestFor(contents: Contents): Manifest {
  const image = (file: string, role: PackImage['role'], addresses: number[]): PackImage => ({
    ...entryOf(file, contents[file]),
    role,
    addresses,
  });
  return {
    format: 1,
    name: 'test',
    versions: {},
    memory: 0,
    cpus: 4,
    entry: { pc: 0, el: 2, x0: 0 },
    images: [image('xen', 'hypervisor', [0x1000, 0x2000]), image('dtb', 'device-tree', [0x3000])],
    domains: [],
    symbols: [],
    sourceIndex: entryOf('index.json', contents['index.json']),
    snapshot: { ...entryOf('snapshot', contents.snapshot), instructions: 5, hash: 'x' },
  };
}

function filesOf(manifest: Manifest, contents: Contents): LocalFiles {
  const all = { ...contents, 'manifest.json': JSON.stringify(manifest) };
  return new LocalFiles(Object.entries(all).map(([name, value]) => [name, new Blob([bytesOf(value)])] as const));
}

/** A pack whose manifest fits to what it is made of. */
const packOf = (contents: Contents): ReturnType<typeof loadPack> => loadPack(filesOf(manifestFor(contents), contents));

/** A pack whose files were changed after its manifest was written. */
const damaged = (changes: Contents): ReturnType<typeof loadPack> =>
  loadPack(filesOf(manifestFor(good), { ...good, ...changes }));

describe('a pack', () => {
  it('gives its images at all their addresses', async () => {
    const seen: number[] = [];
    const images = await (await packOf(good)).images((done) => seen.push(done));
    expect(images.map(({ name, address }) => [name, address])).toEqual([
      ['xen', 0x1000],
      ['xen', 0x2000],
      ['dtb', 0x3000],
    ]);
    expect(seen).toEqual([64, 64 + bytesOf(good.dtb).length]);
  });

  it('gives its snapshot and its sources, and nothing that is not in the index', async () => {
    const pack = await packOf(good);
    expect(new TextDecoder().decode(await pack.snapshot())).toBe('state');
    expect(new TextDecoder().decode(await pack.source('sources/a.c'))).toBe('int a;');
    expect(await pack.source('manifest.json')).toBeUndefined();
  });

  it('without a snapshot has none', async () => {
    const pack = await loadPack(filesOf({ ...manifestFor(good), snapshot: undefined }, good));
    expect(await pack.snapshot()).toBeUndefined();
  });

  it('without its files is refused', async () => {
    await expect(loadPack(new LocalFiles([]))).rejects.toMatchObject({ code: 'missing' });
  });
});

describe('a damaged pack', () => {
  it('with a truncated image says which', async () => {
    const pack = await damaged({ xen: bootImage().subarray(0, 63) });
    await expect(pack.images()).rejects.toThrow('xen has 63 bytes; the manifest says 64');
  });

  it('with a flipped bit in the snapshot says so', async () => {
    await expect((await damaged({ snapshot: 'stateX'.slice(1) })).snapshot()).rejects.toThrow(/SHA-256/);
  });

  it('with something else for a kernel says what is missing', async () => {
    await expect((await packOf({ ...good, xen: new Uint8Array(64) })).images()).rejects.toThrow(/xen: not an arm64/);
  });

  it('with a device tree without /chosen says what that means', async () => {
    const dtb = writeFdt({ bootCpu: 0, reservations: [], root: { name: '', properties: [], children: [] } });
    await expect((await packOf({ ...good, dtb })).images()).rejects.toThrow(/dtb: .*no \/chosen node/);
    await expect((await packOf({ ...good, dtb: 'x' })).images()).rejects.toThrow(/dtb: not a flattened/);
  });
});
