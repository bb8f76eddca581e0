// Metrics: curves of every run that matches, told apart by colour, dash and chart, with a table of readings below.

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import * as api from "../../api.ts";
import { fields_of, flat_run } from "../../fields.ts";
import type { FlatRun, RunField } from "../../fields.ts";
import type { Cursor } from "../../parts/line_chart.tsx";
import type { SeriesQuery } from "../../queries.ts";
import { Looks } from "../../parts/looks.tsx";
import { use_request } from "../../request.ts";
import type { Runs } from "../../shapes.ts";
import { MetricsCharts } from "./charts.tsx";
import { MetricsControls } from "./controls.tsx";
import { use_metrics_keys } from "./keys.ts";
import { MetricsLegend, toggle_run } from "./legend.tsx";
import { NoSeries, Notes } from "./notes.tsx";
import { item_of, values_key } from "./lines.ts";
import { build } from "./model.ts";
import type { MetricsModel } from "./model.ts";
import { reading_rows } from "./rows.ts";
import { steps_in, x_text } from "./x.ts";
import { ReadingTable } from "./table.tsx";
import { choose, metrics_view, zoom_range } from "./view.ts";
import type { Chosen, MetricsValues } from "./view.ts";
import { use_calm } from "../calm.ts";
import { use_series } from "../series_request.ts";
import { RunExplorer } from "../explorer.tsx";

const most_series = 20_000;
/** The table follows the pointer when it rests, and this often while it moves: quicker is not read. */
const rest_millis = 90;
const table_millis = 600;

/** The Metrics page. */
export function Metrics(_props: { readonly rest: string }): JSX.Element {
  const values = metrics_view.values.value;
  return (
    <RunExplorer
      title="Metrics"
      q={values.q}
      onQuery={(q) => metrics_view.set({ q, zoom: "" })}
    >
      {(runs) => <Explorer values={values} answer={runs} />}
    </RunExplorer>
  );
}

interface ExplorerProps {
  readonly values: MetricsValues;
  readonly answer: Runs;
}

function Explorer({ values, answer }: ExplorerProps): JSX.Element {
  const runs = useMemo(() => answer.runs.map(flat_run), [answer]);
  const fields = useMemo(() => fields_of(runs), [runs]);
  const chosen = useMemo(
    () => choose(values, fields, runs),
    [
      values.m,
      values.color,
      values.dash,
      values.chart,
      values.mid,
      values.band,
      values.x,
      values.xm,
      values.logx,
      values.smooth,
      values.window,
      values.y,
      values.lines,
      values.top,
      fields,
    ],
  );
  const cursor = useSignal<Cursor | undefined>(undefined);
  const read_cursor = use_calm(cursor, rest_millis, table_millis);
  const highlighted = useSignal<ReadonlySet<string>>(new Set());
  const whole = use_series(series_query(values, chosen, runs, undefined));
  const zoom = zoom_range(values.zoom);
  const steps =
    zoom === undefined || whole.data === undefined
      ? undefined
      : steps_in(whole.data.series, chosen.x, zoom);
  const near = use_series(
    steps === undefined ? undefined : series_query(values, chosen, runs, steps),
  );
  const frame =
    steps !== undefined && near.data !== undefined ? near.data : whole.data;
  const all_values = use_all_values(values.q, fields, chosen);
  const model = useMemo(() => {
    const by_id = new Map(runs.map((run) => [run.run.id, run]));
    const series = (frame?.series ?? []).flatMap((one) => {
      const run = by_id.get(one.run);
      return run === undefined ? [] : [{ run, series: one }];
    });
    const hidden = { keys: new Set(values.hide), runs: new Set(values.off) };
    return build(series, chosen, hidden, all_values);
  }, [frame, runs, chosen, values.hide, values.off, all_values]);
  use_metrics_keys(values, chosen, cursor, model);
  const light = (
    fits: (line: MetricsModel["lines"][number]) => boolean,
    is_any: boolean,
  ): void => {
    const ids = new Set<string>();
    if (is_any)
      for (const chart of model.charts)
        for (const [id, info] of chart.curves)
          if (info.lines.some(fits)) ids.add(id);
    highlighted.value = ids;
  };
  const beside =
    chosen.x === "metric" && !chosen.metrics.includes(chosen.x_metric)
      ? (whole.data?.series.filter((one) => one.name === chosen.x_metric)
          .length ?? 0)
      : 0;
  const total = (whole.data?.total ?? 0) - beside;
  return (
    <>
      <MetricsControls
        values={values}
        chosen={chosen}
        fields={fields}
        runs={runs}
      />
      <MetricsLegend
        model={model}
        chosen={chosen}
        values={values}
        is_smoothed={model.lines.some((line) => line.is_smoothed)}
        onHover={(key) =>
          light((line) => {
            const item = item_of(line);
            const of = key?.startsWith("~") ? chosen.dash : chosen.color;
            return (
              values_key(of.map((field) => field.of(item))) ===
              key?.replace(/^~/, "")
            );
          }, key !== undefined)
        }
      />
      <Notes total={total} shown={model.lines.length} answer={answer} />
      <Looks
        look={whole}
        is_empty={(data) => data.series.length === 0}
        empty={<NoSeries chosen={chosen} />}
      >
        {() => (
          <div class="metrics-body">
            <MetricsCharts
              model={model}
              chosen={chosen}
              values={values}
              cursor={cursor}
              highlighted={highlighted}
            />
            <ReadingTable
              rows={reading_rows(model, runs, chosen, values)}
              chosen={chosen}
              cursor={read_cursor}
              pinned={values.pin}
              at_title={(x) =>
                x === undefined ? "at end" : `at ${x_text(chosen.x, x)}`
              }
              sort={values.sort}
              onSort={(sort) => metrics_view.set({ sort })}
              onToggle={(run, is_alone) =>
                toggle_run(values, model, run, is_alone)
              }
              onHover={(id) =>
                light((line) => line.of.run.run.id === id, id !== undefined)
              }
            />
          </div>
        )}
      </Looks>
    </>
  );
}

