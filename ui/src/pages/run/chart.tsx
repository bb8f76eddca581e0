// A chart of a run's page: its title, what its lines are, the curves, and the reading at the pointer.

import { useSignal } from "@preact/signals";
import type { Signal } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import { useState } from "preact/hooks";
import * as format from "../../math/format.ts";
import { subset_of } from "../../math/series_name.ts";
import { IconButton } from "../../parts/button.tsx";
import { Chip, LineMark } from "../../parts/marks.tsx";
import { LineChart } from "../../parts/line_chart.tsx";
import type { Cursor, Reading } from "../../parts/line_chart.tsx";
import { name_of } from "./chart_model.ts";
import type { RunChart, RunLine, XKind } from "./chart_model.ts";

interface ChartPanelProps {
  readonly chart: RunChart;
  readonly cursor?: Signal<Cursor | undefined>;
  readonly is_full?: boolean;
  readonly onFull?: () => void;
  /** Says whose line it is, where the chart is of several runs. */
  readonly title_of?: (line: RunLine) => ComponentChildren;
  readonly range?: readonly [number, number] | undefined;
  readonly pinned?: number | undefined;
}

/** How a place on the x axis is said. */
export function say_x(x: number, kind: XKind): string {
  if (kind === "time") return format.duration(x);
  if (kind === "epoch") return x.toFixed(2);
  return format.count(x);
}

/** A chart in its panel. */
export function ChartPanel(props: ChartPanelProps): JSX.Element {
  const { chart } = props;
  return (
    <section
      class={
        props.is_full === true
          ? "panel flat run-chart full"
          : "panel flat run-chart"
      }
      aria-label={chart.title}
    >
      <header>
        <h2 class="clip" title={chart.title}>
          {chart.title}
        </h2>
        {chart.chips.map((chip) => (
          <Chip key={chip.text} title={chip.why}>
            {chip.text}
          </Chip>
        ))}
        <span class="grow" />
        {chart.lines.length > 1 && <LineLegend lines={chart.lines} />}
        {props.onFull !== undefined && (
          <IconButton
            icon="expand"
            label={
              props.is_full === true
                ? "Show all charts"
                : "Show this chart alone"
            }
            small
            on={props.is_full === true ? true : undefined}
            onClick={props.onFull}
          />
        )}
      </header>
      <ChartBody {...props} />
    </section>
  );
}

/** The curves alone. */
export function ChartBody(props: ChartPanelProps): JSX.Element {
  const { chart } = props;
  const own = useSignal<Cursor | undefined>(undefined);
  const [range, set_range] = useState<readonly [number, number] | undefined>(
    undefined,
  );
  const line_of = (id: string): RunLine | undefined =>
    chart.lines.find((line) => line.curve.id === id);
  return (
    <LineChart
      model={chart.model}
      label={`${chart.title}: ${chart.lines.map((line) => summary(line)).join("; ")}`}
      range={props.range ?? range}
      cursor={props.cursor ?? own}
      pinned={props.pinned}
      run_of={(curve) => line_of(curve.id)?.series.run ?? ""}
      cursor_text={(x) => say_x(x, chart.x)}
      onRange={set_range}
      read={({ curve, point, x }): Reading =>
        read(line_of(curve.id), point, x, props)
      }
    />
  );
}

function read(
  line: RunLine | undefined,
  point: number,
  x: number,
  props: ChartPanelProps,
): Reading {
  if (line === undefined) return { title: "", rows: [], spoken: "" };
  const { series } = line;
  const value = format.metric_named(
    series.name,
    series.value[point],
    largest(series.value),
  );
  const step = format.count(series.step[point] ?? 0);
  const rows: [string, string][] = [
    [series.name, value],
    ["step", step],
  ];
  if (props.chart.x !== "step")
    rows.push([props.chart.x, say_x(x, props.chart.x)]);
  return {
    title: props.title_of?.(line) ?? line.name,
    rows,
    ...(series.is_sampled
      ? {
          foot: `${format.count(series.rows)} of ${format.count(series.count)} points drawn`,
        }
      : {}),
    spoken: `${line.name}: ${value} at step ${step}`,
  };
}

function largest(values: Float64Array | Float32Array): number {
  let most = 0;
  for (const value of values)
    if (value > most && Number.isFinite(value)) most = value;
  return most;
}

function summary({ name, series }: RunLine): string {
  const last = series.value[series.value.length - 1];
  return `${name}, ${format.plural(series.count, "point")}, last ${format.metric_named(series.name, last)}`;
}

function LineLegend({ lines }: { lines: readonly RunLine[] }): JSX.Element {
  const names = new Set(lines.map((line) => line.series.name));
  const words = (line: RunLine): string => {
    const subset = subset_of(name_of(line.series).context);
    // Beside a curve of evaluation a number that nobody gave a subset to is of training.
    if (names.size === 1 && (subset !== undefined || line.is_dashed))
      return subset ?? "train";
    return line.series.name === "exact_match"
      ? "EM"
      : names.size > 1 && subset === "eval"
        ? line.series.name
        : line.name;
  };
  return (
    <span class="in-row line-legend small-text second-text">
      {lines.slice(0, 6).map((line) => (
        <span key={line.curve.id} class="in-row">
          <LineMark color={line.curve.color} dashed={line.is_dashed} />
          {words(line)}
        </span>
      ))}
    </span>
  );
}
