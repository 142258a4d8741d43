/** Random questions to a symbol file, by kind. */
import type { SymbolFile } from '../debugger/symbols/symbol-file.ts';
import { STT_FUNC } from '../formats/elf/symbol-table.ts';
import { randomNumbers } from './cross-compile.ts';
import { randomCodeAddresses } from './symbolizers.ts';

/** A question in words, and how it is asked. */
export interface Lookup {
  readonly what: string;
  readonly ask: (file: SymbolFile) => Promise<unknown>;
}

/** Lines of files are drawn from 1 up to this: many have no code, and lead to the next that has. */
const MAX_LINE = 1500;

/** `count` questions of each kind, the same for the same `seed`. */
export async function randomLookups(
  file: SymbolFile,
  count: number,
  seed: number,
): Promise<ReadonlyMap<string, readonly Lookup[]>> {
  const random = randomNumbers(seed);
  const some = <T>(all: readonly T[]): T[] =>
    all.length === 0 ? [] : Array.from({ length: count }, () => all[random(all.length)]);
  const functions = [...file.symbols.all()].filter(({ type }) => type === STT_FUNC).map(({ name }) => name);
  const files = await file.sourceFiles();
  const types = await file.structureNames(() => Promise.resolve());
  const ask = <T>(all: readonly T[], question: (each: T, file: SymbolFile) => Promise<unknown>): Lookup[] =>
    all.map((each) => ({ what: String(each), ask: (asked) => question(each, asked) }));
  return new Map([
    ['function', ask(some(functions), (name, it) => it.lookupFunction(name))],
    ['variable', ask(some(file.globals()), (name, it) => it.globalVariable(name))],
    ['type', ask(some(types), (name, it) => it.typeByName(name))],
    ['declaration', ask(some(functions), (name, it) => it.declaration(name))],
    ['file:line', some(files).map((path) => lineOf(path, 1 + random(MAX_LINE)))],
    ['header:line', some(files.filter((path) => path.endsWith('.h'))).map((path) => lineOf(path, 1 + random(300)))],
    ['lines of a file', ask(some(files), (path, it) => it.linesWithCode(path))],
    ['address', ask(randomCodeAddresses(file, count, seed), (address, it) => it.lookupAddress(address))],
    [
      'unknown name',
      ask(
        some(functions).map((name) => `${name}_x`),
        unknown,
      ),
    ],
  ]);
}

function lineOf(path: string, line: number): Lookup {
  return { what: `${path}:${line}`, ask: (file) => file.lookupLine(path, line) };
}

/** What a breakpoint on a name asks that nothing has. */
async function unknown(name: string, file: SymbolFile): Promise<unknown> {
  return [await file.lookupFunction(name), await file.inlinedInstances(name), await file.globalVariable(name)];
}
