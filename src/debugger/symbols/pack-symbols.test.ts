/** The real files of the default pack, when it has been built. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CountedFile } from '../../testing/cross-compile.ts';
import { gdbLayouts, ownLayouts } from '../../testing/gdb-types.ts';
import { compareWithSymbolizers, randomCodeAddresses } from '../../testing/symbolizers.ts';
import { SymbolFile } from './symbol-file.ts';

const PACK = join(import.meta.dirname, '../../../public/packs/default');
/** `TRAPLINE_THOROUGH=1` asks about as many addresses as a release is judged by. */
const COUNT = process.env['TRAPLINE_THOROUGH'] === undefined ? 500 : 5000;

const LOOKUPS = 40;
/** What one look-up may read of a file of 273 MB. */
const MAX_LOOKUP_BYTES = 4 << 20;

const STRUCTS: Readonly<Record<string, readonly string[]>> = {
  'xen-syms': ['domain', 'vcpu', 'arch_domain', 'arch_vcpu', 'cpu_user_regs', 'p2m_domain', 'cpu_info', 'sched_unit'],
  vmlinux: ['task_struct', 'mm_struct', 'pt_regs', 'thread_info', 'file', 'list_head', 'rq'],
  busybox: [],
};

describe.each(Object.keys(STRUCTS))('symbols of the pack file %s', (name) => {
  const path = join(PACK, name);
  const isThere = existsSync(path);
  let source: CountedFile | undefined;
  let file: SymbolFile;
  let openedBytes = 0;
  beforeAll(async () => {
    if (!isThere) return;
    source = await CountedFile.open(path);
    file = await SymbolFile.open(source, name);
    openedBytes = source.bytesRead;
  });
  afterAll(() => source?.close());

  it.runIf(isThere)('open without reading more than 24 MB', () => {
    expect(openedBytes).toBeLessThan(24 << 20);
  });

  it.runIf(isThere)(
    'are looked up with little reading, and from memory when asked again',
    async () => {
      const addresses = randomCodeAddresses(file, LOOKUPS, 6);
      const files = (await file.sourceFiles()).filter((it) => it.endsWith('.c'));
      const some = files.filter((_, i) => i % Math.ceil(files.length / LOOKUPS) === 0);
      const functions = addresses.map((it) => file.symbols.covering(it)?.name).filter((it) => it !== undefined);
      const questions: Readonly<Record<string, (() => Promise<unknown>)[]>> = {
        address: addresses.map((it) => () => file.lookupAddress(it)),
        line: some.map((it) => () => file.lookupLine(it, 60)),
        function: functions.map((it) => () => file.lookupFunction(it)),
      };
      for (const [kind, asked] of Object.entries(questions)) {
        let most = 0;
        for (const ask of asked) {
          const before = source!.bytesRead;
          const answer = await ask();
          most = Math.max(most, source!.bytesRead - before);
          expect(await ask()).toBe(answer);
        }
        console.log(`${name}: ${asked.length} look-ups by ${kind} read ${most >> 10} KB at most`);
        expect(most, `look-ups by ${kind}`).toBeLessThan(MAX_LOOKUP_BYTES);
      }
    },
    120_000,
  );

  it.runIf(isThere)(
    'agree with what llvm-symbolizer and addr2line agree on',
    async () => {
      const addresses = randomCodeAddresses(file, COUNT, 20);
      const { agreed, differences } = await compareWithSymbolizers(path, file, addresses);
      // Before the first row of a function whose start can be patched, the tools show the line of the function before.
      expect(differences.slice(COUNT / 250)).toEqual([]);
      expect(agreed).toBeGreaterThan(COUNT * 0.15);
    },
    120_000,
  );

  it.runIf(isThere && STRUCTS[name].length > 0)(
    'lay out structures as gdb does',
    async () => {
      const names = STRUCTS[name].map((it) => `struct ${it}`);
      expect(await ownLayouts(file, names)).toEqual(gdbLayouts(path, names));
    },
    120_000,
  );
});
