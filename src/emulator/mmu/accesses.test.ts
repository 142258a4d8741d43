import { describe, expect, it, beforeEach } from 'vitest';
import { access, fetchAt, LOAD_X3, STORE_X0, sysEncoding } from '../../testing/bare-metal/mmu-fixture.ts';
import {
  NORMAL,
  DEVICE,
  READ_ONLY,
  STAGE1,
  VA,
  PA,
  bench,
  mapPage,
  hits,
  resetScene,
} from '../../testing/bare-metal/mmu-scene.ts';
import { Access, Status } from '../cpu/cpu.ts';
import { Reg } from '../cpu/system-registers/offsets.ts';
import { PAGE_FLAGS, PageFlag, pageIndex, ramOffset, SCRATCH } from '../memory-layout.ts';

beforeEach(resetScene);

describe('alignment', () => {
  it('faults on unaligned accesses to Device memory only', () => {
    mapPage(VA, PA, NORMAL);
    mapPage(VA + 0x2000n, PA, DEVICE);
    bench.set(1, STAGE1);
    expect(access(bench, VA + 1n, LOAD_X3)).toBe('ok');
    expect(access(bench, VA + 0x2008n, LOAD_X3)).toBe('ok');
    expect(access(bench, VA + 0x2001n, STORE_X0)).toBe('1:96000061,1234569001');
  });

  it('faults before translation under SCTLR.A and for accesses that must be aligned', () => {
    bench.set(1, { ...STAGE1, SCTLR_EL1: 0x1007n });
    expect(access(bench, VA + 1n, LOAD_X3)).toBe('1:96000021,1234567001');
    bench.set(1, { SCTLR_EL1: 0x1005n });
    expect(access(bench, VA + 4n, LOAD_X3 | Access.aligned | Access.exclusive)).toBe('1:96000021,1234567004');
  });

  it('never lets an inline access miss a fault under SCTLR.A', () => {
    mapPage(VA, PA, NORMAL);
    bench.set(1, { ...STAGE1, SCTLR_EL1: 0x1007n });
    expect(access(bench, VA, LOAD_X3)).toBe('ok');
    expect(hits(VA)).toBe(false);
  });
});

describe('device memory', () => {
  beforeEach(() => {
    mapPage(VA, 0xff00_0000n, DEVICE);
    bench.set(1, STAGE1);
  });

  it('reads through the bus into the bounce buffer', () => {
    bench.busValue = 0xdead_beef;
    expect(bench.mmu.data(bench.cpu, 0x3456_7010, 0x12, 2)).toBe(SCRATCH);
    expect(new DataView(bench.memory).getUint32(SCRATCH, true)).toBe(0xdead_beef);
    expect(bench.bus).toEqual([{ pa: 0xff00_0010, width: 4, value: undefined }]);
  });

  it('splits wide writes, low half first', () => {
    new DataView(bench.memory).setBigUint64(SCRATCH, 0x1122_3344_5566_7788n, true);
    expect(bench.mmu.data(bench.cpu, 0x3456_7010, 0x12, STORE_X0)).toBe(SCRATCH);
    expect(bench.bus).toEqual([
      { pa: 0xff00_0010, width: 4, value: 0x5566_7788 },
      { pa: 0xff00_0014, width: 4, value: 0x1122_3344 },
    ]);
    expect(hits(VA)).toBe(false);
  });

  it('cannot be executed', () => {
    expect(fetchAt(bench, VA)).toBe('1:86000010,1234567000');
  });
});

describe('page crossing', () => {
  it('reads and writes both pages through the bounce buffer', () => {
    mapPage(VA, PA, NORMAL);
    mapPage(VA + 0x1000n, PA + 0x8000n, NORMAL);
    bench.poke(Number(PA) + 0xff8, 0x1122_3344_5566_7788n);
    bench.poke(Number(PA) + 0x8000, 0x99aa_bbcc_ddee_ff00n);
    bench.set(1, STAGE1);
    expect(bench.mmu.data(bench.cpu, 0x3456_7ffc, 0x12, LOAD_X3)).toBe(SCRATCH);
    expect(new DataView(bench.memory).getBigUint64(SCRATCH, true)).toBe(0xddee_ff00_1122_3344n);
    new DataView(bench.memory).setBigUint64(SCRATCH, 0x0102_0304_0506_0708n, true);
    expect(bench.mmu.data(bench.cpu, 0x3456_7ffc, 0x12, STORE_X0)).toBe(SCRATCH);
    expect(bench.peek(Number(PA) + 0xff8)).toBe(0x0506_0708_5566_7788n);
    expect(bench.peek(Number(PA) + 0x8000)).toBe(0x99aa_bbcc_0102_0304n);
  });

  it('asks for the alignment of a pair by its halves, also on Device memory', () => {
    mapPage(VA, PA, DEVICE);
    mapPage(VA + 0x1000n, PA + 0x8000n, DEVICE);
    bench.set(1, STAGE1);
    const pair = 4 | Access.noSyndrome | Access.pair;
    expect(access(bench, VA + 0xff8n, pair)).toBe('ok');
    expect(access(bench, VA + 0xff4n, pair)).toBe('1:96000021,1234567ff4');
    expect(access(bench, VA + 0x2000n, pair)).toBe('1:96000007,1234569000');
  });

  it('writes nothing when the second page faults, and names that page', () => {
    mapPage(VA, PA, NORMAL);
    bench.poke(Number(PA) + 0xff8, 7n);
    bench.set(1, STAGE1);
    expect(access(bench, VA + 0xffcn, STORE_X0)).toBe('1:96000047,1234568000');
    expect(bench.peek(Number(PA) + 0xff8)).toBe(7n);
  });
});

