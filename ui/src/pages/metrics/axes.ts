// The axes of the Metrics page's charts: what x is, when y is logarithmic, what charts share.

import type { Curve } from "../../chart/curve.ts";
import { fit, span } from "../../chart/fit.ts";
import type { AxisModel, PlotModel } from "../../chart/paint.ts";
import { wants_log } from "../../chart/scale.ts";
import { group } from "../../math/group.ts";
import type { ChartModel } from "./chart.ts";
import type { Chosen } from "./view.ts";
import { x_name } from "./x.ts";

export function x_axis(curves: readonly Curve[], chosen: Chosen): AxisModel {
  let low = Infinity;
  let high = -Infinity;
  for (const { x } of curves) {
    if (x.length === 0) continue;
    low = Math.min(low, x[0] ?? Infinity);
    high = Math.max(high, x[x.length - 1] ?? -Infinity);
  }
  if (!(low <= high)) [low, high] = [0, 1];
  const starts_at_zero = chosen.x !== "time" && low > 0 && low < high / 3;
  const is_log = chosen.is_log_x && chosen.x !== "time" && high > 0;
  if (is_log) low = low > 0 ? low : high / 10_000;
  else if (starts_at_zero) low = 0;
  const style = (
    {
      step: "number",
      epoch: "number",
      relative: "duration",
      time: "time",
      metric: "number",
    } as const
  )[chosen.x];
  return {
    kind: is_log ? "log" : "linear",
    style,
    title: x_title(chosen),
    low,
    high,
  };
}

function x_title(chosen: Chosen): string {
  return chosen.x === "relative" || chosen.x === "time" ? "" : x_name(chosen);
}

/** Charts of the same metrics get the same axes, so that they can be compared. */
export function share_axes(
  charts: readonly ChartModel[],
  chosen: Chosen,
): ChartModel[] {
  let low = Math.min(...charts.map((chart) => chart.plot.x.low ?? Infinity));
  let high = Math.max(...charts.map((chart) => chart.plot.x.high ?? -Infinity));
  // Room on both sides of a single point.
  if (low === high) [low, high] = [low - 0.5, high + 0.5];
  const shared = new Map<string, PlotModel["y"]>();
  for (const { items } of group(charts, [(chart) => chart.metrics.join(",")])) {
    if (items.length < 2) continue;
    const curves = items.flatMap((chart) => chart.plot.curves);
    const kind = y_kind(span(curves), chosen);
    const [least, largest] = fit(curves, items[0]?.plot.references ?? [], kind);
    for (const chart of items)
      shared.set(chart.key, {
        ...chart.plot.y,
        kind,
        low: least,
        high: largest,
      });
  }
  return charts.map((chart) => {
    const x = { ...chart.plot.x, low, high };
    const y = shared.get(chart.key);
    if (y === undefined) return { ...chart, plot: { ...chart.plot, x } };
    const words = y.kind === "log" ? "shared y, log" : "shared y";
    const chips = [
      ...chart.chips.filter((chip) => !chip.text.startsWith("log")),
      { text: words, why: "Charts of one metric have one range" },
    ];
    return { ...chart, chips, plot: { ...chart.plot, x, y } };
  });
}

/** Whether values are better read on a log axis, unless the view says which. */
export function y_kind(
  { least, largest, has_others }: ReturnType<typeof span>,
  chosen: Chosen,
): "log" | "linear" {
  if (chosen.y === "log") return largest > 0 ? "log" : "linear";
  return chosen.y === "auto" && !has_others && wants_log(least, largest)
    ? "log"
    : "linear";
}
