// Very many curves as a few shapes: the median, the middle half and nine tenths of them, over a haze that shows where
// any curve runs at all.
//
// Each curve is read once in each column of the picture and counted in the pixel that it crosses, so quantiles cost no
// sorting and are exact to a pixel; the haze counts every pixel that a curve touches, so that a single spike of a
// single curve stays visible.

import type { Box, Curve } from "./curve.ts";
import type { Plane } from "./line.ts";
import type { Pen } from "./pen.ts";
import { lower_bound } from "./polyline.ts";
import type { Scale } from "./scale.ts";

/** Places in pixels of each quantile in each column; NaN where no curve is. */
export interface Quantiles {
  xs: Float32Array;
  lines: readonly [
    Float32Array,
    Float32Array,
    Float32Array,
    Float32Array,
    Float32Array,
  ];
}

const SHARES = [0.95, 0.75, 0.5, 0.25, 0.05] as const;
const COLUMN = 2;
/** How much a band covers: between 5 and 95 %, and between 25 and 75 %. */
export const BAND_ALPHAS = [0.13, 0.26] as const;

/** Counts curves in the pixels of a box; cleared, it serves for the next group. */
export class Density {
  readonly columns: number;
  readonly rows: number;
  /** How many curves touch each pixel, row by row. */
  readonly haze: Uint16Array;
  /** How many curves pass each row in a column's middle; the first and last row are out of view. */
  private readonly middles: Uint16Array;
  private readonly edges: Float64Array;

  constructor(
    readonly box: Box,
    across: Scale,
    private readonly up: Scale,
  ) {
    this.columns = Math.max(1, Math.ceil((box.right - box.left) / COLUMN));
    this.rows = Math.max(1, Math.ceil(box.bottom - box.top));
    this.middles = new Uint16Array(this.columns * (this.rows + 2));
    this.haze = new Uint16Array(this.columns * this.rows);
    this.edges = Float64Array.from({ length: this.columns + 1 }, (_, i) =>
      across.invert(box.left + i * COLUMN),
    );
  }

  clear(): void {
    this.middles.fill(0);
    this.haze.fill(0);
  }

  add({ x, y }: Pick<Curve, "x" | "y">): void {
    const { edges, up } = this;
    const n = x.length;
    let i = lower_bound(x, edges[0] ?? 0);
    if (i >= n) return;
    let x0 = x[i - 1] ?? NaN;
    let y0 = up.at(y[i - 1] ?? NaN);
    let x1 = x[i] ?? NaN;
    let y1 = up.at(y[i] ?? NaN);
    for (let column = 0; column < this.columns && i < n; column++) {
      const end = edges[column + 1] ?? NaN;
      const middle = ((edges[column] ?? NaN) + end) / 2;
      let least = Infinity;
      let largest = -Infinity;
      let at = NaN;
      for (;;) {
        if (at !== at && middle >= x0 && middle <= x1)
          at = y0 + ((y1 - y0) * (middle - x0)) / (x1 - x0);
        if (!(x1 <= end)) break;
        if (y1 < least) least = y1;
        if (y1 > largest) largest = y1;
        x0 = x1;
        y0 = y1;
        if (++i >= n) break;
        x1 = x[i] ?? NaN;
        y1 = up.at(y[i] ?? NaN);
      }
      if (at === at) {
        if (at < least) least = at;
        if (at > largest) largest = at;
        this.count(column, at);
      }
      if (least <= largest) this.cover(column, least, largest);
    }
  }

  private count(column: number, at: number): void {
    const row = Math.floor(at - this.box.top) + 1;
    const inside = row < 0 ? 0 : row > this.rows + 1 ? this.rows + 1 : row;
    const cell = column * (this.rows + 2) + inside;
    this.middles[cell] = (this.middles[cell] ?? 0) + 1;
  }

  private cover(column: number, from: number, to: number): void {
    const first = Math.max(0, Math.floor(from - this.box.top));
    const last = Math.min(this.rows - 1, Math.floor(to - this.box.top));
    let cell = first * this.columns + column;
    for (let row = first; row <= last; row++) {
      this.haze[cell] = (this.haze[cell] ?? 0) + 1;
      cell += this.columns;
    }
  }

  quantiles(): Quantiles {
    const make = (): Float32Array => new Float32Array(this.columns).fill(NaN);
    const lines = [make(), make(), make(), make(), make()] as const;
    const xs = Float32Array.from(
      { length: this.columns },
      (_, i) => this.box.left + (i + 0.5) * COLUMN,
    );
    for (let column = 0; column < this.columns; column++) {
      const start = column * (this.rows + 2);
      const counts = this.middles.subarray(start, start + this.rows + 2);
      let total = 0;
      for (const count of counts) total += count;
      let passed = 0;
      let next = 0;
      for (let row = 0; total > 0 && next < SHARES.length; row++) {
        passed += counts[row] ?? 0;
        while (
          next < SHARES.length &&
          passed > 0 &&
          passed >= (1 - (SHARES[next] ?? 0)) * total
        ) {
          const line = lines[next++];
          if (line) line[column] = this.box.top + row - 0.5;
        }
      }
    }
    return { xs, lines };
  }
}

/** Draws the bands of one group of curves as shapes. */
export function draw_bands(
  pen: Pen,
  { xs, lines }: Quantiles,
  color: string,
): void {
  const [p95, p75, , p25, p5] = lines;
  pen.setLineDash([]);
  pen.fillStyle = color;
  for (const [high, low, alpha] of [
    [p95, p5, BAND_ALPHAS[0]],
    [p75, p25, BAND_ALPHAS[1]],
  ] as const) {
    pen.globalAlpha = alpha;
    pen.beginPath();
    trace(pen, xs, high, false);
    trace(pen, xs, low, true);
    pen.closePath();
    pen.fill();
  }
  pen.globalAlpha = 1;
}

/** Draws the median of one group of curves. */
export function draw_median(
  pen: Pen,
  { xs, lines }: Quantiles,
  color: string,
  { box }: Plane,
): void {
  const median = lines[2];
  pen.setLineDash([]);
  pen.strokeStyle = color;
  pen.lineWidth = 1.75;
  pen.lineJoin = "round";
  pen.beginPath();
  let down = false;
  for (let i = 0; i < xs.length; i++) {
    const y = median[i] ?? NaN;
    if (Number.isNaN(y)) continue;
    const place = Math.max(box.top - 2, Math.min(box.bottom + 2, y));
    if (down) pen.lineTo(xs[i] ?? 0, place);
    else pen.moveTo(xs[i] ?? 0, place);
    down = true;
  }
  pen.stroke();
}

function trace(
  pen: Pen,
  xs: Float32Array,
  ys: Float32Array,
  backwards: boolean,
): void {
  for (let k = 0; k < xs.length; k++) {
    const i = backwards ? xs.length - 1 - k : k;
    const y = ys[i] ?? NaN;
    if (!Number.isNaN(y)) pen.lineTo(xs[i] ?? 0, y);
  }
}
