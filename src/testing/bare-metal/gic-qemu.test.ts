import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runElfOnOurs, runElfOnQemu } from './system-program.ts';

const SOURCES = ['system-entry.S', 'gic-entry.S', 'gic-cases.c'].map((name) => join(import.meta.dirname, name));
const COMPILE = ['-nostdlib', '-static', '-ffreestanding', '-fno-pic', '-no-pie', '-mgeneral-regs-only', '-mstrict-align', '-O1']; // prettier-ignore
const LINK = ['-Wl,-Ttext=0x200000', '-Wl,--build-id=none', '-Wl,-z,max-page-size=4096'];
const LIMIT = 100_000_000;

/** The printed lines of each section. */
function sections(output: string): Record<string, string[]> {
  const result: Record<string, string[]> = {};
  for (const part of output.replaceAll('\r', '').split(/^## /m)) {
    const [name, ...lines] = part.trimEnd().split('\n');
    result[name] = lines;
  }
  return result;
}

describe('the interrupt controller, the timers and the performance monitors, step by step as on QEMU', () => {
  const dir = mkdtempSync(join(tmpdir(), 'gic-'));
  let qemu: Record<string, string[]>;
  let ours: Record<string, string[]>;
  beforeAll(() => {
    const elf = join(dir, 'gic.elf');
    execFileSync('aarch64-linux-gnu-gcc', [...COMPILE, ...LINK, '-o', elf, ...SOURCES]);
    qemu = sections(runElfOnQemu(elf));
    ours = sections(runElfOnOurs(readFileSync(elf), LIMIT));
  }, 180_000);
  afterAll(() => rmSync(dir, { recursive: true }));

  it.each([
    ['distributor', 16],
    ['acknowledge and end', 15],
    ['masks and groups', 17],
    ['split end', 7],
    ['SGIs', 11],
    ['timers', 37],
    ['virtual interface', 29],
    ['maintenance', 32],
    ['hardware interrupts', 10],
    ['signals', 12],
    ['performance monitors', 14],
  ])('%s', (name, lines) => {
    expect(ours[name]).toEqual(qemu[name]);
    expect(ours[name].filter((line) => line !== 'END')).toHaveLength(lines);
  });
});