function series_query(
  values: MetricsValues,
  chosen: Chosen,
  runs: readonly FlatRun[],
  steps: readonly [number, number] | undefined,
): SeriesQuery | undefined {
  if (chosen.metrics.length === 0) return undefined;
  const asked =
    chosen.x === "metric" && !chosen.metrics.includes(chosen.x_metric)
      ? [...chosen.metrics, chosen.x_metric]
      : chosen.metrics;
  const names = new Set(asked);
  let n = 0;
  for (const { run } of runs)
    for (const metric of run.metrics) if (names.has(metric.name)) n++;
  const points = n > 5000 ? 64 : n > 1000 ? 200 : n > 200 ? 500 : 1200;
  const x =
    chosen.x === "epoch"
      ? ["epoch" as const]
      : chosen.x === "step" || chosen.x === "metric"
        ? []
        : ["time" as const];
  return {
    q: values.q,
    names: asked,
    points: steps === undefined ? points : points * 2,
    columns: ["step", ...x, "value"],
    f32: true,
    limit: most_series,
    ...(asked.some((name) => name.startsWith("__system"))
      ? { system: true }
      : {}),
    ...(steps === undefined ? {} : { from: steps[0], to: steps[1] }),
  };
}

/** Values of a field among all runs, so that a filter changes no colour. */
function use_all_values(
  q: string,
  fields: readonly RunField[],
  chosen: Chosen,
): (field: RunField) => RunField["values"] {
  const wanted =
    q !== "" && chosen.color.some((field) => field.kind === "param");
  const look = use_request(wanted ? "fields?all" : undefined, (signal) =>
    api.fields("", "metrics", signal),
  );
  return useMemo(() => {
    const known = new Map(
      look.data?.params.map((one) => [one.path, one.values]) ?? [],
    );
    return (field: RunField) => {
      const values = known
        .get(field.path)
        ?.filter((value) => typeof value === "number");
      return values === undefined || values.length < field.values.length
        ? field.values
        : values;
    };
  }, [look.data, fields]);
}
