/** The initial file system of all domains. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CpioEntry, S_IFCHR, S_IFDIR, S_IFLNK, S_IFREG, writeCpio } from '../../formats/cpio.ts';

const encoder = new TextEncoder();

/**
 * A newc archive of busybox with its links, and `/init`. It is not compressed (unpacking costs a guest more than copying), and the program in it is
 * stripped: its debug information stands beside it in the pack, found by its build-id.
 */
export async function makeInitrd(busybox: string, init: string): Promise<Uint8Array> {
  const links = (await readFile(join(busybox, 'busybox.links'), 'utf8')).split('\n').filter(Boolean);
  const applets = [...new Set(links.map((link) => link.slice(link.lastIndexOf('/') + 1)))].sort();
  const none = new Uint8Array();
  return writeCpio([
    ...['bin', 'dev', 'proc', 'sys', 'tmp'].map((name) => ({ name, mode: S_IFDIR | 0o755, contents: none })),
    // The kernel opens it for /init before anything is mounted.
    { name: 'dev/console', mode: S_IFCHR | 0o600, contents: none, device: [5, 1] },
    program('init', await readFile(init)),
    program('bin/busybox', await readFile(join(busybox, 'busybox.stripped'))),
    ...applets.map((name) => ({ name: `bin/${name}`, mode: S_IFLNK | 0o777, contents: encoder.encode('busybox') })),
  ]);
}

function program(name: string, contents: Uint8Array): CpioEntry {
  return { name, mode: S_IFREG | 0o755, contents };
}
