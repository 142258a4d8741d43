/** Figures of the selected stretch: who used the cores, why Xen was entered and what that cost, who waited. */
import { type ReactElement, useEffect, useState } from 'react';
import type {
  StatisticsRow,
  TaskTimeRow,
  TimelinePlace,
  TimelineStatistics,
  VcpuTimeRow,
} from '../../protocol/timeline.ts';
import { useClient } from '../../ui/client-context.tsx';
import { formatDuration } from '../../ui/widgets/duration.ts';
import { OwnerChip } from '../../ui/widgets/owner-chip.tsx';
import { SortableTable, type TableColumn } from '../../ui/widgets/sortable-table.tsx';
import type { Range } from './range.ts';

/** Milliseconds for which a selection must stay as it is before its figures are read. */
const SETTLED = 120;

/** Figures of the selection, read when it is made. */
export function useStatistics(selection: Range | null): TimelineStatistics | null {
  const client = useClient();
  const [statistics, setStatistics] = useState<TimelineStatistics | null>(null);
  useEffect(() => {
    if (!selection) {
      setStatistics(null);
      return undefined;
    }
    let isCurrent = true;
    const timer = setTimeout(() => {
      client.session.timelineStatistics(selection.from, selection.to).then(
        (found) => isCurrent && setStatistics(found),
        () => undefined,
      );
    }, SETTLED);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [client, selection]);
  return statistics;
}

interface Named {
  readonly vcpu: string;
  readonly domid: number | null;
}

/** `DomU1 d1v0`; Xen's own and idle time have no vCPU. */
function who<T extends Named>(): TableColumn<T> {
  return {
    title: 'vCPU',
    sort: ({ vcpu }) => vcpu,
    cell: ({ domid, vcpu }) => (
      <>
        <OwnerChip domain={domid ?? 'xen'} /> {domid === null ? '' : vcpu}
      </>
    ),
  };
}

function time<T>(title: string, of: (row: T) => number): TableColumn<T> {
  return { title, sort: of, cell: (row) => formatDuration(of(row)), isNumber: true };
}

const TIMES: readonly TableColumn<VcpuTimeRow>[] = [
  who(),
  time('EL0', ({ el0 }) => el0),
  time('EL1', ({ el1 }) => el1),
  time('EL2', ({ el2 }) => el2),
  time('asleep', ({ asleep }) => asleep),
  time('running', ({ running }) => running),
  time('runnable', ({ runnable }) => runnable),
  time('preempted', ({ preempted }) => preempted),
  time('blocked', ({ blocked }) => blocked),
  time('by Xen', ({ account }) => account),
  { title: 'turns', sort: ({ turns }) => turns, cell: ({ turns }) => turns, isNumber: true },
];

const TASKS: readonly TableColumn<TaskTimeRow>[] = [
  { title: 'Domain', sort: ({ domid }) => domid, cell: ({ domid }) => <OwnerChip domain={domid} /> },
  { title: 'Task', sort: ({ name }) => name, cell: ({ name }) => <span className="mono">{name}</span> },
  time('running', ({ running }) => running),
  time('by kernel', ({ account }) => account),
  { title: 'turns', sort: ({ turns }) => turns, cell: ({ turns }) => turns, isNumber: true },
];

const FIGURES: readonly TableColumn<StatisticsRow>[] = [
  who(),
  { title: 'What', sort: ({ what }) => what, cell: ({ what }) => <span className="mono">{what}</span> },
  { title: 'Count', sort: ({ count }) => count, cell: ({ count }) => count, isNumber: true },
  time('Total', ({ total }) => total),
  time('Mean', ({ mean }) => mean),
  time('p99', ({ p99 }) => p99),
  time('Max', ({ max }) => max),
];

export type TableName = 'time' | 'tasks' | 'exits' | 'waiting';

export interface SelectionTableProps {
  readonly statistics: TimelineStatistics;
  readonly table: TableName;
  /** Shows a row's longest on the timeline. */
  readonly onGo: (place: TimelinePlace) => void;
}

export function SelectionTable({ statistics, table, onGo }: SelectionTableProps): ReactElement {
  const { vcpus, tasks, exits, latencies } = statistics;
  const go = ({ place }: StatisticsRow): void => onGo(place);
  if (table === 'time') {
    return (
      <>
        <SortableTable label="Time by vCPU" rows={vcpus} columns={TIMES} firstSort="running" />
        <p className="timeline-remark">
          EL0 + EL1 + EL2 + asleep (in WFE) = running. “by Xen” is running time as Xen itself accounts for it: each turn
          by the clock that it reads when it begins to schedule, a few microseconds before it switches.
        </p>
      </>
    );
  }
  if (table === 'tasks') {
    return (
      <>
        <SortableTable label="Time by task" rows={tasks} columns={TASKS} firstSort="running" />
        <p className="timeline-remark">
          Time of tasks while their vCPU ran. “by kernel” is what the kernel itself accounts for (se.sum_exec_runtime):
          each turn by the clock that it reads when it begins to schedule.
        </p>
      </>
    );
  }
  const isExits = table === 'exits';
  return (
    <SortableTable
      key={table}
      label={isExits ? 'Exits by reason' : 'Latencies'}
      rows={isExits ? exits : latencies}
      columns={FIGURES}
      firstSort={isExits ? 'Total' : 'Max'}
      onRow={go}
    />
  );
}
