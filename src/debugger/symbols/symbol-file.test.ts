import { beforeAll, describe, expect, it } from 'vitest';
import { compileProgram, fileInMemory, runTool } from '../../testing/cross-compile.ts';
import { compareWithSymbolizers } from '../../testing/symbolizers.ts';
import { SymbolFile } from './symbol-file.ts';

async function open(path: string): Promise<SymbolFile> {
  return SymbolFile.open(fileInMemory(path), path);
}

/** `line:address` of each place that gdb would set a breakpoint at, for lines 1 to `count`. */
function gdbLines(path: string, source: string, count: number): string[] {
  const script = `
for n in range(1, ${count + 1}):
    try: print('@' + ' '.join(sorted('%d:%x' % (s.line, s.pc) for s in gdb.decode_line('${source}:%d' % n)[1] or [])))
    except gdb.error: print('@')`;
  const printed = runTool('gdb-multiarch', ['-nx', '-batch', '-ex', `python exec(${JSON.stringify(script)})`, path]);
  return printed
    .split('\n')
    .filter((line) => line.startsWith('@'))
    .map((line) => line.slice(1));
}

async function ownLine(file: SymbolFile, source: string, line: number): Promise<string> {
  const found = await file.lookupLine(source, line);
  const places = found.flatMap((it) => it.addresses.map((place) => `${it.line}:${place.address.toString(16)}`));
  return places.toSorted().join(' ');
}

/** Addresses of every instruction from function `from` on. */
async function addressesOf(file: SymbolFile, functions: readonly string[]): Promise<bigint[]> {
  const addresses: bigint[] = [];
  for (const name of functions) {
    const [fn] = await file.lookupFunction(name);
    for (let at = fn.lowPc; at < fn.highPc; at += 4n) addresses.push(at);
  }
  return addresses;
}

const FUNCTIONS = ['leaf', 'clobber', 'outer', 'recurse', 'tail', 'many', 'big_frame', 'dynamic', 'main'];

describe.each(['-gdwarf-4', '-gdwarf-5'])('symbols of a program compiled with -O2 %s', (version) => {
  let path = '';
  let file: SymbolFile;
  beforeAll(async () => {
    path = compileProgram('inlines', ['-O2', version]);
    file = await open(path);
  });

  it('agree with llvm-symbolizer and addr2line on every instruction', async () => {
    const addresses = await addressesOf(file, FUNCTIONS);
    const { agreed, differences } = await compareWithSymbolizers(path, file, addresses);
    expect(differences).toEqual([]);
    expect(agreed).toBeGreaterThan(addresses.length * 0.9);
  });

  it('show functions inlined three deep, innermost first', async () => {
    const lookups = await Promise.all((await addressesOf(file, ['outer'])).map((it) => file.lookupAddress(it)));
    const deepest = lookups.map((it) => it.frames.map((frame) => frame.function)).find((it) => it.length === 4);
    expect(deepest).toEqual(['scale', 'innermost', 'middle', 'outer']);
  });

  it('name the symbol and the distance from it', async () => {
    const [leaf] = await file.lookupFunction('leaf');
    expect(await file.lookupAddress(leaf.lowPc + 4n)).toMatchObject({ symbol: 'leaf', offset: 4n });
  });

  it('find a line in each place that it was inlined to', async () => {
    const source = runTool('grep', ['-n', 'int doubled', 'src/testing/programs/inlines.c']);
    const [found] = await file.lookupLine('inlines.c', Number.parseInt(source, 10));
    expect(found.addresses.length).toBeGreaterThanOrEqual(2);
  });

  it('bind lines to the addresses that gdb binds them to', async () => {
    const expected = gdbLines(path, 'inlines.c', 80);
    const own = await Promise.all(expected.map((_, i) => ownLine(file, 'inlines.c', i + 1)));
    const differences = own.filter((it, i) => it !== expected[i]);
    // gdb moves a few lines that have code of their own, and tells two blocks of one function apart.
    expect(differences.slice(4)).toEqual([]);
  });

  it('move a line without code to the next one that has some, and say so', async () => {
    const source = runTool('grep', ['-n', 'int leaf', 'src/testing/programs/inlines.c']);
    const line = Number.parseInt(source, 10);
    const [found] = await file.lookupLine('programs/inlines.c', line - 1);
    expect(found).toMatchObject({ requestedLine: line - 1, line });
    expect(found.addresses.map((it) => it.function)).toEqual(['leaf']);
  });

  it('find nothing after the last line or in an unknown file', async () => {
    expect(await file.lookupLine('inlines.c', 10_000)).toEqual([]);
    expect(await file.lookupLine('nowhere.c', 1)).toEqual([]);
  });

  it('list parameters, locals and those that are optimised out', async () => {
    const [outer] = await file.lookupFunction('outer');
    const atEntry = await file.variablesAt(outer.lowPc);
    expect(atEntry.map((it) => `${it.kind} ${it.type.name} ${it.name}`)).toEqual(
      expect.arrayContaining(['parameter int n', 'parameter const char * text', 'local int total']),
    );
    const n = atEntry.find((it) => it.name === 'n');
    expect(n?.location.kind).toBe('expression');
  });

  it('answer again without reading the file', async () => {
    const [outer] = await file.lookupFunction('outer');
    const first = await file.lookupAddress(outer.lowPc);
    expect(file.lookupAddressNow(outer.lowPc)).toEqual(first);
  });

  it('carry call frame information for every function', async () => {
    for (const name of FUNCTIONS) {
      const [fn] = await file.lookupFunction(name);
      const row = await file.frameInfo(fn.lowPc);
      expect([name, row?.cfa]).toEqual([name, { kind: 'register', register: 31, offset: 0n }]);
    }
  });

  it('know the build-id that readelf prints', () => {
    const [, expected] = /Build ID: ([0-9a-f]+)/.exec(runTool('readelf', ['-n', path])) ?? [];
    expect(file.buildId).toBe(expected);
  });
});

describe('symbols of a program compiled with -O0', () => {
  it('put the entry of a function after its prologue, where gdb puts a breakpoint', async () => {
    const path = compileProgram('inlines', ['-O0', '-g']);
    const file = await open(path);
    for (const name of FUNCTIONS) {
      const [fn] = await file.lookupFunction(name);
      const printed = runTool('gdb-multiarch', ['-nx', '-batch', '-ex', `break ${name}`, path]);
      expect([name, `0x${fn.entry.toString(16)}`]).toEqual([name, /at (0x[0-9a-f]+)/.exec(printed)?.[1]]);
    }
  }, 60_000);

  it('agree with the symbolizers', async () => {
    const path = compileProgram('inlines', ['-O0', '-g']);
    const file = await open(path);
    const { differences } = await compareWithSymbolizers(path, file, await addressesOf(file, FUNCTIONS));
    expect(differences).toEqual([]);
  }, 60_000);
});
