/** Which rows of a tree of values differ from the stop before. */
import { useEffect, useRef, useState } from 'react';
import { useMachine } from './client-context.tsx';

interface Seen {
  readonly stopId: number;
  readonly value: string;
  /** At the stop before. */
  readonly before: string | undefined;
}

export interface NamedRow {
  readonly id: string;
  readonly value: string | undefined;
}

/** Ids of the rows whose value has changed. `identity` names what the rows are about: another function's variables have not "changed". */
export function useChangedValues(identity: string, rows: readonly NamedRow[]): ReadonlySet<string> {
  const stopId = useMachine((state) => state.stop?.stopId ?? null);
  const seen = useRef({ identity, values: new Map<string, Seen>() });
  const [changed, setChanged] = useState<ReadonlySet<string>>(new Set());
  const key = rows.map(({ id, value }) => `${id}=${value}`).join('\n');
  useEffect(() => {
    if (stopId === null) return;
    if (seen.current.identity !== identity) seen.current = { identity, values: new Map() };
    const { values } = seen.current;
    for (const { id, value } of rows) {
      const last = values.get(id);
      if (value === undefined || (last?.stopId === stopId && last.value === value)) continue;
      values.set(id, { stopId, value, before: last?.stopId === stopId ? last.before : last?.value });
    }
    const now = rows.filter(({ id }) => hasChanged(values.get(id), stopId)).map(({ id }) => id);
    setChanged((old) => (old.size === now.length && now.every((id) => old.has(id)) ? old : new Set(now)));
    // The key stands for the rows, which are new objects every time.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [stopId, identity, key]);
  return changed;
}

function hasChanged(seen: Seen | undefined, stopId: number): boolean {
  return seen?.stopId === stopId && seen.before !== undefined && seen.before !== seen.value;
}
