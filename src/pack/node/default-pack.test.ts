/** What the default pack holds. It is built before the tests run (`npm run pack`). */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readCpio } from '../../formats/cpio.ts';
import { readLinuxImage } from '../../formats/linux-image.ts';
import { loadPack, type LoadedImage, type Pack } from '../load.ts';
import type { PackSymbols } from '../manifest.ts';
import { openSymbolFile } from '../symbols.ts';
import { DEFAULT_PACK, hasPack } from './build-pack.ts';
import { FolderFiles, hashFile } from './folder-files.ts';
import { symbolFacts } from './symbol-index.ts';

describe.skipIf(!hasPack(DEFAULT_PACK))('the default pack', () => {
  let pack: Pack;
  let images: LoadedImage[];

  beforeAll(async () => {
    pack = await loadPack(new FolderFiles(DEFAULT_PACK));
    images = await pack.images();
  });

  const image = (name: string): LoadedImage => {
    const found = images.find((each) => each.name === name);
    if (found === undefined) throw new Error(`no ${name}`);
    return found;
  };

  const symbols = (role: PackSymbols['role']): PackSymbols => {
    const found = pack.manifest.symbols.find((each) => each.role === role);
    if (found === undefined) throw new Error(`no symbols for ${role}`);
    return found;
  };

  it('has no two images in the same place, and all in memory', () => {
    const ranges = images
      .map(({ name, address, bytes }) => ({ name, address, end: address + extent(name, bytes) }))
      .sort((a, b) => a.address - b.address);
    ranges.slice(1).forEach(({ address }, index) => expect(address).toBeGreaterThanOrEqual(ranges[index].end));
    expect(ranges.at(-1)?.end).toBeLessThanOrEqual(pack.manifest.memory);
  });

  /** Boot images take more memory than their file has bytes. */
  function extent(name: string, bytes: Uint8Array): number {
    return name === 'xen' || name === 'linux' ? Math.max(readLinuxImage(bytes).imageSize, bytes.length) : bytes.length;
  }

  it('enters Xen at its first byte, at an address its header allows', () => {
    const xen = image('xen');
    expect(pack.manifest.entry).toEqual({ pc: xen.address, el: 2, x0: image('zcu102.dtb').address });
    expect((xen.address - readLinuxImage(xen.bytes).textOffset) % 0x20_0000).toBe(0);
  });

  it('has an initrd with a console, an init and the programs', () => {
    const entries = new Map(readCpio(image('initrd.cpio').bytes).map((entry) => [entry.name, entry]));
    expect(entries.get('dev/console')?.device).toEqual([5, 1]);
    expect(new TextDecoder().decode(entries.get('init')?.contents)).toMatch(/^#!\/bin\/sh\n/);
    for (const name of ['sh', 'cat', 'devmem', 'sha256sum', 'gzip', 'awk', 'dd', 'true']) {
      expect([name, new TextDecoder().decode(entries.get(`bin/${name}`)?.contents)]).toEqual([name, 'busybox']);
    }
  });

  it('has debug information for the very program in the initrd', async () => {
    const program = readCpio(image('initrd.cpio').bytes).find(({ name }) => name === 'bin/busybox');
    const folder = await mkdtemp(join(tmpdir(), 'trapline-pack-'));
    try {
      await writeFile(join(folder, 'busybox'), program?.contents ?? '');
      const notes = execFileSync('readelf', ['-n', join(folder, 'busybox')], { encoding: 'utf8' });
      expect(/Build ID: (\w+)/.exec(notes)?.[1]).toBe(symbols('program').buildId);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it.each(['xen', 'kernel', 'program'] as const)('has symbols and sources for the %s', async (role) => {
    const { file, sha256, buildId, sourceRoots } = symbols(role);
    expect(await hashFile(join(DEFAULT_PACK, file))).toBe(sha256);
    const facts = await symbolFacts(join(DEFAULT_PACK, file));
    expect(facts.buildId).toBe(buildId);
    const named = facts.names.flatMap((name) => {
      const root = sourceRoots.find(({ prefix }) =>
        prefix === '' ? !name.startsWith('/') : name.startsWith(`${prefix}/`),
      );
      if (root === undefined) return [];
      return [root.prefix === '' ? `${root.folder}/${name}` : root.folder + name.slice(root.prefix.length)];
    });
    const there = named.filter((name) => existsSync(join(DEFAULT_PACK, name)));
    expect(named.length).toBeGreaterThan(150);
    // The rest is generated while the kernel is built, and in no package.
    expect(there.length / named.length).toBeGreaterThan(0.95);
  });

  it.each(['xen', 'kernel', 'program'] as const)('has an index of the symbols of the %s', async (role) => {
    const { index } = symbols(role);
    expect(index?.size).toBeLessThan(25 << 20);
    expect((await openSymbolFile(pack, symbols(role))).hasIndex).toBe(true);
  });

  it.each(['sources/xen/xen/arch/arm/traps.c', 'sources/linux/init/main.c', 'sources/busybox/coreutils/cat.c'])(
    'gives %s to the page',
    async (name) => {
      expect(new TextDecoder().decode(await pack.source(name))).toMatch(/^\/\*|^\/\/|^#/);
    },
  );
});
