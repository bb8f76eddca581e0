// A run's series as charts: one for each metric with train and eval in it, shares together; inside one run colour
// means metric.

import type { Curve } from "../../chart/curve.ts";
import { span } from "../../chart/fit.ts";
import type { PlotModel } from "../../chart/paint.ts";
import { wants_log } from "../../chart/scale.ts";
import type { FrameSeries } from "../../frame.ts";
import { series_colour } from "../../math/colour.ts";
import { count, is_less_better, is_share } from "../../math/format.ts";
import { say_series, subset_of, write_series } from "../../math/series_name.ts";
import type { SeriesName } from "../../math/series_name.ts";
import { smooth, typical_spacing } from "../../math/smooth.ts";
import type { Numbers } from "../../math/smooth.ts";

export type XKind = "epoch" | "step" | "time";

/** One curve with what it was made from. */
export interface RunLine {
  readonly curve: Curve;
  readonly series: FrameSeries;
  readonly name: string;
  readonly is_dashed: boolean;
}

export interface RunChart {
  readonly key: string;
  readonly title: string;
  readonly chips: readonly { readonly text: string; readonly why: string }[];
  readonly lines: readonly RunLine[];
  readonly model: PlotModel;
  readonly x: XKind;
}

export interface RunChartChoice {
  readonly x: XKind;
  /** Weight of the running mean; 0 draws what was measured. */
  readonly smooth: number;
  /** A colour by run, where the charts are of several runs. */
  readonly colour_of?: (series: FrameSeries) => string;
  /** What stands at a curve's end. */
  readonly label_of?: (series: FrameSeries) => string;
}

/** Fewer points than this are drawn each with a dot, and never smoothed. */
const most_dots = 60;

export const name_of = (series: FrameSeries): SeriesName => ({
  name: series.name,
  context: series.context as SeriesName["context"],
});

/** What of some series is drawn, and what is told in figures. */
export interface Drawn {
  /** Series by chart: those of one metric, and all shares in percent; the ones that are looked at first stand first. */
  readonly charts: readonly (readonly [string, readonly FrameSeries[]])[];
  /** Series of one value, which no chart shows. */
  readonly singles: readonly FrameSeries[];
}

/** Which series stand in one chart. Epochs are an axis, and a series of one point is no curve; but beside the curve of
 *  training the first evaluation is drawn. */
