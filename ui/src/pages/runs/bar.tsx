// The controls of the runs explorer: group, sort, columns, which value of metrics, what to show.

import type { JSX } from "preact";
import { is_followed } from "../../live.ts";
import { short_name } from "../../math/params.ts";
import { write_series } from "../../math/series_name.ts";
import { Switch } from "../../parts/button.tsx";
import { Icon } from "../../parts/icon.tsx";
import { Menu, PickFace } from "../../parts/menu.tsx";
import { Picker } from "../../parts/picker.tsx";
import type { PickOption } from "../../parts/picker.tsx";
import type { Fields } from "../../shapes.ts";
import { column_title } from "./columns.tsx";
import {
  is_series_key,
  properties,
  read_sort,
  row_heights,
  runs_view,
  which_options,
  which_of,
  write_sort,
} from "./view.ts";
import type { ColumnKey } from "./view.ts";

interface BarProps {
  readonly fields: Fields | undefined;
  /** The columns that stand there now. */
  readonly columns: readonly ColumnKey[];
  readonly differs: readonly string[];
  /** The sort in force: the chosen one or the one that stands in for it. */
  readonly sort: string;
}

/** One line of controls. */
export function RunsBar(props: BarProps): JSX.Element {
  const view = runs_view.values.value;
  const options = column_options(props.fields, props.differs);
  return (
    <div class="controls">
      <Picker
        label="Group"
        face={
          view.group.length === 0
            ? "none"
            : view.group.map(short_name).join(" › ")
        }
        options={group_options(props.fields)}
        chosen={view.group}
        onChange={(group) => runs_view.set({ group })}
      />
      <SortMenu sort={props.sort} columns={props.columns} />
      <Picker
        label="Columns"
        face={`${props.columns.length} of ${options.length}`}
        options={options}
        chosen={props.columns}
        onChange={(cols) => runs_view.set({ cols })}
        foot={
          <button
            type="button"
            class="action"
            onClick={() => runs_view.set({ cols: [] })}
          >
            Back to the default
          </button>
        }
      />
      <Menu
        label="Metrics"
        class="pick"
        align="start"
        face={<PickFace label="Metrics">{view.metric}</PickFace>}
        items={which_options.map((option) => ({
          label: option,
          on: option === view.metric,
          run: () => runs_view.set({ metric: option }),
        }))}
      />
      <Menu
        label="Rows"
        class="pick"
        align="start"
        face={<PickFace label="Rows">{view.rows}</PickFace>}
        items={(["compact", "normal", "roomy"] as const).map((rows) => ({
          label: rows,
          detail: `${row_heights[rows]} px`,
          on: rows === view.rows,
          run: () => runs_view.set({ rows }),
        }))}
      />
      <span class="grow" />
      <Switch
        on={!view.all}
        title="Params that are equal in all runs are folded away"
        onChange={(on) => runs_view.set({ all: !on })}
      >
        Only what differs
      </Switch>
      <Switch
        on={view.archived}
        onChange={(archived) => runs_view.set({ archived })}
      >
        Archived
      </Switch>
      <span class="separator" />
      <Switch
        on={is_followed.value}
        title="Follow runs as they grow"
        onChange={(on) => {
          is_followed.value = on;
        }}
      >
        Live
      </Switch>
    </div>
  );
}

function SortMenu(props: {
  sort: string;
  columns: readonly ColumnKey[];
}): JSX.Element {
  const view = runs_view.values.value;
  const sorting = read_sort(props.sort);
  const sortable = ["name", ...props.columns].filter((key) => is_sortable(key));
  const title = (key: ColumnKey): string =>
    is_series_key(key)
      ? `${column_title(key)} ${which_of(key, view.metric)}`
      : short_name(column_title(key));
  return (
    <Menu
      label="Sort"
      class="pick"
      align="start"
      face={
        <PickFace label="Sort">
          {sorting === undefined ? "newest first" : title(sorting.key)}
          {sorting !== undefined && (
            <Icon name={sorting.is_down ? "down_arrow" : "up_arrow"} small />
          )}
        </PickFace>
      }
      items={sortable.map((key) => {
        const on = sorting?.key === key;
        return {
          label: title(key),
          on,
          ...(on
            ? {
                icon: sorting.is_down
                  ? ("down_arrow" as const)
                  : ("up_arrow" as const),
                detail: "turn round",
              }
            : {}),
          run: () => sort_by(key, props.sort),
        };
      })}
    />
  );
}

/** Whether the server can sort by a column. */
export function is_sortable(key: ColumnKey): boolean {
  return (
    !key.startsWith("curve:") &&
    (properties[key] === undefined || properties[key].sort !== undefined)
  );
}

/** Sorts by a column: the better, larger or newer first; a second time the other way round. */
export function sort_by(key: ColumnKey, now: string): void {
  const { metric } = runs_view.values.value;
  const before = read_sort(now);
  const starts_up =
    key === "name" ||
    key === "status" ||
    key === "experiment" ||
    /(^|@|\.)(loss|error|perplexity)(@|$)/.test(key);
  const is_down = before?.key === key ? !before.is_down : !starts_up;
  runs_view.set({ sort: write_sort({ key, is_down }, metric) });
}

function group_options(fields: Fields | undefined): readonly PickOption[] {
  const base: PickOption[] = ["experiment", "status", "tags"].map((value) => ({
    value,
    label: value,
    section: "Run",
  }));
  const params = (fields?.params ?? []).map((param): PickOption => ({
    value: `params.${param.path}`,
    label: param.path,
    section: "Params",
    ...(param.distinct > 1
      ? { detail: `${param.distinct} values` }
      : { not_now: "constant" }),
  }));
  return [...base, ...params];
}

function column_options(
  fields: Fields | undefined,
  differs: readonly string[],
): readonly PickOption[] {
  const base = Object.entries(properties).map(
    ([value, { title }]): PickOption => ({
      value,
      label: title,
      section: "Run",
    }),
  );
  const metrics = (fields?.metrics ?? [])
    .filter((metric) => !metric.is_system)
    .flatMap((metric): PickOption[] => {
      const value = write_series(metric);
      const detail = `${metric.runs} runs`;
      return [
        { value, label: column_title(value), detail, section: "Metrics" },
        {
          value: `curve:${value}`,
          label: column_title(`curve:${value}`),
          detail,
          section: "Curves",
        },
      ];
    });
  const params = [...(fields?.params ?? [])]
    .sort(
      (a, b) =>
        Number(differs.includes(b.path)) - Number(differs.includes(a.path)),
    )
    .map((param): PickOption => {
      const detail =
        param.distinct === 1 ? "constant" : `${param.distinct} values`;
      return {
        value: `params.${param.path}`,
        label: param.path,
        detail,
        section: "Params",
      };
    });
  const order = (option: PickOption): number =>
    ["Run", "Params", "Metrics", "Curves"].indexOf(option.section ?? "");
  return [...base, ...params, ...metrics].sort((a, b) => order(a) - order(b));
}
