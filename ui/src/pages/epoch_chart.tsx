// A small chart of one series of the selected runs.

import { called } from "../called.ts";
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { is_less_better } from "../math/format.ts";
import { is_series, say_series } from "../math/series_name.ts";
import type { SeriesName } from "../math/series_name.ts";
import { Loading } from "../parts/looks.tsx";
import { Swatch } from "../parts/marks.tsx";
import type { Run } from "../shapes.ts";
import { ChartBody } from "./run/chart.tsx";
import { has_epochs, name_of, run_chart } from "./run/chart_model.ts";
import { use_series } from "./series_request.ts";

const most_labels = 6;

/** One series of some runs, by epoch where they know it. */
export function EpochChart(props: {
  series: SeriesName;
  runs: readonly Run[];
  colours: ReadonlyMap<string, string>;
}): JSX.Element {
  const { series, runs, colours } = props;
  const look = use_series({
    runs: runs.map((run) => run.id),
    names: [series.name],
    points: 400,
    columns: ["step", "epoch", "value"],
  });
  const names = useMemo(
    () => new Map(runs.map((run) => [run.id, called(run)])),
    [runs],
  );
  const chart = useMemo(() => {
    const found =
      look.data?.series.filter((one) => is_series(name_of(one), series)) ?? [];
    return run_chart(
      series.name,
      found,
      {
        x: has_epochs(found) ? "epoch" : "step",
        smooth: 0.9,
        colour_of: (one) => colours.get(one.run) ?? "var(--text-3)",
        ...(found.length <= most_labels
          ? { label_of: (one) => names.get(one.run) ?? "" }
          : {}),
      },
      0,
    );
  }, [look.data, colours, names]);
  const title = say_series(series).replace(/\bf1\b/, "F1");
  return (
    <div class="epoch-chart">
      <header>
        <b class="small-text">{title}</b>
        <span class="tiny-text quiet-text">
          per {chart.x}, {is_less_better(series.name) ? "lower" : "higher"} is
          better
        </span>
      </header>
      {look.data === undefined ? (
        <Loading />
      ) : (
        <ChartBody
          chart={chart}
          title_of={(line) => (
            <>
              <Swatch color={line.curve.color} />
              <b>{names.get(line.series.run)}</b>
            </>
          )}
        />
      )}
    </div>
  );
}