export function chart_groups(series: readonly FrameSeries[]): Drawn {
  const groups = new Map<string, FrameSeries[]>();
  for (const one of series) {
    if (one.name === "epoch") continue;
    const key =
      is_share(one.name) && largest_of(one.value) > 1 ? "shares" : one.name;
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  const singles: FrameSeries[] = [];
  const charts = [...groups].flatMap(
    ([key, members]): (readonly [string, readonly FrameSeries[]])[] => {
      const has_curve = members.some((one) => one.count > 1);
      const drawn = members.filter(
        (one) =>
          one.count > 1 ||
          (has_curve && subset_of(name_of(one).context) === "eval"),
      );
      singles.push(...members.filter((one) => !drawn.includes(one)));
      return drawn.length === 0 ? [] : [[key, drawn]];
    },
  );
  const order = (key: string): number => {
    const at = ["loss", "shares", "learning_rate", "grad_norm"].indexOf(key);
    return at < 0 ? 4 : at;
  };
  charts.sort(([a], [b]) => order(a) - order(b));
  return { charts, singles };
}

function largest_of(values: Numbers): number {
  let largest = -Infinity;
  for (const value of values)
    if (value > largest && Number.isFinite(value)) largest = value;
  return largest;
}

/** The x of a series; epochs where all are known, else steps. */
export function x_of(series: FrameSeries, kind: XKind, start: number): Numbers {
  const { epoch, time, step } = series;
  if (kind === "epoch" && epoch !== undefined && epoch.every(Number.isFinite))
    return epoch;
  if (kind === "time" && time !== undefined)
    return time.map((at) => at - start);
  return step;
}

/** Whether every series knows its epochs. */
export function has_epochs(series: readonly FrameSeries[]): boolean {
  return (
    series.length > 0 &&
    series.every(
      ({ epoch }) => epoch !== undefined && epoch.every(Number.isFinite),
    )
  );
}

/** A chart of some series. */
export function run_chart(
  key: string,
  series: readonly FrameSeries[],
  choice: RunChartChoice,
  start: number,
): RunChart {
  const names = [...new Set(series.map((one) => one.name))];
  const x = choice.x === "epoch" && !has_epochs(series) ? "step" : choice.x;
  const is_mixed = series.some(
    (one) => subset_of(name_of(one).context) === "eval",
  );
  const lines = series.map((one): RunLine => {
    const is_dashed =
      is_mixed &&
      subset_of(name_of(one).context) !== "eval" &&
      series.length > 1;
    const color =
      choice.colour_of?.(one) ?? series_colour(names.indexOf(one.name));
    const curve = curve_of(one, { ...choice, x }, { color, start, is_dashed });
    return { curve, series: one, name: say_series(name_of(one)), is_dashed };
  });
  const curves = lines.map((line) => line.curve);
  const { least, largest, has_others } = span(curves);
  const is_log =
    !has_others && !names.some(is_schedule) && wants_log(least, largest);
  const is_smoothed = lines.some((line) => line.curve.raw !== undefined);
  return {
    key,
    title: names.join(", "),
    chips: [
      ...(is_log
        ? [
            {
              text: "log, auto",
              why: `Values span ${count(largest / least)} times`,
            },
          ]
        : []),
      ...(is_smoothed
        ? [
            {
              text: `smoothed ${choice.smooth}`,
              why: "What was measured lies behind the running mean",
            },
          ]
        : []),
    ],
    lines,
    x,
    model: {
      curves,
      x: {
        kind: "linear",
        style: x === "time" ? "duration" : "number",
        title: x === "epoch" ? "epoch" : "",
        ...range_of(curves),
      },
      y: { kind: is_log ? "log" : "linear", style: "number", title: "" },
      references: [],
      label_width: choice.label_of === undefined ? 12 : 84,
      has_all_lines: true,
    },
  };
}

/** From the first place of any curve to the last; epochs and times begin at zero when they begin near it. */
function range_of(curves: readonly Curve[]): { low: number; high: number } {
  let [low, high] = [Infinity, -Infinity];
  for (const { x } of curves) {
    low = Math.min(low, x[0] ?? Infinity);
    high = Math.max(high, x[x.length - 1] ?? -Infinity);
  }
  if (!(low <= high)) return { low: 0, high: 1 };
  if (low > 0 && low < high / 3 && curves.some((curve) => !curve.has_dots))
    low = 0;
  const pad = low === high ? 0.5 : low === 0 ? 0 : (high - low) * 0.04;
  return { low: low - pad, high: high + pad };
}

function curve_of(
  series: FrameSeries,
  choice: RunChartChoice,
  look: { color: string; start: number; is_dashed: boolean },
): Curve {
  const x = x_of(series, choice.x, look.start);
  const y = series.value;
  const has_dots =
    y.length <= most_dots && subset_of(name_of(series).context) === "eval";
  const is_smoothed =
    choice.smooth > 0 && y.length > most_dots && !is_schedule(series.name);
  const spacing = typical_spacing(x, series.count);
  const broken = y.findIndex((value) => !Number.isFinite(value));
  const label = choice.label_of?.(series);
  return {
    id: `${series.run} ${write_series(name_of(series))}`,
    x,
    y: is_smoothed
      ? smooth(x, y, { kind: "ema", weight: choice.smooth }, spacing)
      : y,
    ...(is_smoothed ? { raw: y } : {}),
    color: look.color,
    dash: look.is_dashed ? 1 : 0,
    has_dots,
    best: has_dots ? best_index(series.name, y) : undefined,
    label:
      label === undefined ? undefined : { prefix: "", head: label, tail: "" },
    broken:
      broken < 0
        ? undefined
        : `${Number.isNaN(y[broken]) ? "NaN" : "∞"} at step ${count(series.step[broken] ?? 0)}`,
    gap: Infinity,
  };
}

/** What is set, not measured, has no noise to smooth. */
function is_schedule(name: string): boolean {
  return /(^|_)(lr|learning_rate|epoch|momentum)$/.test(name);
}

function best_index(name: string, y: Numbers): number | undefined {
  const less = is_less_better(name);
  let best: number | undefined;
  y.forEach((value, i) => {
    const before = best === undefined ? undefined : y[best];
    if (
      Number.isFinite(value) &&
      (before === undefined || (less ? value < before : value > before))
    )
      best = i;
  });
  return best;
}
