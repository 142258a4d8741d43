/** A table that is read from the machine at every stop; its rows lead to targets. */
import type { ReactElement, ReactNode } from 'react';
import { type Target, targetKey } from '../../protocol/target.ts';
import { useClient, useTargetContext } from '../client-context.tsx';
import type { AtStop } from '../use-at-stop.ts';
import { Empty } from './empty.tsx';

export interface StopColumn<T> {
  readonly title: string;
  readonly hint?: string;
  /** Numbers stand at the right, codes in the fixed-width font. */
  readonly kind?: 'number' | 'mono';
  readonly cell: (row: T) => ReactNode;
}

export interface StopTableProps<T> {
  readonly label: string;
  readonly rows: AtStop<readonly T[]>;
  readonly columns: readonly StopColumn<T>[];
  readonly targetOf: (row: T) => Target;
  /** What will be there once the machine stands still. */
  readonly empty: string;
}

export function StopTable<T>({ label, rows, columns, targetOf, empty }: StopTableProps<T>): ReactElement {
  const client = useClient();
  const current = useTargetContext((state) => targetKey(state.target));
  const { data, error, isStale } = rows;
  if (!data) return <Empty>{error ?? empty}</Empty>;
  return (
    <div className="view">
      <div className={isStale ? 'view-body stale' : 'view-body'} tabIndex={0}>
        <table className="grid" aria-label={label}>
          <thead>
            <tr>
              {columns.map(({ title, hint, kind }) => (
                <th key={title} className={kind === 'number' ? kind : undefined} title={hint}>
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {data.map((row) => {
              const target = targetOf(row);
              const key = targetKey(target);
              return (
                <tr key={key} aria-selected={key === current} onClick={() => client.select(target)}>
                  {columns.map(({ title, hint, kind, cell }) => (
                    <td key={title} className={kind} title={hint}>
                      {cell(row)}
                    </td>
                  ))}
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </div>
  );
}
