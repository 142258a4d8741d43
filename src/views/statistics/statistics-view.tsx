/** Answers: what the hypervisor costs whom and why, who waited and because of whom, how late interrupts came. Every row leads to its place on the timeline. */
import './styles.css';
import { type ReactElement, type ReactNode, useEffect, useRef, useState } from 'react';
import { showOnTimeline, type TimeRange } from '../../client/timeline-store.ts';
import type {
  OverheadRow,
  ReasonRow,
  StatisticsRow,
  TimelinePlace,
  TimelineStatistics,
  WaitRow,
} from '../../protocol/timeline.ts';
import { useClient, useMachine, useTimeline } from '../../ui/client-context.tsx';
import { formatDuration } from '../../ui/widgets/duration.ts';
import { Empty } from '../../ui/widgets/empty.tsx';
import { countColumn, nameColumn, shareColumn, timeColumn, vcpuColumn, Who } from '../../ui/widgets/figure-columns.tsx';
import { OwnerChip } from '../../ui/widgets/owner-chip.tsx';
import { SortableTable, type TableColumn } from '../../ui/widgets/sortable-table.tsx';
import type { ViewProps } from '../../ui/workbench/view.ts';

/** Milliseconds between two readings while guests run. */
const INTERVAL = 1000;
/** Rows of each table that are worth a look. */
const ROWS = 12;

/** Figures of the selection, or of the whole recording when there is none. */
function useFigures(isVisible: boolean, selection: TimeRange | null): TimelineStatistics | null {
  const client = useClient();
  const phase = useMachine((state) => state.phase);
  const running = useMachine((state) => state.stop === null);
  const stopId = useMachine((state) => state.stop?.stopId ?? 0);
  const [figures, setFigures] = useState<TimelineStatistics | null>(null);
  const isAsking = useRef(false);
  useEffect(() => {
    if (!isVisible || phase !== 'ready') return undefined;
    let isCurrent = true;
    const ask = async (): Promise<void> => {
      if (isAsking.current) return;
      isAsking.current = true;
      try {
        const { from, to } = selection ?? { from: 0, to: Number.MAX_SAFE_INTEGER };
        const found = await client.session.timelineStatistics(from, to);
        if (isCurrent) setFigures(found);
      } catch {
        // The session is gone or being replaced: the banner says so.
      } finally {
        isAsking.current = false;
      }
    };
    void ask();
    const timer = running || isAsking.current ? setInterval(() => void ask(), INTERVAL) : undefined;
    return () => {
      isCurrent = false;
      clearInterval(timer);
    };
  }, [client, isVisible, phase, running, stopId, selection]);
  return figures;
}

const OVERHEAD: readonly TableColumn<OverheadRow>[] = [
  { title: 'Domain', sort: ({ domid }) => String(domid), cell: ({ domid }) => <OwnerChip domain={domid} /> },
  shareColumn('Overhead', (row) => row.share),
  timeColumn('EL2', ({ el2 }) => el2),
  timeColumn('EL1', ({ el1 }) => el1),
  timeColumn('EL0', ({ el0 }) => el0),
  countColumn('Exits', ({ exits }) => exits),
  {
    title: 'Mostly for',
    sort: ({ reason }) => reason,
    cell: ({ reason, reasonTotal }) => (
      <span className="mono">{reason === '' ? '' : `${reason} ${formatDuration(reasonTotal)}`}</span>
    ),
  },
];

const REASONS: readonly TableColumn<ReasonRow>[] = [
  nameColumn('Reason', ({ reason }) => reason),
  shareColumn('Share', (row) => row.share),
  countColumn('Count', ({ count }) => count),
  timeColumn('Total', ({ total }) => total),
  timeColumn('Mean', ({ mean }) => mean),
  timeColumn('Max', ({ max }) => max),
];

function Blame({ row }: { readonly row: WaitRow }): ReactElement {
  const [first, second] = row.blame;
  if (!first) return <span className="dim">{row.cpu === null ? 'still waits' : ''}</span>;
  return (
    <>
      <Who domid={first.domid} name={first.name} /> {formatDuration(first.time)}
      {second && <span className="dim">{` then ${second.name} ${formatDuration(second.time)}`}</span>}
    </>
  );
}

