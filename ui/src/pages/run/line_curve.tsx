// The curve beside a log: the training loss, with a cursor at the step of the line.

import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { subset_of } from "../../math/series_name.ts";
import type { RunFrame } from "./frame.ts";
import { ChartBody } from "./chart.tsx";
import { name_of, run_chart, x_of } from "./chart_model.ts";
import { use_series } from "../series_request.ts";

/** The most logged loss of a run, else its most logged metric. */
function curve_metric(frame: RunFrame): string | undefined {
  const ordered = [...frame.run.metrics].sort((a, b) => b.count - a.count);
  return (ordered.find((metric) => metric.name === "loss") ?? ordered[0])?.name;
}

/** The curve at a line of the log. */
export function LineCurve({
  frame,
  step,
}: {
  frame: RunFrame;
  step: number | undefined;
}): JSX.Element | null {
  const { run, colour } = frame;
  const name = curve_metric(frame);
  const look = use_series(
    name === undefined
      ? undefined
      : {
          runs: [run.id],
          names: [name],
          points: 600,
          columns: ["step", "epoch", "value"],
        },
  );
  const chart = useMemo(() => {
    const found = (look.data?.series ?? []).filter(
      (one) => subset_of(name_of(one).context) !== "eval",
    );
    const shown = found.length > 0 ? found : (look.data?.series ?? []);
    return run_chart(
      name ?? "",
      shown,
      { x: "epoch", smooth: 0, colour_of: () => colour },
      run.created_at,
    );
  }, [look.data, colour]);
  const series = chart.lines[0]?.series;
  if (series === undefined) return null;
  const pinned =
    step === undefined
      ? undefined
      : place_of(series.step, x_of(series, chart.x, 0), step);
  return (
    <section class="panel flat line-curve">
      <header>
        <h2>{name} at this line</h2>
      </header>
      <ChartBody chart={chart} pinned={pinned} />
      <p class="tiny-text quiet-text">Hover a line and the curve follows</p>
    </section>
  );
}

/** Where a step stands on the x axis. */
function place_of(
  steps: Float64Array,
  x: ArrayLike<number>,
  step: number,
): number | undefined {
  const at = steps.findIndex((one) => one >= step);
  return x[at < 0 ? steps.length - 1 : at];
}
