/** Beside the tracks: the chosen event, the figures of the selection, the probes, the keys. */
import type { ReactElement } from 'react';
import { showOnTimeline } from '../../client/timeline-store.ts';
import type { TimelineEvent, TimelineStatistics } from '../../protocol/timeline.ts';
import { useClient } from '../../ui/client-context.tsx';
import { IconButton } from '../../ui/widgets/button.tsx';
import { Empty } from '../../ui/widgets/empty.tsx';
import { formatDuration } from '../../ui/widgets/duration.ts';
import { EventPanel } from './event-panel.tsx';
import { KEY_HELP } from './keys.ts';
import { Legend } from './legend.tsx';
import { ProbesPanel } from './probes-panel.tsx';
import type { Range } from './range.ts';
import { SelectionTable, type TableName } from './selection-table.tsx';

const PAGES = [
  ['event', 'Event'],
  ['time', 'Time by vCPU'],
  ['tasks', 'Tasks'],
  ['exits', 'Exits'],
  ['waiting', 'Latencies'],
  ['probes', 'Probes'],
  ['keys', 'Help'],
] as const;
export type DrawerPage = (typeof PAGES)[number][0];

export const isTable = (page: DrawerPage): page is TableName =>
  page === 'time' || page === 'tasks' || page === 'exits' || page === 'waiting';

export interface DrawerProps {
  readonly page: DrawerPage;
  readonly onPage: (page: DrawerPage) => void;
  readonly onClose: () => void;
  readonly event: TimelineEvent | null;
  readonly statistics: TimelineStatistics | null;
  readonly selection: Range | null;
}

function Help(): ReactElement {
  return (
    <div className="timeline-help">
      <h3>What is drawn</h3>
      <Legend />
      <h3>Keys</h3>
      <dl className="timeline-facts">
        {KEY_HELP.map(([keys, what]) => (
          <div key={keys}>
            <dt className="mono">{keys}</dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

function Table({
  page,
  statistics,
}: {
  readonly page: TableName;
  readonly statistics: TimelineStatistics | null;
}): ReactElement {
  const client = useClient();
  if (!statistics)
    return <Empty>Drag over the tracks, or press Ctrl+A, to see the figures of that stretch here.</Empty>;
  return (
    <SelectionTable
      statistics={statistics}
      table={page}
      onGo={(place) => showOnTimeline(client.timeline, client.navigation, place)}
    />
  );
}

export function Drawer({ page, onPage, onClose, event, statistics, selection }: DrawerProps): ReactElement {
  const isCurrent = statistics?.from === selection?.from && statistics?.to === selection?.to;
  return (
    <aside className="timeline-drawer" aria-label="Timeline details">
      <div className="view-bar">
        {PAGES.map(([id, title]) => (
          <button key={id} type="button" className="text-toggle" aria-pressed={page === id} onClick={() => onPage(id)}>
            {title}
          </button>
        ))}
        <span className="grow" />
        {isTable(page) && statistics && <span>{formatDuration(statistics.to - statistics.from)}</span>}
        <IconButton icon="close" title="Close the details" onClick={onClose} />
      </div>
      <div
        className="view-body"
        tabIndex={0}
        aria-busy={!isCurrent}
        data-from={statistics?.from}
        data-to={statistics?.to}
      >
        {page === 'event' && <EventPanel event={event} />}
        {isTable(page) && <Table page={page} statistics={statistics} />}
        {page === 'probes' && <ProbesPanel />}
        {page === 'keys' && <Help />}
      </div>
    </aside>
  );
}
