/** Figures of the selected stretch: who used the cores, why Xen was entered and what that cost, who waited. */
import { type ReactElement, useState } from 'react';
import type { StatisticsRow, TimelineStatistics, VcpuTimeRow } from '../../protocol/timeline.ts';
import { OwnerChip } from '../../ui/widgets/owner-chip.tsx';
import { formatDuration } from './range.ts';

type Page = 'time' | 'exits' | 'waiting';

const PAGES: readonly (readonly [Page, string])[] = [
  ['time', 'Time by vCPU'],
  ['exits', 'Exits by reason'],
  ['waiting', 'Latencies'],
];

type NumberColumn<T> = readonly [key: keyof T & string, title: string, format: (value: number) => string];

const plain = (value: number): string => String(value);

const TIMES: readonly NumberColumn<VcpuTimeRow>[] = [
  ['el0', 'EL0', formatDuration],
  ['el1', 'EL1', formatDuration],
  ['el2', 'EL2', formatDuration],
  ['running', 'running', formatDuration],
  ['runnable', 'runnable', formatDuration],
  ['preempted', 'preempted', formatDuration],
  ['blocked', 'blocked', formatDuration],
];

const FIGURES: readonly NumberColumn<StatisticsRow>[] = [
  ['count', 'Count', plain],
  ['total', 'Total', formatDuration],
  ['mean', 'Mean', formatDuration],
  ['p99', 'p99', formatDuration],
  ['max', 'Max', formatDuration],
];

interface TableProps<T> {
  readonly rows: readonly T[];
  readonly columns: readonly NumberColumn<T>[];
  readonly firstSort: keyof T & string;
  readonly withWhat: boolean;
  readonly onRow?: (row: T) => void;
}

/** Sorted by the column whose heading was clicked, largest first. */
function Table<T extends { readonly vcpu: string; readonly domid: number | null; readonly what?: string }>({
  rows,
  columns,
  firstSort,
  withWhat,
  onRow,
}: TableProps<T>): ReactElement {
  const [sort, setSort] = useState<keyof T & string>(firstSort);
  const sorted = rows.toSorted((a, b) => Number(b[sort]) - Number(a[sort]));
  return (
    <table className="grid">
      <thead>
        <tr>
          <th>vCPU</th>
          {withWhat && <th>What</th>}
          {columns.map(([key, title]) => (
            <th key={key} className="number" aria-sort={key === sort ? 'descending' : 'none'}>
              <button type="button" className="address-link" onClick={() => setSort(key)}>
                {title}
                {key === sort ? ' ▾' : ''}
              </button>
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {sorted.map((row, index) => (
          <tr key={`${row.vcpu} ${row.what ?? ''} ${index}`} onClick={() => onRow?.(row)}>
            <td>
              <OwnerChip domain={row.domid ?? (row.vcpu === 'idle' ? null : 'xen')} />{' '}
              {row.domid === null ? '' : row.vcpu}
            </td>
            {withWhat && <td className="mono">{row.what}</td>}
            {columns.map(([key, , format]) => (
              <td key={key} className="number">
                {format(Number(row[key]))}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export interface SelectionTableProps {
  readonly statistics: TimelineStatistics;
  /** Shows a stretch on the timeline. */
  readonly onGo: (from: number, to: number) => void;
}

export function SelectionTable({ statistics, onGo }: SelectionTableProps): ReactElement {
  const [page, setPage] = useState<Page>('time');
  const { from, to, vcpus, exits, latencies } = statistics;
  const go = (row: StatisticsRow): void => onGo(row.from, row.to);
  return (
    <div className="timeline-selection">
      <div className="view-bar">
        <span>{formatDuration(to - from)} selected</span>
        {PAGES.map(([id, title]) => (
          <button key={id} type="button" className="text-toggle" aria-pressed={page === id} onClick={() => setPage(id)}>
            {title}
          </button>
        ))}
      </div>
      <div className="view-body" tabIndex={0}>
        {page === 'time' && <Table rows={vcpus} columns={TIMES} firstSort="running" withWhat={false} />}
        {page === 'exits' && <Table rows={exits} columns={FIGURES} firstSort="total" withWhat onRow={go} />}
        {page === 'waiting' && <Table rows={latencies} columns={FIGURES} firstSort="max" withWhat onRow={go} />}
      </div>
    </div>
  );
}
