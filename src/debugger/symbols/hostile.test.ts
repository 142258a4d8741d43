/** Damaged files must end in a typed error or in an answer, soon and without eating memory. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { ElfFile } from '../../formats/elf/elf.ts';
import type { RandomAccess } from '../../base/random-access.ts';
import { DEFAULT_PACK, sampleSize } from '../../testing/busy-system.ts';
import { bytesAccess } from '../../base/random-access.ts';
import { compileProgram, CountedFile } from '../../testing/cross-compile.ts';
import { DamagedFile, exercise, mutate, type Questions, type Target } from '../../testing/mutants.ts';
import { randomCodeAddresses } from '../../testing/symbolizers.ts';
import { SymbolFile } from './symbol-file.ts';

const MUTANTS = sampleSize(150, 400);
/** Copies of each of the pack's files: with the others more than 2,000 that a release is judged by. */
const PACK_MUTANTS: readonly (readonly [file: string, fn: string, count: number])[] = [
  ['xen-syms', 'do_xen_version', sampleSize(30, 1000)],
  ['busybox', 'main', sampleSize(20, 800)],
  ['vmlinux', 'vfs_read', sampleSize(10, 300)],
];
/** However damaged a file is, this is all that reading it may take. */
const MAX_READ = 256 << 20;
const MAX_RESIDENT = 300 << 20;

/** Headers, the section table, and each section that says something about the program. */
async function targetsOf(source: RandomAccess): Promise<Target[]> {
  const elf = await ElfFile.open(source);
  const wanted = /^\.(debug_|eh_frame|symtab|strtab|shstrtab|note)/;
  const sections = elf.shdrs.filter((it) => wanted.test(it.name) && it.size > 0);
  const tables = [
    { start: 0, end: 64 + elf.phdrs.length * 56 },
    { start: source.size - elf.shdrs.length * 64, end: source.size },
  ];
  return [...tables, ...sections.map((it) => ({ start: it.offset, end: it.offset + it.size }))];
}

describe.each([['-gdwarf-4'], ['-gdwarf-5'], ['-gdwarf-5', '-gz=zlib']])('a damaged file (%s %s)', (...flags) => {
  let original: Uint8Array;
  let targets: Target[];
  let questions: Questions;
  beforeAll(async () => {
    // Without the C library's own symbols most damage hits what is asked about.
    original = new Uint8Array(
      readFileSync(compileProgram('inlines', ['-O2', ...flags, '-nostdlib', '-nostartfiles', '-Wl,-emain'])),
    );
    targets = await targetsOf(bytesAccess(original));
    const file = await SymbolFile.open(bytesAccess(original), 'original');
    questions = {
      addresses: randomCodeAddresses(file, 12, 4),
      functions: ['main', 'outer', 'no_such_function'],
      types: ['struct node', 'struct nothing', 'int'],
      variables: ['first', 'nothing'],
      source: 'inlines.c',
      inlined: 'innermost',
    };
  });

  it('answers without errors when it is whole', async () => {
    expect(await exercise(bytesAccess(original), questions)).toMatchObject({ errors: 0, unexpected: [] });
  });

  it('is refused with a typed error or read as far as it goes', async () => {
    let refused = 0;
    for (let seed = 1; seed <= MUTANTS; seed++) {
      const mutant = bytesAccess(mutate(original, targets, seed));
      const { errors, unexpected } = await exercise(mutant, questions);
      expect(unexpected, `mutant ${seed}`).toEqual([]);
      refused += Math.min(errors, 1);
    }
    expect(refused).toBeGreaterThan(MUTANTS / 10);
  }, 600_000);
});

describe.each(PACK_MUTANTS)("the pack's %s with damage", (name, fn, count) => {
  const path = join(DEFAULT_PACK, name);
  it.runIf(existsSync(path))(
    'is refused or read as far as it goes, without reading or keeping more than a bounded part',
    async () => {
      const source = await CountedFile.open(path);
      const file = await SymbolFile.open(source, name);
      const addresses = randomCodeAddresses(file, 4, 4);
      const targets = await targetsOf(source);
      const questions = { addresses, functions: [fn], types: [], variables: [] };
      const totals = { refused: 0, mostRead: 0, mostResident: 0 };
      for (let seed = 1; seed <= count; seed++) {
        const mutant = new DamagedFile(source, targets, seed);
        const { errors, unexpected, residentBytes } = await exercise(mutant, questions);
        expect(unexpected, `mutant ${seed}`).toEqual([]);
        totals.refused += Math.min(errors, 1);
        totals.mostRead = Math.max(totals.mostRead, mutant.bytesRead);
        totals.mostResident = Math.max(totals.mostResident, residentBytes);
      }
      await source.close();
      console.log(`${name}: ${count} damaged copies, ${JSON.stringify(totals)}`);
      expect(totals.refused).toBeGreaterThan(0);
      expect(totals.mostRead).toBeLessThan(MAX_READ);
      expect(totals.mostResident).toBeLessThan(MAX_RESIDENT);
    },
    900_000,
  );
});

describe('a hostile header', () => {
  let original: Uint8Array;
  beforeAll(() => {
    original = new Uint8Array(readFileSync(compileProgram('shapes', ['-g'])));
  });

  function patched(write: (view: DataView) => void): Uint8Array {
    const copy = original.slice();
    write(new DataView(copy.buffer));
    return copy;
  }

  it.each([
    ['e_shentsize 0', (view: DataView) => view.setUint16(58, 0, true)],
    ['e_phentsize 0xFFFF', (view: DataView) => view.setUint16(54, 0xffff, true)],
    ['e_shoff past the end', (view: DataView) => view.setBigUint64(40, 1n << 40n, true)],
    ['e_shoff past 2^53', (view: DataView) => view.setBigUint64(40, 1n << 60n, true)],
    ['e_shoff wrapping 2^64', (view: DataView) => view.setBigUint64(40, (1n << 64n) - 16n, true)],
    ['e_shstrndx past the table', (view: DataView) => view.setUint16(62, 0x1234, true)],
    ['e_phnum 0xFFFE', (view: DataView) => view.setUint16(56, 0xfffe, true)],
    ['32-bit', (view: DataView) => view.setUint8(4, 1)],
    ['big-endian', (view: DataView) => view.setUint8(5, 2)],
    ['no magic', (view: DataView) => view.setUint8(0, 0)],
  ])('with %s is refused', async (_, write) => {
    const attempt = SymbolFile.open(bytesAccess(patched(write)), 'hostile');
    await expect(attempt).rejects.toMatchObject({ name: 'ElfError' });
  });

  it('with p_memsz 2^60 is no problem: nothing is allocated for it', async () => {
    const phoff = Number(new DataView(original.buffer, original.byteOffset).getBigUint64(32, true));
    const file = await SymbolFile.open(
      bytesAccess(patched((view) => view.setBigUint64(phoff + 40, 1n << 60n, true))),
      'x',
    );
    expect(await file.typeByName('struct node')).toMatchObject({ kind: 'struct' });
  });

  it.each([0xffff_fff0, 0xffff_ffff, 0x7fff_ffff])('with unit_length 0x%s is refused', async (length) => {
    const elf = await ElfFile.open(bytesAccess(original));
    const info = elf.shdr('.debug_info')!.offset;
    const file = await SymbolFile.open(bytesAccess(patched((view) => view.setUint32(info, length, true))), 'x');
    await expect(file.typeByName('struct node')).rejects.toMatchObject({ name: 'DwarfError' });
  });
});
