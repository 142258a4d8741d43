/** The way of one system call through three levels, as text. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadPack } from '../pack/load.ts';
import { FolderFiles } from '../pack/node/folder-files.ts';
import { CommandFiles } from './command-file.ts';
import { Runner } from './runner.ts';

const PACK = 'public/packs/default';
const COMMANDS = join(import.meta.dirname, 'seed-walk.commands');
const LIMIT = 3_000_000_000;

/** Takes out what differs from build to build: addresses, numbers of lines and of processes, CPU times, which pCPU it was. */
function normalized(text: string): string {
  return text
    .replaceAll(/0x[0-9a-f]{6,}/g, '0x\u2026')
    .replaceAll(/(\.[chS]):\d+/g, '$1:N')
    .replaceAll(/line \d+/g, 'line N')
    .replaceAll(/\/[^\s]*\/(linux-[\d.]+|xen\/xen|busybox)\//g, '\u2026/')
    .replaceAll(/^\d+\t/gm, 'N\t')
    .replaceAll(/pid \d+/g, 'pid N')
    .replaceAll(/pCPU \d/g, 'pCPU N')
    .replaceAll(/d1v\d/g, 'd1vN')
    .replaceAll(/^(#\d+ .*) \+\d+/gm, '$1')
    .replaceAll(/ [rb-]{2}----/g, ' STATE')
    .replaceAll(/ +\d+\.\d(?= )/g, ' TIME');
}

it.skipIf(!existsSync(join(PACK, 'boot.snapshot')))(
  'follows cat /sys/hypervisor/version/major from DomU1 into Xen and back',
  async () => {
    const pack = await loadPack(new FolderFiles(PACK));
    const printed: Record<string, string> = {};
    const decoder = new TextDecoder();
    const runner = new Runner(LIMIT, (id, bytes) => (printed[id] = (printed[id] ?? '') + decoder.decode(bytes)));
    runner.load((await pack.snapshot())!);
    let text = '';
    const commands = new CommandFiles({ ...runner.commandHost, print: (line) => (text += `${line}\n`) }, pack, LIMIT);
    await commands.execute('seed-walk.commands', readFileSync(COMMANDS, 'utf8'));
    await expect(normalized(text)).toMatchFileSnapshot('seed-walk.golden.txt');
    // The breakpoint was DomU1's alone, and what Xen returned is what its program prints.
    runner.step({ kind: 'until', console: 'd1', pattern: /^4\r?$/m });
    expect(printed.d0).toMatch(/^4\r?$/m);
    expect(text).toContain('> print/x $x0\n0x40011\n');
  },
  300_000,
);
