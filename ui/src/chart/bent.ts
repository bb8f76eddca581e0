// Values as they stand on an even axis: themselves, or their logarithms, found once: a logarithm for each point of each
// redraw was most of what drawing on a log axis cost.

import type { Numbers } from "../math/smooth.ts";
import type { ScaleKind } from "./scale.ts";

/** Where a log axis puts what is not above zero: so far below that a line falls out of the picture. */
const FAR_BELOW = -1e9;

const logs = new WeakMap<Numbers, Float64Array>();

/** The values, or for a log axis their logarithms; NaN stays NaN. */
export function bent_of(values: Numbers, kind: ScaleKind): Numbers {
  if (kind === "linear") return values;
  const known = logs.get(values);
  if (known) return known;
  const made = new Float64Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? NaN;
    made[i] = value > 0 ? Math.log(value) : value <= 0 ? FAR_BELOW : NaN;
  }
  logs.set(values, made);
  return made;
}
