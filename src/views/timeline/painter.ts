/** Draws the rows in sight on a canvas. Colour tells whose and what, and never alone: labels, position and patterns say the same. */
import { scaleLinear } from 'd3-scale';
import {
  SLICE_CATEGORIES,
  TIMELINE_FLOW_KINDS,
  type TimelineLabel,
  type TimelineSlice,
  type TimelineTrack,
  type TimelineWindow,
} from '../../protocol/timeline.ts';
import { blend, type Raster } from './raster.ts';
import { FLOWS, markerOf, styleOf } from './drawing-styles.ts';
import { formatTime, type Range } from './range.ts';
import { heightOfRows, NESTED_HEIGHT, type Row, RULER_HEIGHT, rowsBetween } from './rows.ts';

/** Narrower slices have no text. */
const TEXT_WIDTH = 34;
/** Monospace characters are about so wide at this size. */
const CHARACTER = 6.3;
const FULL = 255;

/** Colours by their variable's name. */
export type Palette = (variable: string) => string;

/** What is drawn, and where. */
export interface Scene {
  readonly window: TimelineWindow;
  readonly rows: readonly Row[];
  readonly range: Range;
  /** Pixels of the canvas. */
  readonly width: number;
  readonly height: number;
  /** Pixels that the rows are scrolled by. */
  readonly scroll: number;
  readonly selection: Range | null;
  readonly marks: readonly Range[];
  readonly focus: TimelineSlice | null;
}

/** What boxes of one style are painted with. */
interface PixelStyle {
  readonly pixel: number;
  /** Of the hatching; undefined for none. */
  readonly line: number | undefined;
  readonly text: string;
}

/** Something that is written on a box. */
interface Text {
  readonly text: string;
  readonly x: number;
  readonly y: number;
  readonly color: string;
}

function fit(text: string, width: number): string {
  const characters = Math.floor(width / CHARACTER);
  return text.length <= characters ? text : `${text.slice(0, Math.max(0, characters - 1))}…`;
}

export class Painter {
  readonly #colors = new Map<string, string>();
  readonly #styles = new Map<number, PixelStyle | undefined>();
  readonly #texts: Text[] = [];
  readonly #scale: number;

  constructor(
    private readonly context: CanvasRenderingContext2D,
    private readonly raster: Raster,
    private readonly palette: Palette,
    private readonly scene: Scene,
  ) {
    const { from, to } = scene.range;
    this.#scale = scene.width / (to - from);
  }

