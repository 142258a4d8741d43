/** Callers found from code alone against the call frame information of a real kernel, when the default pack has been built. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CountedFile } from '../../testing/cross-compile.ts';
import { randomCodeAddresses } from '../../testing/symbolizers.ts';
import type { UnwindTableRow } from '../../formats/dwarf/unwind-table.ts';
import { SymbolFile } from '../symbols/symbol-file.ts';
import { analyseStack, codeOf } from './stack-analysis.ts';
import type { StackSummary } from './stack-state.ts';

const PATH = join(import.meta.dirname, '../../../public/packs/default/vmlinux');
const COUNT = 400;
const LR = 30;

async function readCode(file: SymbolFile, address: bigint, length: number): Promise<Uint8Array> {
  const { elf } = file;
  const shdr = elf.shdrs.find(
    (it) => (it.flags & 4n) !== 0n && it.address <= address && address < it.address + BigInt(it.size),
  );
  if (!shdr) throw new Error(`no code at 0x${address.toString(16)}`);
  return elf.pager.run(() => elf.pager.bytes(shdr.offset + Number(address - shdr.address), length).slice());
}

async function summaryAt(file: SymbolFile, address: bigint): Promise<StackSummary | undefined> {
  const ranges = await file.functionRanges(address);
  const parts = await Promise.all(
    ranges.map(async (range) => codeOf(range, await readCode(file, range.start, Number(range.end - range.start)))),
  );
  return parts.length > 0 ? analyseStack(parts).get(address) : undefined;
}

/** Different registers may hold the CFA at the same time; the return address may still be in X30 after it was saved. */
function contradicts(summary: StackSummary, { cfa, rules }: UnwindTableRow): boolean {
  const isOtherCfa =
    cfa?.kind === 'register' &&
    cfa.register === summary.cfaRegister &&
    Number(cfa.offset) + 0 !== summary.cfaOffset + 0;
  const rule = rules.get(LR);
  const link = summary.saved.get(LR);
  return isOtherCfa || (rule?.kind === 'offset' && link !== 'register' && link !== Number(rule.offset));
}

describe.runIf(existsSync(PATH))('the analysis of vmlinux', () => {
  let source: CountedFile;
  let file: SymbolFile;
  beforeAll(async () => {
    source = await CountedFile.open(PATH);
    file = await SymbolFile.open(source, 'vmlinux');
  });
  afterAll(() => source.close());

  it('never contradicts call frame information about the CFA or the return address', async () => {
    let compared = 0;
    let unknown = 0;
    const contradictions: string[] = [];
    for (const address of randomCodeAddresses(file, COUNT, 8)) {
      const row = await file.frameInfo(address);
      if (row?.cfa?.kind !== 'register') continue;
      const summary = await summaryAt(file, address);
      compared++;
      if (!summary) unknown++;
      else if (contradicts(summary, row)) contradictions.push(address.toString(16));
    }
    expect(contradictions).toEqual([]);
    expect(compared).toBeGreaterThan(COUNT / 2);
    // Code that only a patched-in branch leads to, and padding.
    expect(unknown / compared).toBeLessThan(0.03);
  }, 60_000);
});
