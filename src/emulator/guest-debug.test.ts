import { beforeEach, describe, expect, it } from 'vitest';
import { access, createMmuBench, LOAD_X3, type MmuBench } from '../testing/bare-metal/mmu-fixture.ts';
import { TableBuilder } from '../testing/bare-metal/mmu-tables.ts';
import { SystemCpu } from '../testing/system-cpu.ts';
import { Access } from './cpu/cpu.ts';
import { armed, matchesAddress, matchesAnywhere } from './cpu/debug-match.ts';
import { DAIF, EL, TLB } from './cpu/state.ts';
import { Reg } from './cpu/system-registers/offsets.ts';
import { GuestDebug } from './guest-debug.ts';
import { Machine } from './machine.ts';
import { hashMachine, loadMachine, saveMachine } from './machine-state.ts';
import { DRAM_BASE, TLB_ENTRIES, TLB_ENTRY_SIZE } from './memory-layout.ts';

const MDE = 1n << 15n;
/** E, PMC = EL1 and EL0, BAS = all. */
const ENABLED = 0x1e7n;
const type = (n: bigint): bigint => n << 20n;

describe('breakpoints on contexts', () => {
  function cpu(control: bigint, value: bigint): SystemCpu {
    const m = new SystemCpu().setReg('MDSCR_EL1', MDE).setReg('OSLSR_EL1', 8n);
    return m.setReg('DBGBVR5_EL1', value).setReg('DBGBCR5_EL1', control).enter(0);
  }

  const matches = (m: SystemCpu): boolean => matchesAnywhere(m.cpu, armed(m.cpu).contexts);

  it('match every instruction of a CONTEXTIDR', () => {
    const m = cpu(ENABLED | type(2n), 0x55n).setReg('CONTEXTIDR_EL1', 0x55n);
    expect(matches(m)).toBe(true);
    expect(matches(m.setReg('CONTEXTIDR_EL1', 0x56n))).toBe(false);
  });

  it('match every instruction of a VMID, at EL0 and EL1 only', () => {
    const m = cpu(ENABLED | (1n << 13n) | type(8n), 7n << 32n).setReg('VTTBR_EL2', 7n << 48n);
    m.setReg('MDCR_EL2', 0x106n);
    expect([0, 1, 2].map((el) => matches(m.enter(el)))).toEqual([true, true, false]);
    expect(matches(m.setReg('VTTBR_EL2', 8n << 48n).enter(1))).toBe(false);
  });

  it('may need both', () => {
    const m = cpu(ENABLED | type(10n), (7n << 32n) | 0x55n).setReg('VTTBR_EL2', 7n << 48n);
    expect(matches(m)).toBe(false);
    expect(matches(m.setReg('CONTEXTIDR_EL1', 0x55n))).toBe(true);
  });

  it('match nothing by themselves when they are linked, or not context-aware', () => {
    expect(armed(cpu(ENABLED | type(3n), 0n).cpu).contexts).toEqual([]);
    const m = cpu(0n, 0n).setReg('DBGBCR1_EL1', ENABLED | type(2n));
    expect(armed(m.cpu).contexts).toEqual([]);
  });

  it('restrict an address that is linked to them to a VMID', () => {
    const m = cpu(ENABLED | type(9n), 7n << 32n).setReg('VTTBR_EL2', 7n << 48n);
    m.setReg('DBGBVR0_EL1', m.state.pc).setReg('DBGBCR0_EL1', ENABLED | type(1n) | (5n << 16n));
    expect(matchesAddress(m.cpu, armed(m.cpu).addresses)).toBe(true);
    expect(matchesAddress(m.setReg('VTTBR_EL2', 0n).cpu, armed(m.cpu).addresses)).toBe(false);
  });
});

