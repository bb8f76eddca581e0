// The curves of two runs, and what B differs from A by, point by point.

import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import type { FrameSeries } from "../../frame.ts";
import { is_less_better } from "../../math/format.ts";
import { is_series, say_series, subset_of } from "../../math/series_name.ts";
import type { SeriesName } from "../../math/series_name.ts";
import type { RunDetail } from "../../shapes.ts";
import { difference_curve } from "./view.ts";
import { EpochChart } from "../epoch_chart.tsx";
import { ChartBody } from "../run/chart.tsx";
import { name_of, run_chart } from "../run/chart_model.ts";
import { use_series } from "../series_request.ts";

const most_curves = 2;

/** The evaluation's loss and F1 of both, each with its difference. */
export function DiffCurves(props: { a: RunDetail; b: RunDetail }): JSX.Element {
  const { a, b } = props;
  const runs = useMemo(
    () => [
      { ...a, name: "A" },
      { ...b, name: "B" },
    ],
    [a, b],
  );
  const colours = useMemo(
    () =>
      new Map([
        [a.id, "var(--a)"],
        [b.id, "var(--b)"],
      ]),
    [a.id, b.id],
  );
  const weight = (name: string): number =>
    name === "loss" ? 0 : name === "f1" ? 1 : 2;
  const shared = a.metrics
    .filter(
      (metric) =>
        subset_of(metric.context) === "eval" &&
        b.metrics.some((other) => is_series(other, metric)),
    )
    .sort((x, y) => weight(x.name) - weight(y.name))
    .slice(0, most_curves);
  return (
    <>
      {shared.map((series) => (
        <section
          key={series.name}
          class="panel diff-chart"
          aria-label={say_series(series)}
        >
          <EpochChart series={series} runs={runs} colours={colours} />
          <Minus series={series} a={a} b={b} />
        </section>
      ))}
    </>
  );
}

function Minus(props: {
  series: SeriesName;
  a: RunDetail;
  b: RunDetail;
}): JSX.Element {
  const { series, a, b } = props;
  const look = use_series({
    runs: [a.id, b.id],
    names: [series.name],
    points: 400,
    columns: ["step", "epoch", "value"],
  });
  const chart = useMemo(() => {
    const of = (run: string): FrameSeries | undefined =>
      look.data?.series.find(
        (one) => one.run === run && is_series(name_of(one), series),
      );
    const [left, right] = [of(a.id), of(b.id)];
    if (left === undefined || right === undefined) return undefined;
    const { x, y, by } = difference_curve(left, right);
    if (x.length === 0) return undefined;
    const places = Float64Array.from(x);
    const made: FrameSeries = {
      ...right,
      name: "B − A",
      count: x.length,
      rows: x.length,
      step: places,
      value: Float64Array.from(y),
      epoch: places,
    };
    return run_chart(
      "B − A",
      [by === "epoch" ? made : without_epochs(made)],
      { x: by, smooth: 0, colour_of: () => "var(--text-2)" },
      0,
    );
  }, [look.data, a.id, b.id, series]);
  if (chart === undefined) return <></>;
  return (
    <div class="epoch-chart">
      <header>
        <b class="small-text">{say_series(series)}, B − A</b>
        <span class="tiny-text quiet-text">
          {is_less_better(series.name) ? "below" : "above"} zero B is better
        </span>
      </header>
      <ChartBody chart={chart} />
    </div>
  );
}

function without_epochs({ epoch: _, ...rest }: FrameSeries): FrameSeries {
  return rest;
}
