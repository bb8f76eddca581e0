// The table of runs: columns, groups, widths and pins put together.

import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import type { SeriesName } from "../../math/series_name.ts";
import { Check } from "../../parts/button.tsx";
import { Table } from "../../parts/table.tsx";
import type { Column } from "../../parts/table.tsx";
import type { Run } from "../../shapes.ts";
import type { Selection } from "./selection.ts";
import { is_sortable, sort_by } from "./bar.tsx";
import { HeadMenu } from "./head_menu.tsx";
import { lead_columns, run_column } from "./columns.tsx";
import type { ColumnSetting, RunsParams } from "./columns.tsx";
import { best_value, lines_of, series_value } from "./lines.tsx";
import { is_series_key, read_sort, row_heights, runs_view } from "./view.ts";
import type { ColumnKey } from "./view.ts";

interface RunsTableProps {
  readonly runs: readonly Run[];
  readonly columns: readonly ColumnKey[];
  readonly main: SeriesName | undefined;
  readonly largest: (key: ColumnKey) => number | undefined;
  readonly sort: string;
  readonly colours: ReadonlyMap<string, string>;
  readonly params: RunsParams;
  readonly selection: Selection;
  readonly at: string | undefined;
  readonly onPoint: (id: string) => void;
  /** Told which runs stand in which order, for the keyboard. */
  readonly order: { current: readonly Run[] };
}

const widths_place = "trailmark.runs.widths";
const widths = signal<Readonly<Record<string, number>>>(read_widths());

function read_widths(): Readonly<Record<string, number>> {
  try {
    const kept: unknown = JSON.parse(
      localStorage.getItem(widths_place) ?? "{}",
    );
    if (typeof kept !== "object" || kept === null) return {};
    return Object.fromEntries(
      Object.entries(kept).filter(
        (pair): pair is [string, number] => typeof pair[1] === "number",
      ),
    );
  } catch {
    return {}; // what is kept is no longer readable, or storage is forbidden: the default widths serve
  }
}

function resize(key: string, width: number): void {
  widths.value = { ...widths.value, [key]: width };
  try {
    localStorage.setItem(widths_place, JSON.stringify(widths.value));
  } catch {
    // storage may be forbidden; widths then last as long as the page
  }
}

/** Runs as a table. */
export function RunsTable(props: RunsTableProps): JSX.Element {
  const view = runs_view.values.value;
  const [closed, set_closed] = useState<ReadonlySet<string>>(new Set());
  const toggle = (group: string): void => {
    const next = new Set(closed);
    if (!next.delete(group)) next.add(group);
    set_closed(next);
  };
  const { lines, groups } = useMemo(
    () =>
      lines_of(props.runs, {
        by: view.group,
        columns: props.columns,
        which: view.metric,
        sorted: read_sort(props.sort)?.key,
        largest: props.largest,
        closed,
        toggle,
      }),
    [props.runs, view.group, props.columns, view.metric, closed],
  );
  props.order.current = lines.flatMap((line) =>
    line.kind === "row" ? [line.row] : [],
  );
  const is_best = useMemo(
    () => best_marks(groups, props.columns, view.metric),
    [groups, props.columns, view.metric],
  );
  const setting: ColumnSetting = {
    which: view.metric,
    main: props.main,
    largest: props.largest,
    sorted: read_sort(props.sort)?.key,
    colours: props.colours,
    selected: props.selection.ids,
    has_running: props.runs.some((run) => run.status === "running"),
    is_best,
    ...props.params,
    select: (run, event) => {
      if (event.shiftKey) props.selection.extend(run, props.order.current);
      else props.selection.toggle(run);
    },
  };
  return (
    <Table
      label="Runs"
      columns={arrange(props, setting)}
      lines={lines}
      row_height={row_heights[view.rows]}
      sorted={read_sort(props.sort)}
      at={props.at}
      is_selected={(run) => props.selection.ids.has(run.id)}
      row_class={(run) => (run.archived ? "dimmed" : "")}
      onSort={(key) => sort_by(key, props.sort)}
      onResize={resize}
      onMove={(key, before) => move_column(props.columns, key, before)}
      onOpen={(run) => props.onPoint(run.id)}
      head_menu={(column) => (
        <HeadMenu
          column={column}
          columns={props.columns}
          runs={props.runs}
          sort={props.sort}
        />
      )}
    />
  );
}

function arrange(
  props: RunsTableProps,
  setting: ColumnSetting,
): readonly Column<Run>[] {
  const pins = runs_view.values.value.pin;
  const all_selected =
    props.runs.length > 0 && setting.selected.size === props.runs.length;
  const [box, name] = lead_columns(setting);
  const made = props.columns.map((key) => {
    const column = run_column(key, setting);
    return {
      ...column,
      sorts: is_sortable(key),
      is_pinned: pins.includes(key),
    };
  });
  const select_all = (
    <Check
      on={all_selected}
      some={setting.selected.size > 0 && !all_selected}
      label="Select all runs"
      onChange={() =>
        props.selection.set(setting.selected.size > 0 ? [] : props.runs)
      }
    />
  );
  const leads =
    box === undefined || name === undefined
      ? []
      : [{ ...box, title: select_all }, name];
  const pinned = made.filter((column) => column.is_pinned);
  const rest = made.filter((column) => !column.is_pinned);
  return [...leads, ...pinned, ...rest].map((column) => ({
    ...column,
    width: widths.value[column.key] ?? column.width,
  }));
}

/** Tells whether a run holds the best value of its group; a group of one has none. */
function best_marks(
  groups: ReturnType<typeof lines_of>["groups"],
  columns: readonly ColumnKey[],
  which: ColumnSetting["which"],
): ColumnSetting["is_best"] {
  const marked = new Set<string>();
  for (const group of groups) {
    for (const key of columns.filter(
      (column) => is_series_key(column) && !column.includes("@"),
    )) {
      const best = best_value(
        group.runs,
        key,
        which === "last" ? "last" : "best",
      );
      const holders = group.runs.filter(
        (run) =>
          run.status !== "running" && series_value(run, key, which) === best,
      );
      const ranked = group.runs.filter(
        (run) => series_value(run, key, which) !== undefined,
      ).length;
      if (best === undefined || ranked < 2 || holders.length === ranked)
        continue;
      for (const run of holders) marked.add(`${run.id} ${key}`);
    }
  }
  return (key, run) => marked.has(`${run.id} ${key}`);
}

function move_column(
  columns: readonly ColumnKey[],
  key: string,
  before: string,
): void {
  if (!columns.includes(key) || !columns.includes(before)) return;
  const without = columns.filter((one) => one !== key);
  const from_left = columns.indexOf(key) < columns.indexOf(before);
  const at = without.indexOf(before) + (from_left ? 1 : 0);
  runs_view.set({ cols: [...without.slice(0, at), key, ...without.slice(at)] });
}
