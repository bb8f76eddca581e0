// The charts of the Metrics page: the first large and its companions beside it, or a grid of equals.

import { called } from "../../called.ts";
import type { ReadonlySignal, Signal } from "@preact/signals";
import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import { DENSITY_FROM } from "../../chart/paint.ts";
import type { PlotModel } from "../../chart/paint.ts";
import type { Look } from "../../chart/plot.ts";
import { value_text } from "../../fields.ts";
import { count, is_less_better, metric_named } from "../../math/format.ts";
import { ChartFrame } from "../../parts/chart_frame.tsx";
import {
  csv_cell,
  export_csv,
  export_png,
  export_svg,
} from "../../parts/chart_export.ts";
import { LineChart } from "../../parts/line_chart.tsx";
import type { Cursor, Reading } from "../../parts/line_chart.tsx";
import { ChartTable } from "./chart_table.tsx";
import { zoom_by } from "./keys.ts";
import type { ChartModel } from "./chart.ts";
import type { MetricsModel } from "./model.ts";
import { metrics_view, zoom_range, zoom_text } from "./view.ts";
import type { Chosen, MetricsValues } from "./view.ts";
import { x_name, x_text } from "./x.ts";

interface MetricsChartsProps {
  readonly model: MetricsModel;
  readonly chosen: Chosen;
  readonly values: MetricsValues;
  readonly cursor: Signal<Cursor | undefined>;
  readonly highlighted: ReadonlySignal<ReadonlySet<string>>;
}

export function MetricsCharts(props: MetricsChartsProps): JSX.Element {
  const { charts } = props.model;
  const full = charts.find((chart) => chart.key === props.values.full);
  const shown = full === undefined ? charts : [full];
  const by_metric =
    props.chosen.chart.length === 1 && props.chosen.chart[0]?.kind === "metric";
  const layout =
    shown.length === 1
      ? "one"
      : by_metric && shown.length <= 3
        ? "lead"
        : "equals";
  return (
    <div class={`charts ${layout}`} style={{ "--n": shown.length - 1 }}>
      {shown.map((chart, i) => (
        <OneChart
          key={chart.key}
          {...props}
          chart={chart}
          is_small={layout === "lead" && i > 0}
          is_full={full !== undefined}
        />
      ))}
    </div>
  );
}

interface OneChartProps extends MetricsChartsProps {
  readonly chart: ChartModel;
  readonly is_small: boolean;
  readonly is_full: boolean;
}

function OneChart(props: OneChartProps): JSX.Element {
  const { chart, chosen, values } = props;
  const range = zoom_range(values.zoom);
  const plot = useMemo(
    () => (props.is_small ? small(chart.plot) : chart.plot),
    [chart.plot, props.is_small],
  );
  const set = metrics_view.set.bind(metrics_view);
  const [has_table, set_table] = useState(false);
  return (
    <ChartFrame
      title={chart.title}
      chips={chart.chips}
      is_zoomed={range !== undefined}
      is_full={props.is_full}
      can_fill={props.model.charts.length > 1}
      onZoom={() => zoom_by(2, values, props.cursor, props.model)}
      onReset={() => set({ zoom: "" })}
      onFull={() => set({ full: props.is_full ? "" : chart.key })}
      exports={[
        { label: "PNG", run: () => export_png(chart.title, chart.plot, range) },
        { label: "SVG", run: () => export_svg(chart.title, chart.plot, range) },
        { label: "CSV", run: () => export_csv(chart.title, csv_lines(chart)) },
      ]}
      menu={[
        { label: "Show as a table", run: () => set_table(true) },
        ...(chart.plot.curves.length > DENSITY_FROM
          ? [
              {
                label: chosen.has_all_lines
                  ? "Draw a density"
                  : "Draw every line",
                run: () => set({ lines: !chosen.has_all_lines }),
              },
            ]
          : []),
      ]}
    >
      <LineChart
        model={plot}
        label={summary(chart, chosen)}
        range={range}
        cursor={props.cursor}
        highlighted={props.highlighted}
        pinned={values.pin}
        run_of={(curve) =>
          chart.curves.get(curve.id)?.lines[0]?.of.run.run.id ?? ""
        }
        read={(look) => read(chart, chosen, look)}
        cursor_text={(x) => x_text(chosen.x, x)}
        onRange={(next) => set({ zoom: zoom_text(next) })}
        onPick={(curve) => pick(props, curve?.id)}
      />
      {has_table && (
        <ChartTable
          chart={chart}
          chosen={chosen}
          onClose={() => set_table(false)}
        />
      )}
    </ChartFrame>
  );
}

