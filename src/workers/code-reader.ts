/** Disassembly of memory in any space, with symbols and source lines. */
import { decode } from '../arch/a64/decode.ts';
import { disassemble } from '../arch/a64/disassemble.ts';
import type { AddressSpace, Location } from '../protocol/address.ts';
import type { DisassembledInstruction, Disassembly } from '../protocol/inspect.ts';
import type { AddressSpaces } from './address-spaces.ts';
import { formatSymbol, type SymbolDirectory } from './symbol-directory.ts';

const SIZE = 4n;

/** Takes the address that the disassembler wrote last out of the text: the target of a branch or a literal. */
function targetOf(text: string, name: string | undefined): DisassembledInstruction['target'] {
  const match = /\b0x([0-9a-f]+)(?: <([^>]*)>)?$/.exec(text);
  return match ? { address: BigInt(`0x${match[1]}`), symbol: match[2] ?? name } : undefined;
}

/** Rows of the encoding table whose last operand is an address. */
const HAS_TARGET = /_(branch_imm|condbranch|compbranch|testbranch|loadlit|pcreladdr)$/;

export class CodeReader {
  constructor(
    private readonly spaces: AddressSpaces,
    private readonly symbols: () => SymbolDirectory | undefined,
  ) {}

  async read({ space, address }: Location, before: number, count: number): Promise<Disassembly> {
    const start = BigInt.asUintN(64, (address & ~3n) - BigInt(before) * SIZE);
    const { bytes, readable } = this.spaces.read({ space, address: start }, count * 4);
    const words = new DataView(bytes.buffer);
    const rows = Array.from({ length: count }, (_, n) => {
      const word = readable[n * 4] ? words.getUint32(n * 4, true) : null;
      return this.#row(space, BigInt.asUintN(64, start + BigInt(n) * SIZE), word);
    });
    return { space, rows: await Promise.all(rows) };
  }

  async #row(space: AddressSpace, address: bigint, word: number | null): Promise<DisassembledInstruction> {
    const info = await this.symbols()?.lookup(space, address);
    const symbol = info?.symbol === undefined ? undefined : formatSymbol(info.symbol, info.offset);
    const frame = info?.frames[0];
    const source = frame?.file ? { path: frame.file, line: frame.line } : undefined;
    if (word === null) return { address, word, mnemonic: 'not mapped', operands: '', symbol };
    const text = disassemble(word, address);
    const [mnemonic, ...rest] = text.split(' ');
    const hasTarget = HAS_TARGET.test(decode(word)?.row.name ?? '');
    const target = hasTarget ? await this.#named(space, targetOf(text, undefined)) : undefined;
    return { address, word, mnemonic, operands: rest.join(' '), symbol, source, target };
  }

  async #named(
    space: AddressSpace,
    target: DisassembledInstruction['target'],
  ): Promise<DisassembledInstruction['target']> {
    if (!target) return undefined;
    const info = await this.symbols()?.lookup(space, target.address);
    return info?.symbol === undefined ? target : { ...target, symbol: formatSymbol(info.symbol, info.offset) };
  }
}
