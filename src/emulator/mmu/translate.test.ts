import { describe, expect, it, beforeEach } from 'vitest';
import { regimeRegisters } from './regime.ts';
import {
  NORMAL,
  READ_ONLY,
  S2_ALL,
  VA,
  PA,
  bench,
  stage2,
  write,
  mapPage,
  resetScene,
  STAGE1,
  STAGE2,
} from '../../testing/bare-metal/mmu-scene.ts';
import { explainWalk, liveView, translate, translateIpa } from './translate.ts';

beforeEach(resetScene);

describe('translation for the debugger', () => {
  const view = () => ({ registers: regimeRegisters({ ...STAGE1, ...STAGE2 }), el: 1 as const });

  beforeEach(() => {
    mapPage(VA, 0x5000_1000n, NORMAL | READ_ONLY);
    for (const block of [0x20_0000n, 0x100_0000n]) stage2.map(block, block, 2, S2_ALL);
    stage2.map(0x5000_1000n, PA, 3, S2_ALL);
    write(stage2);
  });

  it('needs no CPU in that regime', () => {
    expect(translate(bench.memory, view(), VA + 4n)).toEqual({
      ok: true,
      value: {
        pa: Number(PA) + 4,
        ipa: 0x5000_1004,
        attributes: 0xff,
        shareability: 3,
        device: false,
        readable: true,
        writable: false,
        executable: true,
        blockSize: 4096,
      },
    });
    expect(translate(bench.memory, view(), VA, 'write')).toEqual({
      ok: false,
      fault: { fsc: 0xf, stage2: false, s1ptw: false, ipa: 0x5000_1000 },
    });
    expect(translateIpa(bench.memory, view(), 0x5000_1008)).toMatchObject({ ok: true, value: { pa: Number(PA) + 8 } });
  });

  it('sees with the registers of a CPU, whatever level it is at', () => {
    bench.set(2, { ...STAGE1, ...STAGE2, SCTLR_EL2: 0n });
    const { state } = bench.cpu;
    expect(translate(bench.memory, liveView(state, 1), VA)).toEqual(translate(bench.memory, view(), VA));
    expect(translate(bench.memory, liveView(state, 2), PA)).toMatchObject({ ok: true, value: { pa: Number(PA) } });
    expect(translate(bench.memory, liveView(state, 0), VA, 'read')).toMatchObject({ ok: false, fault: { fsc: 0xf } });
  });

  it('shows every descriptor on the way', () => {
    const walk = explainWalk(bench.memory, view(), VA);
    expect(walk.steps.map(({ stage, level }) => `S${stage} L${level}`)).toEqual([
      'S2 L1',
      'S2 L2',
      'S1 L1',
      'S2 L1',
      'S2 L2',
      'S1 L2',
      'S2 L1',
      'S2 L2',
      'S1 L3',
      'S2 L1',
      'S2 L2',
      'S2 L3',
    ]);
    const leaf = walk.steps[8];
    expect(leaf.value).toBe(0x5000_1000n | NORMAL | READ_ONLY | 3n);
    expect(leaf.ipa).toBe(leaf.pa);
    expect(walk.summary).toBe('PA 0x30000000');
    expect(explainWalk(bench.memory, view(), VA + 0x1000n).summary).toBe('stage 1 translation fault, level 3');
  });
});