describe('watchpoints and wide accesses', () => {
  const VA = 0x12_3456_7000n;
  const NORMAL = (1n << 10n) | (3n << 8n) | (1n << 2n);
  let bench: MmuBench;

  /** Arms watchpoint 0 on loads and stores of `bytes` (BAS) at `va`. */
  function watch(va: bigint, bytes: bigint): void {
    const { state } = bench.cpu;
    state.set64(Reg.DBGWVR0_EL1, va);
    state.set64(Reg.DBGWCR0_EL1, 0x1fn | (bytes << 5n));
    state.set64(Reg.MDSCR_EL1, MDE | (1n << 13n));
    const debug = new GuestDebug({
      place: () => undefined,
      refetch: () => undefined,
      guard: (cpu, guard) => bench.mmu.core.guard(cpu, guard),
    });
    debug.changed(bench.cpu);
  }

  beforeEach(() => {
    bench = createMmuBench();
    let next = 0x100_0000;
    const shape = { granuleShift: 12, inputSize: 39, startLevel: 1, root: 0x20_0000 } as const;
    const tables = new TableBuilder(shape, (bytes) => (next += bytes));
    for (const page of [0n, 0x1000n]) tables.map(VA + page, 0x3000_0000n + page, 3, NORMAL);
    for (const [address, value] of tables.entries) bench.poke(address, value);
    bench.set(1, {
      SCTLR_EL1: 0x1005n,
      TCR_EL1: 25n | (25n << 16n) | (2n << 30n) | (2n << 32n),
      TTBR0_EL1: 0x20_0000n,
      MAIR_EL1: 0xff00n,
      HCR_EL2: 1n << 31n,
    });
  });

  it('hit in the part of an access that lies in the next page, whose first byte FAR names', () => {
    watch(VA + 0x1000n, 1n);
    expect(access(bench, VA + 0xffcn, LOAD_X3)).toBe('1:d6000022,1234568000');
    expect(access(bench, VA + 0xff8n, LOAD_X3)).toBe('ok');
  });

  it('do not hit behind the end of such an access', () => {
    watch(VA + 0x1000n, 0xf0n);
    expect(access(bench, VA + 0xffcn, LOAD_X3)).toBe('ok');
  });

  it('keep a page out of the TLB until they are disarmed', () => {
    expect(access(bench, VA, LOAD_X3)).toBe('ok');
    watch(VA + 8n, 0xffn);
    expect(access(bench, VA, LOAD_X3)).toBe('ok');
    expect(access(bench, VA + 8n, 3 | Access.write)).toBe('1:d6000062,1234567008');
    const entry = bench.cpu.state.get(TLB) + Number((VA >> 12n) & BigInt(TLB_ENTRIES - 1)) * TLB_ENTRY_SIZE;
    expect(new DataView(bench.memory).getBigUint64(entry, true)).toBe(0xffff_ffff_ffff_ffffn);
  });

  it('hit in the block that DC ZVA clears, and in the line that DC IVAC invalidates', () => {
    watch(VA + 0x50n, 0xffn);
    const { state } = bench.cpu;
    const run = (encoding: number): string => {
      state.set64(Reg.ESR_EL1, 0n);
      state.set(EL, 1);
      state.set(DAIF, 0);
      state.setX(3, VA + 0x48n);
      bench.mmu.sys(bench.cpu, 0x4000 | encoding, 3);
      return `${state.get64(Reg.ESR_EL1).toString(16)},${state.get64(Reg.FAR_EL1).toString(16)}`;
    };
    expect(run(0x1ba1)).toBe('d6000062,1234567050');
    expect(run(0x3b1)).toBe('d6000162,1234567050');
    expect(run(0x1bd1)).toBe('0,1234567050');
  });
});

describe('in a machine', () => {
  const CODE = 0x1000;
  /** add x0, x0, #1; add x1, x1, #1; b .-8 */
  const LOOP = [0x9100_0400, 0x9100_0421, 0x17ff_fffe];

  /** Loops at EL1; exceptions end in a loop at the vector. */
  function machine(): Machine {
    const made = new Machine();
    const words = new Uint32Array(made.memory.buffer);
    words.set(LOOP, (DRAM_BASE + CODE) >>> 2);
    words[(DRAM_BASE + 0x8200) >>> 2] = 0x1400_0000;
    made.start(BigInt(CODE), 0n);
    const { state } = made.cpus[0];
    state.set64(Reg.VBAR_EL1, 0x8000n);
    state.set64(Reg.MDSCR_EL1, MDE | (1n << 13n));
    state.set64(Reg.OSLSR_EL1, 8n);
    state.set(EL, 1);
    state.set(DAIF, 0);
    made.mmu.reset(made.cpus);
    return made;
  }

  function arm(made: Machine, control: bigint): void {
    made.cpus[0].state.set64(Reg.DBGBVR4_EL1, BigInt(CODE + 4));
    made.cpus[0].state.set64(Reg.DBGBCR4_EL1, control);
    made.stateReplaced();
  }

  it('a breakpoint is there after a snapshot was loaded, and gone when the snapshot had none', () => {
    const made = machine();
    made.run(301);
    const before = saveMachine(made);
    arm(made, ENABLED);
    const after = saveMachine(made);
    made.run(10);
    expect(made.cpus[0].state.pc).toBe(0x8200n);
    expect(made.cpus[0].state.get64(Reg.ELR_EL1)).toBe(BigInt(CODE + 4));
    const hash = hashMachine(made);
    loadMachine(made, before);
    made.run(300);
    expect(made.cpus[0].state.get64(Reg.ESR_EL1)).toBe(0n);
    loadMachine(made, after);
    made.run(10);
    expect(hashMachine(made)).toBe(hash);
  });

  it('a context breakpoint stops the CPU at whatever it executes next', () => {
    const made = machine();
    made.cpus[0].state.set64(Reg.CONTEXTIDR_EL1, 9n);
    made.run(100);
    const { pc } = made.cpus[0].state;
    arm(made, ENABLED | type(2n));
    made.run(5);
    expect(made.cpus[0].state.get64(Reg.ESR_EL1)).toBe(0n);
    made.cpus[0].state.set64(Reg.DBGBVR4_EL1, 9n);
    made.stateReplaced();
    const here = made.cpus[0].state.pc;
    made.run(1);
    expect(made.cpus[0].state.get64(Reg.ESR_EL1)).toBe(0xc600_0022n);
    expect(made.cpus[0].state.get64(Reg.ELR_EL1)).toBe(here);
    expect(pc).toBeLessThan(BigInt(CODE + 12));
  });

  it('another CPU passes it', () => {
    const made = machine();
    arm(made, ENABLED);
    const other = made.cpus[1].state;
    made.powered[1] = true;
    other.pc = BigInt(CODE);
    made.run(30_000);
    expect(made.cpus[0].state.pc).toBe(0x8200n);
    expect(other.x(0)).toBeGreaterThan(3000n);
    expect(other.get64(Reg.ESR_EL2)).toBe(0n);
  });
});
