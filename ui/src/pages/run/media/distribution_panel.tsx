// One series of distributions: the map over steps, the histogram at one, both said in words and as a table.

import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import { CssColors } from "../../../chart/curve.ts";
import {
  column_at,
  heat_plane,
  paint_bars,
  paint_heat,
  paint_marks,
} from "../../../chart/distribution.ts";
import type { HeatMap } from "../../../chart/distribution.ts";
import {
  counted,
  is_drawable,
  range_of,
  rows_of,
  shade_of,
  summary_of,
} from "../../../math/bins.ts";
import type { Histogram } from "../../../math/bins.ts";
import { count, metric, percent, plural } from "../../../math/format.ts";
import { place_of_step } from "../../../math/steps.ts";
import { say_series } from "../../../math/series_name.ts";
import { IconButton } from "../../../parts/button.tsx";
import { Canvas } from "../../../parts/canvas.tsx";
import type { SeriesSteps } from "../../../schema.ts";
import type { TrackedObject } from "../../../shapes_of_objects.ts";
import { shown_theme } from "../../../theme.ts";
import { run_view } from "../view.ts";
import { SeriesHeading } from "./series_heading.tsx";
import { SeriesMenu } from "./series_menu.tsx";

const n_rows = 80;

interface PanelProps {
  readonly run: { readonly id: string };
  readonly series: SeriesSteps;
  /** Steps evenly chosen. */
  readonly sampled: readonly TrackedObject[];
  /** The chosen step, where it is none of those. */
  readonly exact: readonly TrackedObject[] | undefined;
}

export function DistributionPanel(props: PanelProps): JSX.Element {
  const { series, sampled } = props;
  const view = run_view.values.value;
  const [pointed, set_pointed] = useState<number | undefined>(undefined);
  const [is_table, set_table] = useState(false);
  const firsts = useMemo(
    () => sampled.filter((one) => one.index === 0),
    [sampled],
  );
  const made = useMemo(
    () => map_of(firsts, view.colour),
    [firsts, view.colour],
  );
  const steps = made?.map.steps ?? firsts.map((one) => one.step);
  const chosen = place_of_step(steps, view.step);
  const exact = props.exact?.find((one) => one.index === 0);
  const shown =
    exact ??
    firsts[
      place_of_step(
        firsts.map((one) => one.step),
        view.step,
      )
    ];
  const said = shown?.value.distribution;
  const words =
    said === undefined ? "nothing" : say_histogram(said, made?.range);
  const n_lost = firsts.length - (made?.map.steps.length ?? 0);
  return (
    <section class="panel media-group" aria-label={say_series(series)}>
      <SeriesHeading
        series={series}
        where={
          <>
            {series.steps.length > firsts.length
              ? `${count(firsts.length)} of ${count(series.steps.length)} steps`
              : plural(series.steps.length, "step")}
            {n_lost > 0 && (
              <span class="warn-text">
                {" "}
                · {count(n_lost)} without a range or weight
              </span>
            )}
          </>
        }
      >
        <IconButton
          icon="runs"
          label="As table"
          small
          on={is_table}
          onClick={() => set_table(!is_table)}
        />
        <SeriesMenu run={props.run} series={series} step={shown?.step} />
      </SeriesHeading>
      <div class="distribution-body">
        {made === undefined ? (
          <p class="small-text quiet-text media-none">
            No step has a finite range and a positive weight
          </p>
        ) : (
          <HeatCanvas
            made={made}
            chosen={chosen}
            pointed={pointed}
            label={`${say_series(series)} over ${count(steps.length)} steps, values from ${metric(made.range[0])} to ${metric(made.range[1])}`}
            onPoint={set_pointed}
          />
        )}
        <div class="histogram">
          <p class="small-text second-text histogram-words">
            <b>step {count(shown?.step ?? 0)}</b> {words}
          </p>
          {said !== undefined && is_table && <BinTable histogram={said} />}
          {said !== undefined && !is_table && is_drawable(said) && (
            <Bars
              histogram={said}
              range={range_of([said]) ?? [said.low, said.high]}
              label={`Histogram at step ${shown?.step ?? 0}: ${words}`}
            />
          )}
        </div>
      </div>
      <p class="small-text quiet-text distribution-foot" aria-live="polite">
        {pointed === undefined || made === undefined
          ? "Point at the map to read it, press to choose a step"
          : say_pointed(firsts, made.map.steps[pointed])}
      </p>
    </section>
  );
}

