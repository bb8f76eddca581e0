// The range of values that a chart shows when nobody chose one.

import type { Numbers } from "../math/smooth.ts";
import type { Curve, Reference } from "./curve.ts";
import { extremes_of } from "./extremes.ts";
import { lower_bound } from "./polyline.ts";
import { padded } from "./scale.ts";
import type { ScaleKind } from "./scale.ts";

export interface Extent {
  least: number;
  largest: number;
}

/** How much wider raw values may make the picture before they are left above. */
const MOST_STRETCH = 1.5;

/**
 * Least and largest finite value between two places. What was measured behind
 * a smoothed line counts too, unless it would flatten the rest: then it stays
 * out of view, where the chart marks and counts it.
 */
export function extent(
  curves: readonly Curve[],
  kind: ScaleKind,
  from = -Infinity,
  to = Infinity,
): Extent {
  const lines: Extent = { least: Infinity, largest: -Infinity };
  const ghosts: Extent = { least: Infinity, largest: -Infinity };
  for (const curve of curves) {
    const first = Math.max(
      lower_bound(curve.x, from) - (from > -Infinity ? 1 : 0),
      0,
    );
    const last = Math.min(lower_bound(curve.x, to) + 1, curve.x.length);
    widen(lines, curve.y, first, last, kind);
    if (curve.raw) widen(ghosts, curve.raw, first, last, kind);
    if (curve.band) {
      widen(lines, curve.band.low, first, last, kind);
      widen(lines, curve.band.high, first, last, kind);
    }
  }
  if (!(ghosts.least <= ghosts.largest)) return lines;
  const bend = (value: number): number =>
    kind === "log" ? Math.log(value) : value;
  const width = bend(lines.largest) - bend(lines.least);
  const most = width * MOST_STRETCH;
  const least = Math.min(lines.least, ghosts.least);
  const largest = Math.max(lines.largest, ghosts.largest);
  return {
    least:
      bend(lines.largest) - bend(least) <= most || width === 0
        ? least
        : lines.least,
    largest:
      bend(largest) - bend(lines.least) <= most || width === 0
        ? largest
        : lines.largest,
  };
}

/** The range to draw: the extent, references near it, and room around. */
export function fit(
  curves: readonly Curve[],
  references: readonly Reference[],
  kind: ScaleKind,
  from?: number,
  to?: number,
): [number, number] {
  const { least, largest } = extent(curves, kind, from, to);
  let [low, high] = padded(kind, least, largest);
  for (const { value } of references) {
    const [, reach] = padded(kind, least, largest, 0.3);
    if (value > high && value < reach) high = padded(kind, least, value)[1];
    if (kind === "log" && value <= 0) low = Math.min(low, least);
  }
  return [low, high];
}

/** Whether every value that is shown is above zero, and what they span. */
export function span(
  curves: readonly Curve[],
): Extent & { has_others: boolean } {
  const out = { least: Infinity, largest: -Infinity, has_others: false };
  for (const curve of curves) {
    const { least, largest } = extremes_of(curve.raw ?? curve.y);
    if (least <= 0) out.has_others = true;
    out.least = Math.min(out.least, least);
    out.largest = Math.max(out.largest, largest);
  }
  return out;
}

function widen(
  out: Extent,
  values: Numbers,
  first: number,
  last: number,
  kind: ScaleKind,
): void {
  if (first === 0 && last === values.length) {
    const whole = extremes_of(values);
    const least = kind === "log" ? whole.least_positive : whole.least;
    if (least < out.least) out.least = least;
    if (whole.largest > out.largest && (kind === "linear" || whole.largest > 0))
      out.largest = whole.largest;
    return;
  }
  for (let i = first; i < last; i++) {
    const value = values[i] ?? NaN;
    if (!Number.isFinite(value) || (kind === "log" && value <= 0)) continue;
    if (value < out.least) out.least = value;
    if (value > out.largest) out.largest = value;
  }
}
