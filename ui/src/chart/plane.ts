// Where a chart's values stand in pixels.

import { fit } from "./fit.ts";
import type { Plane } from "./line.ts";
import { box_of } from "./paint.ts";
import type { PlotModel } from "./paint.ts";
import { Scale } from "./scale.ts";

/** Scales and box of a model in a chart of this size. */
export function plane_of(
  model: PlotModel,
  width: number,
  height: number,
  range: [number, number] | undefined,
): Plane {
  const box = box_of(width, height, model);
  const [low, high] = range ?? [model.x.low ?? 0, model.x.high ?? 1];
  const across = new Scale(model.x.kind, low, high, box.left, box.right);
  const [least, largest] = fit(
    model.curves,
    model.references,
    model.y.kind,
    range?.[0],
    range?.[1],
  );
  const up = new Scale(
    model.y.kind,
    model.y.low ?? least,
    model.y.high ?? largest,
    box.bottom,
    box.top,
  );
  return { across, up, box };
}
