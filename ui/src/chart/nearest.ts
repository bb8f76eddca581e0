// Which curve is under the pointer, and which of its points.

import type { Numbers } from "../math/smooth.ts";
import { bent_of } from "./bent.ts";
import type { Curve } from "./curve.ts";
import { lower_bound } from "./polyline.ts";
import type { Scale } from "./scale.ts";

export interface Nearest {
  curve: Curve;
  /** The point of the curve that is nearest along x. */
  point: number;
  /** Pixels from the pointer to the line. */
  distance: number;
  /** How many other lines pass within 8 pixels. */
  others: number;
}

/** So far to the side of the pointer, in pixels, lines are searched: a spike beside it is met. */
const ASIDE = 8;
/** Lines within so many pixels are counted. */
const CLOSE = 8;

/** The curve whose line passes nearest to a place in pixels. */
export function nearest(
  curves: readonly Curve[],
  across: Scale,
  up: Scale,
  x: number,
  y: number,
): Nearest | undefined {
  const at = across.invert(x);
  let best: Curve | undefined;
  let distance = Infinity;
  let close = 0;
  let places: Numbers | undefined;
  let i = 0;
  let first = 0;
  let last = 0;
  const [left, right] = [across.invert(x - ASIDE), across.invert(x + ASIDE)];
  for (const curve of curves) {
    // Curves that share their places, as runs of one length do, are searched once.
    if (curve.x !== places) {
      places = curve.x;
      i = lower_bound(places, at);
      first = Math.max(Math.min(lower_bound(places, left), i) - 1, 0);
      last = Math.min(
        Math.max(lower_bound(places, right), i),
        places.length - 1,
      );
    }
    if (passes_beyond(curve, first, last, up, y, Math.max(distance, CLOSE)))
      continue;
    const least = Math.sqrt(least_square(curve, i, across, up, x, y));
    if (least <= CLOSE) close++;
    if (least < distance) {
      distance = least;
      best = curve;
    }
  }
  if (!best) return undefined;
  const others = distance <= CLOSE ? close - 1 : close;
  return { curve: best, point: nearest_point(best.x, at), distance, others };
}

/** The index of the point nearest to `at`; −1 if there is none. */
export function nearest_point(x: Numbers, at: number): number {
  const i = lower_bound(x, at);
  if (i >= x.length) return x.length - 1;
  if (i === 0) return 0;
  return at - (x[i - 1] ?? NaN) <= (x[i] ?? NaN) - at ? i - 1 : i;
}

/** The reading at `at`: the nearest point, if the curve is there at all. */
export function reading_at(curve: Curve, at: number): number {
  const i = nearest_point(curve.x, at);
  if (i < 0) return -1;
  const n = curve.x.length;
  const spacing =
    n > 1 ? ((curve.x[n - 1] ?? 0) - (curve.x[0] ?? 0)) / (n - 1) : 0;
  return Math.abs((curve.x[i] ?? NaN) - at) <= Math.max(spacing, 1e-9) ? i : -1;
}

/** Whether all of a curve around the pointer runs further above, or all of it further below, than `limit`. */
function passes_beyond(
  { y: values }: Curve,
  first: number,
  last: number,
  up: Scale,
  y: number,
  limit: number,
): boolean {
  const bent = bent_of(values, up.kind);
  const offset = up.offset - y;
  const { factor } = up;
  let least = Infinity;
  let largest = -Infinity;
  for (let j = first; j <= last; j++) {
    const height = offset + factor * (bent[j] ?? NaN);
    if (height < least) least = height;
    if (height > largest) largest = height;
  }
  return least > limit || largest < -limit;
}

/** The square of how far a curve's line passes; `i` is its first point that is not left of the pointer. */
function least_square(
  curve: Curve,
  i: number,
  across: Scale,
  up: Scale,
  x: number,
  y: number,
): number {
  const places = curve.x;
  const bent = bent_of(curve.y, up.kind);
  const { offset, factor } = up;
  const height = (j: number): number => offset + factor * (bent[j] ?? NaN) - y;
  let least = Infinity;
  // To the right, from the stretch that the pointer is over, as far as something nearer may be.
  let j = Math.max(i - 1, 0);
  let x0 = across.at(places[j] ?? NaN) - x;
  let y0 = height(j);
  for (; j < places.length; j++) {
    if (j > i && x0 * x0 > Math.min(least, ASIDE ** 2)) break;
    const x1 = across.at(places[j + 1] ?? NaN) - x;
    const y1 = height(j + 1);
    least = Math.min(least, to_stretch(x0, y0, x1, y1));
    x0 = x1;
    y0 = y1;
  }
  // To the left of it.
  j = i - 2;
  x0 = across.at(places[j + 1] ?? NaN) - x;
  y0 = height(j + 1);
  for (; j >= 0 && !(x0 * x0 > Math.min(least, ASIDE ** 2)); j--) {
    const x1 = across.at(places[j] ?? NaN) - x;
    const y1 = height(j);
    least = Math.min(least, to_stretch(x1, y1, x0, y0));
    x0 = x1;
    y0 = y1;
  }
  return least;
}

/** The square of the way from zero to a stretch of line; one without a second end is a point. */
function to_stretch(x0: number, y0: number, x1: number, y1: number): number {
  if (!(Math.abs(y0) < Infinity)) return Infinity;
  let [x, y] = [x0, y0];
  const [dx, dy] = [x1 - x0, y1 - y0];
  const length = dx * dx + dy * dy;
  if (length > 0 && length < Infinity) {
    const along = Math.max(0, Math.min(1, -(x0 * dx + y0 * dy) / length));
    x += along * dx;
    y += along * dy;
  }
  return x * x + y * y;
}
