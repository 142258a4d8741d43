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
import { countColumn, nameColumn, timeColumn, vcpuColumn } from '../../ui/widgets/figure-columns.tsx';
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

const TIMES: readonly TableColumn<VcpuTimeRow>[] = [
  vcpuColumn(),
  timeColumn('EL0', ({ el0 }) => el0),
  timeColumn('EL1', ({ el1 }) => el1),
  timeColumn('EL2', ({ el2 }) => el2),
  timeColumn('asleep', ({ asleep }) => asleep),
  timeColumn('running', ({ running }) => running),
  timeColumn('runnable', ({ runnable }) => runnable),
  timeColumn('preempted', ({ preempted }) => preempted),
  timeColumn('blocked', ({ blocked }) => blocked),
  timeColumn('by Xen', ({ account }) => account),
  countColumn('turns', ({ turns }) => turns),
];

const TASKS: readonly TableColumn<TaskTimeRow>[] = [
  { title: 'Domain', sort: ({ domid }) => domid, cell: ({ domid }) => <OwnerChip domain={domid} /> },
  nameColumn('Task', ({ name }) => name),
  timeColumn('running', ({ running }) => running),
  timeColumn('by kernel', ({ account }) => account),
  countColumn('turns', ({ turns }) => turns),
];

const FIGURES: readonly TableColumn<StatisticsRow>[] = [
  vcpuColumn(),
  nameColumn('What', ({ what }) => what),
  countColumn('Count', ({ count }) => count),
  timeColumn('Total', ({ total }) => total),
  timeColumn('Mean', ({ mean }) => mean),
  timeColumn('p99', ({ p99 }) => p99),
  timeColumn('Max', ({ max }) => max),
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
          by the clock that it reads when it begins to schedule, which may be a few microseconds before it switches or
          ahead of its CPU.
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
          each turn by the clock that it reads when it begins to schedule, up to 10 µs ahead of its CPU.
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
