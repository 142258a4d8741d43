/** Who ran when: hypervisor first, then the domains, then counters, on one clock. */
import './styles.css';
import { type KeyboardEvent, type ReactElement, type RefObject, useEffect, useMemo, useRef, useState } from 'react';
import { domainName } from '../../client/machine-store.ts';
import type { TimelineSlice } from '../../protocol/timeline.ts';
import { useClient, useMachine, useTimeline } from '../../ui/client-context.tsx';
import { IconButton } from '../../ui/widgets/button.tsx';
import { formatDuration } from '../../ui/widgets/duration.ts';
import { Empty } from '../../ui/widgets/empty.tsx';
import type { ViewProps } from '../../ui/workbench/view.ts';
import { Drawer, type DrawerPage, isTable } from './drawer.tsx';
import { useEvent } from './event-panel.tsx';
import { ExportButtons } from './export-buttons.tsx';
import { actionOf } from './keys.ts';
import { Names } from './names.tsx';
import type { Range } from './range.ts';
import { heightOfRows, layOut, type Row, rowsBetween, RULER_HEIGHT } from './rows.ts';
import { useStatistics } from './selection-table.tsx';
import { TrackCanvas, type TrackPoint } from './track-canvas.tsx';
import { useActions } from './use-actions.ts';
import { useWindow } from './use-window.ts';

/** Pixels of the column with the tracks' names. */
const NAMES_WIDTH = 148;
/** Pixels beyond what is in sight whose rows are read too. */
const AROUND = 60;

interface Viewport {
  readonly width: number;
  readonly height: number;
}

