/** The canvas: drag selects, with Shift it pans; a click chooses; the wheel scrolls, with Ctrl it zooms about the pointer. */
import { type PointerEvent, type ReactElement, useEffect, useRef, useState } from 'react';
import type { TimelineSlice, TimelineWindow } from '../../protocol/timeline.ts';
import { useClient } from '../../ui/client-context.tsx';
import { themeColor, useTheme } from '../../ui/theme/theme.ts';
import { formatDuration } from '../../ui/widgets/duration.ts';
import { markerOf } from './drawing-styles.ts';
import { Painter } from './painter.ts';
import { Raster } from './raster.ts';
import { pan, type Range, zoom } from './range.ts';
import { depthAt, markerAt, type Row, rowAt, RULER_HEIGHT, sliceAt } from './rows.ts';

/** Pixels of a drag that is none. */
const CLICK = 3;
/** Pixels around a marker that belong to it. */
const MARKER_REACH = 8;

/** What the pointer is over, in words. */
interface Hint {
  readonly x: number;
  readonly y: number;
  readonly text: string;
}

/** A point of a track. */
export interface TrackPoint {
  readonly track: number;
  readonly time: number;
  readonly depth: number;
}

export interface TrackCanvasProps {
  readonly window: TimelineWindow;
  readonly rows: readonly Row[];
  readonly range: Range;
  readonly width: number;
  readonly height: number;
  readonly scroll: number;
  readonly selection: Range | null;
  readonly marks: readonly Range[];
  readonly focus: TimelineSlice | null;
  readonly onRange: (range: Range) => void;
  /** While it is dragged, and when that is over. */
  readonly onSelection: (selection: Range) => void;
  readonly onSelected: () => void;
  readonly onPoint: (point: TrackPoint | null) => void;
  readonly onWhole: () => void;
  /** Share of the width at which the pointer is; null when it leaves. */
  readonly onPointer: (share: number | null) => void;
}

function sliceHint(window: TimelineWindow, row: Row, index: number): string {
  const slices = row.track?.slices;
  if (!slices) return row.name;
  const { text } = window.labels[slices.labels[index]];
  const count = slices.counts[index];
  if (row.track?.kind === 'markers') return `${markerOf(slices.categories[index])[0]} ${text}`;
  const length = formatDuration(slices.ends[index] - slices.starts[index]);
  return count > 1
    ? `${row.name}: ${count} slices in ${length}, zoom in to tell them apart`
    : `${row.name}: ${text} · ${length}`;
}

function indexAt(row: Row, time: number, y: number, pixel: number): number | undefined {
  if (!row.track) return undefined;
  if (row.track.kind === 'markers') return markerAt(row.track, time, pixel * MARKER_REACH);
  return sliceAt(row.track, time, depthAt(row, y));
}

function counterHint({ window }: TrackCanvasProps, row: Row, time: number): string | undefined {
  const values = row.track?.values;
  if (!values) return undefined;
  const index = Math.floor(((time - window.from) / (window.to - window.from)) * values.length);
  return `${row.name}: ${Number((values[index] ?? 0).toPrecision(3))}`;
}

function hintAt(props: TrackCanvasProps, x: number, y: number): Hint | null {
  const { rows, range, width, scroll, window } = props;
  if (y < RULER_HEIGHT) return null;
  const row = rowAt(rows, y + scroll);
  if (!row?.track) return null;
  const pixel = (range.to - range.from) / width;
  const time = range.from + x * pixel;
  const index = indexAt(row, time, y + scroll, pixel);
  const text = index === undefined ? counterHint(props, row, time) : sliceHint(window, row, index);
  return text === undefined ? null : { x, y, text };
}

/** The wheel, registered by hand: React's listeners are passive and could not keep the page from zooming. */
function useWheel(canvas: React.RefObject<HTMLCanvasElement | null>, props: TrackCanvasProps): void {
  const { timeline } = useClient();
  const latest = useRef(props);
  useEffect(() => {
    latest.current = props;
  });
  useEffect(() => {
    const element = canvas.current;
    const onWheel = (event: WheelEvent): void => {
      const isSideways = Math.abs(event.deltaX) > Math.abs(event.deltaY);
      if (!event.ctrlKey && !isSideways) return;
      event.preventDefault();
      const { onRange } = latest.current;
      // The wheel may turn faster than the view is rendered: each turn goes on from the last.
      const range = timeline.getState().range ?? latest.current.range;
      const share = event.offsetX / Math.max(1, element?.clientWidth ?? 1);
      onRange(event.ctrlKey ? zoom(range, 1.0015 ** event.deltaY, share) : pan(range, event.deltaX / 1000));
    };
    element?.addEventListener('wheel', onWheel, { passive: false });
    return () => element?.removeEventListener('wheel', onWheel);
  }, [canvas, timeline]);
}

