// The Metrics page's model: series grouped into charts, colours and dashes.

import type { RunField } from "../../fields.ts";
import { group } from "../../math/group.ts";
import type { FieldValue, Group } from "../../math/group.ts";
import { align } from "./align.ts";
import { share_axes } from "./axes.ts";
import { chart_of } from "./chart.ts";
import type { ChartModel } from "./chart.ts";
import { item_of, line_of, values_key } from "./lines.ts";
import type { Line, RunSeries } from "./lines.ts";
import { colors_of, dash_patterns, is_ramp } from "./looks.ts";
import type { Chosen } from "./view.ts";

export interface LegendEntry {
  readonly key: string;
  readonly values: readonly FieldValue[];
  readonly color: string;
}

export interface MetricsModel {
  readonly charts: readonly ChartModel[];
  readonly colors: readonly LegendEntry[];
  readonly dashes: readonly { readonly key: string; readonly dash: number }[];
  readonly lines: readonly Line[];
  readonly repeats_colors: boolean;
}

export interface Hidden {
  /** Legend keys of colours, and of dashes with `~` before them. */
  readonly keys: ReadonlySet<string>;
  readonly runs: ReadonlySet<string>;
}

export function build(
  given: readonly RunSeries[],
  chosen: Chosen,
  hidden: Hidden,
  all_values: (field: RunField) => readonly FieldValue[],
): MetricsModel {
  const series =
    chosen.x === "metric"
      ? align(given, chosen.metrics, chosen.x_metric)
      : given;
  const starts = new Map<string, number>();
  for (const { run, series: one } of series) {
    const first = one.time?.[0];
    if (first !== undefined)
      starts.set(
        run.run.id,
        Math.min(first, starts.get(run.run.id) ?? Infinity),
      );
  }
  const lines = series.map((of) =>
    line_of(of, chosen, starts.get(of.run.run.id) ?? 0),
  );
  const color_of = colors_of(chosen.color, all_values);
  const read = (fields: readonly RunField[]) =>
    fields.map((field) => (line: Line) => field.of(item_of(line)));
  const colors = in_order(chosen.color, group(lines, read(chosen.color))).map(
    (one) => ({
      key: values_key(one.values),
      values: one.values,
      color: color_of(one.values),
    }),
  );
  const dashes = dash_patterns(group(lines, read(chosen.dash)));
  const shown = lines.filter((line) => {
    const color = values_key(
      chosen.color.map((field) => field.of(item_of(line))),
    );
    const dash = values_key(
      chosen.dash.map((field) => field.of(item_of(line))),
    );
    return (
      !hidden.keys.has(color) &&
      !hidden.keys.has(`~${dash}`) &&
      !hidden.runs.has(line.of.run.run.id)
    );
  });
  const look = {
    color_of,
    dashes: new Map(dashes.map((one) => [one.key, one.dash])),
  };
  const groups = group(shown, read(chosen.chart));
  const by_metric = (one: Group<Line>): number =>
    Math.min(
      ...one.items.map((line) => index_of(chosen.metrics, line.of.series.name)),
    );
  groups.sort((a, b) => by_metric(a) - by_metric(b));
  const charts = groups.map((one) => chart_of(one, chosen, look));
  return {
    charts: share_axes(charts, chosen),
    colors,
    dashes,
    lines,
    repeats_colors: colors.length > 12 && !is_ramp(chosen.color),
  };
}

/** Ranges stand in the order of their numbers, not of their names. */
function in_order(
  fields: readonly RunField[],
  groups: readonly Group<Line>[],
): readonly Group<Line>[] {
  const [first] = fields;
  if (first?.whole === undefined) return groups;
  const place = (one: Group<Line>): number =>
    index_of(first.values.map(String), String(one.values[0]));
  return [...groups].sort((a, b) => place(a) - place(b));
}

function index_of(names: readonly string[], name: string): number {
  const at = names.indexOf(name);
  return at < 0 ? names.length : at;
}