  /** Asking for a computed style costs more than drawing. */
  #color(variable: string): string {
    let color = this.#colors.get(variable);
    if (color === undefined) this.#colors.set(variable, (color = this.palette(variable)));
    return color;
  }

  #x(time: number): number {
    return (time - this.scene.range.from) * this.#scale;
  }

  /** Everything. */
  draw(): void {
    const { context } = this;
    const { window, rows, scroll, height } = this.scene;
    const inSight = rowsBetween(rows, scroll + RULER_HEIGHT, scroll + height);
    this.raster.clear(blend(this.#color('--panel'), this.#color('--panel'), 1));
    this.#gridLines();
    for (const row of inSight) this.#boxes(row, window.labels);
    context.putImageData(new ImageData(new Uint8ClampedArray(this.raster.pixels.buffer), this.raster.width), 0, 0);
    this.#writeTexts();
    context.save();
    context.translate(0, -scroll);
    for (const { track, ...row } of inSight) {
      if (track?.kind === 'markers') this.#markers({ ...row, track }, track, window.labels);
      else if (track?.kind === 'counter') this.#counterText({ ...row, track }, track);
    }
    this.#stretches();
    this.#flows();
    this.#focus();
    context.restore();
    this.#ruler();
    this.#markerLines();
  }

  #ticks(): readonly number[] {
    const { range, width } = this.scene;
    return scaleLinear([range.from, range.to], [0, width]).ticks(Math.max(2, Math.floor(width / 130)));
  }

  /** Behind the boxes, where they cannot be taken for the ends of slices. */
  #gridLines(): void {
    const { scroll, rows, height } = this.scene;
    const bottom = Math.min(height, heightOfRows(rows) - scroll);
    const pixel = blend(this.#color('--border'), this.#color('--panel'), 0.6);
    for (const tick of this.#ticks()) {
      const x = Math.round(this.#x(tick));
      this.raster.fill(x, RULER_HEIGHT, x + 1, bottom, pixel);
    }
  }

  #ruler(): void {
    const { context } = this;
    const { range, width } = this.scene;
    context.fillStyle = this.#color('--panel');
    context.fillRect(0, 0, width, RULER_HEIGHT);
    context.fillStyle = this.#color('--border');
    context.fillRect(0, RULER_HEIGHT - 1, width, 1);
    context.font = `10.5px ${this.#color('--font-ui')}`;
    context.textBaseline = 'middle';
    for (const tick of this.#ticks()) {
      const x = Math.round(this.#x(tick));
      context.fillStyle = this.#color('--border-strong');
      context.fillRect(x, RULER_HEIGHT - 6, 1, 5);
      context.fillStyle = this.#color('--text-muted');
      context.fillText(formatTime(tick, range.to - range.from), x + 4, RULER_HEIGHT / 2);
    }
  }

  #boxes(row: Row, labels: readonly TimelineLabel[]): void {
    const { scroll, width } = this.scene;
    const { track, top, height } = row;
    if (row.kind === 'group') {
      const pixel = blend(this.#color('--raised'), this.#color('--panel'), 1);
      this.raster.fill(0, top - scroll, width, top - scroll + height, pixel);
    } else if (track?.kind === 'counter') this.#counter(row, track);
    else if (track && track.kind !== 'markers') this.#slices(row, track, labels);
  }

  /** Boxes of a row into the image; what is written on them comes later. */
  #slices({ top, height }: Row, { slices, kind }: TimelineTrack, labels: readonly TimelineLabel[]): void {
    if (!slices) return;
    const { width: whole, scroll } = this.scene;
    const isNested = kind === 'spans';
    const boxHeight = isNested ? NESTED_HEIGHT - 1 : height - 4;
    const { starts, ends, categories, depths, counts, lows, highs } = slices;
    for (let index = 0; index < starts.length; index += 1) {
      const left = Math.max(0, this.#x(starts[index]));
      const right = Math.min(whole, this.#x(ends[index]));
      if (right < 0 || left > whole) continue;
      const label = labels[slices.labels[index]];
      const style = this.#style(categories[index], label.owner);
      if (!style) continue;
      const base = top - scroll + 2 + (isNested ? depths[index] * NESTED_HEIGHT : 0) + boxHeight;
      const [from, to] = [base - (highs[index] / FULL) * boxHeight, base - (lows[index] / FULL) * boxHeight];
      const width = right - left;
      const line = style.line !== undefined && width > 5 ? style.line : undefined;
      this.raster.fill(left, from, width > 3 ? right - 0.6 : right, to, style.pixel, line);
      if (width < TEXT_WIDTH || counts[index] !== 1) continue;
      this.#texts.push({ text: fit(label.text, width - 6), x: left + 3, y: (from + to) / 2 + 0.5, color: style.text });
    }
  }

  /** Pixels of a category in somebody's colour; asked for very often. */
  #style(category: number, owner: TimelineLabel['owner']): PixelStyle | undefined {
    const key = category * 100 + (owner === 'xen' ? 98 : owner === null ? 99 : owner % 6);
    if (this.#styles.has(key)) return this.#styles.get(key);
    const style = styleOf(SLICE_CATEGORIES[category], owner);
    const panel = this.#color('--panel');
    const made = style && {
      pixel: blend(this.#color(style.color), panel, style.alpha),
      line: style.isHatched ? blend(this.#color(style.color), panel, style.alpha * 0.45) : undefined,
      text: this.#color(style.alpha > 0.6 && !style.isHatched ? '--panel' : '--text'),
    };
    this.#styles.set(key, made);
    return made;
  }

  #writeTexts(): void {
    const { context } = this;
    context.font = `10.5px ${this.#color('--font-mono')}`;
    context.textBaseline = 'middle';
    for (const { text, x, y, color } of this.#texts) {
      context.fillStyle = color;
      context.fillText(text, x, y);
    }
  }

  #counter({ top, height }: Row, { values }: TimelineTrack): void {
    if (!values || values.length === 0) return;
    const { window, scroll, width: whole } = this.scene;
    const largest = largestOf(values);
    const pixel = blend(this.#color('--text-muted'), this.#color('--panel'), 0.6);
    const step = (window.to - window.from) / values.length;
    const bottom = top - scroll + height - 2;
    for (let index = 0; index < values.length; index += 1) {
      const [left, right] = [this.#x(window.from + index * step), this.#x(window.from + (index + 1) * step)];
      if (values[index] === 0 || right < 0 || left > whole) continue;
      this.raster.fill(left, bottom - (values[index] / largest) * (height - 6), right, bottom, pixel);
    }
  }

  #counterText({ top }: Row, { values }: TimelineTrack): void {
    if (!values) return;
    const { context } = this;
    context.fillStyle = this.#color('--text-muted');
    context.font = `10px ${this.#color('--font-ui')}`;
    context.textBaseline = 'middle';
    context.fillText(`max ${Number(largestOf(values).toFixed(1))}`, 4, top + 8);
  }

  #markers({ top, height }: Row, { slices }: TimelineTrack, labels: readonly TimelineLabel[]): void {
    if (!slices) return;
    const { context } = this;
    context.textBaseline = 'middle';
    for (let index = 0; index < slices.starts.length; index += 1) {
      const x = this.#x(slices.starts[index]);
      const next = index + 1 < slices.starts.length ? this.#x(slices.starts[index + 1]) : this.scene.width;
      if (next < 0 || x > this.scene.width) continue;
      const [glyph, color] = markerOf(slices.categories[index]);
      context.fillStyle = this.#color(color);
      context.font = `11px ${this.#color('--font-ui')}`;
      context.fillText(glyph, x - 4, top + height / 2);
      if (next - x < TEXT_WIDTH + 16) continue;
      context.fillStyle = this.#color('--text');
      context.font = `10.5px ${this.#color('--font-ui')}`;
      context.fillText(fit(labels[slices.labels[index]].text, next - x - 16), x + 8, top + height / 2 + 0.5);
    }
  }

  /** Every marker cuts through all rows. */
  #markerLines(): void {
    const { context } = this;
    const { rows, height } = this.scene;
    const slices = rows.find(({ track }) => track?.kind === 'markers')?.track?.slices;
    if (!slices || slices.starts.length > 200) return;
    slices.starts.forEach((start, index) => {
      const [, color] = markerOf(slices.categories[index]);
      context.globalAlpha = 0.6;
      context.fillStyle = this.#color(color);
      context.fillRect(Math.round(this.#x(start)), RULER_HEIGHT, 1, height);
    });
    context.globalAlpha = 1;
  }

  #stretches(): void {
    const { selection, marks } = this.scene;
    for (const mark of marks) this.#stretch(mark, '--warning', 0.1);
    if (selection) this.#stretch(selection, '--accent', 0.14);
  }

  #stretch({ from, to }: Range, color: string, alpha: number): void {
    const { context } = this;
    const height = heightOfRows(this.scene.rows);
    const [left, right] = [this.#x(from), this.#x(to)];
    context.fillStyle = this.#color(color);
    context.globalAlpha = alpha;
    context.fillRect(left, 0, right - left, height);
    context.globalAlpha = 0.9;
    context.fillRect(left, 0, 1, height);
    context.fillRect(right, 0, 1, height);
    context.globalAlpha = 1;
  }

  #flows(): void {
    const { window, focus } = this.scene;
    const { flows } = window;
    const middles = new Map<number, number>();
    for (const { track, top, height } of this.scene.rows)
      if (track) middles.set(track.id, top + Math.min(height, 18) / 2);
    for (let i = 0; i < flows.kinds.length; i += 1) {
      const [fromY, toY] = [middles.get(flows.fromTracks[i]), middles.get(flows.toTracks[i])];
      if (fromY === undefined || toY === undefined) continue;
      const isFocus =
        focus !== null &&
        ((flows.fromTracks[i] === focus.track && within(flows.fromTimes[i], focus)) ||
          (flows.toTracks[i] === focus.track && within(flows.toTimes[i], focus)));
      const [color, dash] = FLOWS[TIMELINE_FLOW_KINDS[flows.kinds[i]]];
      this.context.globalAlpha = isFocus ? 1 : 0.45;
      this.context.lineWidth = isFocus ? 2 : 1;
      this.context.setLineDash([...dash]);
      this.#arrow(this.#x(flows.fromTimes[i]), fromY, this.#x(flows.toTimes[i]), toY, this.#color(color));
    }
    this.context.setLineDash([]);
    this.context.globalAlpha = 1;
  }

  #arrow(fromX: number, fromY: number, toX: number, toY: number, color: string): void {
    if (Math.max(fromX, toX) < 0 || Math.min(fromX, toX) > this.scene.width) return;
    const { context } = this;
    context.strokeStyle = color;
    context.fillStyle = color;
    context.beginPath();
    context.moveTo(fromX, fromY);
    const bend = fromY === toY ? -8 : 0;
    context.bezierCurveTo((fromX + toX) / 2, fromY + bend, (fromX + toX) / 2, toY + bend, toX, toY);
    context.stroke();
    context.setLineDash([]);
    context.beginPath();
    const down = Math.sign(toY - fromY);
    if (down !== 0 && Math.abs(toX - fromX) < 6) triangle(context, toX, toY, 0, down);
    else triangle(context, toX, toY, 1, 0);
    context.fill();
  }

  #focus(): void {
    const { focus, rows } = this.scene;
    const row = focus && rows.find(({ track }) => track?.id === focus.track);
    if (!focus || !row) return;
    const { context } = this;
    const left = this.#x(focus.from);
    const width = Math.max(this.#x(focus.to) - left, 3);
    const isNested = row.track?.kind === 'spans';
    const y = row.top + 1 + (isNested ? focus.depth * NESTED_HEIGHT : 0);
    context.strokeStyle = this.#color('--text');
    context.lineWidth = 1.5;
    context.strokeRect(left, y, width, isNested ? NESTED_HEIGHT + 1 : row.height - 2);
  }
}

const largestOf = (values: Float64Array): number => values.reduce((most, value) => Math.max(most, value), 1e-9);

const within = (time: number, { from, to }: Range): boolean => time >= from && time <= to;

function triangle(context: CanvasRenderingContext2D, x: number, y: number, right: number, down: number): void {
  context.moveTo(x, y);
  context.lineTo(x - 5 * right - 3 * down, y - 5 * down - 3 * right);
  context.lineTo(x - 5 * right + 3 * down, y - 5 * down + 3 * right);
}