interface Made {
  readonly map: HeatMap;
  readonly range: readonly [number, number];
}

function map_of(
  objects: readonly TrackedObject[],
  scale: "linear" | "log",
): Made | undefined {
  const drawable = objects.flatMap(({ step, value }) =>
    value.distribution !== undefined && is_drawable(value.distribution)
      ? { step, histogram: value.distribution }
      : [],
  );
  const range = range_of(drawable.map((one) => one.histogram));
  if (range === undefined) return undefined;
  const rows = drawable.map((one) => rows_of(one.histogram, range, n_rows));
  const most = rows.reduce((most, row) => Math.max(most, ...row), 0);
  const shades = rows.map((row) =>
    row.map((share) => shade_of(share, most, scale)),
  );
  return {
    map: { steps: drawable.map((one) => one.step), shades, range },
    range,
  };
}

/** From the panel to the deep end of the theme: more is further from the ground. */
function shade_color(element: Element): (shade: number) => string {
  const css = new CssColors(element);
  const deep = shown_theme.value === "dark" ? "--lagoon-7" : "--lagoon-1";
  const made = new Map<number, string>();
  return (shade) => {
    const step = Math.round(shade * 40);
    const known = made.get(step);
    if (known !== undefined) return known;
    const mix =
      step <= 20
        ? `color-mix(in oklab, var(--panel) ${100 - step * 5}%, var(--lagoon-5))`
        : `color-mix(in oklab, var(--lagoon-5) ${100 - (step - 20) * 5}%, var(${deep}))`;
    const color = css.resolve(mix);
    made.set(step, color);
    return color;
  };
}

function HeatCanvas(props: {
  made: Made;
  chosen: number;
  pointed: number | undefined;
  label: string;
  onPoint: (column: number | undefined) => void;
}): JSX.Element {
  const { map } = props.made;
  return (
    <Canvas
      class="heat-canvas"
      label={props.label}
      of={[map]}
      paint={(pen, size, ink, element) =>
        paint_heat(pen, size, ink, map, shade_color(element))
      }
      paint_top={(pen, size, ink) =>
        paint_marks(pen, size, ink, map, {
          chosen: props.chosen,
          pointed: props.pointed,
        })
      }
      onPointer={(kind, x, _, size) => {
        const column = column_at(map, heat_plane(map, size), x);
        if (kind === "leave") props.onPoint(undefined);
        else if (kind === "down") run_view.set({ step: map.steps[column] });
        else if (kind === "move") props.onPoint(column);
      }}
    />
  );
}

function Bars(props: {
  histogram: Histogram;
  range: readonly [number, number];
  label: string;
}): JSX.Element {
  const { histogram, range } = props;
  return (
    <Canvas
      class="bars-canvas"
      label={props.label}
      of={[histogram, range[0], range[1]]}
      paint={(pen, size, ink, element) => {
        const color = new CssColors(element).resolve("var(--lagoon-4)");
        const weights = histogram.weights.map(counted);
        paint_bars(pen, size, ink, { ...histogram, weights, range, color });
      }}
      paint_top={() => undefined}
    />
  );
}

function BinTable({ histogram }: { histogram: Histogram }): JSX.Element {
  const { low, high, weights } = histogram;
  const width = (high - low) / Math.max(1, weights.length);
  const { total } = summary_of(histogram);
  return (
    <div class="bin-table" tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th>From</th>
            <th>To</th>
            <th>Weight</th>
            <th>Share</th>
          </tr>
        </thead>
        <tbody>
          {weights.map((weight, i) => (
            <tr key={i}>
              <td>{metric(low + i * width)}</td>
              <td>{metric(low + (i + 1) * width)}</td>
              <td>{metric(weight)}</td>
              <td>{percent((100 * counted(weight)) / total)} %</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function say_histogram(
  histogram: Histogram,
  range: readonly [number, number] | undefined,
): string {
  if (!is_drawable(histogram) || range === undefined)
    return `cannot be drawn: from ${metric(histogram.low)} to ${metric(histogram.high)}, ${count(histogram.weights.length)} bins`;
  const { total, mean, deviation } = summary_of(histogram);
  return `total ${metric(total)} · mean ${metric(mean)} · deviation ${metric(deviation)}`;
}

function say_pointed(
  objects: readonly TrackedObject[],
  step: number | undefined,
): string {
  const found = objects.find((one) => one.step === step)?.value.distribution;
  if (found === undefined || step === undefined) return "";
  return `step ${count(step)} · ${say_histogram(found, [0, 0])}`;
}
