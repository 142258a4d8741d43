/** Where each pCPU stands on the map, and which exception-level changes each column has just seen. */
import type { CpuStatus, ExceptionLevel, TransitionKind } from '../../protocol/status.ts';

/** A column: a domain, or null for no domain (idle, early boot). */
export type Column = number | null;

/** One pCPU's place. */
export interface Marker {
  readonly cpu: number;
  readonly column: Column;
  readonly el: ExceptionLevel;
  readonly isSleeping: boolean;
}

/** A boundary between two rows of a column, with what crossed it. */
export interface Crossing {
  readonly column: Column;
  /** The lower level number of the two: 0 for EL0/EL1, 1 for EL1/EL2. */
  readonly boundary: 0 | 1;
  readonly kind: TransitionKind;
  /** Towards the higher exception level. */
  readonly isEntry: boolean;
  readonly count: number;
}

/** Columns in order: the domains, then idle. */
export function columnsOf(domains: readonly number[]): readonly Column[] {
  return [...domains, null];
}

export function markersOf(cpus: readonly CpuStatus[]): readonly Marker[] {
  return cpus
    .filter((cpu) => cpu.state !== 'off')
    .map(({ cpu, domain, el, state }) => ({ cpu, column: domain, el, isSleeping: state === 'sleeping' }));
}

/** Sums the transitions of all pCPUs by column, boundary and kind. A change from EL0 to EL2 crosses at the upper boundary. */
export function crossingsOf(cpus: readonly CpuStatus[]): readonly Crossing[] {
  const sums = new Map<string, Crossing>();
  for (const { kind, from, to, domain, count } of cpus.flatMap((cpu) => cpu.transitions)) {
    if (from === to) continue;
    const boundary = Math.max(from, to) >= 2 ? 1 : 0;
    const isEntry = to > from;
    const key = `${domain} ${boundary} ${kind} ${isEntry}`;
    sums.set(key, { column: domain, boundary, kind, isEntry, count: count + (sums.get(key)?.count ?? 0) });
  }
  return [...sums.values()].sort((a, b) => b.count - a.count);
}