function useViewport(element: HTMLDivElement | null): Viewport {
  const [size, setSize] = useState<Viewport>({ width: 0, height: 0 });
  useEffect(() => {
    if (!element) return undefined;
    const measure = (): void =>
      setSize({ width: Math.max(0, element.clientWidth - NAMES_WIDTH), height: element.clientHeight });
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, [element]);
  return size;
}

/** Ids of the tracks in sight, with commas between; empty while none is known. */
function tracksInSight(rows: readonly Row[], scroll: number, height: number): string {
  const ids = rowsBetween(rows, scroll - AROUND, scroll + height + AROUND).flatMap(({ track }) =>
    track ? [track.id] : [],
  );
  const marks = rows.find(({ track }) => track?.kind === 'markers')?.track;
  if (marks && !ids.includes(marks.id)) ids.push(marks.id);
  return ids.join(',');
}

/** Scrolls so that the row of the chosen slice is in sight. */
function useFocusInSight(element: HTMLDivElement | null, rows: readonly Row[], focus: TimelineSlice | null): void {
  const known = useRef(rows);
  known.current = rows;
  const track = focus?.track;
  const hasRow = rows.some((row) => row.track?.id === track);
  useEffect(() => {
    const row = known.current.find((each) => each.track && each.track.id === track);
    if (!element || !row) return;
    const { scrollTop, clientHeight } = element;
    if (row.top < scrollTop + RULER_HEIGHT) element.scrollTop = row.top - RULER_HEIGHT - 18;
    else if (row.top + row.height > scrollTop + clientHeight) element.scrollTop = row.top + row.height - clientHeight;
  }, [element, track, hasRow]);
}

interface BarProps {
  readonly range: Range | null;
  readonly lost: number;
  readonly isTooManyFlows: boolean;
  readonly searchText: string;
  readonly onSearchText: (text: string) => void;
  readonly onSearch: (direction: 1 | -1) => void;
  readonly filter: string;
  readonly onFilter: (text: string) => void;
  readonly onWhole: () => void;
  readonly onLeave: () => void;
  readonly fields: {
    readonly search: RefObject<HTMLInputElement | null>;
    readonly track: RefObject<HTMLInputElement | null>;
  };
}

function Bar(props: BarProps): ReactElement {
  const { timeline } = useClient();
  const isFollowing = useTimeline((state) => state.range === null);
  const { range, lost, isTooManyFlows, fields } = props;
  const onSearchKey = (event: KeyboardEvent): void => {
    if (event.key === 'Enter') props.onSearch(event.shiftKey ? -1 : 1);
    else if (event.key === 'Escape') props.onLeave();
  };
  return (
    <div className="view-bar timeline-bar">
      <span className="timeline-sight">{range ? `${formatDuration(range.to - range.from)} in sight` : ''}</span>
      {lost > 0 && (
        <span title="The budget of events is used up: the oldest go first">{lost} oldest events dropped</span>
      )}
      {isTooManyFlows && <span className="dim">zoom in for arrows</span>}
      <span className="grow" />
      <input
        ref={fields.search}
        className="field"
        aria-label="Search slices"
        placeholder="Search ( / )"
        value={props.searchText}
        onChange={(event) => props.onSearchText(event.target.value)}
        onKeyDown={onSearchKey}
      />
      <input
        ref={fields.track}
        className="field"
        aria-label="Find tracks"
        placeholder="Tracks ( T )"
        value={props.filter}
        onChange={(event) => props.onFilter(event.target.value)}
        onKeyDown={(event) => (event.key === 'Enter' || event.key === 'Escape') && props.onLeave()}
      />
      <IconButton
        icon="follow"
        title="Follow the present"
        pressed={isFollowing}
        onClick={() => timeline.setState({ range: null })}
      />
      <button type="button" className="text-toggle" title="Show the whole recording" onClick={props.onWhole}>
        whole
      </button>
      <ExportButtons />
    </div>
  );
}

export function TimelineView({ isVisible }: ViewProps): ReactElement {
  const client = useClient();
  const { timeline } = client;
  const pack = useMachine((state) => state.pack);
  const { pinned, collapsed, order, groupOrder, selection, focus, marks, mark } = useTimeline((state) => state);
  const [host, setHost] = useState<HTMLDivElement | null>(null);
  const { width, height } = useViewport(host);
  const [scroll, setScroll] = useState(0);
  const [filter, setFilter] = useState('');
  const [searchText, setSearchText] = useState('');
  const [page, setPage] = useState<DrawerPage | null>(null);
  const pointer = useRef<number | null>(null);
  const search = useRef<HTMLInputElement>(null);
  const track = useRef<HTMLInputElement>(null);
  const fields = { search, track };
  const [inSight, setInSight] = useState('');
  const { window: found, range, setRange } = useWindow(width, isVisible, inSight);
  const event = useEvent(focus);
  const statistics = useStatistics(selection);

  const tracks = found?.tracks;
  const rows = useMemo(() => {
    const wanted = filter.toLowerCase();
    const titleOf = (group: string): string => {
      const domid = /^d(\d+)$/.exec(group)?.[1];
      return domid === undefined ? group : `${domainName(pack, Number(domid))} (${group})`;
    };
    const shown = (tracks ?? []).filter(({ name, group }) =>
      `${titleOf(group)} ${name}`.toLowerCase().includes(wanted),
    );
    return layOut(shown, { pinned, collapsed, order, groupOrder }, titleOf);
  }, [tracks, filter, pinned, collapsed, order, groupOrder, pack]);
  const nowInSight = tracksInSight(rows, scroll, height);
  useEffect(() => setInSight(nowInSight), [nowInSight]);
  useFocusInSight(host, rows, focus);
  useEffect(() => {
    if (focus) setPage('event');
  }, [focus]);

  // Not while a selection is dragged: the tracks would become narrower under the pointer.
  const showFigures = (): void => {
    if (page === null || !isTable(page)) setPage('time');
  };
  const select = (stretch: Range): void => {
    timeline.setState({ selection: stretch });
    showFigures();
  };
  const act = useActions({
    select,
    window: found,
    range,
    rows,
    setRange,
    pointer: () => pointer.current,
    searchText,
    focusField: (field) => fields[field].current?.focus(),
    toggleDrawer: () => setPage(page === null ? 'event' : null),
  });
  const onKeyDown = (key: KeyboardEvent): void => {
    const action = actionOf(key);
    if (!action) return;
    key.preventDefault();
    key.stopPropagation();
    act(action);
  };
  const onPoint = async (point: TrackPoint | null): Promise<void> => {
    if (!point) {
      timeline.setState({ focus: null, selection: null });
      return;
    }
    try {
      const [slice] = await client.session.timelineSeek({ kind: 'at', ...point });
      timeline.setState({ focus: slice ?? null });
    } catch {
      // The session is gone: the banner says so.
    }
  };
  const allMarks = useMemo(() => (mark ? [...marks, mark] : marks), [marks, mark]);
  const whole = (): void => act({ kind: 'all' });
  return (
    <div className="view timeline">
      <Bar
        {...{ range, searchText, filter, fields }}
        lost={found?.lost ?? 0}
        isTooManyFlows={found?.flows.isTooMany ?? false}
        onSearchText={setSearchText}
        onSearch={(direction) => act({ kind: 'search', direction })}
        onFilter={setFilter}
        onWhole={whole}
        onLeave={() => host?.focus()}
      />
      <div className="timeline-main">
        <div
          ref={setHost}
          className="timeline-body"
          tabIndex={0}
          role="group"
          aria-label="Timeline tracks"
          onKeyDown={onKeyDown}
          onScroll={(scrolled) => setScroll(scrolled.currentTarget.scrollTop)}
        >
          {found && range && found.tracks.length > 0 ? (
            <div className="timeline-rows" style={{ height: heightOfRows(rows) }}>
              <Names rows={rows} width={NAMES_WIDTH} collapsed={collapsed} focusTrack={focus?.track ?? null} />
              <TrackCanvas
                {...{ rows, range, width, height, scroll, selection }}
                window={found}
                marks={allMarks}
                focus={event?.slice ?? focus}
                onRange={setRange}
                onSelection={(stretch) => timeline.setState({ selection: stretch })}
                onSelected={showFigures}
                onPoint={(point) => void onPoint(point)}
                onWhole={whole}
                onPointer={(share) => {
                  pointer.current = share;
                }}
              />
            </div>
          ) : (
            <Empty>
              Which vCPU ran where, at which exception level and why Xen was entered will be drawn here as soon as
              guests run.
            </Empty>
          )}
        </div>
        {page !== null && (
          <Drawer
            page={page}
            onPage={setPage}
            onClose={() => setPage(null)}
            event={event}
            statistics={statistics}
            selection={selection}
          />
        )}
        {page === null && (
          <button type="button" className="timeline-open" aria-label="Open the details" onClick={() => setPage('keys')}>
            ‹
          </button>
        )}
      </div>
    </div>
  );
}
