import { describe, expect, it } from 'vitest';
import { DRAM_BASE } from '../../emulator/memory-layout.ts';
import { Fuzzer } from './fuzzer.ts';
import { CODE, SEQUENCES, SLOT_WORDS } from './layout.ts';

/** The first is of a batch whose states are hashed too; in the last a loop once forgot flags that came with a call. */
const SEEDS = [8, 9, 400_007];

describe('random code, interpreted and translated', { timeout: 600_000 }, () => {
  const fuzzer = new Fuzzer();

  it.each(SEEDS)(`does the same in ${SEQUENCES} sequences of seed %i`, (seed) => {
    const outcome = fuzzer.run(seed);
    expect(outcome.difference).toBe('');
    expect(outcome.sequences).toBe(SEQUENCES);
    expect(outcome.breakpoints).toBeGreaterThan(5);
    expect(fuzzer.translated.translator.made.regions).toBeGreaterThan(SEQUENCES);
    expect(fuzzer.interpreted.translator.made.regions).toBe(0);
  });

  it('is found out when one instruction of one machine is another', () => {
    const { translated } = fuzzer;
    const start = translated.start.bind(translated);
    translated.start = (entry, x0) => {
      // MOV X3, #0x1234 at the beginning of a sequence.
      new DataView(translated.memory.buffer).setUint32(DRAM_BASE + CODE + 700 * SLOT_WORDS * 4, 0xd2824683, true);
      start(entry, x0);
    };
    const { difference } = fuzzer.run(SEEDS[0]);
    translated.start = start;
    expect(difference).toMatch(/X3|memory differs|PC/);
  });
});
