import { describe, expect, it } from 'vitest';
import { analyseStack } from './stack-analysis.ts';

const START = 0x1000n;

/** A switch by jump table whose first case ends in a tail call. */
const SWITCH = {
  words: [
    0xa9bd_53f3, // stp x19, x20, [sp, #-48]!
    0xf900_0ffe, // str x30, [sp, #24]
    0xd61f_0020, // br x1
    0xf940_0ffe, // ldr x30, [sp, #24]
    0xa8c3_53f3, // ldp x19, x20, [sp], #48
    0x17ff_fe12, // b to another function
    0xd503_201f, // the second case: nop
    0x1400_0001, // b to the next instruction
    0xd503_201f, // the third case: nop
  ],
  tailCall: START + 20n,
  secondCase: START + 24n,
  thirdCase: START + 32n,
};

describe('the analysis of code without call frame information', () => {
  const table = analyseStack([{ start: START, words: Uint32Array.from(SWITCH.words) }]);

  it('takes the frame down before a tail call', () => {
    expect(table.get(SWITCH.tailCall)?.cfaOffset).toBe(0);
  });

  it('finds cases that only a jump table leads to with the frame of the jump', () => {
    for (const at of [SWITCH.secondCase, SWITCH.thirdCase])
      expect(table.get(at)).toMatchObject({ cfaRegister: 31, cfaOffset: 48, linkSlot: -24 });
  });
});
