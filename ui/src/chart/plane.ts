// Where a chart's values stand in pixels.

import { ticks_beside } from "./axes.ts";
import { fit } from "./fit.ts";
import type { Plane } from "./line.ts";
import { box_of } from "./paint.ts";
import type { PlotModel } from "./paint.ts";
import { text_width } from "./pen.ts";
import { Scale } from "./scale.ts";

/** Pixels that stay free beside the labels of the vertical axis. */
const beside_axis = 10;

/** Scales and box of a model in a chart of this size. */
export function plane_of(
  model: PlotModel,
  width: number,
  height: number,
  range: [number, number] | undefined,
): Plane {
  const box = box_of(width, height, model);
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
  const words = ticks_beside(up, box, model.y.style).map((tick) => tick.label);
  const widest = Math.max(0, ...words.map((word) => text_width(word)));
  box.left = Math.max(box.left, Math.ceil(widest) + beside_axis);
  const [low, high] = range ?? [model.x.low ?? 0, model.x.high ?? 1];
  const across = new Scale(model.x.kind, low, high, box.left, box.right);
  return { across, up, box };
}
