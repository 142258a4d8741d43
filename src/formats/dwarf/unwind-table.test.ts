import { beforeAll, describe, expect, it } from 'vitest';
import { compileProgram, fileInMemory, runTool } from '../../testing/cross-compile.ts';
import { ElfFile } from '../elf/elf.ts';
import { FrameSection } from './debug-frame.ts';
import { unwindRowAt, type RegisterRule, type UnwindTableRow } from './unwind-table.ts';

interface ExpectedRow {
  readonly address: bigint;
  readonly end: bigint;
  readonly columns: Readonly<Record<string, string>>;
}

/** Rows as readelf interprets them: a header line names the columns, one line for each row follows. */
function readelfRows(path: string): ExpectedRow[] {
  const rows: ExpectedRow[] = [];
  let names: string[] = [];
  let end = 0n;
  for (const line of runTool('readelf', ['-wNF', path]).split('\n')) {
    const range = /FDE .*pc=[0-9a-f]+\.\.([0-9a-f]+)/.exec(line);
    const words = line.trim().split(/\s+/);
    if (range) end = BigInt(`0x${range[1]}`);
    else if (words[0] === 'LOC') names = words.slice(1);
    else if (/^[0-9a-f]{16} /.test(line) && end !== 0n) {
      const columns = Object.fromEntries(names.map((name, i) => [name, words[i + 1]]));
      rows.push({ address: BigInt(`0x${words[0]}`), end, columns });
    } else if (line.includes(' CIE ')) end = 0n;
  }
  return rows;
}

function describeRule(rule: RegisterRule | undefined): string {
  if (!rule || rule.kind === 'undefined') return 'u';
  if (rule.kind === 'sameValue') return 's';
  if (rule.kind === 'offset') return `c${signed(rule.offset)}`;
  return rule.kind;
}

function signed(offset: bigint): string {
  return offset >= 0n ? `+${offset}` : `${offset}`;
}

function registerName(register: number): string {
  return register === 31 ? 'sp' : `x${register}`;
}

function describeRow(row: UnwindTableRow, names: readonly string[]): Record<string, string> {
  const cfa = row.cfa?.kind === 'register' ? `${registerName(row.cfa.register)}${signed(row.cfa.offset)}` : 'exp';
  const rules = names.map((name) => [name, describeRule(row.rules.get(name === 'ra' ? 30 : Number(name.slice(1))))]);
  return { ...Object.fromEntries(rules), CFA: cfa };
}

describe.each([
  ['.eh_frame', true, ['-O2']],
  ['.debug_frame', false, ['-O2', '-g', '-fno-asynchronous-unwind-tables', '-fno-unwind-tables']],
  ['.eh_frame', true, ['-O0', '-fno-omit-frame-pointer']],
] as const)('call frame information in %s', (name, isEh, flags) => {
  let section: FrameSection;
  let path = '';
  beforeAll(async () => {
    path = compileProgram('inlines', flags);
    const elf = await ElfFile.open(fileInMemory(path));
    section = await elf.pager.run(() => new FrameSection(elf.section(name)!, elf.shdr(name)!.address, isEh));
  });

  it('gives the rows that readelf gives', () => {
    const expected = readelfRows(path).filter((row) => section.fdeAt(row.address));
    for (const row of expected) {
      const names = Object.keys(row.columns).filter((it) => /^(x\d+|ra)$/.test(it));
      const own = describeRow(unwindRowAt(section.fdeAt(row.address)!, row.address), names);
      const wanted = Object.fromEntries([...names, 'CFA'].map((it) => [it, row.columns[it]]));
      expect({ address: row.address, ...own }).toEqual({ address: row.address, ...wanted });
    }
    expect(expected.length).toBeGreaterThan(20);
  });

  it('has nothing for addresses outside of functions', () => {
    expect(section.fdeAt(0n)).toBeUndefined();
    expect(section.fdeAt(0xffff_0000_0000_0000n)).toBeUndefined();
  });
});
