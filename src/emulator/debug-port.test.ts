import { beforeEach, describe, expect, it } from 'vitest';
import { CONSTANT, COUNTER, GUEST, HANDLER, physicalBase, twoGuests } from '../testing/two-guests.ts';
import { DebugPort, type PortStop } from './debug-port.ts';
import { hashMachine } from './machine-state.ts';
import type { Machine } from './machine.ts';

let machine: Machine;
let port: DebugPort;
beforeEach(() => {
  machine = twoGuests();
  port = new DebugPort(machine);
});

/** Runs through `count` stops and tells what is said of each. */
function stops<T>(count: number, say: (stop: PortStop) => T): T[] {
  const said: T[] = [];
  let past: number | undefined;
  for (let i = 0; i < count; i++) {
    const stop = port.run(10_000, past);
    past = stop.cpu;
    said.push(say(stop));
  }
  return said;
}

const vmidAt = ({ cpu }: PortStop): number => port.status(cpu).vmid;

describe('breakpoints of two guests with the same addresses', () => {
  it('stop both when only the level is asked for', () => {
    port.addBreakpoint({ address: GUEST.store, space: 'va', filter: { el: 1 } });
    expect(stops(4, vmidAt)).toEqual([1, 2, 1, 2]);
  });

  it.each([1, 2])('stop guest %i only when its VMID is asked for', (vmid) => {
    port.addBreakpoint({ address: GUEST.store, space: 'va', filter: { el: 1, vmid } });
    expect(stops(4, vmidAt)).toEqual([vmid, vmid, vmid, vmid]);
  });

  it('stop before the instruction, with nothing of it done', () => {
    port.addBreakpoint({ address: GUEST.store, space: 'va', filter: { vmid: 1 } });
    const [first, second] = stops(2, () => [port.readRegister(0, 'PC'), port.readRegister(0, 'X0')]);
    expect([first, second]).toEqual([
      [GUEST.store, 1n],
      [GUEST.store, 3n],
    ]);
  });

  it('on a physical address belong to whoever has the memory', () => {
    port.addBreakpoint({ address: physicalBase(2) + 4n, space: 'pa', filter: {} });
    expect(stops(3, vmidAt)).toEqual([2, 2, 2]);
  });

  it('do not mistake another level for theirs', () => {
    port.addBreakpoint({ address: HANDLER, space: 'va', filter: { el: 1 } });
    expect(port.run(10_000).reason).toBe('limit');
  });

  it('ask the filter last', () => {
    let asked = 0;
    const accept = (): boolean => ++asked === 3;
    port.addBreakpoint({ address: GUEST.store, space: 'va', filter: { vmid: 2, accept } });
    port.run(10_000);
    expect(port.readRegister(0, 'X0')).toBe(6n);
  });

  it('are gone when removed', () => {
    const id = port.addBreakpoint({ address: GUEST.store, space: 'va', filter: {} });
    port.run(10_000);
    port.remove(id);
    expect(port.run(10_000, 0).reason).toBe('limit');
  });
});

describe('watchpoints', () => {
  const watch = (vmid: 1 | 2, access: 'read' | 'write' | 'change', address = COUNTER, accessor = {}): void => {
    const physical = physicalBase(vmid) + (address - GUEST.base);
    port.addWatchpoint({ space: { kind: 'pa' }, address: physical, size: 8, access, accessor }, { kind: 'pa' });
  };

  it('see who writes and what', () => {
    watch(2, 'change');
    const seen = stops(2, ({ watchHits: [hit] }) => [hit.pc, hit.before, hit.after]);
    expect(seen).toEqual([
      [GUEST.store, 0n, 2n],
      [GUEST.store, 2n, 4n],
    ]);
  });

  it('follow a virtual address of one guest that was not mapped yet', () => {
    const context = { vmid: 1 };
    const request = {
      space: { kind: 'va', context },
      address: COUNTER,
      size: 8,
      access: 'write',
      accessor: {},
    } as const;
    port.addWatchpoint(request, { kind: 'va', view: port.makeView({ SCTLR_EL2: 0n }, 2) });
    expect(stops(3, vmidAt)).toEqual([1, 1, 1]);
  });

  it('for changes let stores of the same value pass', () => {
    watch(1, 'change', CONSTANT);
    expect(stops(2, ({ reason }) => reason)).toEqual(['watchpoint', 'limit']);
  });

  it('for writes do not', () => {
    watch(1, 'write', CONSTANT);
    expect(stops(3, ({ reason }) => reason)).toEqual(['watchpoint', 'watchpoint', 'watchpoint']);
  });

  it('for reads let writes pass', () => {
    watch(1, 'read');
    expect(port.run(10_000).reason).toBe('limit');
  });

  it('tell the accessor from the memory', () => {
    watch(1, 'write', COUNTER, { vmid: 2 });
    expect(port.run(10_000).reason).toBe('limit');
  });

  it('take the neighbours on the page for what they are', () => {
    watch(1, 'write', CONSTANT + 8n);
    expect(port.run(10_000).reason).toBe('limit');
  });
});

describe('a run made of short ones', () => {
  it('passes what it was to pass, once', () => {
    port.addBreakpoint({ address: GUEST.loop, space: 'va', filter: { vmid: 1 } });
    const { cpu, instructions } = port.run(10_000);
    expect(port.run(0, cpu).reason).toBe('limit');
    const next = port.goOn(10_000);
    expect(next.reason).toBe('breakpoint');
    expect(next.instructions).toBeGreaterThan(instructions);
  });
});

