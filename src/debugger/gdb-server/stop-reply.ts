/** How GDB is told why the machine stands. */
import type { RegisterValues } from '../contexts/guests.ts';
import { hexRegister } from './packets.ts';
import type { GdbRegister } from './registers.ts';
import type { Stopped } from './resumption.ts';
import type { StopPoint } from './stop-points.ts';

/** Signals by GDB's numbers. */
const SIGNAL = { interrupt: 2, trap: 5 } as const;
/** How a watchpoint is called in a stop reply. */
const WATCH_WORDS: Partial<Record<StopPoint['kind'], string>> = { write: 'watch', read: 'rwatch', access: 'awatch' };

/** Registers that a stop reply carries, so that GDB need not ask. */
const EXPEDITED: ReadonlySet<string> = new Set(['X29', 'SP', 'PC']);

/** GDB steps the access that a watchpoint of it has seen, which here has been made already. */
export function isWatchStop({ cause }: Stopped): boolean {
  return cause.kind === 'stop point' && WATCH_WORDS[cause.point.kind] !== undefined;
}

/** A `T` packet. `name` is the thread's; `features` are those that GDB has said it supports. */
export function stopReply(
  { cause }: Stopped,
  name: string,
  values: RegisterValues,
  registers: readonly GdbRegister[],
  features: ReadonlySet<string>,
): string {
  const signal = cause.kind === 'interrupt' ? SIGNAL.interrupt : SIGNAL.trap;
  const expedited = registers.flatMap(({ name: register, bits }, number) => {
    const value = EXPEDITED.has(register) ? values.read(register) : undefined;
    return value === undefined ? [] : [`${number.toString(16)}:${hexRegister(value, bits)}`];
  });
  const words = [...expedited, `thread:${name}`, ...reasonOf(cause, features)];
  return `T${signal.toString(16).padStart(2, '0')}${words.map((word) => `${word};`).join('')}`;
}

function reasonOf(cause: Stopped['cause'], features: ReadonlySet<string>): string[] {
  if (cause.kind !== 'stop point') return [];
  const { kind, address } = cause.point;
  const word = WATCH_WORDS[kind];
  if (word !== undefined) return [`${word}:${address.toString(16)}`];
  const announced = kind === 'software' ? 'swbreak' : 'hwbreak';
  return features.has(`${announced}+`) ? [`${announced}:`] : [];
}
