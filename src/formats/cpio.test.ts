import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { CpioError, type CpioEntry, readCpio, S_IFCHR, S_IFDIR, S_IFLNK, S_IFREG, writeCpio } from './cpio.ts';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

const entries: CpioEntry[] = [
  { name: 'dev', mode: S_IFDIR | 0o755, contents: text('') },
  { name: 'dev/console', mode: S_IFCHR | 0o600, contents: text(''), device: [5, 1] },
  { name: 'init', mode: S_IFREG | 0o755, contents: text('#!/bin/sh\n') },
  { name: 'sh', mode: S_IFLNK | 0o777, contents: text('busybox') },
];

describe('cpio archives', () => {
  it('come back as they were written', () => {
    expect(readCpio(writeCpio(entries))).toEqual(entries);
  });

  it('are listed by cpio as they were meant', () => {
    const listing = execFileSync('cpio', ['-itv', '--quiet', '-n'], { input: writeCpio(entries), encoding: 'utf8' });
    const lines = listing
      .trimEnd()
      .split('\n')
      .map((line) => line.replace(/\s+/g, ' '));
    expect(lines.map((line) => line.replace(/ \w{3} \d+ \d+ /, ' '))).toEqual([
      'drwxr-xr-x 2 0 0 0 dev',
      'crw------- 1 0 0 5, 1 dev/console',
      '-rwxr-xr-x 1 0 0 10 init',
      'lrwxrwxrwx 1 0 0 7 sh -> busybox',
    ]);
  });

  it('are read when cpio wrote them', () => {
    const archive = execFileSync('sh', ['-c', 'echo /etc/hostname | cpio -o -H newc --quiet']);
    const [entry, ...rest] = readCpio(archive);
    expect(rest).toEqual([]);
    expect(entry).toMatchObject({ name: '/etc/hostname' });
  });

  it('are whole blocks', () => {
    expect(writeCpio([]).length).toBe(512);
  });
});

describe('damaged cpio archives', () => {
  it('cut anywhere before the end of the trailer are refused', () => {
    const archive = writeCpio(entries);
    const end = archive.lastIndexOf(0x21) + 2;
    for (let size = 0; size < end; size++) expect(() => readCpio(archive.subarray(0, size))).toThrow(CpioError);
  });

  it('whose sizes wrap are refused', () => {
    for (const field of [6, 11]) {
      const archive = writeCpio(entries);
      archive.set(text('ffffffff'), 6 + field * 8);
      expect(() => readCpio(archive)).toThrow(CpioError);
    }
  });

  it('with anything but hexadecimal digits in a header are refused', () => {
    const archive = writeCpio(entries);
    archive.set(text('-1'), 6 + 6 * 8);
    expect(() => readCpio(archive)).toThrow(/no cpio header/);
  });
});
