// What the Metrics page shows: what its URL says, and what it chooses where the URL says nothing.

import { field_named, in_ranges } from "../../fields.ts";
import { varying } from "../../varying.ts";
import type { FlatRun, RunField } from "../../fields.ts";
import type { Middle, Spread } from "../../math/aggregate.ts";
import { is_less_better, is_pace, is_share } from "../../math/format.ts";
import { importance } from "../../math/importance.ts";
import type { Smoothing } from "../../math/smooth.ts";
import { View, choice, flag, list, number, text } from "../../state.ts";
import type { Values } from "../../state.ts";

/** Written where a list was emptied by hand, so that nothing is chosen for it. */
export const NONE = "-";

export const metrics_fields = {
  q: text(),
  m: list(),
  color: list(),
  dash: list(),
  chart: list(),
  mid: choice(["mean", "median", "min", "max"], "mean"),
  band: choice(["off", "none", "minmax", "std", "stderr", "ci95"], "off"),
  x: choice(["auto", "step", "epoch", "relative", "time"], "auto"),
  /** The metric that x is, instead. */
  xm: text(),
  logx: flag(),
  smooth: number<undefined>(undefined),
  window: number<undefined>(undefined),
  y: choice(["auto", "log", "linear"], "auto"),
  zoom: text(),
  pin: number<undefined>(undefined),
  hide: list(),
  off: list(),
  lines: flag(),
  top: list(),
  sort: text(),
  full: text(),
};

export const metrics_view = new View(metrics_fields);
export type MetricsValues = Values<typeof metrics_fields>;
export type XKind = "step" | "epoch" | "relative" | "time" | "metric";

/** What is shown, with nothing left open; `is_auto` says what was chosen here. */
export interface Chosen {
  readonly metrics: readonly string[];
  readonly color: readonly RunField[];
  readonly dash: readonly RunField[];
  readonly chart: readonly RunField[];
  readonly x: XKind;
  /** Which metric x is, where it is one. */
  readonly x_metric: string;
  readonly y: "auto" | "log" | "linear";
  readonly is_log_x: boolean;
  readonly smoothing: Smoothing;
  readonly band:
    { readonly middle: Middle; readonly spread: Spread } | undefined;
  readonly has_all_lines: boolean;
  /** Runs whose curves lie on top where the others are a density. */
  readonly top: ReadonlySet<string>;
  readonly is_auto: Readonly<
    Record<"metrics" | "color" | "x" | "smooth", boolean>
  >;
}

/** The weight of the running mean where nobody chose one. */
export const AUTO_SMOOTH = 0.9;

export function choose(
  values: MetricsValues,
  fields: readonly RunField[],
  runs: readonly FlatRun[],
): Chosen {
  const metrics = values.m.length > 0 ? values.m : default_metrics(runs);
  const named = (
    words: readonly string[],
    fallback: () => readonly RunField[],
  ): readonly RunField[] =>
    words.length === 0
      ? fallback()
      : words.flatMap((word) => field_named(fields, word) ?? []);
  const one = (word: string): readonly RunField[] => {
    const field = field_named(fields, word);
    return field === undefined ? [] : [field];
  };
  return {
    metrics,
    color: named(values.color, () =>
      default_color(fields, runs, metrics[0] ?? "loss"),
    ).map(in_ranges),
    dash: named(values.dash, () => one("subset")),
    chart: named(values.chart, () => one("metric")),
    x: x_kind(values, runs, metrics),
    x_metric: values.xm,
    y: values.y,
    is_log_x: values.logx,
    smoothing: smoothing_of(values),
    band:
      values.band === "off"
        ? undefined
        : { middle: values.mid, spread: values.band },
    has_all_lines: values.lines,
    top: new Set(values.top),
    is_auto: {
      metrics: values.m.length === 0,
      color: values.color.length === 0,
      x: values.x === "auto" && values.xm === "",
      smooth: values.smooth === undefined && values.window === undefined,
    },
  };
}

function x_kind(
  values: MetricsValues,
  runs: readonly FlatRun[],
  metrics: readonly string[],
): XKind {
  if (values.xm !== "") return "metric";
  if (values.x !== "auto") return values.x;
  return has_epochs(runs, metrics) ? "epoch" : "step";
}

