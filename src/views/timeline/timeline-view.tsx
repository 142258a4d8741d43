/** Who ran when: hypervisor first, then the domains, then counters, on one clock. */
import './styles.css';
import { type KeyboardEvent, type PointerEvent, type ReactElement, useEffect, useMemo, useRef, useState } from 'react';
import type { TimelineStatistics, TimelineWindow } from '../../protocol/timeline.ts';
import { useClient } from '../../ui/client-context.tsx';
import { themeColor, useTheme } from '../../ui/theme/theme.ts';
import { IconButton } from '../../ui/widgets/button.tsx';
import { Empty } from '../../ui/widgets/empty.tsx';
import { ownerOf } from '../../ui/widgets/owner-chip.tsx';
import type { ViewProps } from '../../ui/workbench/view.ts';
import { depthAt, heightOfRows, layOut, Painter, type Row, sliceAt } from './draw.ts';
import { formatDuration, pan, type Range, zoom } from './range.ts';
import { SelectionTable } from './selection-table.tsx';
import { useWindow } from './use-window.ts';

/** Nanoseconds in sight at first. */
const FIRST_SPAN = 40e6;
/** Pixels of the column with the tracks' names. */
const NAMES_WIDTH = 132;

/** What the pointer is over, in words. */
interface Hint {
  readonly x: number;
  readonly y: number;
  readonly text: string;
}

function useSize(): readonly [(element: HTMLDivElement | null) => void, number] {
  const [element, setElement] = useState<HTMLDivElement | null>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    if (!element) return undefined;
    const observer = new ResizeObserver(() => setWidth(Math.max(0, element.clientWidth - NAMES_WIDTH)));
    observer.observe(element);
    return () => observer.disconnect();
  }, [element]);
  return [setElement, width];
}

function hintAt(
  window: TimelineWindow,
  rows: readonly Row[],
  range: Range,
  width: number,
  x: number,
  y: number,
): Hint | null {
  const row = rows.find(({ top, height }) => y >= top && y < top + height);
  if (!row?.track) return null;
  const time = range.from + (x / width) * (range.to - range.from);
  const index = sliceAt(row.track, time, depthAt(row, y));
  if (index === undefined || !row.track.slices) return null;
  const { slices } = row.track;
  const { text } = window.labels[slices.labels[index]];
  const count = slices.counts[index];
  const what = count > 1 ? `${count} slices, zoom in to tell them apart` : text;
  return { x, y, text: `${row.name}: ${what} · ${formatDuration(slices.ends[index] - slices.starts[index])}` };
}

interface CanvasProps {
  readonly window: TimelineWindow;
  readonly rows: readonly Row[];
  readonly range: Range;
  readonly width: number;
  readonly selection: Range | null;
  readonly onRange: (range: Range) => void;
  readonly onSelection: (selection: Range | null) => void;
}

/** Drag selects, with Shift it pans; the wheel with Ctrl zooms about the pointer. */
function Canvas({ window: found, rows, range, width, selection, onRange, onSelection }: CanvasProps): ReactElement {
  const canvas = useRef<HTMLCanvasElement>(null);
  const theme = useTheme();
  const [hint, setHint] = useState<Hint | null>(null);
  const drag = useRef<{ readonly x: number; readonly range: Range } | null>(null);
  const height = heightOfRows(rows);

  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!context || !canvas.current || width === 0) return;
    const ratio = devicePixelRatio;
    canvas.current.width = width * ratio;
    canvas.current.height = height * ratio;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    new Painter(context, themeColor, width, range).draw(found, rows, selection);
    // The theme decides the colours, which the painter asks for by name.
  }, [found, rows, range, width, height, selection, theme]);

  const zoomRef = useRef(onRange);
  const rangeRef = useRef(range);
  useEffect(() => {
    zoomRef.current = onRange;
    rangeRef.current = range;
  });
  useEffect(() => {
    const element = canvas.current;
    // Registered by hand: React's wheel listeners are passive and could not keep the page from zooming.
    const onWheel = (event: WheelEvent): void => {
      if (!event.ctrlKey && Math.abs(event.deltaX) <= Math.abs(event.deltaY)) return;
      event.preventDefault();
      const share = event.offsetX / Math.max(1, element?.clientWidth ?? 1);
      const next = event.ctrlKey
        ? zoom(rangeRef.current, 1.0015 ** event.deltaY, share)
        : pan(rangeRef.current, event.deltaX / 1000);
      zoomRef.current(next);
    };
    element?.addEventListener('wheel', onWheel, { passive: false });
    return () => element?.removeEventListener('wheel', onWheel);
  }, []);

  const timeAt = (x: number): number => range.from + (x / width) * (range.to - range.from);
  const onPointerDown = (event: PointerEvent): void => {
    event.currentTarget.setPointerCapture(event.pointerId);
    drag.current = { x: event.nativeEvent.offsetX, range };
  };
  const onPointerMove = (event: PointerEvent): void => {
    const { offsetX: x, offsetY: y } = event.nativeEvent;
    const start = drag.current;
    if (!start) setHint(hintAt(found, rows, range, width, x, y));
    else if (event.shiftKey) onRange(pan(start.range, (start.x - x) / width));
    else if (Math.abs(x - start.x) > 3) {
      const [a, b] = [timeAt(start.x), timeAt(x)];
      onSelection({ from: Math.min(a, b), to: Math.max(a, b) });
    }
  };
  const onPointerUp = (event: PointerEvent): void => {
    if (drag.current && Math.abs(event.nativeEvent.offsetX - drag.current.x) <= 3) onSelection(null);
    drag.current = null;
  };
  return (
    <div className="timeline-canvas">
      <canvas
        ref={canvas}
        style={{ width, height }}
        aria-label="Timeline"
        role="img"
        onPointerDown={onPointerDown}
        onPointerMove={onPointerMove}
        onPointerUp={onPointerUp}
        onPointerLeave={() => setHint(null)}
      />
      {hint && (
        <div
          className="timeline-hint"
          style={{ left: Math.min(hint.x + 12, Math.max(0, width - 320)), top: hint.y + 14 }}
        >
          {hint.text}
        </div>
      )}
    </div>
  );
}