const WAITS: readonly TableColumn<WaitRow>[] = [
  vcpuColumn('Late'),
  timeColumn('Waited', ({ duration }) => duration),
  { title: 'Since it was', sort: ({ cause }) => cause, cell: ({ cause }) => cause },
  { title: 'pCPU', sort: ({ cpu }) => cpu ?? -1, cell: ({ cpu }) => cpu ?? '', isNumber: true },
  { title: 'Which had meanwhile', sort: ({ blame }) => blame[0]?.name ?? '', cell: (row) => <Blame row={row} /> },
];

const LATENCIES: readonly TableColumn<StatisticsRow>[] = [
  vcpuColumn(),
  nameColumn('What', ({ what }) => what),
  countColumn('Count', ({ count }) => count),
  timeColumn('Mean', ({ mean }) => mean),
  timeColumn('p99', ({ p99 }) => p99),
  timeColumn('Max', ({ max }) => max),
];

interface SectionProps {
  readonly title: string;
  readonly children: ReactNode;
  readonly isEmpty: boolean;
}

function Section({ title, children, isEmpty }: SectionProps): ReactElement {
  return (
    <section className="statistics-section">
      <h3>{title}</h3>
      {isEmpty ? <p className="muted">Nothing of the kind was recorded.</p> : children}
    </section>
  );
}

function Tables({ figures }: { readonly figures: TimelineStatistics }): ReactElement {
  const client = useClient();
  const go = (place: TimelinePlace | null): void => {
    if (place) showOnTimeline(client.timeline, client.navigation, place);
  };
  const goRow = ({ place }: { readonly place: TimelinePlace | null }): void => go(place);
  const scheduling = figures.latencies.filter(({ what }) => what.startsWith('scheduling'));
  const interrupts = figures.latencies.filter(({ what }) => !what.startsWith('scheduling'));
  const common = { onRow: goRow };
  return (
    <div className="statistics-sections">
      <Section title="What the hypervisor costs" isEmpty={figures.overhead.length === 0}>
        <SortableTable {...common} label="Overhead" rows={figures.overhead} columns={OVERHEAD} firstSort="Overhead" />
      </Section>
      <Section title="What causes it: reasons for exits" isEmpty={figures.reasons.length === 0}>
        <SortableTable
          {...common}
          label="Reasons"
          rows={figures.reasons.slice(0, ROWS)}
          columns={REASONS}
          firstSort="Total"
        />
      </Section>
      <Section title="Who is late and who is responsible" isEmpty={figures.waits.length === 0}>
        <SortableTable
          {...common}
          label="Waits"
          rows={figures.waits.slice(0, ROWS)}
          columns={WAITS}
          firstSort="Waited"
        />
      </Section>
      <Section title="From runnable to running" isEmpty={scheduling.length === 0}>
        <SortableTable {...common} label="Scheduling" rows={scheduling} columns={LATENCIES} firstSort="Max" />
      </Section>
      <Section title="From an interrupt’s line to who handles it" isEmpty={interrupts.length === 0}>
        <SortableTable
          {...common}
          label="Interrupts"
          rows={interrupts.slice(0, ROWS)}
          columns={LATENCIES}
          firstSort="Max"
        />
      </Section>
    </div>
  );
}

export function StatisticsView({ isVisible }: ViewProps): ReactElement {
  const { timeline } = useClient();
  const selection = useTimeline((state) => state.selection);
  const figures = useFigures(isVisible, selection);
  return (
    <div className="view">
      <div className="view-bar">
        <span>{selection ? `${formatDuration(selection.to - selection.from)} selected` : 'The whole recording'}</span>
        {selection && (
          <button type="button" className="text-toggle" onClick={() => timeline.setState({ selection: null })}>
            whole recording
          </button>
        )}
        <span className="grow" />
        <span className="dim">A row leads to its place on the timeline: its longest</span>
      </div>
      <div className="view-body" tabIndex={0}>
        {figures && figures.vcpus.length > 0 ? (
          <Tables figures={figures} />
        ) : (
          <Empty>What the hypervisor costs, and who waits for whom, will be counted here as soon as guests run.</Empty>
        )}
      </div>
    </div>
  );
}
