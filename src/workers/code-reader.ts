/** Disassembly of memory in any space, with symbols and source lines. */
import { decode } from '../arch/a64/decode.ts';
import { disassemble } from '../arch/a64/disassemble.ts';
import type { AddressSpace, Location } from '../protocol/address.ts';
import type { DisassembledInstruction, Disassembly } from '../protocol/inspect.ts';
import type { GuestView } from './guest-view.ts';
import { formatSymbol } from './symbol-modules.ts';

const SIZE = 4n;

/** Rows of the encoding table whose last operand is an address. */
const HAS_TARGET = /_(branch_imm|condbranch|compbranch|testbranch|loadlit|pcreladdr)$/;

/** Reads `count` instructions from `before` ahead of a location. */
export function readCode(
  view: GuestView,
  { space, address }: Location,
  before: number,
  count: number,
): Promise<Disassembly> {
  const start = BigInt.asUintN(64, (address & ~3n) - BigInt(before) * SIZE);
  const { bytes, readable } = view.read({ space, address: start }, count * 4);
  const words = new DataView(bytes.buffer);
  const rows = Array.from({ length: count }, (_, n) => {
    const word = readable[n * 4] ? words.getUint32(n * 4, true) : null;
    return row(view, space, BigInt.asUintN(64, start + BigInt(n) * SIZE), word);
  });
  return Promise.all(rows).then((instructions) => ({ space, rows: instructions }));
}

async function row(
  view: GuestView,
  space: AddressSpace,
  address: bigint,
  word: number | null,
): Promise<DisassembledInstruction> {
  const info = await view.lookup(space, address);
  const symbol = info?.symbol === undefined ? undefined : formatSymbol(info.symbol, info.offset);
  const frame = info?.frames[0];
  const source = frame?.file ? { path: frame.file, line: frame.line } : undefined;
  if (word === null) return { address, word, mnemonic: 'not mapped', operands: '', symbol };
  const [mnemonic, ...operands] = disassemble(word, address).split(' ');
  const text = operands.join(' ');
  const hasTarget = HAS_TARGET.test(decode(word)?.row.name ?? '');
  return {
    address,
    word,
    mnemonic,
    operands: text,
    symbol,
    source,
    target: hasTarget ? target(view, space, text) : undefined,
  };
}

/** The address that the disassembler wrote last: where a branch or literal leads. */
function target(view: GuestView, space: AddressSpace, text: string): DisassembledInstruction['target'] {
  const match = /\b0x([0-9a-f]+)$/.exec(text);
  if (!match) return undefined;
  const address = BigInt(`0x${match[1]}`);
  return { address, symbol: view.nameNow(space, address) ?? undefined };
}
