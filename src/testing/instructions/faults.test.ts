/** A load or store that faults, at its first byte or further on, leaves every register as it was (Arm ARM D1.13.4: the base must be restored). */
import { describe, expect, it } from 'vitest';
import { disassemble } from '../../arch/a64/disassemble.ts';
import { fieldsOf, type Encoding } from '../../arch/a64/encoding.ts';
import { ENCODINGS } from '../../arch/a64/table.ts';
import { DRAM_SIZE } from '../../emulator/memory-layout.ts';
import { randomWords } from '../a64-words.ts';
import { FlatCpu } from '../flat-cpu.ts';
import { RandomBits } from '../fp-operands.ts';
import { CODE, CODE_SIZE, Stop, Word, wordName } from './case.ts';
import { accessOffset, hasBase } from './effective-address.ts';
import { FlatRunner } from './flat-runner.ts';
import { anyState } from './states.ts';
import { drawWords } from './words.ts';

const WORDS = 6;
/** Bytes of the access that are still in memory, if it is as long. */
const INSIDE = [0, 1, 2, 4, 8, 16, 24, 48];

/** Prefetches never fault; a store-exclusive without a monitor makes no access. */
const faults = (row: Encoding): boolean => hasBase(row) && !/^(PRFU?M|STL?X[RP][BH]?)_/.test(row.name);
const rows = ENCODINGS.filter(faults);

const bits = new RandomBits(11);
const random = randomWords(23);

/** A state in which the access of `word` begins `inside` bytes before the end of memory. */
function stateAtEnd(row: Encoding, word: number, inside: number): BigUint64Array {
  const fields = fieldsOf(row, word);
  const state = anyState(bits);
  const rm = fields['Rm'] === 31 ? 0n : state[Word.x + (fields['Rm'] ?? 0)];
  const base = BigInt(DRAM_SIZE - inside) - accessOffset(row, word, rm);
  state[Word.x + fields['Rn']] = BigInt.asUintN(64, base);
  state[Word.pc] = BigInt(CODE);
  return state;
}

/** What a faulting access changed; undefined when it did not fault. */
function changes(runner: FlatRunner, word: number, before: BigUint64Array): string[] | undefined {
  const after = runner.run(before, bits.below(2) ? 'warm' : 'cold');
  if (after[Word.stop] !== Stop.fault && after[Word.stop] !== Stop.unaligned) return undefined;
  const changed = [...after.keys()].filter((at) => at !== Word.stop && after[at] !== before[at]);
  return changed.map((at) => `${disassemble(word, BigInt(CODE))} changed ${wordName(at)}`);
}

function load(runner: FlatRunner, word: number): void {
  const code = new DataView(new ArrayBuffer(CODE_SIZE));
  code.setUint32(0, word, true);
  code.setUint32(4, 0xd420_0000, true);
  runner.load(new Uint8Array(code.buffer));
}

describe('an access that faults', { timeout: 120_000 }, () => {
  it.each([
    ['interpreted', new FlatRunner()],
    ['translated', new FlatRunner({ flat: new FlatCpu(true) })],
  ])('leaves all registers alone: %s', (_, runner) => {
    const harmless: string[] = [];
    const differences = rows.flatMap((row) =>
      drawWords(row, WORDS, random).flatMap((word) => {
        load(runner, word);
        const outcomes = INSIDE.map((inside) => changes(runner, word, stateAtEnd(row, word, inside)));
        if (outcomes[0] === undefined) harmless.push(row.name);
        return outcomes.flatMap((changed) => changed ?? []);
      }),
    );
    expect(harmless).toEqual([]);
    expect(differences.slice(0, 10)).toEqual([]);
  });
});
