// Very many curves as a few shapes: the median, the middle half and nine tenths of them, over a haze that shows where
// any curve runs at all.
//
// Each curve is read once in each column of the picture and counted in the pixel that it crosses, so quantiles cost no
// sorting and are exact to a pixel; the haze counts every pixel that a curve touches, so that a single spike of a
// single curve stays visible.

import type { Box, Curve } from "./curve.ts";
import type { Plane } from "./line.ts";
import type { Pen } from "./pen.ts";
import type { Scale } from "./scale.ts";
import { lower_bound } from "./polyline.ts";

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

export class Density {
  readonly columns: number;
  readonly rows: number;
  private readonly middles: Uint16Array;
  readonly haze: Uint16Array;

  constructor(readonly box: Box) {
    this.columns = Math.max(1, Math.ceil((box.right - box.left) / COLUMN));
    this.rows = Math.max(1, Math.ceil(box.bottom - box.top));
    this.middles = new Uint16Array(this.columns * (this.rows + 2));
    this.haze = new Uint16Array(this.columns * this.rows);
  }

  add(curve: Curve, across: Scale, up: Scale): void {
    const { x, y } = curve;
    const { left, top } = this.box;
    let i = Math.max(lower_bound(x, across.low) - 1, 0);
    let before = up.at(y[i] ?? NaN);
    for (let column = 0; column < this.columns; column++) {
      const start = across.invert(left + column * COLUMN);
      const end = across.invert(left + (column + 1) * COLUMN);
      if (!(end >= (x[i] ?? NaN))) continue;
      const middle = (start + end) / 2;
      let least = Infinity;
      let largest = -Infinity;
      while (i + 1 < x.length && (x[i + 1] ?? NaN) <= end) {
        i++;
        before = up.at(y[i] ?? NaN);
        if (before < least) least = before;
        if (before > largest) largest = before;
      }
      const at = this.between(curve, i, middle, before, up);
      if (at === at) {
        if (at < least) least = at;
        if (at > largest) largest = at;
        const row = Math.max(
          0,
          Math.min(this.rows + 1, 1 + Math.floor(at - top)),
        );
        const cell = column * (this.rows + 2) + row;
        this.middles[cell] = (this.middles[cell] ?? 0) + 1;
      }
      if (least <= largest) this.cover(column, least - top, largest - top);
      if (i + 1 >= x.length && (x[i] ?? NaN) < end) break;
    }
  }

  /** The pixel where the curve crosses `at`, which lies near its point `i`. */
  private between(
    curve: Curve,
    i: number,
    at: number,
    here: number,
    up: Scale,
  ): number {
    const { x, y } = curve;
    const x0 = x[i] ?? NaN;
    if (x0 > at) {
      if (i === 0) return NaN;
      const x1 = x[i - 1] ?? NaN;
      return here + ((up.at(y[i - 1] ?? NaN) - here) * (x0 - at)) / (x0 - x1);
    }
    if (i + 1 >= x.length) return NaN;
    const x1 = x[i + 1] ?? NaN;
    return here + ((up.at(y[i + 1] ?? NaN) - here) * (at - x0)) / (x1 - x0);
  }

  private cover(column: number, from: number, to: number): void {
    const first = Math.max(0, Math.floor(from));
    const last = Math.min(this.rows - 1, Math.floor(to));
    for (let row = first; row <= last; row++) {
      const cell = row * this.columns + column;
      this.haze[cell] = (this.haze[cell] ?? 0) + 1;
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
      let total = 0;
      for (let row = 0; row < this.rows + 2; row++)
        total += this.middles[start + row] ?? 0;
      if (total === 0) continue;
      let passed = 0;
      let next = 0;
      for (let row = 0; row < this.rows + 2 && next < SHARES.length; row++) {
        passed += this.middles[start + row] ?? 0;
        while (
          next < SHARES.length &&
          passed >= (1 - (SHARES[next] ?? 0)) * total &&
          passed > 0
        ) {
          const quantile = lines[next++];
          if (quantile) quantile[column] = this.box.top + row - 0.5;
        }
      }
    }
    return { xs, lines };
  }

  /** The haze as a picture, one pixel a cell, in one colour. */
  image(red: number, green: number, blue: number): ImageData {
    const data = new Uint8ClampedArray(this.columns * this.rows * 4);
    let most = 1;
    for (const count of this.haze) if (count > most) most = count;
    const alphas = new Uint8Array(most + 1);
    for (let count = 1; count <= most; count++) {
      alphas[count] = 26 + (70 * Math.log(count)) / Math.log(most + 1);
    }
    for (let i = 0; i < this.haze.length; i++) {
      const count = this.haze[i] ?? 0;
      if (count === 0) continue;
      data[4 * i] = red;
      data[4 * i + 1] = green;
      data[4 * i + 2] = blue;
      data[4 * i + 3] = alphas[count] ?? 0;
    }
    return new ImageData(data, this.columns, this.rows);
  }
}

/** Draws bands and median of one group of curves. */
export function draw_quantiles(
  pen: Pen,
  { xs, lines }: Quantiles,
  color: string,
  { box }: Plane,
): void {
  const [p95, p75, p50, p25, p5] = lines;
  pen.setLineDash([]);
  pen.fillStyle = color;
  for (const [high, low, alpha] of [
    [p95, p5, 0.13],
    [p75, p25, 0.26],
  ] as const) {
    pen.globalAlpha = alpha;
    pen.beginPath();
    trace(pen, xs, high, false);
    trace(pen, xs, low, true);
    pen.closePath();
    pen.fill();
  }
  pen.globalAlpha = 1;
  pen.strokeStyle = color;
  pen.lineWidth = 1.75;
  pen.lineJoin = "round";
  pen.beginPath();
  let down = false;
  for (let i = 0; i < xs.length; i++) {
    const y = p50[i] ?? NaN;
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