function useDrawing(canvas: React.RefObject<HTMLCanvasElement | null>, props: TrackCanvasProps): void {
  const { window, rows, range, width, height, scroll, selection, marks, focus } = props;
  const theme = useTheme();
  const raster = useRef<Raster | null>(null);
  useEffect(() => {
    const element = canvas.current;
    const context = element?.getContext('2d', { alpha: false });
    if (!context || !element || width === 0) return;
    const ratio = devicePixelRatio;
    const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (element.width !== wide || element.height !== high) {
      element.width = wide;
      element.height = high;
    }
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    if (raster.current?.width !== wide || raster.current.height !== high)
      raster.current = new Raster(wide, high, ratio);
    new Painter(context, raster.current, themeColor, {
      window,
      rows,
      range,
      width,
      height,
      scroll,
      selection,
      marks,
      focus,
    }).draw();
    // The theme decides the colours, which the painter asks for by name.
  }, [canvas, window, rows, range, width, height, scroll, selection, marks, focus, theme]);
}

interface Drag {
  readonly x: number;
  readonly range: Range;
}

export function TrackCanvas(props: TrackCanvasProps): ReactElement {
  const { rows, range, width, height, scroll, onRange, onSelection, onSelected, onPoint, onPointer, onWhole } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  const [hint, setHint] = useState<Hint | null>(null);
  const drag = useRef<Drag | null>(null);
  useDrawing(canvas, props);
  useWheel(canvas, props);

  const timeAt = (x: number): number => range.from + (x / width) * (range.to - range.from);
  const onPointerDown = (event: PointerEvent): void => {
    event.currentTarget.setPointerCapture(event.pointerId);
    drag.current = { x: event.nativeEvent.offsetX, range };
  };
  const onPointerMove = (event: PointerEvent): void => {
    const { offsetX: x, offsetY: y } = event.nativeEvent;
    onPointer(x / width);
    const start = drag.current;
    if (!start) setHint(hintAt(props, x, y));
    else if (event.shiftKey) onRange(pan(start.range, (start.x - x) / width));
    else if (Math.abs(x - start.x) > CLICK) {
      const [a, b] = [timeAt(start.x), timeAt(x)];
      onSelection({ from: Math.min(a, b), to: Math.max(a, b) });
    }
  };
  const onPointerUp = (event: PointerEvent): void => {
    const start = drag.current;
    drag.current = null;
    const { offsetX: x, offsetY: y } = event.nativeEvent;
    if (!start) return;
    if (Math.abs(x - start.x) > CLICK) {
      if (!event.shiftKey) onSelected();
      return;
    }
    const row = y < RULER_HEIGHT ? undefined : rowAt(rows, y + scroll);
    const pixel = (range.to - range.from) / width;
    const index = row && indexAt(row, timeAt(x), y + scroll, pixel);
    const isMarker = row?.track?.kind === 'markers';
    if (!row?.track || index === undefined) onPoint(null);
    else {
      const time = isMarker ? (row.track.slices?.starts[index] ?? 0) : timeAt(x);
      onPoint({ track: row.track.id, time, depth: depthAt(row, y + scroll) });
    }
  };
  const onLeave = (): void => {
    setHint(null);
    onPointer(null);
  };
  return (
    <div className="timeline-canvas" style={{ height }}>
      <canvas
        ref={canvas}
        style={{ width, height }}
        aria-label="Timeline"
        role="img"
        onPointerDown={onPointerDown}
        onPointerMove={onPointerMove}
        onPointerUp={onPointerUp}
        onPointerLeave={onLeave}
        onDoubleClick={(event) => event.nativeEvent.offsetY < RULER_HEIGHT && onWhole()}
      />
      {hint && (
        <div
          className="timeline-hint"
          style={{ left: Math.min(hint.x + 12, Math.max(0, width - 320)), top: Math.min(hint.y + 14, height - 22) }}
        >
          {hint.text}
        </div>
      )}
    </div>
  );
}
