// A chart's model with colours that a canvas knows.

import { CssColors } from "../chart/curve.ts";
import type { PlotModel } from "../chart/paint.ts";

/** The model in the colours of the theme around `element`. */
export function resolved_model(model: PlotModel, element: Element): PlotModel {
  const colors = new CssColors(element);
  return {
    ...model,
    curves: model.curves.map((curve) => ({
      ...curve,
      color: colors.resolve(curve.color),
    })),
  };
}
