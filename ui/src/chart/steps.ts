// The cursor by keys: along a curve, from curve to curve.

import type { Curve } from "./curve.ts";
import { nearest_point } from "./nearest.ts";
import type { Look } from "./plot.ts";

/** Where the cursor goes from `look` by a key; none if the key means nothing here. */
export function step_cursor(
  curves: readonly Curve[],
  look: Look | undefined,
  key: string,
): Look | undefined {
  const along = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10 }[
    key
  ];
  const beside = { ArrowUp: -1, ArrowDown: 1 }[key];
  if (along === undefined && beside === undefined) return undefined;
  if (!look) return at(curves[0], 0);
  if (along !== undefined) {
    const last = look.curve.x.length - 1;
    return at(look.curve, Math.max(0, Math.min(last, look.point + along)));
  }
  const here = curves.findIndex((curve) => curve.id === look.curve.id);
  const next = curves[(here + (beside ?? 0) + curves.length) % curves.length];
  return next && at(next, nearest_point(next.x, look.x));
}

function at(curve: Curve | undefined, point: number): Look | undefined {
  const x = curve?.x[point];
  return curve && x !== undefined ? { x, curve, point, others: 0 } : undefined;
}
