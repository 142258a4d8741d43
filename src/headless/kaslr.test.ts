/** A kernel that was not told to stay where it was linked: the debugger, and gdb through our server, find where it has gone. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { attachDebugger } from '../awareness/attach.ts';
import { DebugPort } from '../emulator/debug-port.ts';
import { cells, findNode, readFdt, strings, writeFdt } from '../formats/fdt.ts';
import { loadPack } from '../pack/load.ts';
import { FolderFiles } from '../pack/node/folder-files.ts';
import { DEFAULT_PACK, hasDefaultPack } from '../testing/busy-system.ts';
import { GdbStacks } from '../testing/gdb-stacks.ts';
import { openModules } from '../workers/symbol-modules.ts';
import { Runner } from './runner.ts';

const LIMIT = 3_000_000_000;
const SEED = cells(0x1234_5678, 0x9abc_def0);

/** Dom0's command line without `nokaslr`, and a seed, which Xen hands on to Dom0 and to nobody else. */
function withSeed(blob: Uint8Array): Uint8Array {
  const tree = readFdt(blob);
  const chosen = findNode(tree.root, 'chosen')!;
  const decoder = new TextDecoder();
  const properties = chosen.properties.map(({ name, value }) => {
    if (name !== 'xen,dom0-bootargs') return { name, value };
    return { name, value: strings(decoder.decode(value).replace('\0', '').replace('nokaslr ', '')) };
  });
  const seeded = { ...chosen, properties: [...properties, { name: 'kaslr-seed', value: SEED }] };
  const children = tree.root.children.map((it) => (it === chosen ? seeded : it));
  return writeFdt({ ...tree, root: { ...tree.root, children } });
}

describe.skipIf(!hasDefaultPack)('a kernel at a random address', () => {
  it('is found, and its functions with it', async () => {
    const pack = await loadPack(new FolderFiles(DEFAULT_PACK));
    const images = await pack.images();
    const runner = new Runner(LIMIT, () => {});
    const isTree = ({ bytes }: { bytes: Uint8Array }): boolean => bytes[0] === 0xd0 && bytes[1] === 0x0d;
    runner.coldBoot(
      images.map((it) => (isTree(it) ? { ...it, bytes: withSeed(it.bytes) } : it)),
      pack.manifest.entry,
    );
    runner.step({ kind: 'until', console: 'd0', pattern: /Linux version/ });
    const { machine, run } = runner.commandHost;
    const modules = await openModules(pack, (message) => expect.fail(message));
    const session = await attachDebugger(new DebugPort(machine, run), modules);
    const slide = session.system.kernels.get(0)!.slide()!;
    expect(slide).toBeGreaterThan(0n);

    const place = { kind: 'function', name: 'do_one_initcall' } as const;
    await session.breakpoints.add({ place, scope: { kind: 'domain', domain: 0 }, enabled: true });
    const { reason, cpu } = await session.run(LIMIT);
    expect(reason).toBe('breakpoint');
    const names: string[] = [];
    for await (const row of session.stacks.rows(session.stacks.topOfCpu(cpu)))
      if (row.kind === 'frame') names.push(row.frame.function);
    expect(names[0]).toBe('do_one_initcall');
    expect(names).toContain('kernel_init');

    const gdb = new GdbStacks(join(DEFAULT_PACK, 'vmlinux'));
    const thread = { pid: 1, tid: session.system.context(cpu).vcpu! + 1 };
    const frames = await gdb.stack(session.system, thread, 0);
    gdb.close();
    expect(frames.map(({ name }) => name).slice(0, names.length)).toEqual(names);
  }, 900_000);
});
