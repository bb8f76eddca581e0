// The lines of the runs table: runs under the heads of their groups, with what a group comes to.

import type { ComponentChildren, JSX } from "preact";
import * as format from "../../math/format.ts";
import { value_at } from "../../math/params.ts";
import { group_runs } from "../../math/run_group.ts";
import type { Group } from "../../math/run_group.ts";
import {
  end_of,
  find_summary,
  read_series,
  value_of,
} from "../../math/series_name.ts";
import type { Which } from "../../math/series_name.ts";
import { Icon } from "../../parts/icon.tsx";
import type { Line } from "../../parts/table.tsx";
import type { Run } from "../../shapes.ts";
import { duration_of } from "../run_cells.tsx";
import { is_series_key, which_of } from "./view.ts";
import type { ColumnKey } from "./view.ts";

/** A run's value in a series column. */
export function series_value(
  run: Run,
  key: ColumnKey,
  which: Which,
): number | undefined {
  const series = read_series(key);
  const summary = find_summary(run.metrics, series);
  return summary === undefined
    ? undefined
    : value_of(summary, which_of(key, which)).value;
}

/** The best of a group in a column; runs that still go are not ranked. */
export function best_value(
  runs: readonly Run[],
  key: ColumnKey,
  which: Which,
): number | undefined {
  const less = end_of(read_series(key).name, "best") === "min";
  let best: number | undefined;
  for (const run of runs) {
    const value =
      run.status === "running" ? undefined : series_value(run, key, which);
    if (value === undefined || !Number.isFinite(value)) continue;
    if (best === undefined || (less ? value < best : value > best))
      best = value;
  }
  return best;
}

export interface LinesSetting {
  readonly by: readonly string[];
  readonly columns: readonly ColumnKey[];
  readonly which: Which;
  readonly sorted: ColumnKey | undefined;
  readonly largest: (key: ColumnKey) => number | undefined;
  readonly closed: ReadonlySet<string>;
  readonly toggle: (group: string) => void;
}

/** The groups, and every line that is open. */
export function lines_of(
  runs: readonly Run[],
  setting: LinesSetting,
): {
  readonly lines: readonly Line<Run>[];
  readonly groups: readonly Group<Run>[];
} {
  const row = (run: Run): Line<Run> => ({ kind: "row", key: run.id, row: run });
  if (setting.by.length === 0) {
    return { lines: runs.map(row), groups: [{ key: "", title: "", runs }] };
  }
  const groups = ranked_first(group_runs(runs, setting.by), setting);
  const lines = groups.flatMap((group): Line<Run>[] => {
    const head: Line<Run> = {
      kind: "group",
      key: `group ${group.key}`,
      cell: (column) => group_cell(group, column, setting),
    };
    return setting.closed.has(group.key)
      ? [head]
      : [head, ...group.runs.map(row)];
  });
  return { lines, groups };
}

/** Groups that have no rank in what is sorted by, such as one whose runs still go, stand below the others. */
function ranked_first(
  groups: readonly Group<Run>[],
  setting: LinesSetting,
): readonly Group<Run>[] {
  const { sorted } = setting;
  if (sorted === undefined || !is_series_key(sorted)) return groups;
  const is_ranked = (group: Group<Run>): boolean =>
    best_value(group.runs, sorted, setting.which) !== undefined;
  return [
    ...groups.filter(is_ranked),
    ...groups.filter((group) => !is_ranked(group)),
  ];
}

function group_cell(
  group: Group<Run>,
  column: ColumnKey,
  setting: LinesSetting,
): ComponentChildren {
  const is_closed = setting.closed.has(group.key);
  const running = group.runs.filter((run) => run.status === "running").length;
  switch (column) {
    case "select":
      return (
        <button
          type="button"
          class="fold"
          aria-expanded={!is_closed}
          aria-label={`${is_closed ? "Open" : "Close"} ${group.title}`}
          onClick={() => setting.toggle(group.key)}
        >
          <Icon name={is_closed ? "right" : "down"} small />
        </button>
      );
    case "name":
      return (
        <span class="in-row group-name">
          <b class="clip" title={group.title}>
            {group.title}
          </b>
          <span class="quiet-text">
            {format.plural(group.runs.length, "run")}
            {running > 0 &&
              `, ${running === group.runs.length ? "" : `${running} `}live`}
          </span>
        </span>
      );
    case "duration":
      return format.duration(
        group.runs.reduce((sum, run) => sum + duration_of(run), 0),
      );
    default:
      return fact_cell(group.runs, column, setting);
  }
}

function fact_cell(
  runs: readonly Run[],
  column: ColumnKey,
  setting: LinesSetting,
): ComponentChildren {
  if (column.startsWith("params.")) {
    const params = setting.columns.filter((key) => key.startsWith("params."));
    return params[0] === column ? (
      <ValueCounts runs={runs} params={params} />
    ) : null;
  }
  if (!is_series_key(column) || column.includes("@")) return null;
  const best = best_value(runs, column, setting.which);
  if (best !== undefined) {
    return (
      <span class="mono quiet-text">
        {format.metric_named(
          read_series(column).name,
          best,
          setting.largest(column),
        )}
      </span>
    );
  }
  const is_first =
    setting.columns.find((key) => is_series_key(key) && !key.includes("@")) ===
    column;
  const so_far =
    is_first &&
    runs.some((run) => run.status === "running" && run.metrics.length > 0);
  return so_far ? (
    <span class="spills">so far; ranked when the run ends</span>
  ) : null;
}

/** How many values each param takes, where it takes several: 3 × 2 values. */
function ValueCounts(props: {
  runs: readonly Run[];
  params: readonly ColumnKey[];
}): JSX.Element | null {
  const counts = props.params
    .map(
      (key) =>
        new Set(
          props.runs.flatMap(
            (run) => JSON.stringify(value_at(run.params, key.slice(7))) ?? [],
          ),
        ).size,
    )
    .filter((n) => n > 1);
  if (counts.length === 0) return null;
  return <span class="spills quiet-text">{counts.join(" × ")} values</span>;
}
