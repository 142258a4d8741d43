/** Damaged files must end in a typed error or in an answer, soon and without eating memory. */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { ElfFile } from '../../formats/elf/elf.ts';
import { bytesAccess, compileProgram } from '../../testing/cross-compile.ts';
import { exercise, mutate, type Target } from '../../testing/mutants.ts';
import { randomCodeAddresses } from '../../testing/symbolizers.ts';
import { SymbolFile } from './symbol-file.ts';

const MUTANTS = 150;

/** Headers, the section table, and each section that says something about the program. */
async function targetsOf(bytes: Uint8Array): Promise<Target[]> {
  const elf = await ElfFile.open(bytesAccess(bytes));
  const wanted = /^\.(debug_|eh_frame|symtab|strtab|shstrtab|note)/;
  const sections = elf.shdrs.filter((it) => wanted.test(it.name) && it.size > 0);
  const tables = [
    { start: 0, end: 64 + elf.phdrs.length * 56 },
    { start: bytes.length - elf.shdrs.length * 64, end: bytes.length },
  ];
  return [...tables, ...sections.map((it) => ({ start: it.offset, end: it.offset + it.size }))];
}

describe.each([['-gdwarf-4'], ['-gdwarf-5'], ['-gdwarf-5', '-gz=zlib']])('a damaged file (%s %s)', (...flags) => {
  let original: Uint8Array;
  let targets: Target[];
  let addresses: bigint[];
  beforeAll(async () => {
    // Without the C library's own symbols most damage hits what is asked about.
    original = new Uint8Array(
      readFileSync(compileProgram('inlines', ['-O2', ...flags, '-nostdlib', '-nostartfiles', '-Wl,-emain'])),
    );
    targets = await targetsOf(original);
    const file = await SymbolFile.open(bytesAccess(original), 'original');
    addresses = randomCodeAddresses(file, 12, 4);
  });

  it('answers without errors when it is whole', async () => {
    expect(await exercise(original, addresses)).toMatchObject({ errors: 0, unexpected: [] });
  });

  it('is refused with a typed error or read as far as it goes', async () => {
    let refused = 0;
    for (let seed = 1; seed <= MUTANTS; seed++) {
      const { errors, unexpected, milliseconds } = await exercise(mutate(original, targets, seed), addresses);
      expect(unexpected, `mutant ${seed}`).toEqual([]);
      expect(milliseconds, `mutant ${seed}`).toBeLessThan(5000);
      refused += Math.min(errors, 1);
    }
    expect(refused).toBeGreaterThan(MUTANTS / 10);
  }, 60_000);
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
