// Every metric of a run: a chart a name, train and eval in one.

import type { JSX } from "preact";
import { plural } from "../../math/format.ts";
import { Choice } from "../../parts/button.tsx";
import { Empty, Looks } from "../../parts/looks.tsx";
import { TextFind } from "../../parts/text_find.tsx";
import { write_search } from "../../state.ts";
import type { RunFrame } from "./frame.ts";
import { ChartGrid } from "./chart_grid.tsx";
import { run_view } from "./view.ts";
import { use_series } from "../series_request.ts";

const smoothings = ["0", "0.6", "0.9", "0.98"] as const;

/** The tab of the metrics. */
export function RunMetrics({ frame }: { frame: RunFrame }): JSX.Element {
  const { run } = frame;
  const view = run_view.values.value;
  const look = use_series({
    runs: [run.id],
    columns: ["step", "epoch", "time", "value"],
    points: 1200,
  });
  const smoothing =
    smoothings.find((option) => Number(option) === view.smooth) ?? "0.9";
  return (
    <>
      <div class="controls">
        <TextFind
          label="Find a metric"
          width={240}
          value={view.find}
          onChange={(find) => run_view.set({ find })}
        />
        <span class="separator" />
        <Choice
          label="X axis"
          value={view.x}
          options={[
            { value: "epoch", label: "Epoch" },
            { value: "step", label: "Step" },
            { value: "time", label: "Time" },
          ]}
          onChange={(x) => run_view.set({ x })}
        />
        <span class="small-text quiet-text">Smooth</span>
        <Choice
          label="Smoothing"
          value={smoothing}
          options={smoothings.map((value) => ({
            value,
            label: value === "0" ? "off" : value.replace(/^0/, ""),
          }))}
          onChange={(value) => run_view.set({ smooth: Number(value) })}
        />
        <span class="grow" />
        <span class="small-text quiet-text">
          {look.data !== undefined &&
            plural(
              look.data.series.reduce((sum, one) => sum + one.count, 0),
              "point",
            )}
        </span>
        <a
          class="to-link small-text"
          href={`/metrics?${write_search([["q", `run.hash == ${JSON.stringify(run.id)}`]])}`}
        >
          Open in Metrics
        </a>
      </div>
      <div class="scrolls">
        <Looks
          look={look}
          is_empty={(data) => data.series.length === 0}
          empty={
            <Empty title="No metrics yet">
              A run logs them with{" "}
              <span class="mono">run.track(0.31, name="loss", step=7)</span>
            </Empty>
          }
        >
          {(data) => (
            <ChartGrid
              series={data.series}
              find={view.find}
              choice={{ x: view.x, smooth: view.smooth }}
              start={run.created_at}
            />
          )}
        </Looks>
      </div>
    </>
  );
}
