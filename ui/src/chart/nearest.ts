// Which curve is under the pointer, and which of its points.

import type { Numbers } from "../math/smooth.ts";
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
  for (const curve of curves) {
    const i = lower_bound(curve.x, at);
    let least = Infinity;
    for (let j = Math.max(i - 2, 0); j <= i && j < curve.x.length; j++) {
      least = Math.min(least, to_segment(curve, j, across, up, x, y));
    }
    if (i >= curve.x.length && i > 0)
      least = Math.min(least, to_segment(curve, i - 1, across, up, x, y));
    if (least <= 8) close++;
    if (least < distance) {
      distance = least;
      best = curve;
    }
  }
  if (!best) return undefined;
  const others = distance <= 8 ? close - 1 : close;
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

function to_segment(
  curve: Curve,
  i: number,
  across: Scale,
  up: Scale,
  x: number,
  y: number,
): number {
  const x0 = across.at(curve.x[i] ?? NaN);
  const y0 = up.at(curve.y[i] ?? NaN);
  if (!Number.isFinite(y0)) return Infinity;
  const x1 = across.at(curve.x[i + 1] ?? NaN);
  const y1 = up.at(curve.y[i + 1] ?? NaN);
  const [dx, dy] = Number.isFinite(y1) ? [x1 - x0, y1 - y0] : [0, 0];
  const length = dx * dx + dy * dy;
  const along =
    length > 0
      ? Math.max(0, Math.min(1, ((x - x0) * dx + (y - y0) * dy) / length))
      : 0;
  return Math.hypot(x0 + along * dx - x, y0 + along * dy - y);
}
