// Many curves as one: a middle line with a band, and how many curves it rests on at each place.
//
// Each curve is read by straight lines between its own points and only between its first and last; a curve of one
// point counts at that place alone.

import type { Numbers } from "./smooth.ts";

export type Middle = "mean" | "median" | "min" | "max";
export type Spread = "none" | "minmax" | "std" | "stderr" | "ci95";

export interface Aggregate {
  x: Float64Array;
  middle: Float64Array;
  low: Float64Array;
  high: Float64Array;
  /** How many curves have a finite value there. */
  n: Uint32Array;
}

/** Sums up `curves`; where fewer than two have a value, the band is NaN. */
export function aggregate(
  curves: readonly { x: Numbers; y: Numbers }[],
  middle: Middle,
  spread: Spread,
  most_places = 1200,
): Aggregate {
  const x = places(curves, most_places);
  const out: Aggregate = {
    x,
    middle: new Float64Array(x.length).fill(NaN),
    low: new Float64Array(x.length).fill(NaN),
    high: new Float64Array(x.length).fill(NaN),
    n: new Uint32Array(x.length),
  };
  const cursors = new Uint32Array(curves.length);
  const values = new Float64Array(curves.length);
  for (let i = 0; i < x.length; i++) {
    const at = x[i] ?? NaN;
    let n = 0;
    curves.forEach((curve, c) => {
      const from = advance(curve.x, cursors[c] ?? 0, at);
      cursors[c] = from;
      const value = between(curve, from, at);
      if (Number.isFinite(value)) values[n++] = value;
    });
    out.n[i] = n;
    if (n === 0) continue;
    const here = values.subarray(0, n).slice().sort();
    out.middle[i] = middle_of(here, middle);
    const [low, high] = spread_of(here, out.middle[i] ?? NaN, spread);
    out.low[i] = low;
    out.high[i] = high;
  }
  return out;
}

/** Every x of every curve, or evenly spread places where those are too many. */
function places(
  curves: readonly { x: Numbers; y: Numbers }[],
  most: number,
): Float64Array {
  let total = 0;
  for (const curve of curves) total += curve.x.length;
  const all = new Float64Array(total);
  let filled = 0;
  for (const curve of curves) {
    all.set(curve.x, filled);
    filled += curve.x.length;
  }
  all.sort();
  let kept = 0;
  for (let i = 0; i < all.length; i++) {
    const value = all[i] ?? NaN;
    if (Number.isFinite(value) && (kept === 0 || value !== all[kept - 1])) {
      all[kept++] = value;
    }
  }
  if (kept <= most) return all.slice(0, kept);
  const first = all[0] ?? 0;
  const last = all[kept - 1] ?? 0;
  const step = (last - first) / (most - 1);
  return Float64Array.from({ length: most }, (_, i) =>
    i === most - 1 ? last : first + i * step,
  );
}

/** The last index whose x is at most `at`, looked for from `from` onwards. */
function advance(x: Numbers, from: number, at: number): number {
  let i = from;
  while (i + 1 < x.length && (x[i + 1] ?? NaN) <= at) i++;
  return i;
}

function between(
  curve: { x: Numbers; y: Numbers },
  i: number,
  at: number,
): number {
  const x0 = curve.x[i] ?? NaN;
  const y0 = curve.y[i] ?? NaN;
  if (x0 === at) return y0;
  if (!(x0 < at) || i + 1 >= curve.x.length) return NaN;
  const x1 = curve.x[i + 1] ?? NaN;
  const y1 = curve.y[i + 1] ?? NaN;
  return y0 + ((y1 - y0) * (at - x0)) / (x1 - x0);
}

function middle_of(sorted: Float64Array, middle: Middle): number {
  const n = sorted.length;
  switch (middle) {
    case "min":
      return sorted[0] ?? NaN;
    case "max":
      return sorted[n - 1] ?? NaN;
    case "median": {
      const half = n >> 1;
      const upper = sorted[half] ?? NaN;
      return n % 2 === 1 ? upper : ((sorted[half - 1] ?? NaN) + upper) / 2;
    }
    case "mean":
      return mean_of(sorted);
  }
}

function spread_of(
  sorted: Float64Array,
  middle: number,
  spread: Spread,
): [number, number] {
  const n = sorted.length;
  if (n < 2 || spread === "none") return [NaN, NaN];
  if (spread === "minmax") return [sorted[0] ?? NaN, sorted[n - 1] ?? NaN];
  const mean = mean_of(sorted);
  let squares = 0;
  for (const value of sorted) squares += (value - mean) ** 2;
  const std = Math.sqrt(squares / (n - 1));
  if (spread === "std") return [middle - std, middle + std];
  const error = std / Math.sqrt(n);
  const reach = spread === "stderr" ? error : error * student95(n - 1);
  return [middle - reach, middle + reach];
}

function mean_of(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

const STUDENT_95 = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201,
  2.179, 2.16, 2.145, 2.131, 2.12, 2.11, 2.101, 2.093, 2.086, 2.08, 2.074,
  2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042,
];

/**
 * Student's t for a two-sided 95 % interval: tabled to 30 degrees of freedom,
 * above by the first three terms of its expansion around the normal's 1.96.
 */
export function student95(freedom: number): number {
  const tabled = STUDENT_95[freedom - 1];
  if (tabled !== undefined) return tabled;
  const z = 1.959964;
  const first = (z ** 3 + z) / 4;
  const second = (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96;
  return z + first / freedom + second / freedom ** 2;
}
