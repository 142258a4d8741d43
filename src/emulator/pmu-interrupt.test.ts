import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { assembleFlat } from '../testing/cross-compile.ts';
import { readSystemRegister, writeSystemRegister } from './cpu/system-registers/inspect.ts';
import { DAIF } from './cpu/state.ts';
import { Machine } from './machine.ts';
import { hashMachine, loadMachine, saveMachine } from './machine-state.ts';
import { DRAM_BASE } from './memory-layout.ts';
import { TraceKind } from './trace-events.ts';

const CODE = 0x1000;
/** PMCR_EL0.{E, D, LC}. */
const [E, D, LC] = [1n, 8n, 64n];
/** PMEVTYPER, PMCCFILTR: counts at EL2. */
const NSH = 1n << 27n;
const CPU_CYCLES = 0x11n;
const CHAIN = 0x1en;
const CYCLES = 1n << 31n;
/** Of the distributor: pending interrupts 160-191, of which SPI 143 is bit 15. */
const GICD_ISPENDR5 = 0xf901_0214;

/** Registers that a test writes before it starts the counters. */
type Settings = Readonly<Record<string, bigint>>;

/** What came of it: interrupts with their virtual time after the start in ns, and the overflow flags that the last one found. */
interface Outcome {
  readonly interrupts: readonly number[];
  readonly flags: bigint;
  readonly intid: bigint;
}

