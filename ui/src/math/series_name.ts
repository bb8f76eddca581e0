// How a series is called: `f1` for {"subset":"eval"}, `loss@train` for another subset, `x@{"gpu":0}` for the rest.

import type { Context } from "../schema.ts";
import { is_less_better } from "./format.ts";

export interface SeriesName {
  readonly name: string;
  readonly context: Context;
}

/** What a metric of a run comes to. */
export interface Summary extends SeriesName {
  readonly count: number;
  readonly last: number;
  readonly last_step: number;
  readonly last_epoch?: number;
  readonly first_step: number;
  readonly min?: number;
  readonly min_step?: number;
  readonly max?: number;
  readonly max_step?: number;
  readonly nan_step?: number;
}

export type Which = "best" | "last" | "min" | "max";

function sorted_json(context: Context): string {
  const keys = Object.keys(context).sort();
  return JSON.stringify(
    Object.fromEntries(keys.map((key) => [key, context[key]])),
  );
}

/** The subset that is a context's only key. */
export function subset_of(context: Context): string | undefined {
  const { subset } = context;
  return Object.keys(context).length === 1 && typeof subset === "string"
    ? subset
    : undefined;
}

/** The short name of a series. */
export function write_series(series: SeriesName): string {
  const subset = subset_of(series.context);
  if (subset === "eval") return series.name;
  if (subset !== undefined && /^[\w-]+$/.test(subset))
    return `${series.name}@${subset}`;
  return `${series.name}@${sorted_json(series.context)}`;
}

/** The series that a short name names. */
export function read_series(text: string): SeriesName {
  const at = text.indexOf("@");
  if (at < 0) return { name: text, context: { subset: "eval" } };
  const [name, rest] = [text.slice(0, at), text.slice(at + 1)];
  if (!rest.startsWith("{")) return { name, context: { subset: rest } };
  try {
    const context: unknown = JSON.parse(rest);
    if (typeof context === "object" && context !== null)
      return { name, context: context as Context };
  } catch {
    // a link that somebody cut: such a series does not exist, and the page says so
  }
  return { name: text, context: {} };
}

/** What people read: “eval loss”, “train loss”, “gpu 0 x”. */
export function say_series({ name, context }: SeriesName): string {
  const words = Object.entries(context).map(([key, value]) =>
    key === "subset" ? String(value) : `${key} ${String(value)}`,
  );
  return [...words, name].join(" ");
}

/** Whether two names name the same series. */
export function is_series(a: SeriesName, b: SeriesName): boolean {
  return a.name === b.name && sorted_json(a.context) === sorted_json(b.context);
}

/** The summary of a series among a run's. */
export function find_summary(
  metrics: readonly Summary[],
  series: SeriesName,
): Summary | undefined {
  return metrics.find((metric) => is_series(metric, series));
}

/** Which end of a metric `which` means. */
export function end_of(name: string, which: Which): "min" | "max" | "last" {
  if (which !== "best") return which;
  return is_less_better(name) ? "min" : "max";
}

/** A summary's value and the step where it stood. */
export function value_of(
  metric: Summary,
  which: Which,
): { readonly value: number | undefined; readonly step: number | undefined } {
  switch (end_of(metric.name, which)) {
    case "min":
      return { value: metric.min, step: metric.min_step };
    case "max":
      return { value: metric.max, step: metric.max_step };
    default:
      return { value: metric.last, step: metric.last_step };
  }
}

/** The epoch of a step, as far as the summary tells: steps and epochs grow together. */
export function epoch_at(
  metric: Summary,
  step: number | undefined,
): number | undefined {
  if (
    step === undefined ||
    metric.last_epoch === undefined ||
    metric.last_step === 0
  )
    return undefined;
  const epoch = (metric.last_epoch * step) / metric.last_step;
  return Math.round(epoch * 100) / 100;
}

/** The metric by which runs are ranked: F1 of the evaluation where there is one, else the most logged one. */
export function main_metric(
  metrics: readonly (SeriesName & { readonly runs: number })[],
): SeriesName | undefined {
  const rank = (metric: SeriesName & { readonly runs: number }): number => {
    const subset = subset_of(metric.context);
    const is_f1 = metric.name === "f1" ? 4 : metric.name === "loss" ? 2 : 0;
    return (subset === "eval" ? 8 : 0) + is_f1 + metric.runs / 1e9;
  };
  return [...metrics].sort((a, b) => rank(b) - rank(a))[0];
}
