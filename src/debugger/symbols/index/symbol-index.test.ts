/** An index gives the answers that a search of all debugging information gives. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { bytesAccess } from '../../../base/random-access.ts';
import { compileProgram, fileInMemory, randomNumbers } from '../../../testing/cross-compile.ts';
import { randomLookups } from '../../../testing/lookups.ts';
import { SymbolFile } from '../symbol-file.ts';

const PACK = join(import.meta.dirname, '../../../../public/packs/default');
const pause = (): Promise<void> => Promise.resolve();

const SUBJECTS: readonly (readonly [name: string, path: () => string, isThere: boolean])[] = [
  ['a program of -O2 and DWARF 5', () => compileProgram('inlines', ['-O2', '-gdwarf-5']), true],
  ['a program of -O2 and DWARF 4', () => compileProgram('inlines', ['-O2', '-gdwarf-4']), true],
  ['a program of -O0', () => compileProgram('inlines', ['-O0', '-gdwarf-5']), true],
  ['assembly', () => compileProgram('shapes', ['-O2', '-gdwarf-5']), true],
  ...['busybox', 'xen-syms'].map((name) => {
    const path = join(PACK, name);
    return [`the pack's ${name}`, () => path, existsSync(path)] as const;
  }),
];

describe.each(SUBJECTS)('the index of %s', (_, path, isThere) => {
  let searched: SymbolFile;
  let indexed: SymbolFile;
  let bytes: Uint8Array;
  beforeAll(async () => {
    if (!isThere) return;
    [searched, indexed] = await Promise.all([open(path()), open(path())]);
    bytes = await searched.makeIndex(pause);
    await indexed.useIndex(bytesAccess(bytes));
  }, 60_000);

  it.runIf(isThere)('is used', () => expect(indexed.hasIndex).toBe(true));

  it.runIf(isThere)(
    'answers as a search does',
    async () => {
      for (const [kind, lookups] of await randomLookups(searched, 300, 11)) {
        for (const { what, ask } of lookups) {
          expect([kind, what, await ask(indexed)]).toEqual([kind, what, await ask(searched)]);
        }
      }
    },
    120_000,
  );

  it.runIf(isThere)('knows the same files and structures', async () => {
    expect(await indexed.sourceFiles()).toEqual(await searched.sourceFiles());
    expect(await indexed.structureNames(pause)).toEqual(await searched.structureNames(pause));
  });

  it.runIf(isThere)('knows where functions were inlined', async () => {
    const names = path().endsWith('xen-syms') ? ['get_cpu_info', 'spin_lock', 'test_bit'] : ['scale', 'innermost'];
    for (const name of names) {
      const byAddress = (await searched.inlinedInstances(name)).toSorted((a, b) => (a.address < b.address ? -1 : 1));
      expect(await indexed.inlinedInstances(name)).toEqual(byAddress);
    }
  });

  it.runIf(isThere)('is the same however often it is made', async () => {
    expect(await (await open(path())).makeIndex(pause)).toEqual(bytes);
  });
});

describe('an index', () => {
  let path = '';
  let bytes: Uint8Array;

  /** Codes of the errors that questions end with. */
  async function failuresWith(damaged: Uint8Array): Promise<unknown[]> {
    const file = await open(path);
    if (!(await file.useIndex(bytesAccess(damaged)).catch(() => false))) return [];
    const asked = [file.lookupFunction('x'), file.lookupLine('inlines.c', 20), file.inlinedInstances('scale')];
    const settled = await Promise.allSettled(asked);
    return settled.flatMap((it) => (it.status === 'rejected' ? [Reflect.get(it.reason as object, 'code')] : []));
  }

  beforeAll(async () => {
    path = compileProgram('inlines', ['-O2', '-gdwarf-5']);
    bytes = await (await open(path)).makeIndex(pause);
  });

  it('is not used for another file', async () => {
    const other = await open(compileProgram('shapes', ['-O2', '-gdwarf-5']));
    expect(await other.useIndex(bytesAccess(bytes))).toBe(false);
    expect(other.hasIndex).toBe(false);
  });

  it('is not used when it is cut off, of another format, or no index', async () => {
    const file = await open(path);
    const format = bytes.slice();
    format['TRAPLINE-INDEX'.length + 1] ^= 0x40;
    for (const damaged of [bytes.slice(0, -1), format, new Uint8Array(0), new Uint8Array(4096)]) {
      expect(await file.useIndex(bytesAccess(damaged))).toBe(false);
    }
  });

  it('that is damaged fails or answers wrongly, and always ends', async () => {
    const random = randomNumbers(3);
    const codes: unknown[] = [];
    for (let n = 0; n < 100; n++) {
      const damaged = bytes.slice();
      for (let i = 0; i < 8; i++) damaged[random(damaged.length)] = random(256);
      codes.push(...(await failuresWith(damaged)));
    }
    expect(codes.length).toBeGreaterThan(0);
    expect(codes).not.toContain(undefined);
  });
});

function open(path: string): Promise<SymbolFile> {
  return SymbolFile.open(fileInMemory(path), path);
}
