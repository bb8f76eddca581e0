// The axes of the Params page: params and metrics, where each run stands on them, and which are shown first.

import { Scale, wants_log } from "../../chart/scale.ts";
import { ticks } from "../../chart/ticks.ts";
import {
  context_value,
  field_named,
  field_text,
  short_label,
} from "../../fields.ts";
import { varying } from "../../varying.ts";
import type { FlatRun, RunField } from "../../fields.ts";
import {
  is_less_better,
  is_share,
  metric_named,
  none,
} from "../../math/format.ts";
import { distinct } from "../../math/group.ts";
import type { FieldValue } from "../../math/group.ts";
import { importance } from "../../math/importance.ts";
import { best_of, default_metrics } from "../metrics/view.ts";
import { read_axis } from "./view.ts";
import type { AxisWord, ParamsValues } from "./view.ts";

/** A param or a metric that runs can be placed by. */
export interface Measure {
  readonly id: string;
  readonly label: string;
  readonly kind: "param" | "metric";
  readonly is_less_better: boolean;
  /** What of a metric is taken, such as “best”. */
  readonly of: string;
  value(run: FlatRun): FieldValue;
  text(value: FieldValue): string;
}

/** A measure laid out: shares of the axis's height, from its foot. */
export interface Axis extends Measure {
  readonly word: AxisWord;
  readonly scale: "log" | "linear" | "words";
  readonly is_auto_scale: boolean;
  readonly is_flipped: boolean;
  readonly is_exact: boolean;
  readonly ticks: readonly { readonly share: number; readonly label: string }[];
  /** From 0 at the foot to 1 at the top; NaN where there is no value. */
  share(value: FieldValue): number;
  /** The number at a share; for words their place in order. */
  number_at(share: number): number;
  number_of(value: FieldValue): number;
}

export function param_measure(field: RunField): Measure {
  return {
    id: field.id,
    label: short_label(field.label),
    kind: "param",
    is_less_better: false,
    of: "",
    value: (run) => run.params.get(field.path) ?? null,
    text: (value) => field_text(field, value),
  };
}

/** Every metric and subset that any run has; of evaluation its best is taken, of training its last. */
export function metric_measures(
  runs: readonly FlatRun[],
  take: ParamsValues["value"],
): readonly Measure[] {
  const found = new Map<string, { name: string; subset: string }>();
  const names = new Map<string, Set<string>>();
  for (const { run } of runs)
    for (const metric of run.metrics) {
      const subset = String(context_value(metric.context, "subset") ?? "");
      found.set(`${metric.name}.${subset}`, { name: metric.name, subset });
      names.set(metric.name, (names.get(metric.name) ?? new Set()).add(subset));
    }
  return [...found.values()]
    .sort((a, b) =>
      `${a.name}.${a.subset}` < `${b.name}.${b.subset}` ? -1 : 1,
    )
    .map(({ name, subset }) =>
      metric_measure(name, subset, take, (names.get(name)?.size ?? 1) > 1),
    );
}

function metric_measure(
  name: string,
  subset: string,
  take: ParamsValues["value"],
  has_others: boolean,
): Measure {
  const is_less = is_less_better(name);
  const of = take === "best" && subset !== "eval" ? "last" : take;
  const which = of === "best" ? (is_less ? "min" : "max") : of;
  return {
    id: has_others ? `${name}.${subset}` : name,
    label: has_others ? `${name}, ${subset}` : name,
    kind: "metric",
    is_less_better: is_less,
    of,
    value: ({ run }) => {
      const metric = run.metrics.find(
        (one) =>
          one.name === name &&
          String(context_value(one.context, "subset") ?? "") === subset,
      );
      const value = metric?.[which];
      return value === undefined || !Number.isFinite(value) ? null : value;
    },
    text: (value) =>
      typeof value === "number" ? metric_named(name, value) : none,
  };
}

export function measure_named(
  measures: readonly Measure[],
  id: string,
): Measure | undefined {
  return measures.find((measure) => measure.id === id);
}

const EXACT_UP_TO = 10;

/** Lays a measure out for these runs. */
export function axis_of(
  measure: Measure,
  word: AxisWord,
  runs: readonly FlatRun[],
): Axis {
  const values = distinct(runs.map((run) => measure.value(run))).filter(
    (value) => value !== null,
  );
  const numbers = values.filter(
    (value): value is number =>
      typeof value === "number" && Number.isFinite(value),
  );
  const is_flipped = word.flip ?? measure.is_less_better;
  const turned = (share: number): number => (is_flipped ? 1 - share : share);
  const base = {
    ...measure,
    word,
    is_flipped,
    is_auto_scale: word.scale === undefined,
  };
  if (numbers.length < values.length || numbers.length === 0) {
    const place = new Map<FieldValue, number>(
      values.map((value, i) => [value, i]),
    );
    const at = (i: number): number =>
      turned((i + 0.5) / Math.max(values.length, 1));
    const number_of = (value: FieldValue): number => place.get(value) ?? NaN;
    return {
      ...base,
      scale: "words",
      is_exact: true,
      ticks: values
        .slice(0, 24)
        .map((value, i) => ({ share: at(i), label: measure.text(value) })),
      share: (value) => at(number_of(value)),
      number_at: (share) => turned(share) * values.length - 0.5,
      number_of,
    };
  }
  return number_axis(base, measure, numbers, turned);
}

