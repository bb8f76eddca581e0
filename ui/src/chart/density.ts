// Very many curves as a few shapes: the median, the middle half and nine tenths of them, over a haze that shows where
// any curve runs at all.
//
// Each curve is read once in each column of the picture and counted in the pixel that it crosses, so quantiles cost no
// sorting and are exact to a pixel; the haze counts every pixel that a curve touches, so that a single spike of a
// single curve stays visible.

import type { Numbers } from "../math/smooth.ts";
import { bent_of } from "./bent.ts";
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
  /** How many curves touch each pixel, column by column. */
  readonly haze: Uint16Array;
  /** The largest of these counts. */
  most = 0;
  /** The first row of each column that a curve touches or bands may reach, and one past the last. */
  readonly firsts: Uint16Array;
  readonly ends: Uint16Array;
  /** How many curves pass each row in a column's middle; the first and last row are out of view. */
  private readonly middles: Uint16Array;
  private readonly edges: Float64Array;
  private cuts: Cuts;
  private readonly known = new Map<Numbers, Cuts>();

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
    this.cuts = make_cuts(this.columns);
    this.firsts = new Uint16Array(this.columns).fill(this.rows);
    this.ends = new Uint16Array(this.columns);
  }

  clear(): void {
    this.middles.fill(0);
    this.haze.fill(0);
    this.most = 0;
    this.firsts.fill(this.rows);
    this.ends.fill(0);
  }

  add({ x, y }: Pick<Curve, "x" | "y">): void {
    const { firsts, before, shares } = this.cuts_of(x);
    const bent = bent_of(y, this.up.kind);
    const { top } = this.box;
    const { factor } = this.up;
    const offset = this.up.offset - top;
    const { columns, rows, middles } = this;
    let i = firsts[0] ?? 0;
    for (let column = 0; column < columns; column++) {
      const end = firsts[column + 1] ?? 0;
      let least = Infinity;
      let largest = -Infinity;
      const left = before[column] ?? -1;
      if (left >= 0) {
        const y0 = bent[left] ?? NaN;
        const share = shares[column] ?? 0;
        const even =
          share === 0 ? y0 : y0 + ((bent[left + 1] ?? NaN) - y0) * share;
        const at = offset + factor * even;
        if (at === at) {
          least = at;
          largest = at;
          const row = Math.floor(at) + 1;
          const inside = row < 0 ? 0 : row > rows + 1 ? rows + 1 : row;
          const cell = column * (rows + 2) + inside;
          middles[cell] = (middles[cell] ?? 0) + 1;
        }
      }
      for (; i < end; i++) {
        const place = offset + factor * (bent[i] ?? NaN);
        if (place < least) least = place;
        if (place > largest) largest = place;
      }
      if (least <= largest) this.cover(column, least, largest);
    }
  }

  private cover(column: number, from: number, to: number): void {
    const { rows, haze } = this;
    const first = from > 0 ? Math.floor(from) : 0;
    const last = to < rows - 1 ? Math.floor(to) : rows - 1;
    if (first > last) {
      // Out of view, but bands reach there.
      if (to < 0) this.firsts[column] = 0;
      else this.ends[column] = rows;
      return;
    }
    if (first < (this.firsts[column] ?? 0)) this.firsts[column] = first;
    if (last >= (this.ends[column] ?? 0)) this.ends[column] = last + 1;
    const start = column * rows;
    for (let cell = start + first; cell <= start + last; cell++) {
      const count = (haze[cell] ?? 0) + 1;
      haze[cell] = count;
      if (count > this.most) this.most = count;
    }
  }

  /** Where columns cut a curve with these places; found once for curves that share them. */
  private cuts_of(x: Numbers): Cuts {
    const known = this.known.get(x);
    if (known) return known;
    // Curves that each have places of their own would fill the memory: their cuts are used at once, and written over.
    const made =
      this.known.size < MOST_CUTS ? make_cuts(this.columns) : this.cuts;
    if (this.known.size < MOST_CUTS) this.known.set(x, made);
    else this.cuts = made;
    cut(x, this.edges, made);
    return made;
  }

  quantiles(): Quantiles {
    const make = (): Float32Array => new Float32Array(this.columns).fill(NaN);
    const lines = [make(), make(), make(), make(), make()] as const;
    const xs = Float32Array.from(
      { length: this.columns },
      (_, i) => this.box.left + (i + 0.5) * COLUMN,
    );
    const { middles, rows } = this;
    for (let column = 0; column < this.columns; column++) {
      const start = column * (rows + 2);
      let total = 0;
      for (let i = start; i < start + rows + 2; i++) total += middles[i] ?? 0;
      let passed = 0;
      let next = 0;
      for (let row = 0; total > 0 && next < SHARES.length; row++) {
        passed += middles[start + row] ?? 0;
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

/** How columns cut a curve: which points lie in each, and between which two its middle lies. */
interface Cuts {
  /** The first point of each column, and one past the last of all. */
  readonly firsts: Uint32Array;
  /** The point before each column's middle; −1 where the curve does not reach. */
  readonly before: Int32Array;
  /** How far the middle is from that point to the next, from 0 to 1. */
  readonly shares: Float32Array;
}

/** So many different columns of x are kept. */
const MOST_CUTS = 16;

function make_cuts(columns: number): Cuts {
  return {
    firsts: new Uint32Array(columns + 1),
    before: new Int32Array(columns),
    shares: new Float32Array(columns),
  };
}

function cut(x: Numbers, edges: Float64Array, out: Cuts): void {
  const { firsts, before, shares } = out;
  const n = x.length;
  let i = lower_bound(x, edges[0] ?? 0);
  let near = Math.max(i - 1, 0);
  for (let column = 0; column < before.length; column++) {
    firsts[column] = i;
    const end = edges[column + 1] ?? NaN;
    while (i < n && (x[i] ?? NaN) <= end) i++;
    const middle = ((edges[column] ?? NaN) + end) / 2;
    while (near + 1 < n && (x[near + 1] ?? NaN) <= middle) near++;
    const x0 = x[near] ?? NaN;
    const x1 = x[near + 1] ?? NaN;
    const is_between = middle >= x0 && (middle < x1 || middle === x0);
    before[column] = is_between ? near : -1;
    shares[column] = is_between && x1 > x0 ? (middle - x0) / (x1 - x0) : 0;
  }
  firsts[before.length] = i;
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
