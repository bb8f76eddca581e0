// A curve in pixels: what of it lies in view, thinned to what can be seen.
//
// Where more than a few points share a pixel column they become its first, least, largest and last, which looks the
// same and loses no spike.

import type { Numbers } from "../math/smooth.ts";
import { bent_of } from "./bent.ts";
import type { Scale } from "./scale.ts";

/** Places of points in turn; a NaN breaks the line. Reused: read it at once. */
export interface Polyline {
  xs: Float32Array;
  ys: Float32Array;
  length: number;
}

/** Further out than this no pixel is touched, and the numbers stay small. */
const FAR = 20_000;

export function make_polyline(): Polyline {
  return { xs: new Float32Array(4096), ys: new Float32Array(4096), length: 0 };
}

/** The first index whose x is at least `value`. */
export function lower_bound(x: Numbers, value: number): number {
  let low = 0;
  let high = x.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((x[middle] ?? NaN) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Fills `out` with the points of `(x, y)` in view, and one more on each side. */
export function project(
  x: Numbers,
  y: Numbers,
  across: Scale,
  up: Scale,
  out: Polyline,
): void {
  const first = Math.max(lower_bound(x, across.low) - 1, 0);
  const last = Math.min(lower_bound(x, across.high) + 1, x.length);
  const n = Math.max(last - first, 0);
  grow(out, n + 8);
  out.length = 0;
  const columns = Math.abs(across.end - across.start);
  if (n > columns * 6) project_columns(x, y, first, last, across, up, out);
  else project_points(x, y, first, last, across, up, out);
}

function project_points(
  x: Numbers,
  y: Numbers,
  first: number,
  last: number,
  across: Scale,
  up: Scale,
  out: Polyline,
): void {
  const { xs, ys } = out;
  let n = 0;
  const is_log_x = across.kind === "log";
  const bent = bent_of(y, up.kind);
  for (let i = first; i < last; i++) {
    const even = is_log_x ? across.bend(x[i] ?? NaN) : (x[i] ?? NaN);
    const place = up.offset + up.factor * (bent[i] ?? NaN);
    xs[n] = across.offset + across.factor * even;
    ys[n++] = place > FAR ? FAR : place < -FAR ? -FAR : place;
  }
  out.length = n;
}

function project_columns(
  x: Numbers,
  y: Numbers,
  first: number,
  last: number,
  across: Scale,
  up: Scale,
  out: Polyline,
): void {
  let i = first;
  while (i < last) {
    const column = Math.floor(across.at(x[i] ?? NaN));
    let least = i;
    let largest = i;
    let end = i;
    let broken = false;
    for (
      ;
      end < last && Math.floor(across.at(x[end] ?? NaN)) === column;
      end++
    ) {
      const value = y[end] ?? NaN;
      if (!Number.isFinite(value)) broken = true;
      if (value < (y[least] ?? NaN) || !Number.isFinite(y[least])) least = end;
      if (value > (y[largest] ?? NaN) || !Number.isFinite(y[largest]))
        largest = end;
    }
    if (end === i) end = i + 1;
    const [near, far] = least < largest ? [least, largest] : [largest, least];
    put(out, x, y, i, across, up);
    if (near !== i) put(out, x, y, near, across, up);
    if (far !== near) put(out, x, y, far, across, up);
    if (broken) break_line(out);
    if (end - 1 !== far) put(out, x, y, end - 1, across, up);
    i = end;
  }
}

function put(
  out: Polyline,
  x: Numbers,
  y: Numbers,
  i: number,
  across: Scale,
  up: Scale,
): void {
  grow(out, out.length + 1);
  const value = y[i] ?? NaN;
  const place = up.kind === "log" && value <= 0 ? FAR : up.at(value);
  out.xs[out.length] = across.at(x[i] ?? NaN);
  out.ys[out.length++] = Math.max(-FAR, Math.min(FAR, place));
}

function break_line(out: Polyline): void {
  grow(out, out.length + 1);
  out.xs[out.length] = NaN;
  out.ys[out.length++] = NaN;
}

function grow(out: Polyline, length: number): void {
  if (out.xs.length >= length) return;
  const size = Math.max(length, out.xs.length * 2);
  const [xs, ys] = [new Float32Array(size), new Float32Array(size)];
  xs.set(out.xs);
  ys.set(out.ys);
  out.xs = xs;
  out.ys = ys;
}