function number_axis(
  base: Measure & Pick<Axis, "word" | "is_flipped" | "is_auto_scale">,
  measure: Measure,
  numbers: readonly number[],
  turned: (share: number) => number,
): Axis {
  const [least = 0, largest = 0] = [numbers[0], numbers[numbers.length - 1]];
  const is_log =
    base.word.scale === "log"
      ? least > 0
      : base.word.scale === undefined && wants_log(least, largest);
  const is_exact = measure.kind === "param" && numbers.length <= EXACT_UP_TO;
  const room = is_exact ? 0.14 : 0.05;
  const scale = new Scale(
    is_log ? "log" : "linear",
    least,
    largest,
    room,
    1 - room,
  );
  const even =
    is_exact && numbers.length > 2 && !is_log && crowds(scale, numbers);
  const at = (value: number): number =>
    even
      ? room + ((1 - 2 * room) * numbers.indexOf(value)) / (numbers.length - 1)
      : scale.at(value);
  const whole = scale
    .with_domain(scale.invert(0), scale.invert(1))
    .with_ends(0, 1);
  const shown = is_exact
    ? numbers.map((value) => ({
        share: turned(at(value)),
        label: measure.text(value),
      }))
    : ticks(whole, 6).map((tick) => ({
        share: turned(scale.at(tick.value)),
        label: tick.label,
      }));
  return {
    ...base,
    scale: is_log ? "log" : "linear",
    is_exact,
    ticks: shown.filter((tick) => tick.share >= 0 && tick.share <= 1),
    share: (value) => (typeof value === "number" ? turned(at(value)) : NaN),
    number_at: (share) => scale.invert(turned(share)),
    number_of: (value) => (typeof value === "number" ? value : NaN),
  };
}

/** Whether ticks would lie above one another. */
function crowds(scale: Scale, numbers: readonly number[]): boolean {
  return numbers.some(
    (value, i) =>
      i > 0 && scale.at(value) - scale.at(numbers[i - 1] ?? 0) < 0.04,
  );
}

/** The axes of the first view: what varies, the most telling last, then what was measured, results at the end. */
export function default_axes(
  fields: readonly RunField[],
  measures: readonly Measure[],
  runs: readonly FlatRun[],
): readonly string[] {
  const [main = "", result, other] = default_metrics(runs);
  const results = runs.map((run) => best_of(run, main));
  const params = varying(fields, runs)
    .map((field) => ({
      id: field.id,
      score: importance(
        runs.map((run) => run.params.get(field.path)),
        results,
      ),
    }))
    .sort((a, b) => b.score - a.score)
    .slice(0, 4)
    .reverse()
    .map((one) => one.id);
  const named = (id: string): boolean =>
    measure_named(measures, id) !== undefined;
  const shares = measures
    .filter(
      (one) => one.kind === "metric" && is_share(one.id.replace(/\.eval$/, "")),
    )
    .map((one) => one.id);
  const ends = (result === undefined ? [] : [result, `${result}.eval`]).filter(
    named,
  );
  return [
    ...params,
    ...[other ?? "", `${main}.train`, `${main}.eval`, main].filter(named),
    ...shares.filter((id) => !ends.includes(id)).slice(0, 2),
    ...ends,
  ];
}

/** The metric that colours: what evaluation makes of the most logged one. */
export function default_measure(
  measures: readonly Measure[],
  runs: readonly FlatRun[],
): Measure | undefined {
  const [main = ""] = default_metrics(runs);
  return (
    measure_named(measures, `${main}.eval`) ??
    measure_named(measures, main) ??
    measures.find((measure) => measure.kind === "metric")
  );
}

export function axes_of(
  values: ParamsValues,
  fields: readonly RunField[],
  measures: readonly Measure[],
  runs: readonly FlatRun[],
): readonly Axis[] {
  const words =
    values.axes.length > 0 ? values.axes : default_axes(fields, measures, runs);
  return words.flatMap((text) => {
    const word = read_axis(text);
    const measure =
      measure_named(measures, word.id) ??
      measure_named(measures, field_named(fields, word.id)?.id ?? "");
    return measure === undefined ? [] : [axis_of(measure, word, runs)];
  });
}
