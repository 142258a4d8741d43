/** A person's own system: the default pack's images in another arrangement, built into a pack and booted. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readFdt, writeFdt } from '../../formats/fdt.ts';
import { loadPack } from '../load.ts';
import { treeFacts } from '../tree-facts.ts';
import { DEFAULT_PACK, hasPack } from './build-pack.ts';
import { FolderFiles } from './folder-files.ts';
import { ownBoot } from './own-boot.ts';
import { parseOwnSystem } from './own-system.ts';

const at = (name: string): string => join(DEFAULT_PACK, name);
const guest = (name: string, vcpus: number, memory: number, who: string): object => ({
  name,
  vcpus,
  memory,
  kernel: at('linux'),
  initrd: at('initrd.cpio'),
  bootargs: `console=${name === 'dom0' ? 'hvc0' : 'ttyAMA0'} nokaslr rdinit=/init who=${who}`,
});
const SYSTEM = {
  name: 'one guest',
  xen: at('xen'),
  domains: [guest('dom0', 1, 256, 'control'), guest('sensor', 3, 128, 'sensor')],
  symbols: [{ role: 'program', file: at('busybox'), guestPath: '/bin/busybox', sources: at('sources/busybox') }],
};
const parse = (value: object): ReturnType<typeof parseOwnSystem> =>
  parseOwnSystem(JSON.stringify(value), 'system.json');
const boot = (value: object): ReturnType<typeof ownBoot> => ownBoot(parse(value), (path) => path);

describe('the description of a system', () => {
  it('is refused with the place of every fault in it', () => {
    const faulty = { ...SYSTEM, domains: [{ ...guest('dom 0', 0, 256, 'x'), kernal: 'x' }] };
    expect(() => parse(faulty)).toThrow(/domains\.0\.name: not a name[^]*domains\.0\.vcpus: [^]*kernal/);
    expect(() => parseOwnSystem('{', 'system.json')).toThrow('system.json is not JSON');
    expect(() => parse({ ...SYSTEM, ready: { d0: '(' } })).toThrow('ready.d0: not a regular expression');
  });
});

describe.skipIf(!hasPack(DEFAULT_PACK))('a system of one’s own', () => {
  const tree = readFileSync(at('zcu102.dtb'));
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'trapline-own-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('has its domains read from the device tree', () => {
    expect(treeFacts(readFdt(tree), 4).domains).toEqual([
      { domid: 0, hostname: 'dom0', vcpus: 2, memory: 256 },
      { domid: 1, hostname: 'domU1', vcpus: 2, memory: 192 },
      { domid: 2, hostname: 'domU2', vcpus: 1, memory: 160 },
    ]);
  });

  it('keeps a tree of its own but for the memory, and has an image for every module of it', async () => {
    const images = [
      { role: 'hypervisor', file: at('xen'), address: '0x200000' },
      { role: 'kernel', file: at('linux'), address: '0x10000000' },
      { role: 'initrd', file: at('initrd.cpio'), address: '0x14000000' },
    ];
    const placed = { name: 'placed', deviceTree: at('zcu102.dtb'), deviceTreeAddress: '0x8000000', images };
    await expect(boot(placed)).rejects.toThrow(/domU1\/module@18000000 is at 0x18000000, where no image is/);
    const domU = [
      { role: 'kernel', file: join(folder, 'linux'), address: '0x18000000' },
      { role: 'initrd', file: join(folder, 'initrd'), address: '0x1c000000' },
    ];
    execFileSync('cp', [at('linux'), domU[0].file]);
    execFileSync('cp', [at('initrd.cpio'), domU[1].file]);
    const overlapping = { role: 'initrd', file: at('manifest.json'), address: '0x200800' };
    await expect(boot({ ...placed, images: [...images, ...domU, overlapping] })).rejects.toThrow(/overlap at 0x200800/);
    const { facts, treeAddress } = await boot({ ...placed, images: [...images, ...domU] });
    expect([facts.domains.length, treeAddress]).toEqual([3, 0x800_0000]);
  });

  it('names what is missing or is no boot image', async () => {
    await expect(boot({ ...SYSTEM, xen: '/no/such/xen' })).rejects.toThrow('/no/such/xen cannot be read: no such file');
    await expect(boot({ ...SYSTEM, xen: at('initrd.cpio') })).rejects.toThrow('not an arm64 boot image');
    const file = join(folder, 'empty.dtb');
    writeFileSync(file, writeFdt({ bootCpu: 0, reservations: [], root: { name: '', properties: [], children: [] } }));
    const images = [{ role: 'hypervisor', file: at('xen'), address: '0x200000' }];
    const empty = { name: 'empty', deviceTree: file, deviceTreeAddress: 0x800_0000, images };
    await expect(boot(empty)).rejects.toThrow('no /chosen');
  });

  it('becomes a pack that boots to the prompts of its own domains', async () => {
    const [description, pack] = [join(folder, 'system.json'), join(folder, 'pack')];
    writeFileSync(description, JSON.stringify(SYSTEM));
    const run = (...args: readonly string[]): ReturnType<typeof spawnSync> =>
      spawnSync('npm', ['run', '-s', ...args], { encoding: 'utf8' });
    const built = run('pack', '--', '--system', description, '--out', pack);
    expect([built.status, built.stderr]).toEqual([
      0,
      expect.stringMatching(/185 of the 269 source files[^]*boots cold/),
    ]);
    const { manifest } = await loadPack(new FolderFiles(pack));
    expect(manifest.domains.map(({ name, vcpus, vmid }) => [name, vcpus, vmid])).toEqual([
      ['Dom0', 1, 1],
      ['sensor', 3, 2],
    ]);
    const count = ['--type', 'd1', 'nproc\\n', '--until', 'd1', '\\n3\\r'];
    const steps = ['--until', 'd0', 'control # ', '--until', 'd1', 'sensor # ', ...count];
    const { status } = run('headless', '--', '--pack', pack, '--cold', '--quiet', '--limit', '6e9', ...steps);
    expect(status).toBe(0);
  }, 300_000);
});
