import { describe, expect, it } from 'vitest';
import { decodeSnapshot, executedInstructions, hasOpenCsd } from '../../testing/opencsd.ts';
import { CodeImage } from './code-image.ts';
import { type EtmContext, EtmEncoder, EtmException } from './encoder.ts';
import { instructionClass } from './instruction-class.ts';
import { snapshotFiles } from './snapshot.ts';

const EL1: EtmContext = { el: 1, vmid: 2, contextId: 0x1f };
const EL2: EtmContext = { el: 2, vmid: 2, contextId: 0x1f };
const NOP = 0xd503_201f;
const RET = 0xd65f_03c0;
const HVC = 0xd400_0002;
const ERET = 0xd69f_03e0;
const ISB = 0xd503_3fdf;
/** B.EQ to 8 further on; B to 16 further on; BL likewise. */
const B_EQ_8 = 0x5400_0040;
const B_16 = 0x1400_0004;
const BL_16 = 0x9400_0004;

/** Alignment and trace information, with which every stream begins. */
const PREAMBLE = [...Array.from({ length: 11 }, () => 0), 0x80, 0x01, 0x01, 0x00];

function bytesOf(encoder: EtmEncoder): number[] {
  const bytes = [...encoder.finish()];
  expect(bytes.slice(0, PREAMBLE.length)).toEqual(PREAMBLE);
  return bytes.slice(PREAMBLE.length);
}

describe('the class of an instruction', () => {
  it.each([
    [NOP, 'other'],
    [HVC, 'other'],
    [RET, 'indirect'],
    [ERET, 'indirect'],
    [0xd63f_0020, 'indirect'],
    [ISB, 'barrier'],
    [0xd503_3f9f, 'other'],
    [B_16, 'direct'],
    [BL_16, 'direct'],
    [B_EQ_8, 'conditional'],
    [0xb400_0060, 'conditional'],
    [0x3707_fff0, 'conditional'],
  ])('of 0x%x is %s', (word, expected) => {
    expect(instructionClass(word)).toBe(expected);
  });
});

describe('the ETM encoder', () => {
  it('begins with trace on, the address and the context', () => {
    const encoder = new EtmEncoder();
    encoder.step(0xffff_8000_0802_8ca4n, NOP, EL1);
    const address = [0x29, 0x46, 0x02, 0x08, 0x00, 0x80, 0xff, 0xff];
    expect(bytesOf(encoder)).toEqual([0x04, 0x85, ...address, 0xf1, 0x02, 0x1f, 0, 0, 0]);
  });

  it('tells branches by atoms only, many in one packet', () => {
    const encoder = new EtmEncoder();
    for (let n = 0; n < 30; n++) encoder.step(0x1000n + BigInt(16 * n), B_16, EL1);
    encoder.step(0x1000n + 480n, B_EQ_8, EL1);
    encoder.step(0x1000n + 484n, NOP, EL1);
    expect(bytesOf(encoder).slice(16)).toEqual([0xd4, 0xe3]);
  });
});

describe.runIf(hasOpenCsd())('what OpenCSD finds in a trace', () => {
  it('is what was executed, over calls, returns, exceptions and interrupts', () => {
    const encoder = new EtmEncoder();
    const image = new CodeImage();
    const executed: bigint[] = [];
    const run = (pc: bigint, word: number, context: EtmContext): void => {
      image.note(pc, word);
      executed.push(pc);
      encoder.step(pc, word, context);
    };
    run(0x1000n, NOP, EL1);
    run(0x1004n, BL_16, EL1);
    run(0x1014n, B_EQ_8, EL1);
    run(0x1018n, HVC, EL1);
    encoder.exception(EtmException.call, 0x101cn, EL1);
    run(0x8000n, NOP, EL2);
    run(0x8004n, ISB, EL2);
    run(0x8008n, ERET, EL2);
    run(0x101cn, NOP, EL1);
    encoder.exception(EtmException.irq, 0x1020n, EL1);
    run(0x8080n, ERET, EL2);
    encoder.exception(EtmException.dataFault, 0x1020n, EL1);
    run(0x8100n, ERET, EL2);
    run(0x1020n, RET, EL1);
    run(0x1008n, B_16, EL1);
    run(0x1018n, HVC, EL1);
    const snapshot = { trace: encoder.finish(), startPc: 0x1000n, code: image.dumps() };
    const lines = decodeSnapshot(snapshotFiles(snapshot));
    // The last instruction is told by no branch after it.
    expect(executedInstructions(lines).addresses).toEqual(executed.slice(0, -1));
    const levels = lines.flatMap((line) => /PE_CONTEXT\(.*(EL\d)N.*VMID=0x2; CTXTID=0x1f/.exec(line)?.[1] ?? []);
    expect(levels).toEqual(['EL1', 'EL2', 'EL1', 'EL2', 'EL1', 'EL2', 'EL1']);
  });

  it('begins anew after a pause', () => {
    const encoder = new EtmEncoder();
    const image = new CodeImage();
    for (const start of [0x1000n, 0x5000n]) {
      image.note(start, NOP);
      image.note(start + 4n, B_16);
      encoder.step(start, NOP, EL1);
      encoder.step(start + 4n, B_16, EL1);
      encoder.step(start + 20n, NOP, EL1);
      encoder.pause();
    }
    const lines = decodeSnapshot(snapshotFiles({ trace: encoder.finish(), startPc: 0x1000n, code: image.dumps() }));
    expect(executedInstructions(lines).addresses).toEqual([0x1000n, 0x1004n, 0x5000n, 0x5004n]);
    expect(lines.filter((line) => line.includes('ELEM_TRACE_ON'))).toHaveLength(2);
  });
});