describe('page flags', () => {
  const flag = () => PAGE_FLAGS + pageIndex(ramOffset(Number(PA)));
  const bytes = () => new Uint8Array(bench.memory);

  beforeEach(() => {
    mapPage(VA, PA, NORMAL);
    bench.set(1, STAGE1);
    access(bench, VA, STORE_X0);
  });

  it('send stores to a code page to the slow path, which drops the code', () => {
    bytes()[flag()] |= PageFlag.hasCode;
    bench.mmu.removeWriteTags(ramOffset(Number(PA)));
    expect([hits(VA), hits(VA, true)]).toEqual([true, false]);
    expect(access(bench, VA, STORE_X0)).toBe('ok');
    expect(bench.invalidated).toEqual([ramOffset(Number(PA))]);
    expect(hits(VA, true)).toBe(true);
  });

  it('send every access to a watched page to the hook', () => {
    const seen: string[] = [];
    bench.mmu.onWatched = (_cpu, vaLo, _vaHi, info) => void seen.push(`${vaLo.toString(16)} ${info & Access.write}`);
    bytes()[flag()] |= PageFlag.watched;
    bench.mmu.removeTags(ramOffset(Number(PA)));
    access(bench, VA, LOAD_X3);
    access(bench, VA + 8n, STORE_X0);
    expect(seen).toEqual(['34567000 0', '34567008 8']);
    expect([hits(VA), hits(VA, true)]).toEqual([false, false]);
  });

  it('mark the page dirty again after all write tags were taken away', () => {
    bytes()[flag()] = 0;
    bench.mmu.removeAllWriteTags();
    expect(hits(VA, true)).toBe(false);
    access(bench, VA, STORE_X0);
    expect(bytes()[flag()]).toBe(PageFlag.dirty);
  });
});

describe('cache maintenance', () => {
  const DC = { ivac: [0, 6, 1], cvac: [3, 10, 1], civac: [3, 14, 1], zva: [3, 4, 1], csw: [0, 10, 2] } as const;
  const dc = (name: keyof typeof DC, va: bigint) => {
    const [op1, crm, op2] = DC[name];
    bench.cpu.state.setX(2, va);
    return bench.mmu.sys(bench.cpu, sysEncoding(op1, 7, crm, op2), 2);
  };

  beforeEach(() => {
    mapPage(VA, PA, NORMAL | READ_ONLY);
    mapPage(VA + 0x1000n, PA + 0x1000n, NORMAL);
    bench.set(1, STAGE1);
  });

  it('clears 64 bytes with DC ZVA', () => {
    for (let i = 0; i < 24; i++) bench.poke(Number(PA) + 0x1000 + 8 * i, ~0n);
    expect(dc('zva', VA + 0x1055n)).toBe(Status.next);
    const words = Array.from({ length: 24 }, (_, i) => bench.peek(Number(PA) + 0x1000 + 8 * i) === 0n);
    expect(words).toEqual(Array.from({ length: 24 }, (_, i) => i >= 8 && i < 16));
  });

  it('faults as the architecture says', () => {
    expect(dc('cvac', VA)).toBe(Status.next);
    expect(dc('csw', 0n)).toBe(Status.next);
    expect(dc('ivac', VA)).toBe(Status.resync);
    expect(bench.cpu.state.get64(Reg.ESR_EL1).toString(16)).toBe('9600014f');
    expect(dc('civac', VA + 0x20_0000n)).toBe(Status.resync);
    expect(bench.cpu.state.get64(Reg.ESR_EL1).toString(16)).toBe('96000146');
    expect(dc('zva', VA + 3n)).toBe(Status.resync);
    expect(bench.cpu.state.get64(Reg.ESR_EL1).toString(16)).toBe('9600004f');
    expect(bench.cpu.state.get64(Reg.FAR_EL1)).toBe(VA + 3n);
  });
});
