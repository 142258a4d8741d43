/** Draws tracks on a canvas. Colour tells whose and what, and never alone: labels, position and patterns say the same. */
import { scaleLinear } from 'd3-scale';
import {
  SLICE_CATEGORIES,
  type SliceCategory,
  type TimelineLabel,
  type TimelineTrack,
  type TimelineWindow,
} from '../../protocol/timeline.ts';
import { formatTime, type Range } from './range.ts';

/** Pixels. */
const RULER_HEIGHT = 22;
const GROUP_HEIGHT = 18;
const ROW_HEIGHT = 18;
const NESTED_HEIGHT = 13;
const COUNTER_HEIGHT = 30;
/** Narrower slices have no text. */
const TEXT_WIDTH = 34;

/** One row on screen. */
export interface Row {
  readonly kind: 'group' | 'track';
  readonly name: string;
  readonly domid: number | null;
  readonly track: TimelineTrack | null;
  readonly top: number;
  readonly height: number;
}

/** Colours by their variable's name. */
export type Palette = (variable: string) => string;

function heightOf({ kind, depth }: TimelineTrack): number {
  if (kind === 'counter') return COUNTER_HEIGHT;
  return kind === 'slices' ? ROW_HEIGHT : Math.max(ROW_HEIGHT, depth * NESTED_HEIGHT + 4);
}

/** Rows from top to bottom: a heading above each group, the tracks of a collapsed group left out. */
export function layOut(tracks: readonly TimelineTrack[], collapsed: ReadonlySet<string>): Row[] {
  const rows: Row[] = [];
  let top = RULER_HEIGHT;
  let group = '';
  for (const track of tracks) {
    if (track.group !== group) {
      group = track.group;
      rows.push({ kind: 'group', name: group, domid: track.domid, track: null, top, height: GROUP_HEIGHT });
      top += GROUP_HEIGHT;
    }
    if (collapsed.has(group)) continue;
    const height = heightOf(track);
    rows.push({ kind: 'track', name: track.name, domid: track.domid, track, top, height });
    top += height;
  }
  return rows;
}

/** Total height of rows. */
export function heightOfRows(rows: readonly Row[]): number {
  const last = rows.at(-1);
  return last ? last.top + last.height : RULER_HEIGHT;
}

function ownerVariable(owner: TimelineLabel['owner']): string {
  if (owner === 'xen') return '--xen';
  return owner === null ? '--idle' : `--domain-${owner % 6}`;
}

/** Colour and strength of a category; undefined for what is left empty. */
function styleOf(
  category: SliceCategory,
  owner: TimelineLabel['owner'],
): { readonly color: string; readonly alpha: number } | undefined {
  switch (category) {
    case 'el2':
      return { color: '--xen', alpha: 0.85 };
    case 'el1':
      return { color: ownerVariable(owner), alpha: 0.75 };
    case 'el0':
      return { color: ownerVariable(owner), alpha: 0.45 };
    case 'running':
    case 'task':
    case 'function':
      return { color: ownerVariable(owner), alpha: 0.7 };
    case 'syscall':
      return { color: ownerVariable(owner), alpha: 0.5 };
    case 'runnable':
      return { color: '--warning', alpha: 0.55 };
    case 'preempted':
      return { color: '--preempted', alpha: 0.75 };
    case 'blocked':
    case 'asleep':
    case 'idle-task':
      return { color: '--idle', alpha: 0.16 };
    default:
      return undefined;
  }
}

export class Painter {
  constructor(
    private readonly context: CanvasRenderingContext2D,
    private readonly palette: Palette,
    private readonly width: number,
    private readonly range: Range,
  ) {}

