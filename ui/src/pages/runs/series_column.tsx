// Columns of series in the runs table: a value, or a curve.

import type { JSX } from "preact";
import * as format from "../../math/format.ts";
import {
  find_summary,
  read_series,
  say_series,
  subset_of,
  value_of,
  write_series,
} from "../../math/series_name.ts";
import type { SeriesName, Which } from "../../math/series_name.ts";
import { Bar } from "../../parts/marks.tsx";
import { Ringed } from "../../parts/ringed.tsx";
import type { Column } from "../../parts/table.tsx";
import type { Run } from "../../shapes.ts";
import { CurveCell } from "./curves.tsx";
import type { ColumnSetting } from "./columns.tsx";
import { which_of } from "./view.ts";
import type { ColumnKey } from "./view.ts";

export function series_column(
  key: ColumnKey,
  setting: ColumnSetting,
): Column<Run> {
  const series = read_series(key);
  const which = which_of(key, setting.which);
  const subset = subset_of(series.context);
  const is_main =
    setting.main !== undefined && write_series(setting.main) === key;
  const arrow =
    which === "last" || setting.sorted === key
      ? ""
      : format.is_less_better(series.name)
        ? " ↓"
        : " ↑";
  const has_bar = is_main && format.is_share(series.name);
  const short =
    series.name === "exact_match"
      ? "EM"
      : series.name === "f1"
        ? "F1"
        : series.name;
  const is_train_loss = subset !== "eval" && series.name === "loss";
  return {
    key,
    title: is_train_loss ? which : `${short}${arrow}`,
    name: `${say_series(series)}, ${which}`,
    group: is_train_loss
      ? say_series(series)
      : `${subset ?? "metrics"} · ${which}${which === "best" ? " over steps" : ""}`,
    width: has_bar ? 116 : Math.max(68, 32 + short.length * 7),
    is_number: !has_bar,
    sorts: true,
    cell: (run) => (
      <SeriesCell
        run={run}
        column={key}
        series={series}
        which={which}
        bar={has_bar}
        setting={setting}
      />
    ),
  };
}

interface SeriesCellProps {
  readonly run: Run;
  readonly column: ColumnKey;
  readonly series: SeriesName;
  readonly which: Which;
  readonly bar: boolean;
  readonly setting: ColumnSetting;
}

function SeriesCell(props: SeriesCellProps): JSX.Element {
  const { run, series, setting } = props;
  const summary = find_summary(run.metrics, series);
  const value =
    summary === undefined ? undefined : value_of(summary, props.which).value;
  const shown =
    summary !== undefined &&
    value === undefined &&
    summary.nan_step !== undefined
      ? NaN
      : value;
  const is_best = setting.is_best(props.column, run);
  const is_poor =
    run.tags.includes("diverged") ||
    run.status === "running" ||
    value === undefined;
  const kind = is_best
    ? "best"
    : Number.isNaN(shown)
      ? "bad-value"
      : is_poor && props.which !== "last"
        ? "quiet-text"
        : "";
  const words = format.metric_named(
    series.name,
    shown,
    setting.largest(props.column),
  );
  const title =
    summary?.nan_step === undefined
      ? undefined
      : `NaN or infinite first at step ${format.count(summary.nan_step)}`;
  const figure = (
    <Ringed value={words} class={kind} title={title}>
      {words}
    </Ringed>
  );
  if (!props.bar) return figure;
  return (
    <span class="in-row with-bar mono">
      {figure}
      {value !== undefined && (
        <Bar
          share={value / 100}
          color={is_best ? "var(--best)" : "var(--line-control)"}
        />
      )}
    </span>
  );
}

export function curve_column(
  key: ColumnKey,
  setting: ColumnSetting,
): Column<Run> {
  const series = read_series(key.slice("curve:".length));
  return {
    key,
    title: "by progress",
    name: `Curve of ${say_series(series)}, by progress; all on one scale`,
    group: say_series(series),
    width: 122,
    cell: (run) => (
      <CurveCell
        run={run}
        series={series}
        colour={setting.colours.get(run.id) ?? "var(--text-3)"}
      />
    ),
  };
}
