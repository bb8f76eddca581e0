// The figures that open a run's page: its best values with their place among the siblings, its last loss, its pace.

import type { ComponentChildren, JSX } from "preact";
import type { FrameSeries } from "../../frame.ts";
import * as format from "../../math/format.ts";
import { ordinal, rank_of } from "../../math/rank.ts";
import {
  epoch_at,
  find_summary,
  is_series,
  subset_of,
  value_of,
} from "../../math/series_name.ts";
import type { SeriesName, Summary } from "../../math/series_name.ts";
import type { RunFrame } from "./frame.ts";
import { duration_of } from "../run_cells.tsx";
import { name_of } from "./chart_model.ts";

interface Figure {
  readonly title: string;
  readonly value: ComponentChildren;
  readonly is_best: boolean;
  readonly note: string;
}

const most_best = 3;

/** Up to five figures. */
export function RunFigures(props: {
  frame: RunFrame;
  series: readonly FrameSeries[];
}): JSX.Element | null {
  const figures = [
    ...best_figures(props.frame),
    ...train_figure(props.frame, props.series),
    ...pace_figure(props.frame),
  ];
  if (figures.length === 0) return null;
  return (
    <section class="panel figures" aria-label="Best and last values">
      {figures.map((figure) => (
        <div key={figure.title} class="figure">
          <div class="small-text second-text clip">{figure.title}</div>
          <div class={figure.is_best ? "value best" : "value"}>
            {figure.value}
          </div>
          <div class="tiny-text quiet-text clip" title={figure.note}>
            {figure.note}
          </div>
        </div>
      ))}
    </section>
  );
}

const short_names: Readonly<Record<string, string>> = {
  f1: "F1",
  exact_match: "exact match",
};

function best_figures(frame: RunFrame): readonly Figure[] {
  const { run, main } = frame;
  const evals = run.metrics.filter(
    (metric) =>
      subset_of(metric.context) === "eval" && !format.is_pace(metric.name),
  );
  const weight = (metric: Summary): number => {
    if (main !== undefined && is_series(metric, main)) return 0;
    return format.is_share(metric.name) ? 1 : metric.name === "loss" ? 2 : 3;
  };
  const chosen = [...evals]
    .sort((a, b) => weight(a) - weight(b))
    .slice(0, most_best);
  return chosen.map((metric, i) => best_figure(frame, metric, i === 0));
}

function best_figure(
  frame: RunFrame,
  metric: Summary,
  is_first: boolean,
): Figure {
  const { run, siblings } = frame;
  const { value, step } = value_of(metric, "best");
  const epoch = epoch_at(metric, step);
  const rank = rank_of(run.id, siblings, metric);
  const where =
    epoch === undefined
      ? step === undefined
        ? ""
        : `step ${format.count(step)}`
      : `epoch ${epoch}`;
  // Whether a share is written in percent the experiment says, not a run that got hardly anything right.
  const largest = Math.max(
    ...[run, ...siblings].map(({ metrics }) => {
      const summary = find_summary(metrics, metric);
      return (summary && value_of(summary, "best").value) ?? 0;
    }),
  );
  const words = format.metric_named(metric.name, value, largest);
  const decimals = words.split(".")[1]?.length;
  const write = (size: number): string => size.toFixed(decimals ?? 0);
  const margin =
    rank?.margin === undefined ? "" : format.delta(rank.margin, write);
  const place =
    rank === undefined || rank.of < 2
      ? ""
      : rank.place === 1
        ? `${margin} on 2nd`
        : `${ordinal(rank.place)} of ${rank.of}, ${margin} on 1st`;
  const name = short_names[metric.name] ?? metric.name;
  return {
    title: is_first
      ? `Best ${name}, eval`
      : metric.name === "loss"
        ? "Best eval loss"
        : `Best ${name}`,
    value: words,
    is_best: rank?.place === 1 && rank.of > 1,
    note: [where, place].filter((part) => part !== "").join(" · "),
  };
}

function train_figure(
  frame: RunFrame,
  series: readonly FrameSeries[],
): readonly Figure[] {
  const { metrics } = frame.run;
  const loss = metrics.find(
    (metric) => metric.name === "loss" && subset_of(metric.context) !== "eval",
  );
  if (loss === undefined) return [];
  const name: SeriesName = loss;
  const curve = series.find((one) => is_series(name_of(one), name));
  const [first, step] = [curve?.value[0], curve?.step[0]];
  const begun =
    first === undefined || step === undefined
      ? ""
      : `from ${format.metric(first)} at step ${format.count(step)}`;
  const broken =
    loss.nan_step === undefined
      ? undefined
      : `not finite first at step ${format.count(loss.nan_step)}`;
  const value = format.metric(loss.last);
  return [
    {
      title: "Train loss, last",
      value: Number.isFinite(loss.last) ? (
        value
      ) : (
        <span class="bad-value">{value}</span>
      ),
      is_best: false,
      note: broken ?? begun,
    },
  ];
}

function pace_figure(frame: RunFrame): readonly Figure[] {
  const { run } = frame;
  const secs = duration_of(run);
  const speed = [
    "train_samples_per_second",
    "samples_per_second",
    "examples_per_second",
  ]
    .map((name) => run.metrics.find((metric) => metric.name === name))
    .find((metric) => metric !== undefined);
  const steps = Math.max(0, ...run.metrics.map((metric) => metric.last_step));
  const took = format.duration(secs);
  if (speed !== undefined) {
    const value = (
      <>
        {format.metric(speed.last)}
        <small> ex/s</small>
      </>
    );
    return [
      {
        title: "Throughput",
        value,
        is_best: false,
        note: `${format.count(steps)} steps · ${took}`,
      },
    ];
  }
  const pace =
    steps > 0 && secs > 0 ? ` · ${format.metric(steps / secs)}/s` : "";
  const title = run.status === "running" ? "Running for" : "Duration";
  return [
    {
      title,
      value: took,
      is_best: false,
      note: `${format.count(steps)} steps${pace}`,
    },
  ];
}

/** The best value of a metric, for cells. */
export function best_words(
  metrics: readonly Summary[],
  series: SeriesName,
): string {
  const summary = find_summary(metrics, series);
  return format.metric_named(
    series.name,
    summary === undefined ? undefined : value_of(summary, "best").value,
  );
}