  #x(time: number): number {
    return ((time - this.range.from) / (this.range.to - this.range.from)) * this.width;
  }

  /** Everything. */
  draw(window: TimelineWindow, rows: readonly Row[], selection: Range | null): void {
    const { context } = this;
    context.clearRect(0, 0, context.canvas.width, context.canvas.height);
    this.#ruler(heightOfRows(rows));
    for (const row of rows) {
      if (row.kind === 'group') this.#group(row);
      else if (row.track?.kind === 'counter') this.#counter(row, row.track);
      else if (row.track) this.#slices(row, row.track, window.labels);
    }
    if (selection) this.#selection(selection, heightOfRows(rows));
  }

  #ruler(height: number): void {
    const { context, range } = this;
    const scale = scaleLinear([range.from, range.to], [0, this.width]);
    context.font = `10.5px ${this.palette('--font-ui')}`;
    context.textBaseline = 'middle';
    for (const tick of scale.ticks(Math.max(2, Math.floor(this.width / 130)))) {
      const x = Math.round(scale(tick)) + 0.5;
      context.fillStyle = this.palette('--border');
      context.fillRect(x, RULER_HEIGHT, 1, height - RULER_HEIGHT);
      context.fillStyle = this.palette('--text-muted');
      context.fillText(formatTime(tick, range.to - range.from), x + 4, RULER_HEIGHT / 2);
    }
  }

  #group({ top, height }: Row): void {
    this.context.fillStyle = this.palette('--raised');
    this.context.fillRect(0, top, this.width, height);
  }

  #slices({ top, height }: Row, track: TimelineTrack, labels: readonly TimelineLabel[]): void {
    const { slices } = track;
    if (!slices) return;
    const isNested = track.kind !== 'slices';
    for (let index = 0; index < slices.starts.length; index += 1) {
      const label = labels[slices.labels[index]];
      const style = styleOf(SLICE_CATEGORIES[slices.categories[index]], label.owner);
      const left = Math.max(0, this.#x(slices.starts[index]));
      const right = Math.min(this.width, this.#x(slices.ends[index]));
      if (!style || right < 0 || left > this.width) continue;
      const y = top + 2 + (isNested ? slices.depths[index] * NESTED_HEIGHT : 0);
      const box = { left, width: Math.max(right - left, 0.7), y, height: isNested ? NESTED_HEIGHT - 1 : height - 4 };
      this.#box(box, style, slices.counts[index] === 1 ? label.text : '');
    }
    this.context.globalAlpha = 1;
  }

  #box(
    {
      left,
      width,
      y,
      height,
    }: { readonly left: number; readonly width: number; readonly y: number; readonly height: number },
    { color, alpha }: { readonly color: string; readonly alpha: number },
    text: string,
  ): void {
    const { context } = this;
    context.globalAlpha = alpha;
    context.fillStyle = this.palette(color);
    context.fillRect(left, y, width > 3 ? width - 0.6 : width, height);
    if (width < TEXT_WIDTH || text === '') return;
    context.globalAlpha = 1;
    context.fillStyle = this.palette(alpha > 0.6 ? '--panel' : '--text');
    context.font = `10.5px ${this.palette('--font-mono')}`;
    context.fillText(fit(text, width - 6), left + 3, y + height / 2 + 0.5);
  }

  #counter({ top, height }: Row, { values }: TimelineTrack): void {
    if (!values || values.length === 0) return;
    const { context } = this;
    const largest = Math.max(...values, 1e-9);
    context.fillStyle = this.palette('--accent');
    context.globalAlpha = 0.55;
    const step = this.width / values.length;
    values.forEach((value, index) => {
      const bar = (value / largest) * (height - 6);
      context.fillRect(index * step, top + height - 2 - bar, Math.max(step, 0.7), bar);
    });
    context.globalAlpha = 1;
    context.fillStyle = this.palette('--text-muted');
    context.font = `10px ${this.palette('--font-ui')}`;
    context.fillText(`max ${Number(largest.toPrecision(3))}`, 4, top + 8);
  }

  #selection({ from, to }: Range, height: number): void {
    const { context } = this;
    const [left, right] = [this.#x(from), this.#x(to)];
    context.globalAlpha = 0.14;
    context.fillStyle = this.palette('--accent');
    context.fillRect(left, 0, right - left, height);
    context.globalAlpha = 1;
    context.fillRect(left, 0, 1, height);
    context.fillRect(right, 0, 1, height);
  }
}

/** Monospace characters are about 6.3 pixels wide at this size. */
function fit(text: string, width: number): string {
  const characters = Math.floor(width / 6.3);
  return text.length <= characters ? text : `${text.slice(0, Math.max(0, characters - 1))}…`;
}

/** The slice at a point of a track; undefined for none. */
export function sliceAt(track: TimelineTrack, time: number, depth: number): number | undefined {
  const { slices } = track;
  if (!slices) return undefined;
  for (let index = slices.starts.length - 1; index >= 0; index -= 1) {
    const isHere = slices.starts[index] <= time && time < slices.ends[index];
    if (isHere && (track.kind === 'slices' || slices.depths[index] === depth)) return index;
  }
  return undefined;
}

/** Nesting at a height within a track's row. */
export function depthAt(row: Row, y: number): number {
  return Math.max(0, Math.floor((y - row.top - 2) / NESTED_HEIGHT));
}
