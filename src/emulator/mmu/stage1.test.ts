import { describe, expect, it, beforeEach } from 'vitest';
import { access, fetchAt, LOAD_X3, STORE_X0, type RegisterValues } from '../../testing/bare-metal/mmu-fixture.ts';
import {
  NORMAL,
  EL0_ACCESS,
  READ_ONLY,
  UXN,
  PXN,
  STAGE1,
  VA,
  PA,
  bench,
  lower,
  write,
  mapPage,
  tlbWords,
  hits,
  resetScene,
} from '../../testing/bare-metal/mmu-scene.ts';
import { Access } from '../cpu/cpu.ts';
import { PC, TLB, TLB_USER } from '../cpu/state.ts';
import { PAGE_FLAGS, PageFlag, pageIndex, ramOffset, TLB_ENTRIES } from '../memory-layout.ts';

beforeEach(resetScene);

describe('stage 1', () => {
  it('translates a page and lets later loads hit inline', () => {
    mapPage(VA, PA, NORMAL);
    bench.set(1, STAGE1);
    const linear = bench.mmu.data(bench.cpu, 0x3456_7008, 0x12, LOAD_X3);
    expect(linear).toBe(ramOffset(Number(PA) + 8));
    expect(hits(VA)).toBe(true);
    expect(hits(VA, true)).toBe(false);
    const entry = (Number(VA >> 12n) & (TLB_ENTRIES - 1)) * 8;
    expect((tlbWords()[entry + 4] + 0x3456_7008) % 2 ** 32).toBe(linear);
  });

  it('lets stores hit inline after the first one, which marks the page dirty', () => {
    mapPage(VA, PA, NORMAL);
    bench.set(1, STAGE1);
    access(bench, VA, STORE_X0);
    expect(hits(VA, true)).toBe(true);
    expect(new Uint8Array(bench.memory)[PAGE_FLAGS + pageIndex(ramOffset(Number(PA)))]).toBe(PageFlag.dirty);
  });

  it('faults on an invalid descriptor at the level it stands at', () => {
    bench.set(1, STAGE1);
    expect(access(bench, VA, LOAD_X3)).toBe('1:96000005,1234567000');
    mapPage(VA + 0x1000n, PA, NORMAL);
    bench.set(1);
    expect(access(bench, VA, STORE_X0)).toBe('1:96000047,1234567000');
  });

  it('takes a block where the granule has none as invalid', () => {
    const wide: RegisterValues = { ...STAGE1, TCR_EL1: 16n | (25n << 16n) | (2n << 30n) | (2n << 32n) };
    bench.poke(0x20_0000, PA | NORMAL | 1n);
    bench.set(1, wide);
    expect(access(bench, 0x1000n, LOAD_X3)).toBe('1:96000004,1000');
    bench.set(1, { TCR_EL1: (wide.TCR_EL1 ?? 0n) | (1n << 14n) });
    expect(access(bench, 0x1000n, LOAD_X3)).toBe('1:96000005,1000');
  });

  it('faults at level 0 between the two ranges, and where EPD0 forbids walks', () => {
    mapPage(VA, PA, NORMAL);
    bench.set(1, STAGE1);
    expect(access(bench, VA | (1n << 40n), LOAD_X3)).toBe('1:96000004,11234567000');
    bench.set(1, { TCR_EL1: (STAGE1.TCR_EL1 ?? 0n) | (1n << 7n) });
    expect(access(bench, VA, LOAD_X3)).toBe('1:96000004,1234567000');
  });

  it('takes an access flag fault before a permission fault', () => {
    mapPage(VA, PA, (NORMAL & ~(1n << 10n)) | READ_ONLY);
    bench.set(1, STAGE1);
    expect(access(bench, VA, STORE_X0)).toBe('1:9600004b,1234567000');
  });

  it('keeps EL0 out of pages without AP[1], and everyone from writing read-only ones', () => {
    mapPage(VA, PA, NORMAL);
    mapPage(VA + 0x1000n, PA, NORMAL | EL0_ACCESS | READ_ONLY);
    bench.set(0, STAGE1);
    expect(access(bench, VA, LOAD_X3)).toBe('1:9200000f,1234567000');
    bench.set(0);
    expect(access(bench, VA + 0x1000n, LOAD_X3)).toBe('ok');
    expect(access(bench, VA + 0x1000n, STORE_X0)).toBe('1:9200004f,1234568000');
  });

  it('checks LDTR and STTR with the permissions of EL0', () => {
    mapPage(VA, PA, NORMAL);
    mapPage(VA + 0x1000n, PA, NORMAL | EL0_ACCESS);
    bench.set(1, STAGE1);
    expect(access(bench, VA, LOAD_X3)).toBe('ok');
    expect(access(bench, VA + 0x1000n, LOAD_X3 | Access.unprivileged)).toBe('ok');
    expect(bench.cpu.state.get(TLB_USER)).not.toBe(bench.cpu.state.get(TLB));
    expect(access(bench, VA, LOAD_X3 | Access.unprivileged)).toBe('1:9600000f,1234567000');
  });

  it('never executes at EL1 what EL0 can write, nor where PXN, UXN or WXN forbid it', () => {
    mapPage(VA, PA, NORMAL | EL0_ACCESS);
    mapPage(VA + 0x1000n, PA, NORMAL | UXN);
    mapPage(VA + 0x2000n, PA, NORMAL | PXN | EL0_ACCESS | READ_ONLY);
    bench.set(1, STAGE1);
    expect(fetchAt(bench, VA)).toBe('1:8600000f,1234567000');
    expect(fetchAt(bench, VA + 0x1000n)).toBe('ok');
    expect(fetchAt(bench, VA + 0x2000n)).toBe('1:8600000f,1234569000');
    bench.set(0);
    expect(fetchAt(bench, VA)).toBe('ok');
    expect(fetchAt(bench, VA + 0x2000n)).toBe('ok');
    expect(fetchAt(bench, VA + 0x1000n)).toBe('1:8200000f,1234568000');
    bench.set(0, { SCTLR_EL1: 0x1005n | (1n << 19n) });
    expect(fetchAt(bench, VA)).toBe('1:8200000f,1234567000');
  });

  it('applies the hierarchical bits of table descriptors', () => {
    const [table] = lower.map(VA, PA, 3, NORMAL | EL0_ACCESS);
    lower.entries.set(table, (lower.entries.get(table) ?? 0n) | (3n << 61n) | (3n << 59n));
    write(lower);
    bench.set(1, STAGE1);
    expect(access(bench, VA, LOAD_X3)).toBe('ok');
    expect(access(bench, VA, STORE_X0)).toBe('1:9600004f,1234567000');
    expect(fetchAt(bench, VA)).toBe('1:8600000f,1234567000');
    bench.set(0);
    expect(access(bench, VA, LOAD_X3)).toBe('1:9200000f,1234567000');
  });

  it('ignores the top byte where TBI says so', () => {
    mapPage(VA, PA, NORMAL);
    const tagged = VA | (0xa5n << 56n);
    bench.set(1, STAGE1);
    expect(access(bench, tagged, LOAD_X3)).toBe(`1:96000004,${tagged.toString(16)}`);
    bench.set(1, { TCR_EL1: (STAGE1.TCR_EL1 ?? 0n) | (1n << 37n) });
    expect(access(bench, tagged, LOAD_X3)).toBe('ok');
    expect(hits(tagged)).toBe(true);
    expect(hits(VA)).toBe(false);
  });

  it('drops the tag of a branch target and asks to fetch again', () => {
    mapPage(VA, PA, NORMAL);
    const { cpu, mmu } = bench;
    bench.set(1, { ...STAGE1, TCR_EL1: (STAGE1.TCR_EL1 ?? 0n) | (1n << 37n) });
    cpu.state.set64(PC, VA | (0xa5n << 56n));
    expect(mmu.fetch(cpu)).toBe(0);
    expect(cpu.state.pc).toBe(VA);
    expect(mmu.fetch(cpu)).toBe(ramOffset(Number(PA)));
  });

  it('reports output addresses beyond IPS and tables beyond RAM', () => {
    mapPage(VA, 1n << 41n, NORMAL);
    bench.set(1, STAGE1);
    expect(access(bench, VA, LOAD_X3)).toBe('1:96000003,1234567000');
    bench.set(1, { TTBR0_EL1: 1n << 42n });
    expect(access(bench, VA, LOAD_X3)).toBe('1:96000000,1234567000');
    bench.set(1, { TTBR0_EL1: 0x9_0000_0000n });
    expect(access(bench, VA, LOAD_X3)).toBe('1:96000015,1234567000');
  });

  it('reads big-endian tables when SCTLR_EL1.EE is set', () => {
    lower.map(VA, PA, 3, NORMAL);
    const swap = (value: bigint) =>
      BigInt.asUintN(
        64,
        BigInt(`0x${Buffer.from(value.toString(16).padStart(16, '0'), 'hex').reverse().toString('hex')}`),
      );
    for (const [address, value] of lower.entries) bench.poke(address, swap(value));
    bench.set(1, { ...STAGE1, SCTLR_EL1: 0x1005n | (1n << 25n) });
    expect(access(bench, VA, LOAD_X3)).toBe('ok');
  });

  it('translates flat, as Device memory, while it is off', () => {
    bench.set(1, { SCTLR_EL1: 0n });
    expect(access(bench, 0x3000_0000n, LOAD_X3)).toBe('ok');
    expect(hits(0x3000_0000n)).toBe(false);
    expect(access(bench, 0x3000_0001n, LOAD_X3)).toBe('1:96000021,30000001');
    bench.set(1);
    expect(access(bench, 1n << 40n, LOAD_X3)).toBe('1:96000000,10000000000');
  });
});
