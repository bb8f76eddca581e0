// What the machine did while a run ran, by time.

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import type { FrameSeries } from "../../frame.ts";
import { duration, plural } from "../../math/format.ts";
import { Empty, Looks } from "../../parts/looks.tsx";
import type { Cursor } from "../../parts/line_chart.tsx";
import type { RunFrame } from "./frame.ts";
import { duration_of } from "../run_cells.tsx";
import { ChartPanel } from "./chart.tsx";
import { run_chart } from "./chart_model.ts";
import { use_series } from "../series_request.ts";
import { system_look, system_order } from "./system_series.ts";

/** The system metrics of a run, asked for once by overview and tab. */
export function use_system_series(
  frame: RunFrame,
): ReturnType<typeof use_series> {
  const names = [
    ...new Set(frame.run.series.map((series) => series.name)),
  ].filter((name) => name.startsWith("__system__"));
  return use_series(
    names.length === 0
      ? undefined
      : {
          runs: [frame.run.id],
          names,
          system: true,
          columns: ["step", "time", "value"],
          points: 600,
        },
  );
}

/** The tab of the system metrics. */
export function RunSystem({ frame }: { frame: RunFrame }): JSX.Element {
  const look = use_system_series(frame);
  const has_any = frame.run.series.some((series) =>
    series.name.startsWith("__system__"),
  );
  if (!has_any) {
    return (
      <Empty title="No system metrics">
        This run's writer recorded none; a run records them every 10 s unless{" "}
        <span class="mono">system_interval</span> is off
      </Empty>
    );
  }
  return (
    <div class="scrolls">
      <Looks look={look}>
        {(data) => <SystemCharts series={data.series} frame={frame} />}
      </Looks>
    </div>
  );
}

function SystemCharts({
  series,
  frame,
}: {
  series: readonly FrameSeries[];
  frame: RunFrame;
}): JSX.Element {
  const cursor = useSignal<Cursor | undefined>(undefined);
  const charts = useMemo(
    () =>
      [...series]
        .sort((a, b) => system_order(a) - system_order(b))
        .map((one) => {
          const chart = run_chart(
            `${one.name} ${JSON.stringify(one.context)}`,
            [one],
            { x: "time", smooth: 0 },
            frame.run.created_at,
          );
          const { title, unit, write } = system_look(one);
          return {
            ...chart,
            title: unit === "" ? title : `${title}, ${unit}`,
            chips: [
              {
                text: `last ${write(one.value[one.value.length - 1])}`,
                why: "The last value",
              },
            ],
          };
        }),
    [series],
  );
  return (
    <>
      <p class="small-text quiet-text system-words">
        {duration(duration_of(frame.run))},{" "}
        {plural(series.length, "series", "series")}, by time since the start
      </p>
      <div class="run-charts small">
        {charts.map((chart) => (
          <ChartPanel key={chart.key} chart={chart} cursor={cursor} />
        ))}
      </div>
    </>
  );
}
