/** Boxes painted into an image: many thousands of them cost a canvas more than the whole image does. */

/** Colour of `#rrggbb` as red, green and blue. */
function channels(color: string): readonly [number, number, number] {
  const value = Number.parseInt(color.slice(1, 7), 16);
  return [(value >> 16) & 0xff, (value >> 8) & 0xff, value & 0xff];
}

/** A colour in some strength over another, as a pixel. */
export function blend(color: string, over: string, alpha: number): number {
  const [top, bottom] = [channels(color), channels(over)];
  const [red, green, blue] = top.map((value, i) => Math.round(value * alpha + bottom[i] * (1 - alpha)));
  return (0xff00_0000 | (blue << 16) | (green << 8) | red) >>> 0;
}

/** Distance of the lines that tell waiting from running by its pattern. */
const HATCH = 6;
const FEW = 16;

export class Raster {
  readonly pixels: Uint32Array<ArrayBuffer>;

  /** `ratio` is the number of the screen's pixels to one of the page's. */
  constructor(
    readonly width: number,
    readonly height: number,
    private readonly ratio: number,
  ) {
    this.pixels = new Uint32Array(width * height);
  }

  clear(pixel: number): void {
    this.pixels.fill(pixel);
  }

  /** Fills a box given in the page's pixels: at least one pixel wide and high. `line` is the colour of a hatching. */
  fill(left: number, top: number, right: number, bottom: number, pixel: number, line?: number): void {
    const { width, height, ratio, pixels } = this;
    const x0 = Math.max(0, Math.round(left * ratio));
    const y0 = Math.max(0, Math.round(top * ratio));
    const x1 = Math.min(width, Math.max(x0 + 1, Math.round(right * ratio)));
    const y1 = Math.min(height, Math.max(y0 + 1, Math.round(bottom * ratio)));
    for (let y = y0; y < y1; y += 1) {
      const start = y * width + x0;
      const end = y * width + x1;
      // A call for a few pixels costs more than they do.
      if (end - start > FEW) pixels.fill(pixel, start, end);
      else for (let at = start; at < end; at += 1) pixels[at] = pixel;
      if (line === undefined) continue;
      const first = (((HATCH - ((x0 + y) % HATCH)) % HATCH) + HATCH) % HATCH;
      for (let x = x0 + first; x < x1; x += HATCH) pixels[y * width + x] = line;
    }
  }
}
