import { describe, expect, it, beforeEach, vi } from 'vitest';
import { access, fetchAt, LOAD_X3, sysEncoding } from '../../testing/bare-metal/mmu-fixture.ts';
import {
  NORMAL,
  NG,
  S2_ALL,
  STAGE1,
  STAGE2,
  VA,
  PA,
  bench,
  builder,
  stage2,
  write,
  mapPage,
  hits,
  resetScene,
} from '../../testing/bare-metal/mmu-scene.ts';
import { Status } from '../cpu/cpu.ts';
import { FETCH_ENTRIES, FETCH_TLB, PC, TLB } from '../cpu/state.ts';
import { ramOffset, TLB_ENTRIES } from '../memory-layout.ts';
import { fetchOffset } from './fetch-entries.ts';

beforeEach(resetScene);

describe('contexts', () => {
  const tlbi = (op1: number, crm: number, op2: number, value: bigint, cpu = bench.cpu) => {
    cpu.state.setX(1, value);
    return bench.mmu.sys(cpu, sysEncoding(op1, 8, crm, op2), 1);
  };
  /** The same page mapped elsewhere, without any invalidation. */
  const remap = () => mapPage(VA, PA + 0x10_0000n, NORMAL);
  const page = (cpu = bench.cpu) => bench.mmu.data(cpu, 0x3456_7000, 0x12, LOAD_X3);
  const OLD = ramOffset(Number(PA));
  const NEW = ramOffset(Number(PA) + 0x10_0000);

  beforeEach(() => {
    mapPage(VA, PA, NORMAL);
    bench.set(1, STAGE1);
    page();
  });

  it('come back with their entries when TTBR0 and the ASID come back', () => {
    bench.set(1, { TTBR0_EL1: (7n << 48n) | 0x60_0000n });
    expect(hits(VA)).toBe(false);
    bench.set(1, STAGE1);
    expect(hits(VA)).toBe(true);
  });

  it('take global pages of the upper half over from another process, and no others', () => {
    const global = 0xffff_ff80_0010_0000n;
    const own = 0xffff_ff80_0010_1000n;
    const upper = builder(0x21_0000);
    upper.map(global, PA, 3, NORMAL);
    upper.map(own, PA, 3, NORMAL | NG);
    write(upper);
    for (const va of [global, own]) bench.mmu.data(bench.cpu, Number(va & 0xffff_ffffn), Number(va >> 32n), LOAD_X3);
    bench.set(1, { TTBR0_EL1: (7n << 48n) | 0x60_0000n });
    expect([hits(global), hits(own), hits(VA)]).toEqual([true, false, false]);
    tlbi(0, 7, 1, (global >> 12n) & 0xfff_ffff_ffffn);
    expect(hits(global)).toBe(false);
  });

  it('are separate for EL0, EL1 and EL2', () => {
    const el1 = bench.cpu.state.get(TLB);
    bench.set(0);
    const el0 = bench.cpu.state.get(TLB);
    bench.set(2);
    expect(new Set([el0, el1, bench.cpu.state.get(TLB)]).size).toBe(3);
  });

  it('are reused when more are needed than there are', () => {
    for (let asid = 1n; asid <= 40n; asid++) bench.set(1, { TTBR0_EL1: (asid << 48n) | 0x20_0000n });
    bench.set(1, STAGE1);
    expect(hits(VA)).toBe(false);
    expect(page()).toBe(OLD);
  });

  describe('and the fetch TLB', () => {
    const index = fetchOffset(Number(VA & 0xffff_ffffn)) >>> 3;
    const entries = () => new BigUint64Array(bench.memory, bench.cpu.state.get(FETCH_TLB), 2 * FETCH_ENTRIES);
    const tag = () => entries()[index];
    const NONE = 0xffff_ffff_ffff_ffffn;

    beforeEach(() => {
      // The core fills the entry for the page it has just asked for.
      fetchAt(bench, VA);
      entries()[index] = VA;
      entries()[index + 1] = 0x80_0000n;
    });

    it('take their entries with them and bring them back', () => {
      bench.set(1);
      expect(tag()).toBe(VA);
      bench.set(0);
      expect(tag()).toBe(NONE);
      bench.set(1);
      expect([tag(), entries()[index + 1]]).toEqual([VA, 0x80_0000n]);
    });

    it.each([
      ['in use', false],
      ['put away', true],
    ])('lose entries %s to TLBI by address', (_name, away) => {
      bench.set(away ? 0 : 1);
      tlbi(0, 3, 1, (VA >> 12n) + 1n);
      bench.set(1);
      expect(tag()).toBe(VA);
      bench.set(away ? 0 : 1);
      tlbi(0, 3, 1, VA >> 12n);
      bench.set(1);
      expect(tag()).toBe(NONE);
    });

    it('keep their entries while data is read whose pages take the same places in the data TLB', () => {
      const other = VA + BigInt(TLB_ENTRIES * 4096);
      mapPage(other, PA, NORMAL);
      access(bench, other, LOAD_X3);
      expect([hits(VA), hits(other), tag()]).toEqual([false, true, VA]);
      const walks = vi.spyOn(bench.mmu.core.walker, 'translate');
      bench.mmu.flushFetch(bench.cpu);
      expect([fetchAt(bench, VA), walks.mock.calls.length]).toEqual(['ok', 0]);
    });

    it('lose all entries when code is dropped', () => {
      bench.set(0);
      bench.mmu.flushFetch(bench.cpu);
      bench.set(1);
      expect(tag()).toBe(NONE);
    });
  });

  it.each([
    ['VMALLE1', 0, 7, 0, 0n],
    ['VAE1', 0, 7, 1, VA >> 12n],
    ['ASIDE1', 0, 7, 2, 0n],
    ['VAAE1', 0, 7, 3, VA >> 12n],
    ['VALE1', 0, 7, 5, VA >> 12n],
    ['VAALE1', 0, 7, 7, VA >> 12n],
    ['VMALLE1IS', 0, 3, 0, 0n],
    ['VAE1IS', 0, 3, 1, VA >> 12n],
    ['ALLE1', 4, 7, 4, 0n],
    ['VMALLS12E1', 4, 7, 6, 0n],
    ['VMALLS12E1IS', 4, 3, 6, 0n],
    ['IPAS2E1', 4, 4, 1, PA >> 12n],
  ])('forget the page after TLBI %s', (_name, op1, crm, op2, value) => {
    remap();
    expect(page()).toBe(OLD);
    const pc = bench.cpu.state.pc;
    expect(tlbi(op1, crm, op2, value)).toBe(Status.resync);
    expect(bench.cpu.state.get64(PC)).toBe(pc + 4n);
    expect(page()).toBe(NEW);
  });

  it('keep it after TLBI of another ASID, another page or EL2', () => {
    remap();
    tlbi(0, 7, 2, 9n << 48n);
    tlbi(0, 7, 1, (VA >> 12n) + 1n);
    tlbi(4, 7, 0, 0n);
    expect(page()).toBe(OLD);
  });

  it('forget on other CPUs only what is broadcast', () => {
    const other = bench.cpus[2];
    bench.set(1, STAGE1, other);
    page(other);
    remap();
    tlbi(0, 7, 0, 0n);
    expect(page(other)).toBe(OLD);
    tlbi(0, 3, 0, 0n);
    expect(page(other)).toBe(NEW);
  });

  it('broadcast local operations of EL1 under HCR_EL2.FB', () => {
    const other = bench.cpus[2];
    bench.set(1, STAGE1, other);
    page(other);
    remap();
    bench.set(1, { HCR_EL2: (1n << 31n) | (1n << 9n) });
    tlbi(0, 7, 1, VA >> 12n);
    expect(page(other)).toBe(NEW);
  });

  it('forget all pages of a block when one of them is named', () => {
    const blocks = builder(0x20_0000);
    blocks.map(VA, 0x3020_0000n, 2, NORMAL);
    write(blocks);
    tlbi(0, 7, 0, 0n);
    const block = VA & ~0x1f_ffffn;
    access(bench, block + 0x5000n, LOAD_X3);
    access(bench, block + 0x1_f000n, LOAD_X3);
    tlbi(0, 7, 1, (block + 0x1_0000n) >> 12n);
    expect([hits(block + 0x5000n), hits(block + 0x1_f000n)]).toEqual([false, false]);
  });

  it('of another VMID survive VMALLE1', () => {
    stage2.map(0x20_0000n, 0x20_0000n, 2, S2_ALL);
    stage2.map(0x100_0000n, 0x100_0000n, 2, S2_ALL);
    stage2.map(PA, PA, 2, S2_ALL);
    write(stage2);
    bench.set(1, STAGE2);
    expect(page()).toBe(OLD);
    remap();
    bench.set(1, { VTTBR_EL2: (6n << 48n) | 0x40_0000n });
    tlbi(0, 7, 0, 0n);
    bench.set(1, STAGE2);
    expect(page()).toBe(OLD);
    tlbi(0, 7, 0, 0n);
    expect(page()).toBe(NEW);
  });

  it('see new stage-2 tables after VMALLS12E1, not before', () => {
    for (const block of [0x20_0000n, 0x100_0000n, PA]) stage2.map(block, block, 2, S2_ALL);
    write(stage2);
    bench.set(1, STAGE2);
    expect(page()).toBe(OLD);
    stage2.map(PA, 0x3020_0000n, 2, S2_ALL);
    write(stage2);
    tlbi(0, 7, 0, 0n);
    expect(page()).toBe(OLD);
    tlbi(4, 3, 6, 0n);
    expect(page()).toBe(ramOffset(0x3020_0000));
  });
});