function smoothing_of(values: MetricsValues): Smoothing {
  if (values.window !== undefined && values.window > 1)
    return { kind: "mean", window: values.window };
  const weight = values.smooth ?? AUTO_SMOOTH;
  return weight > 0 && weight < 1 ? { kind: "ema", weight } : { kind: "none" };
}

/** The most logged metric, the best known result of evaluation, and what else was logged at most steps. */
export function default_metrics(runs: readonly FlatRun[]): readonly string[] {
  const points = new Map<string, number>();
  const evals = new Set<string>();
  for (const { run } of runs) {
    for (const metric of run.metrics) {
      points.set(metric.name, (points.get(metric.name) ?? 0) + metric.count);
      if (metric.context["subset"] === "eval") evals.add(metric.name);
    }
  }
  const by_points = [...points]
    .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
    .map(([name]) => name);
  const telling = by_points.filter((name) => !is_pace(name));
  const losses = telling.filter((name) => is_less_better(name));
  const main = losses[0] ?? telling[0] ?? by_points[0];
  if (main === undefined) return [];
  const results = telling.filter((name) => evals.has(name) && is_share(name));
  const result =
    results.find((name) => /(^|_)f1$/.test(name)) ??
    results[0] ??
    telling.find((name) => evals.has(name) && name !== main);
  const other = telling.find(
    (name) => name !== main && name !== result && !evals.has(name),
  );
  return [main, result, other].filter((name) => name !== undefined);
}

/** The best value of a metric that a run reached: of evaluation if it was, else of anything. */
export function best_of(run: FlatRun, name: string): number {
  const named = run.run.metrics.filter((metric) => metric.name === name);
  const metric =
    named.find((metric) => metric.context["subset"] === "eval") ?? named[0];
  return (is_less_better(name) ? metric?.min : metric?.max) ?? NaN;
}

/** The one or two params that the result depends on most. */
export function default_color(
  fields: readonly RunField[],
  runs: readonly FlatRun[],
  metric: string,
): readonly RunField[] {
  const results = runs.map((run) => best_of(run, metric));
  const scored = varying(fields, runs)
    .map((field) => {
      const values = runs.map((run) => run.params.get(field.path));
      return { field, score: importance(values, results) };
    })
    .sort(
      (a, b) =>
        b.score - a.score || b.field.values.length - a.field.values.length,
    );
  const [first, second] = scored.map((one) => one.field);
  if (first === undefined) {
    const name = field_named(fields, "run.name");
    return name !== undefined && runs.length > 1 ? [name] : [];
  }
  const nests =
    second !== undefined &&
    is_numeric(first) &&
    is_numeric(second) &&
    first.values.length <= 7 &&
    second.values.length <= 4;
  return nests ? [first, second] : [first];
}

export function is_numeric(field: RunField): boolean {
  return field.values.every(
    (value) => typeof value === "number" || value === null,
  );
}

function has_epochs(
  runs: readonly FlatRun[],
  names: readonly string[],
): boolean {
  const shown = runs.flatMap(({ run }) =>
    run.metrics.filter((metric) => names.includes(metric.name)),
  );
  return (
    shown.length > 0 &&
    shown.every((metric) => metric.last_epoch !== undefined) &&
    shown.some((metric) => (metric.last_epoch ?? 0) > 0)
  );
}

/** `2:4` as a range; none if it is not one. */
export function zoom_range(
  zoom: string,
): readonly [number, number] | undefined {
  const [low, high] = zoom.split(":").map(Number);
  return low !== undefined && high !== undefined && low < high
    ? [low, high]
    : undefined;
}

export function zoom_text(
  range: readonly [number, number] | undefined,
): string {
  if (range === undefined) return "";
  const digits = Math.max(
    1,
    4 +
      Math.ceil(
        Math.log10(
          Math.max(Math.abs(range[0]), Math.abs(range[1]), 1e-9) /
            (range[1] - range[0]),
        ),
      ),
  );
  return range
    .map((end) => String(Number(end.toPrecision(Math.min(digits, 15)))))
    .join(":");
}
