/** What llvm-symbolizer and addr2line, which share no code, say about addresses. */
import type { SymbolFile } from '../debugger/symbols/symbol-file.ts';
import { randomNumbers, runTool } from './cross-compile.ts';

/** Logical frames of each address, innermost first, as `function|file name|line`. */
export type Symbolized = readonly (readonly string[])[];

/** Asks llvm-symbolizer about `addresses` of the file at `path`. */
function llvmSymbolizer(path: string, addresses: readonly bigint[]): Symbolized {
  const args = [`--obj=${path}`, '--inlines', '--functions=short', '-a', '--output-style=GNU'];
  return parse(runTool('llvm-symbolizer', args, list(addresses)));
}

/** Logical frames of one address as llvm-symbolizer knows them. */
export function llvmFrames(path: string, address: bigint): readonly string[] {
  return llvmSymbolizer(path, [address])[0];
}

/** Asks addr2line about `addresses` of the file at `path`. */
function addr2line(path: string, addresses: readonly bigint[]): Symbolized {
  return parse(runTool('aarch64-linux-gnu-addr2line', ['-e', path, '-i', '-f', '-a'], list(addresses)));
}

/** What the debugger's own symbols say, in the same form. */
async function ownSymbols(file: SymbolFile, addresses: readonly bigint[]): Promise<Symbolized> {
  const result: string[][] = [];
  for (const address of addresses) {
    const { symbol, frames } = await file.lookupAddress(address);
    const named = frames.map((it) => `${it.function}|${baseName(it.file) || '??'}|${it.line}`);
    result.push(named.length > 0 ? named : [`${symbol ?? '??'}|??|0`]);
  }
  return result;
}

/** Differences from what both tools agree on, as text; `agreed` counts the addresses that could be compared. */
export async function compareWithSymbolizers(
  path: string,
  file: SymbolFile,
  addresses: readonly bigint[],
): Promise<{ agreed: number; differences: string[] }> {
  const [llvm, bfd] = [llvmSymbolizer(path, addresses), addr2line(path, addresses)];
  const own = await ownSymbols(file, addresses);
  let agreed = 0;
  const differences: string[] = [];
  addresses.forEach((address, i) => {
    const [expected, other, actual] = [llvm[i].join(' < '), bfd[i].join(' < '), own[i].join(' < ')];
    if (expected !== other) return;
    agreed++;
    if (actual !== expected) differences.push(`0x${address.toString(16)}: ${actual}, not ${expected}`);
  });
  return { agreed, differences };
}

/** `count` instruction addresses spread over the executable sections of `file`. */
export function randomCodeAddresses(file: SymbolFile, count: number, seed: number): bigint[] {
  const sections = file.elf.shdrs.filter((it) => (it.flags & 6n) === 6n && it.size > 0);
  const total = sections.reduce((sum, it) => sum + it.size, 0);
  const random = randomNumbers(seed);
  return Array.from({ length: count }, () => {
    let at = random(total);
    const section = sections.find((it) => at < it.size || ((at -= it.size), false))!;
    return (section.address + BigInt(at)) & ~3n;
  });
}

function list(addresses: readonly bigint[]): string {
  return addresses.map((address) => `0x${address.toString(16)}\n`).join('');
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Both tools print the address, then a line with the function and one with the place for each frame. */
function parse(output: string): Symbolized {
  const result: string[][] = [];
  let pending = '';
  for (const line of output.split('\n')) {
    const current = result.at(-1);
    if (/^0x[0-9a-f]+$/.test(line)) result.push([]);
    else if (line !== '' && current && pending === '') pending = line;
    else if (line !== '' && current) {
      current.push(`${pending}|${place(line)}`);
      pending = '';
    }
  }
  return result;
}

function place(text: string): string {
  const match = /^(.*?):(\d+|\?)(?::\d+)?(?: \(discriminator \d+\))?$/.exec(text);
  return `${baseName(match?.[1] ?? '??')}|${(match?.[2] ?? '0').replace('?', '0')}`;
}
