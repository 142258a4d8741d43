import { beforeEach, describe, expect, it } from 'vitest';
import {
  access,
  addressTranslate,
  createMmuBench,
  fetchAt,
  LOAD_X3,
  STORE_X0,
  sysEncoding,
} from '../../testing/bare-metal/mmu-fixture.ts';
import type { MmuBench, RegisterValues } from '../../testing/bare-metal/mmu-fixture.ts';
import { TableBuilder } from '../../testing/bare-metal/mmu-tables.ts';
import { Access, Status } from '../cpu/cpu.ts';
import { FETCH_ENTRIES, FETCH_TLB, PC, TLB, TLB_USER } from '../cpu/state.ts';
import { Reg } from '../cpu/system-registers/offsets.ts';
import { PAGE_FLAGS, PageFlag, pageIndex, ramOffset, SCRATCH, TLB_ENTRIES } from '../memory-layout.ts';
import { regimeRegisters } from './regime.ts';
import { explainWalk, liveView, translate, translateIpa } from './translate.ts';

/** Stage-1 leaf bits: AF, inner shareable, Normal (MAIR index 1). */
const NORMAL = (1n << 10n) | (3n << 8n) | (1n << 2n);
const DEVICE = (1n << 10n) | (0n << 2n);
const EL0_ACCESS = 1n << 6n;
const READ_ONLY = 1n << 7n;
const NG = 1n << 11n;
const UXN = 1n << 54n;
const PXN = 1n << 53n;
/** Stage-2 leaf bits: AF, inner shareable, write-back, read and write. */
const S2_ALL = (1n << 10n) | (3n << 8n) | (15n << 2n) | (3n << 6n);

const STAGE1: RegisterValues = {
  SCTLR_EL1: 0x1005n,
  TCR_EL1: 25n | (25n << 16n) | (2n << 30n) | (2n << 32n),
  TTBR0_EL1: 0x20_0000n,
  TTBR1_EL1: 0x21_0000n,
  MAIR_EL1: 0xff00n,
  HCR_EL2: 1n << 31n,
};
const STAGE2: RegisterValues = {
  HCR_EL2: (1n << 31n) | 1n,
  VTCR_EL2: 0x8002_3558n,
  VTTBR_EL2: (5n << 48n) | 0x40_0000n,
};
const VA = 0x12_3456_7000n;
const PA = 0x3000_0000n;

let bench: MmuBench;
let nextTable: number;
let lower: TableBuilder;
let stage2: TableBuilder;

function builder(root: number): TableBuilder {
  return new TableBuilder({ granuleShift: 12, inputSize: 39, startLevel: 1, root }, (bytes) => (nextTable += bytes));
}

function write(tables: TableBuilder): void {
  for (const [address, value] of tables.entries) bench.poke(address, value);
}

function mapPage(va: bigint, pa: bigint, attributes: bigint): void {
  lower.map(va, pa, 3, attributes);
  write(lower);
}

function tlbWords(cpu = bench.cpu): Uint32Array {
  return new Uint32Array(bench.memory, cpu.state.get(TLB), TLB_ENTRIES * 8);
}

/** Whether inline loads (or stores) to `va` would hit. */
function hits(va: bigint, write = false, cpu = bench.cpu): boolean {
  const entry = (Number(va >> 12n) & (TLB_ENTRIES - 1)) * 8 + (write ? 2 : 0);
  const words = tlbWords(cpu);
  return words[entry] === Number(va & 0xffff_f000n) && words[entry + 1] === Number(va >> 32n);
}

beforeEach(() => {
  bench = createMmuBench();
  nextTable = 0x100_0000;
  lower = builder(0x20_0000);
  stage2 = new TableBuilder(
    { granuleShift: 12, inputSize: 40, startLevel: 1, root: 0x40_0000 },
    (bytes) => (nextTable += bytes),
  );
});

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
    const index = Number((VA >> 12n) & BigInt(FETCH_ENTRIES - 1)) * 2;
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
    lower = builder(0x20_0000);
    lower.map(VA, 0x3020_0000n, 2, NORMAL);
    write(lower);
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