interface NamesProps {
  readonly rows: readonly Row[];
  readonly collapsed: ReadonlySet<string>;
  readonly onToggle: (group: string) => void;
}

function Names({ rows, collapsed, onToggle }: NamesProps): ReactElement {
  return (
    <div className="timeline-names" style={{ width: NAMES_WIDTH }}>
      {rows.map((row) =>
        row.kind === 'group' ? (
          <button
            key={`group ${row.name}`}
            type="button"
            className="timeline-group"
            style={{ top: row.top, height: row.height }}
            data-owner={row.name === 'Hypervisor' ? 'xen' : ownerOf(row.domid)}
            aria-expanded={!collapsed.has(row.name)}
            onClick={() => onToggle(row.name)}
          >
            {collapsed.has(row.name) ? '▸' : '▾'} {row.name}
          </button>
        ) : (
          <div
            key={row.track?.id}
            className="timeline-name"
            style={{ top: row.top, height: row.height }}
            title={row.name}
          >
            {row.name}
          </div>
        ),
      )}
    </div>
  );
}

/** Figures of the selection, read when it is made. */
function useStatistics(selection: Range | null): TimelineStatistics | null {
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
    }, 120);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [client, selection]);
  return statistics;
}

/** Perfetto's keys. */
function rangeForKey(key: string, range: Range): Range | null {
  switch (key.toLowerCase()) {
    case 'w':
    case '+':
      return zoom(range, 0.7, 0.5);
    case 's':
    case '-':
      return zoom(range, 1 / 0.7, 0.5);
    case 'a':
    case 'arrowleft':
      return pan(range, -0.15);
    case 'd':
    case 'arrowright':
      return pan(range, 0.15);
    default:
      return null;
  }
}

export function TimelineView({ isVisible }: ViewProps): ReactElement {
  const [host, width] = useSize();
  const { window: found, range, setRange } = useWindow(width, isVisible, FIRST_SPAN);
  const [collapsed, setCollapsed] = useState<ReadonlySet<string>>(new Set());
  const [selection, setSelection] = useState<Range | null>(null);
  const statistics = useStatistics(selection);
  const rows = useMemo(() => layOut(found?.tracks ?? [], collapsed), [found, collapsed]);
  const toggle = (group: string): void => {
    const next = new Set(collapsed);
    if (!next.delete(group)) next.add(group);
    setCollapsed(next);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (!range || event.ctrlKey || event.altKey || event.metaKey) return;
    const next = rangeForKey(event.key, range);
    if (next) setRange(next);
    else if (event.key === 'Escape') setSelection(null);
    else if (event.key.toLowerCase() === 'f' && selection) setRange(zoom(selection, 1.1, 0.5));
    else return;
    event.preventDefault();
  };
  return (
    <div className="view timeline">
      <div className="view-bar">
        <span>{range ? `${formatDuration(range.to - range.from)} in sight` : ''}</span>
        {found && found.lost > 0 && <span>{found.lost} oldest events dropped</span>}
        <span className="grow" />
        <span className="dim">W S zoom · A D pan · drag to select</span>
        <IconButton icon="follow" title="Follow the present" onClick={() => setRange(null)} />
        <IconButton
          icon="search"
          title="Show the whole recording"
          disabled={!found}
          onClick={() => found && setRange({ from: found.recordedFrom, to: found.recordedTo })}
        />
        <ExportButtons />
      </div>
      <div
        ref={host}
        className="timeline-body"
        tabIndex={0}
        role="group"
        aria-label="Timeline tracks"
        onKeyDown={onKeyDown}
      >
        {found && range && rows.length > 0 ? (
          <div className="timeline-rows" style={{ height: heightOfRows(rows) }}>
            <Names rows={rows} collapsed={collapsed} onToggle={toggle} />
            <Canvas
              {...{ rows, range, width, selection }}
              window={found}
              onRange={setRange}
              onSelection={setSelection}
            />
          </div>
        ) : (
          <Empty>
            Which vCPU ran where, at which exception level and why Xen was entered will be drawn here as soon as guests
            run.
          </Empty>
        )}
      </div>
      {statistics && (
        <SelectionTable statistics={statistics} onGo={(from, to) => setRange(zoom({ from, to }, 6, 0.5))} />
      )}
    </div>
  );
}

const FORMATS = [
  ['perfetto', 'trace.perfetto-trace', 'Save for Perfetto'],
  ['chrome', 'trace.json', 'Save as Chrome trace'],
  ['csv', 'statistics.csv', 'Save the statistics as CSV'],
] as const;

function ExportButtons(): ReactElement {
  const client = useClient();
  const save = async (format: (typeof FORMATS)[number][0], name: string): Promise<void> => {
    try {
      const parts = await client.session.exportTimeline(format);
      const link = document.createElement('a');
      link.href = URL.createObjectURL(new Blob(parts as BlobPart[]));
      link.download = name;
      link.click();
      URL.revokeObjectURL(link.href);
    } catch (error) {
      client.report(String(error));
    }
  };
  return (
    <>
      {FORMATS.map(([format, name, title]) => (
        <button
          key={format}
          type="button"
          className="text-toggle"
          title={title}
          onClick={() => void save(format, name)}
        >
          {format}
        </button>
      ))}
    </>
  );
}