describe('the interrupt of the performance monitors', () => {
  let machine: Machine;
  let program: Uint8Array;
  let interrupts: number[];
  beforeAll(() => {
    program = assembleFlat('pmu-overflow');
    machine = new Machine();
    machine.hooks.onTrace = (cpu, kind) => {
      if (kind === TraceKind.interruptEntry) interrupts.push(machine.now(cpu.index));
    };
  });

  const x = (n: number): bigint => machine.cpus[0].state.x(n);

  beforeEach(() => {
    interrupts = [];
    machine.reset();
    machine.bytes.set(program, DRAM_BASE + CODE);
    machine.dropCode();
    machine.start(BigInt(CODE), 0n);
    while (machine.cpus[0].state.pc !== x(20)) machine.run(1);
  });

  /** Stops the counters, writes the registers and runs as far as the counters have been started; the time then. */
  function begin(settings: Settings, control: bigint): number {
    writeSystemRegister(machine.cpus[0], 'PMCR_EL0', 0n);
    for (const [name, value] of Object.entries(settings)) writeSystemRegister(machine.cpus[0], name, value);
    machine.cpus[0].state.setX(19, control);
    machine.run(2);
    return machine.now(0);
  }

  const outcomeSince = (start: number): Outcome => ({
    interrupts: interrupts.map((time) => time - start),
    flags: x(21),
    intid: x(22),
  });

  function outcomeOf(settings: Settings, control: bigint, instructions: number): Outcome {
    const start = begin(settings, control);
    machine.run(instructions);
    return outcomeSince(start);
  }

  const cycles = (count: bigint): Settings => ({
    PMCCFILTR_EL0: NSH,
    PMCNTENSET_EL0: CYCLES,
    PMINTENSET_EL1: CYCLES,
    PMCCNTR_EL0: count,
  });

  it('comes at the very cycle at which the cycle counter overflows 32 bits', () => {
    expect(outcomeOf(cycles(0xffff_ffffn - 12_345n), E, 100_000)).toEqual({
      interrupts: [12_346],
      flags: CYCLES,
      intid: 175n,
    });
  });

  it('comes after 2^64 cycles with PMCR_EL0.LC, and not after 2^32', () => {
    expect(outcomeOf(cycles(0xffff_ff00n), E | LC, 1000).interrupts).toEqual([]);
    machine.cpus[0].state.pc = x(20);
    expect(outcomeOf(cycles(-500n), E | LC, 1000).interrupts).toEqual([500]);
  });

  it('comes every 64th cycle of that count with PMCR_EL0.D', () => {
    const start = begin(cycles(0xffff_fff0n), E | D);
    machine.run(10_000);
    expect(interrupts).toEqual([64 * (Math.floor(start / 64) + 16)]);
  });

  it('comes from event counters, also through a chained one', () => {
    const event = { PMEVTYPER2_EL0: NSH | CPU_CYCLES, PMEVCNTR2_EL0: 0xffff_0000n };
    const one = { ...event, PMCNTENSET_EL0: 4n, PMINTENSET_EL1: 4n };
    expect(outcomeOf(one, E, 70_000)).toEqual({ interrupts: [65_536], flags: 4n, intid: 175n });
    machine.cpus[0].state.pc = x(20);
    interrupts = [];
    const chain = { PMEVTYPER3_EL0: NSH | CHAIN, PMEVCNTR3_EL0: 0xffff_ffffn };
    const both = { ...event, ...chain, PMCNTENSET_EL0: 12n, PMINTENCLR_EL1: 4n, PMINTENSET_EL1: 8n };
    expect(outcomeOf(both, E, 70_000)).toEqual({ interrupts: [65_536], flags: 12n, intid: 175n });
  });

  it('does not come from counters that are not enabled, are filtered, or whose interrupt is not enabled', () => {
    const near = cycles(0xffff_fff0n);
    for (const change of [{ PMCNTENSET_EL0: 0n }, { PMCCFILTR_EL0: 0n }, { PMINTENSET_EL1: 0n }] as Settings[]) {
      writeSystemRegister(machine.cpus[0], 'PMCNTENCLR_EL0', CYCLES);
      writeSystemRegister(machine.cpus[0], 'PMINTENCLR_EL1', CYCLES);
      machine.cpus[0].state.pc = x(20);
      expect(outcomeOf({ ...near, ...change }, E, 1000).interrupts).toEqual([]);
    }
  });

  it('is a level: it follows the flag, its enable and PMCR_EL0.E', () => {
    const [cpu] = machine.cpus;
    const isPending = (): boolean => (machine.board.bus.read(0, GICD_ISPENDR5, 4) & 0x8000) !== 0;
    const after = (name: string, value: bigint): boolean => {
      writeSystemRegister(cpu, name, value);
      return isPending();
    };
    cpu.state.set(DAIF, 0x3c0);
    expect(after('PMOVSSET_EL0', CYCLES)).toBe(false);
    expect(after('PMINTENSET_EL1', CYCLES)).toBe(false);
    expect(after('PMCR_EL0', E)).toBe(true);
    expect(after('PMINTENCLR_EL1', CYCLES)).toBe(false);
    expect(after('PMINTENSET_EL1', CYCLES)).toBe(true);
    expect(after('PMCR_EL0', 0n)).toBe(false);
    expect(after('PMCR_EL0', E)).toBe(true);
    expect(after('PMOVSCLR_EL0', CYCLES)).toBe(false);
  });

  it('leaves counters from MDCR_EL2.HPMN on to MDCR_EL2.HPME', () => {
    const settings = { MDCR_EL2: 2n, PMOVSSET_EL0: 4n, PMINTENSET_EL1: 4n };
    expect(outcomeOf(settings, E, 100).interrupts).toEqual([]);
    machine.cpus[0].state.pc = x(20);
    expect(outcomeOf({ MDCR_EL2: 2n | 0x80n }, 0n, 100).intid).toBe(175n);
  });

  it('comes at the same time however the run is cut, and after a state was saved and restored', () => {
    const settings = cycles(0xffff_ffffn - 5000n);
    begin(settings, E);
    const file = saveMachine(machine);
    machine.run(20_000);
    const whole = { hash: hashMachine(machine), interrupts: [...interrupts] };
    for (const piece of [1, 7, 1000]) {
      interrupts = [];
      loadMachine(machine, file);
      for (let done = 0; done < 20_000; done += piece) machine.run(Math.min(piece, 20_000 - done));
      expect({ hash: hashMachine(machine), interrupts }).toEqual(whole);
    }
  });

  it('looked at from outside, is not raised early', () => {
    begin(cycles(0xffff_ffffn - 99n), E);
    machine.run(100);
    expect(interrupts).toEqual([]);
    const before = hashMachine(machine);
    expect(readSystemRegister(machine.cpus[0], 'PMOVSSET_EL0')).toBe(CYCLES);
    expect(hashMachine(machine)).toBe(before);
  });
});
