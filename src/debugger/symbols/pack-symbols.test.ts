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
