import { describe, expect, it, beforeEach } from 'vitest';
import {
  access,
  addressTranslate,
  fetchAt,
  LOAD_X3,
  STORE_X0,
  sysEncoding,
} from '../../testing/bare-metal/mmu-fixture.ts';
import {
  NORMAL,
  READ_ONLY,
  S2_ALL,
  STAGE1,
  STAGE2,
  VA,
  PA,
  bench,
  lower,
  stage2,
  write,
  mapPage,
  hits,
  resetScene,
} from '../../testing/bare-metal/mmu-scene.ts';
import { Access, Status } from '../cpu/cpu.ts';
import { Reg } from '../cpu/system-registers/offsets.ts';
import { ramOffset } from '../memory-layout.ts';

beforeEach(resetScene);

describe('stage 2', () => {
  /** Identity for the tables' 2 MB at `pa`. */
  function mapTables(...blocks: bigint[]): void {
    for (const block of blocks) stage2.map(block, block, 2, S2_ALL);
  }

  beforeEach(() => {
    mapPage(VA, 0x5000_1000n, NORMAL);
    mapTables(0x20_0000n, 0x100_0000n);
  });

  it('translates what stage 1 gives', () => {
    stage2.map(0x5000_1000n, PA, 3, S2_ALL);
    write(stage2);
    bench.set(1, { ...STAGE1, ...STAGE2 });
    expect(bench.mmu.data(bench.cpu, 0x3456_7010, 0x12, LOAD_X3)).toBe(ramOffset(Number(PA) + 0x10));
  });

  it('takes its faults to EL2 with HPFAR and the instruction syndrome', () => {
    write(stage2);
    bench.set(1, { ...STAGE1, ...STAGE2 });
    expect(access(bench, VA + 8n, LOAD_X3)).toBe('2:93c38005,1234567008,500010');
    stage2.map(0x5000_1000n, PA, 3, S2_ALL & ~(1n << 7n));
    write(stage2);
    bench.set(1);
    expect(access(bench, VA + 8n, STORE_X0)).toBe('2:93c0804f,1234567008,500010');
  });

  it('leaves ISV clear where no single register is accessed', () => {
    write(stage2);
    bench.set(1, { ...STAGE1, ...STAGE2 });
    expect(access(bench, VA, LOAD_X3 | Access.noSyndrome)).toBe('2:92000005,1234567000,500010');
  });

  it('reports faults on stage-1 walks with S1PTW and the IPA of the descriptor', () => {
    stage2.map(0x20_0000n, 0x20_0000n, 2, S2_ALL & ~(1n << 6n));
    write(stage2);
    bench.set(1, { ...STAGE1, ...STAGE2 });
    const descriptor = 0x20_0000 + Number(VA >> 30n) * 8;
    expect(access(bench, VA, LOAD_X3)).toBe(`2:9200008e,1234567000,${((descriptor >>> 12) << 4).toString(16)}`);
  });

  it('forbids walks through Device memory under HCR_EL2.PTW', () => {
    stage2.map(0x5000_1000n, PA, 3, S2_ALL);
    stage2.map(0x20_0000n, 0x20_0000n, 2, S2_ALL & ~(15n << 2n));
    write(stage2);
    bench.set(1, { ...STAGE1, ...STAGE2 });
    expect(access(bench, VA, LOAD_X3)).toBe('ok');
    bench.set(1, { HCR_EL2: (1n << 31n) | 5n });
    expect(access(bench, VA, LOAD_X3)).toBe('2:9200008e,1234567000,2000');
  });

  it('faults on unaligned accesses that only stage 2 makes Device, at EL2', () => {
    stage2.map(0x5000_1000n, PA, 3, S2_ALL & ~(15n << 2n));
    write(stage2);
    bench.set(1, { ...STAGE1, ...STAGE2 });
    expect(access(bench, VA + 1n, LOAD_X3)).toMatch(/^2:93c38021,1234567001/);
  });

  it('forbids execution with XN', () => {
    stage2.map(0x5000_1000n, PA, 3, S2_ALL | (1n << 54n));
    write(stage2);
    bench.set(1, { ...STAGE1, ...STAGE2 });
    expect(fetchAt(bench, VA)).toBe('2:8200000f,1234567000,500010');
  });

  it('makes memory Normal with stage 1 off under HCR_EL2.DC', () => {
    stage2.map(0x5000_1000n, PA, 3, S2_ALL);
    write(stage2);
    bench.set(1, { ...STAGE1, ...STAGE2, HCR_EL2: (1n << 31n) | (1n << 12n) });
    expect(access(bench, 0x5000_1001n, LOAD_X3)).toBe('ok');
    expect(hits(0x5000_1000n)).toBe(true);
  });

  it('needs an IPA within VTCR_EL2.T0SZ, and a consistent SL0', () => {
    write(stage2);
    lower.map(VA, 0xf0_0000_0000n, 3, NORMAL);
    write(lower);
    bench.set(1, { ...STAGE1, ...STAGE2, VTCR_EL2: 0x8002_3559n });
    expect(access(bench, VA, LOAD_X3)).toBe('2:93c38004,1234567000,f0000000');
    bench.set(1, { VTCR_EL2: 0x8002_3598n });
    expect(access(bench, VA, LOAD_X3)).toMatch(/^2:92000084,/);
  });

  it('combines memory types: the more restrictive wins', () => {
    stage2.map(0x5000_1000n, PA, 3, (S2_ALL & ~(15n << 2n)) | (5n << 2n));
    write(stage2);
    bench.set(2, { ...STAGE1, ...STAGE2 });
    expect(addressTranslate(bench, 4, 4, VA).toString(16)).toBe('4400000030000b00');
    expect(addressTranslate(bench, 0, 0, VA).toString(16)).toBe('ff00000050001b80');
  });
});

describe('AT', () => {
  it('reports faults in PAR_EL1', () => {
    mapPage(VA, PA, NORMAL | READ_ONLY);
    bench.set(2, STAGE1);
    expect(addressTranslate(bench, 0, 1, VA).toString(16)).toBe('81f');
    expect(addressTranslate(bench, 0, 2, VA).toString(16)).toBe('81f');
    bench.set(2, STAGE2);
    expect(addressTranslate(bench, 4, 4, VA).toString(16)).toBe('b0b');
  });

  it('takes a stage-2 fault on the walk to EL2 when EL1 asks', () => {
    mapPage(VA, PA, NORMAL);
    bench.set(1, { ...STAGE1, ...STAGE2 });
    bench.cpu.state.setX(0, VA);
    expect(bench.mmu.sys(bench.cpu, sysEncoding(0, 7, 8, 0), 0)).toBe(Status.resync);
    expect(bench.cpu.state.get64(Reg.ESR_EL2).toString(16)).toBe('920001c5');
  });

  it('uses the EL2 regime for S1E2R', () => {
    mapPage(VA, PA, NORMAL);
    bench.set(2, { SCTLR_EL2: 5n, TCR_EL2: 25n | (2n << 16n), TTBR0_EL2: 0x20_0000n, MAIR_EL2: 0xff00n });
    expect(addressTranslate(bench, 4, 0, VA).toString(16)).toBe('ff00000030000b80');
  });
});
