import { expect, it } from 'vitest';
import type { DisassembledInstruction } from '../../protocol/inspect.ts';
import { makeArrows, makeRows } from './rows.ts';

const at = (address: bigint, change: Partial<DisassembledInstruction> = {}): DisassembledInstruction => ({
  address,
  word: 0xd503201f,
  mnemonic: 'nop',
  operands: '',
  ...change,
});
const branch = (address: bigint, to: bigint): DisassembledInstruction =>
  at(address, { mnemonic: 'b.eq', target: { address: to } });

it('heads each function and each new source line once', () => {
  const line = { path: 'a.c', line: 3 };
  const rows = makeRows(
    [at(0n, { symbol: 'f+0x4', source: line }), at(4n, { symbol: 'f+0x8', source: line }), at(8n, { symbol: 'g' })],
    true,
  );
  expect(rows.map(({ kind }) => kind)).toEqual([
    'function',
    'source',
    'instruction',
    'instruction',
    'function',
    'instruction',
  ]);
});

it('leaves the source out on request', () => {
  const rows = makeRows([at(0n, { source: { path: 'a.c', line: 3 } })], false);
  expect(rows.map(({ kind }) => kind)).toEqual(['instruction']);
});

it('draws only branches whose target is in sight', () => {
  const rows = makeRows([branch(0n, 8n), branch(4n, 0x100n), at(8n)], false);
  expect(makeArrows(rows, 2)).toEqual([{ from: 0, to: 2, lane: 0 }]);
});

it('gives crossing branches lanes of their own, and drops what has none', () => {
  const rows = makeRows([branch(0n, 12n), branch(4n, 8n), branch(8n, 4n), at(12n)], false);
  expect(makeArrows(rows, 2).map(({ lane }) => lane)).toEqual([0, 1]);
});
