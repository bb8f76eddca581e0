// From series to curves: x by what was chosen, smoothing with what was measured behind it, marks.

import type { Curve } from "../../chart/curve.ts";
import { extremes_of } from "../../chart/extremes.ts";
import { context_value, value_text } from "../../fields.ts";
import type { FlatRun, Item } from "../../fields.ts";
import type { FieldValue } from "../../math/group.ts";
import type { FrameSeries } from "../../frame.ts";
import { count, is_less_better } from "../../math/format.ts";
import { smooth, typical_spacing } from "../../math/smooth.ts";
import type { Numbers } from "../../math/smooth.ts";
import type { Chosen, XKind } from "./view.ts";

/** A series with the run that it is of. */
export interface RunSeries {
  readonly run: FlatRun;
  readonly series: FrameSeries;
  /** Where the points stand along x, if that is another metric. */
  readonly places?: Float64Array;
}

/** A curve's points, and what is needed to speak of them. */
export interface Line {
  readonly of: RunSeries;
  readonly x: Numbers;
  readonly y: Numbers;
  readonly raw: Numbers | undefined;
  readonly is_smoothed: boolean;
  readonly has_dots: boolean;
  readonly best: number | undefined;
  readonly broken: string | undefined;
  readonly gap: number;
}

/** Series of fewer points are not smoothed; of evaluation they get a dot at each. */
export const DOTS_BELOW = 40;

export function line_of(of: RunSeries, chosen: Chosen, start: number): Line {
  const { series } = of;
  const { x, value, is_whole } = placed(of, chosen.x, start);
  const is_eval = context_value(series.context, "subset") === "eval";
  const is_short = series.count < DOTS_BELOW;
  const has_dots = (is_short && is_eval) || series.count < 3;
  const is_smoothed =
    chosen.smoothing.kind !== "none" &&
    !is_short &&
    !(is_eval && series.count < 200);
  const spacing = typical_spacing(x, series.count);
  const y = is_smoothed ? smooth(x, value, chosen.smoothing, spacing) : value;
  const n = x.length;
  const width = (x[n - 1] ?? 0) - (x[0] ?? 0);
  return {
    of,
    x,
    y,
    raw: is_smoothed ? value : undefined,
    is_smoothed,
    has_dots,
    best:
      has_dots && n > 1 && is_eval
        ? best_point(value, is_less_better(series.name))
        : undefined,
    broken: broken_words(series, is_whole),
    gap: n >= 20 ? (width / n) * (series.is_sampled ? 12 : 8) : Infinity,
  };
}

/** Where points stand along x; points that have no place there are left out. */
function placed(
  { series, places }: RunSeries,
  kind: XKind,
  start: number,
): { x: Numbers; value: Numbers; is_whole: boolean } {
  const { step, epoch, time, value } = series;
  if (kind === "metric")
    return { x: places ?? step.subarray(0, 0), value, is_whole: true };
  if (kind === "step") return { x: step, value, is_whole: true };
  if (kind === "relative")
    return { x: (time ?? step).map((at) => at - start), value, is_whole: true };
  const x = kind === "epoch" ? epoch : time;
  if (x === undefined)
    return {
      x: step.subarray(0, 0),
      value: value.subarray(0, 0),
      is_whole: true,
    };
  let is_whole = true;
  for (const at of x) if (Number.isNaN(at)) is_whole = false;
  if (is_whole) return { x, value, is_whole };
  const kept = [...x.keys()].filter((i) => !Number.isNaN(x[i] ?? NaN));
  return {
    x: Float64Array.from(kept, (i) => x[i] ?? NaN),
    value: Float64Array.from(kept, (i) => value[i] ?? NaN),
    is_whole,
  };
}

function best_point(values: Numbers, is_less: boolean): number | undefined {
  let best: number | undefined;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? NaN;
    if (!Number.isFinite(value)) continue;
    const than = best === undefined ? undefined : values[best];
    if (than === undefined || (is_less ? value < than : value > than)) best = i;
  }
  return best;
}

function broken_words(
  series: FrameSeries,
  is_whole: boolean,
): string | undefined {
  if (!is_whole || extremes_of(series.value).are_finite) return undefined;
  const at = series.value.findIndex((value) => !Number.isFinite(value));
  const value = series.value[at] ?? NaN;
  const name = Number.isNaN(value) ? "NaN" : value > 0 ? "∞" : "−∞";
  return `${name} at step ${count(series.step[at] ?? 0)}`;
}

/** A line as the chart draws it. */
export function curve_of(
  line: Line,
  look: Pick<Curve, "id" | "color" | "dash" | "label" | "is_pinned">,
): Curve {
  const { x, y, raw, has_dots, best, broken, gap } = line;
  return { ...look, x, y, raw, has_dots, best, broken, gap };
}

/** What a line is grouped by. */
export function item_of(line: Line): Item {
  const { run, series } = line.of;
  return { run, name: series.name, context: series.context };
}

/** How a group of values is called in the URL and in labels. */
export function values_key(values: readonly FieldValue[]): string {
  return values.map(value_text).join("/");
}