/** A click pins the cursor; on a density it lays the run on top, or takes it from there. */
function pick(props: OneChartProps, id: string | undefined): void {
  const { chart, values } = props;
  const run =
    id === undefined
      ? undefined
      : chart.curves.get(id)?.lines[0]?.of.run.run.id;
  if (run !== undefined && chart.plot.curves.length > DENSITY_FROM) {
    const rest = values.top.filter((one) => one !== run);
    const top = rest.length < values.top.length ? rest : [...rest, run];
    metrics_view.set({ top });
    return;
  }
  const x = props.cursor.peek()?.x;
  metrics_view.set({
    pin: run === undefined || values.pin === x ? undefined : x,
  });
}

/** A companion has no room for words: marks alone say what happened. */
function small(plot: PlotModel): PlotModel {
  const curves = plot.curves.map((curve) =>
    curve.broken === undefined ? curve : { ...curve, broken: "" },
  );
  return { ...plot, curves, references: [], label_width: 0 };
}

function summary(chart: ChartModel, chosen: Chosen): string {
  const n = chart.plot.curves.length;
  const { low = 0, high = 0 } = chart.plot.x;
  return `${chart.title} by ${x_name(chosen)}: ${n} ${n === 1 ? "curve" : "curves"} from ${x_text(chosen.x, low)} to ${x_text(chosen.x, high)}. Arrow keys read points; the table below holds the readings, and “Show as a table” under More the curves`;
}

function read(chart: ChartModel, chosen: Chosen, look: Look): Reading {
  const info = chart.curves.get(look.curve.id);
  const line = info?.lines[0];
  const value = look.curve.y[look.point] ?? NaN;
  const name = line?.of.series.name ?? "";
  const said = metric_named(name, value);
  const foot = look.others > 0 ? `${look.others} more within 8 px` : undefined;
  if (info?.n !== undefined) {
    const words = info.colors.map(value_text).join(" · ") || name;
    const { band } = look.curve;
    const [low, high] = [
      band?.low[look.point] ?? NaN,
      band?.high[look.point] ?? NaN,
    ];
    const rows: [string, string][] = [
      [`${chosen.band?.middle ?? ""} ${name}`, said],
    ];
    if (Number.isFinite(high))
      rows.push([
        "band",
        `${metric_named(name, low)} – ${metric_named(name, high)}`,
      ]);
    rows.push(
      ["n", String(info.n[look.point] ?? 0)],
      [x_name(chosen), x_text(chosen.x, look.x)],
    );
    return with_foot(
      {
        title: <b>{words}</b>,
        rows,
        spoken: `${words}: ${said} at ${x_text(chosen.x, look.x)}`,
      },
      foot,
    );
  }
  const run = line === undefined ? "" : called(line.of.run.run);
  const rows: [string, string][] = [[name, said]];
  const raw = look.curve.raw?.[look.point];
  if (raw !== undefined) rows.push(["measured", metric_named(name, raw)]);
  const step = line?.of.series.step[look.point];
  if (step !== undefined) rows.push(["step", count(step)]);
  if (chosen.x !== "step")
    rows.push([x_name(chosen), x_text(chosen.x, look.x)]);
  const best = line?.best;
  if (line !== undefined && best !== undefined && best !== look.point) {
    const away = value - (line.y[best] ?? NaN);
    const side = is_less_better(name) ? "above best" : "below best";
    rows.push([
      `${side}, ${x_name(chosen)} ${x_text(chosen.x, line.x[best] ?? NaN)}`,
      metric_named(name, Math.abs(away)),
    ]);
  }
  const title = (
    <>
      <b>{run}</b>
      <span class="quiet-text">{info?.dash}</span>
    </>
  );
  return with_foot(
    {
      title,
      rows,
      spoken: `${run} ${info?.dash ?? ""} ${name}: ${said} at ${x_text(chosen.x, look.x)}`,
    },
    foot,
  );
}

function with_foot(reading: Reading, foot: string | undefined): Reading {
  return foot === undefined ? reading : { ...reading, foot };
}

/** Every point that is drawn, as it was measured. */
function* csv_lines(chart: ChartModel): Iterable<string> {
  yield "run,name,metric,context,step,epoch,time,value";
  for (const { lines } of chart.curves.values()) {
    for (const { of } of lines) {
      const { series, run } = of;
      const head = [
        run.run.id,
        called(run.run),
        series.name,
        JSON.stringify(series.context),
      ].map(csv_cell);
      for (let i = 0; i < series.rows; i++) {
        const cells = [
          series.step[i],
          series.epoch?.[i],
          series.time?.[i],
          series.value[i],
        ];
        yield [
          ...head,
          ...cells.map((cell) => (cell === undefined ? "" : String(cell))),
        ].join(",");
      }
    }
  }
}