describe('catchpoints', () => {
  it('stop after the exception has been taken', () => {
    port.addCatchpoint({ kind: 'HVC', filter: { vmid: 2 } });
    const stop = port.run(10_000);
    expect(stop.event).toMatchObject({ kind: 'synchronous', from: 1, target: 2, vector: 0x400 });
    expect(port.status(0)).toMatchObject({ el: 2, pc: HANDLER, vmid: 2 });
  });

  it('compare the immediate', () => {
    port.addCatchpoint({ kind: 'HVC', immediate: 8, filter: {} });
    expect(port.run(10_000).reason).toBe('limit');
    port.addCatchpoint({ kind: 'HVC', immediate: 7, filter: {} });
    expect(port.run(10_000).reason).toBe('catchpoint');
  });

  it('see returns', () => {
    port.addCatchpoint({ kind: 'ERET', target: 1, filter: {} });
    port.run(10_000);
    expect(port.status(0)).toMatchObject({ el: 1, pc: GUEST.loop });
  });
});

describe('single steps', () => {
  it('retire one instruction', () => {
    const before = port.instructions;
    expect(port.stepInstruction(0)).toMatchObject({ reason: 'step', event: undefined });
    expect([port.instructions - before, port.readRegister(0, 'PC')]).toEqual([1, 0x8_0004n]);
  });

  it('go through an exception and say so', () => {
    port.addBreakpoint({ address: GUEST.hvc, space: 'va', filter: { vmid: 1 } });
    port.run(10_000);
    const stop = port.stepInstruction(0);
    expect(stop.event).toMatchObject({ from: 1, target: 2, pc: GUEST.hvc + 4n });
    expect(port.readRegister(0, 'PC')).toBe(HANDLER);
  });

  it('made of runs that are too short for them are the same steps', () => {
    port.addBreakpoint({ address: GUEST.hvc, space: 'va', filter: { vmid: 1 } });
    port.run(10_000);
    expect(port.stepInstruction(0, 0).reason).toBe('limit');
    const stop = port.goOn(100);
    expect(stop).toMatchObject({ reason: 'step', event: { pc: GUEST.hvc + 4n } });
    expect(port.readRegister(0, 'PC')).toBe(HANDLER);
  });

  it('leave a breakpoint at the instruction behind', () => {
    port.addBreakpoint({ address: GUEST.store, space: 'va', filter: {} });
    port.run(10_000);
    expect(port.stepInstruction(0).reason).toBe('step');
    expect(port.readRegister(0, 'PC')).toBe(GUEST.constant);
  });
});

describe('memory and registers', () => {
  it('are read in the eyes of a guest that does not run', () => {
    port.addBreakpoint({ address: GUEST.loop, space: 'va', filter: { vmid: 2 } });
    stops(3, () => undefined);
    const other = port.withRegister(port.view(0), 'VTTBR_EL2', 0x0001_0000_0010_0000n);
    const read = (view: typeof other): number => port.read({ kind: 'va', view }, COUNTER, 1).bytes[0];
    expect([read(other), read(port.view(0))]).toEqual([5, 4]);
  });

  it('say why an address cannot be read', () => {
    port.addBreakpoint({ address: GUEST.loop, space: 'va', filter: {} });
    port.run(10_000);
    const { bytes, fault } = port.read({ kind: 'va', view: port.view(0) }, 0x3f_fff8n, 16);
    expect(bytes).toHaveLength(8);
    expect(fault).toMatch(/^stage 2 translation fault/);
  });

  it('take new code at once', () => {
    port.addBreakpoint({ address: GUEST.loop, space: 'va', filter: { vmid: 1 } });
    stops(3, () => undefined);
    // add x0, x0, #16
    port.write({ kind: 'va', view: port.view(0) }, GUEST.loop, Uint8Array.of(0, 0x40, 0, 0x91));
    const before = port.readRegister(0, 'X0');
    port.stepInstruction(0);
    expect(port.readRegister(0, 'X0')).toBe((before ?? 0n) + 16n);
  });

  it('refuse what has no effect that could be followed', () => {
    expect(port.writeRegister(0, 'PSTATE', 0x3c5n)).toBe(false);
    expect(port.writeRegister(0, 'PSTATE', (port.readRegister(0, 'PSTATE') ?? 0n) | 0x8000_0000n)).toBe(true);
    expect(port.readRegister(0, 'NZCV')).toBe(0x8000_0000n);
    expect(port.readRegister(0, 'X31')).toBeUndefined();
  });
});

describe.each([
  ['interpreted', Infinity],
  ['translated', 1],
])(
  'a machine that is watched, %s,',
  (_, threshold) => {
    /** State after 30,000 instructions with the stops that `prepare` asks for. */
    function stateAfter(prepare: () => void): { hash: string; stops: number } {
      machine = twoGuests();
      machine.translator.threshold = threshold;
      port = new DebugPort(machine);
      prepare();
      let count = 0;
      for (let past: number | undefined; port.instructions < 30_000; count++)
        past = port.run(30_000 - port.instructions, past).cpu;
      return { hash: hashMachine(machine), stops: count };
    }

    const undisturbed = (): string => stateAfter(() => {}).hash;

    it('does the same as one that is not', () => {
      const { hash, stops: count } = stateAfter(() => {
        port.addBreakpoint({ address: GUEST.store, space: 'va', filter: { vmid: 2 } });
        port.addCatchpoint({ kind: 'ERET', filter: { vmid: 1 } });
        const space = { kind: 'pa' } as const;
        port.addWatchpoint(
          { space, address: physicalBase(1) + 0x1000n, size: 8, access: 'write', accessor: {} },
          space,
        );
      });
      expect(count).toBeGreaterThan(4000);
      expect(hash).toBe(undisturbed());
    });

    it('does the same when it is stepped on the way', () => {
      const { hash } = stateAfter(() => {
        for (let i = 0; i < 500; i++) port.stepInstruction(0);
      });
      expect(hash).toBe(undisturbed());
    });
  },
  60_000,
);
