/** Saving, restoring and hashing a `Machine`. */
import { StateError, type Plain } from './devices/device.ts';
import { list, number, record } from './devices/plain.ts';
import type { Machine } from './machine.ts';
import { CPU_COUNT } from './memory-layout.ts';
import { asSnapshotError, readSnapshot } from './snapshot-file.ts';
import { MachineState, type StatePart } from './snapshot.ts';

/** What `saveMachine` and its like need, kept for as long as the machine lives. */
const states = new WeakMap<Machine, MachineState>();

/** The exact state of the machine as a file; `extra` is given back by `loadMachine`. Not while it runs. */
export function saveMachine(machine: Machine, extra: Plain = null): Uint8Array {
  return stateOf(machine).save(extra);
}

/**
 * Restores what `saveMachine` gave. Throws `SnapshotError`; when that says `not-this-machine`, the machine must be reset. `memoryIsZero` promises that RAM was
 * never written.
 */
export function loadMachine(machine: Machine, file: Uint8Array, memoryIsZero = false): Plain {
  return stateOf(machine).load(file, memoryIsZero);
}

/** What can be told of a saved state without loading it: its `extra`, and the instructions it had retired. Throws `SnapshotError`. */
export function describeSnapshot(file: Uint8Array): { readonly extra: Plain; readonly instructions: number } {
  const { parts, extra } = readSnapshot(file);
  const instructions = asSnapshotError('not-this-machine', 'The snapshot has no clock', () =>
    number(record(parts.clock ?? null).instructions),
  );
  return { extra, instructions };
}

/** Hash of all architectural state: 32 hexadecimal digits. */
export function hashMachine(machine: Machine): string {
  return stateOf(machine).hash();
}

function stateOf(machine: Machine): MachineState {
  const known = states.get(machine);
  if (known) return known;
  const { memory, board } = machine;
  const parts = { clock: clockPart(machine), power: powerPart(machine), board };
  const caches = { save: () => machine.mmu.save(), restore: (saved: Plain) => machine.stateReplaced(saved) };
  const state = new MachineState({ memory, cpus: machine.cpus.map((cpu) => cpu.state), parts, caches });
  states.set(machine, state);
  return state;
}

function clockPart({ clock }: Machine): StatePart {
  return {
    save: () => clock.save(),
    restore(state) {
      const fields = record(state);
      for (const name of ['instructions', 'windowStart', 'turn']) number(fields[name]);
      for (const name of ['time', 'raisedAt']) list(fields[name], CPU_COUNT, number);
      clock.restore(state);
    },
  };
}

function powerPart({ powered }: Machine): StatePart {
  return {
    save: () => [...powered],
    restore(state) {
      list(state, CPU_COUNT, boolean).forEach((on, cpu) => (powered[cpu] = on));
    },
  };
}

function boolean(state: Plain): boolean {
  if (typeof state !== 'boolean') throw new StateError('true or false is expected');
  return state;
}
