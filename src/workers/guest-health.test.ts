import { beforeEach, describe, expect, it } from 'vitest';
import type { Cpu } from '../emulator/cpu/cpu.ts';
import type { Machine } from '../emulator/machine.ts';
import { CpuState, EL } from '../emulator/cpu/state.ts';
import { Reg } from '../emulator/cpu/system-registers/offsets.ts';
import { CPU_STATE, CPU_STATE_STRIDE } from '../emulator/memory-layout.ts';
import { TraceKind } from '../emulator/trace-events.ts';
import { GuestHealth } from './guest-health.ts';

const memory = new ArrayBuffer(CPU_STATE + 2 * CPU_STATE_STRIDE);
const cpus = [0, 1].map((index) => ({ index, state: new CpuState(memory, index) }) as Cpu);
const bytes = (text: string) => new TextEncoder().encode(text);

let machine: Machine;
let health: GuestHealth;

beforeEach(() => {
  new Uint8Array(memory).fill(0);
  machine = { cpus, hooks: {} } as unknown as Machine;
  health = new GuestHealth(machine);
});

/** An exception of CPU 1 to EL1 (or another level), `times` over. */
function faults(times: number, esr: number, target = 1): void {
  const argument = BigInt(esr >>> 0) | (BigInt(target) << 32n);
  for (let i = 0; i < times; i++) machine.hooks.onTrace?.(cpus[1], TraceKind.exceptionEntry, argument);
}

describe('the health of the guests', () => {
  it('knows a panic of a kernel, which ends only that domain', () => {
    health.printed('d1', bytes('[ 1.0] Kernel panic - not sync'));
    health.printed('d1', bytes('ing: VFS: Unable to mount root fs\n'));
    expect(health.deathOf('d1')?.message).toBe('Kernel panic - not syncing: VFS: Unable to mount root fs');
    expect(health.deathOf('d2')).toBeUndefined();
  });

  it('knows a panic of Xen, which ends all', () => {
    health.printed('xen', bytes('(XEN) Panic on CPU 0:\r\n(XEN) CPU0: Unexpected Trap: Data Abort\r\n(XEN) ***\r\n'));
    const message = 'Panic on CPU 0: CPU0: Unexpected Trap: Data Abort';
    expect(health.deathOf('d2')).toEqual({ who: 'xen', message });
  });

  it('takes no domain at its word about Xen', () => {
    health.printed('d0', bytes('Panic on CPU 0:\n'));
    expect(health.deaths).toEqual([]);
  });

  it('sees a CPU that faults in its own handler for ever', () => {
    cpus[1].state.set(EL, 1);
    cpus[1].state.set(Reg.VTTBR_EL2 + 4, 3 << 16);
    cpus[1].state.pc = 0x200n;
    faults(100_000, 0x0200_0000);
    expect(health.deaths).toEqual([]);
    faults(1, 0x0200_0000);
    expect(health.deathOf('d2')?.message).toMatch(/^CPU 1 .* 0x200 \(ESR 0x2000000\)$/);
  });

  it('sees a guest whose code cannot be fetched, but none in one that polls a device of Xen', () => {
    cpus[1].state.set(EL, 1);
    cpus[1].state.set(Reg.VTTBR_EL2 + 4, 1 << 16);
    cpus[1].state.pc = 0x200n;
    faults(200_000, 0x9380_0006, 2);
    expect(health.deaths).toEqual([]);
    faults(100_001, 0x8200_0006, 2);
    expect(health.deathOf('d0')?.message).toMatch(/ 0x200 \(ESR 0x82000006\)$/);
  });

  it('sees no loop in system calls or in exceptions that differ', () => {
    faults(200_000, 0x5600_0000);
    cpus[1].state.set(EL, 1);
    for (let i = 0; i < 200_000; i++) faults(1, i & 1);
    expect(health.deaths).toEqual([]);
  });
});
