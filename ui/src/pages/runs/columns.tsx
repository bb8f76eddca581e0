// The columns of the runs table: which stand there by default, and what their cells hold.

import { called } from "../../called.ts";
import type { ComponentChildren, JSX } from "preact";
import * as format from "../../math/format.ts";
import { all_paths, short_name, unequal, value_at } from "../../math/params.ts";
import {
  main_metric,
  read_series,
  say_series,
  subset_of,
  write_series,
} from "../../math/series_name.ts";
import type { SeriesName, Which } from "../../math/series_name.ts";
import { Check } from "../../parts/button.tsx";
import { StatusMark, Swatch } from "../../parts/marks.tsx";
import type { Column } from "../../parts/table.tsx";
import type { Fields, Run } from "../../shapes.ts";
import { EpochsCell, StartedCell, duration_of } from "../run_cells.tsx";
import { is_series_key, properties } from "./view.ts";
import type { ColumnKey } from "./view.ts";
import { curve_column, series_column } from "./series_column.tsx";
import { run_path, shown_id } from "../../math/run_id.ts";
import { TagMark } from "../labels/tag_mark.tsx";

/** What cells need beside their run. */
export interface ColumnSetting {
  readonly which: Which;
  readonly main: SeriesName | undefined;
  readonly colours: ReadonlyMap<string, string>;
  readonly selected: ReadonlySet<string>;
  /** The best value of each series column, by group. */
  readonly is_best: (key: ColumnKey, run: Run) => boolean;
  /** The largest value of a series anywhere, which tells percent from shares of one. */
  readonly largest: (key: ColumnKey) => number | undefined;
  readonly sorted: ColumnKey | undefined;
  /** Whether any run still goes: it then shows how far. */
  readonly has_running: boolean;
  readonly differs: readonly string[];
  readonly n_partly: number;
  readonly n_params: number;
  readonly texts: ReadonlySet<string>;
  readonly select: (run: Run, event: MouseEvent) => void;
}

const most_params = 6;

/** The series by which the runs are ranked. */
export function main_series(
  fields: Fields | undefined,
): SeriesName | undefined {
  return main_metric(
    (fields?.metrics ?? []).filter((metric) => !metric.is_system),
  );
}

/** The columns that stand there unless others are chosen. */
export function default_columns(
  fields: Fields | undefined,
  differs: readonly string[],
): readonly ColumnKey[] {
  const metrics = (fields?.metrics ?? []).filter((metric) => !metric.is_system);
  const main = main_metric(metrics);
  const evals = metrics.filter(
    (metric) =>
      subset_of(metric.context) === "eval" &&
      metric.name !== main?.name &&
      !format.is_pace(metric.name),
  );
  const order = (name: string): number =>
    name === "loss" ? 0 : format.is_share(name) ? 1 : 2;
  const eval_keys = evals
    .sort((a, b) => order(a.name) - order(b.name))
    .slice(0, 2)
    .map(write_series);
  const train = metrics.find(
    (metric) => metric.name === "loss" && subset_of(metric.context) !== "eval",
  );
  const train_keys =
    train === undefined
      ? []
      : [write_series(train), `curve:${write_series(train)}`];
  return [
    "status",
    ...differs
      .filter((path) => !/(^|[._])(folder|dir|path)$/.test(path))
      .slice(0, most_params)
      .map((path) => `params.${path}`),
    ...eval_keys,
    ...(main === undefined || train_keys.includes(write_series(main))
      ? []
      : [write_series(main)]),
    ...train_keys,
    "epochs",
    "duration",
    "started",
  ];
}

/** What the runs' params come to. */
export interface RunsParams {
  /** Params that differ, the ones with numbers first. */
  readonly differs: readonly string[];
  /** Params of one value that some runs do not have. */
  readonly n_partly: number;
  readonly n_params: number;
  readonly paths: readonly string[];
  /** Params that differ and are texts in some run: they want more room. */
  readonly texts: ReadonlySet<string>;
}

export function params_of(runs: readonly Run[]): RunsParams {
  const trees = runs.map((run) => run.params);
  const paths = all_paths(trees);
  const is_number = (path: string): boolean =>
    runs.some((run) => typeof value_at(run.params, path) === "number");
  const weight = (path: string): number =>
    (/learning_rate$|\.lr$/.test(path) ? 0 : /batch/.test(path) ? 1 : 2) +
    (is_number(path) ? 0 : 4);
  const { differing, partly } = unequal(trees);
  const differs = [...differing].sort((a, b) => weight(a) - weight(b));
  const texts = new Set(
    differs.filter((path) =>
      runs.some((run) => typeof value_at(run.params, path) === "string"),
    ),
  );
  const [n_partly, n_params] = [partly.length, paths.length];
  return { differs, n_partly, n_params, paths, texts };
}

/** The title of a column in menus. */
export function column_title(key: ColumnKey): string {
  if (key === "name") return "Name";
  const property = properties[key];
  if (property !== undefined) return property.title;
  if (key.startsWith("params.")) return key.slice("params.".length);
  if (key.startsWith("curve:"))
    return `curve of ${say_series(read_series(key.slice("curve:".length)))}`;
  return say_series(read_series(key));
}

/** The box and the name stand first, always. */
export function lead_columns(setting: ColumnSetting): readonly Column<Run>[] {
  return [
    {
      key: "select",
      title: "",
      name: "Select",
      group: "",
      width: 40,
      is_pinned: true,
      cell: (run) => (
        <Check
          on={setting.selected.has(run.id)}
          label={`Select ${called(run)}`}
          onChange={(_, event) => setting.select(run, event)}
        />
      ),
    },
    {
      key: "name",
      title: "Run",
      name: "Run",
      group: "",
      width: 198,
      is_pinned: true,
      sorts: true,
      cell: (run) => (
        <NameCell run={run} colour={setting.colours.get(run.id)} />
      ),
    },
  ];
}

function NameCell({
  run,
  colour,
}: {
  run: Run;
  colour: string | undefined;
}): JSX.Element {
  return (
    <span class="in-row name">
      <Swatch color={colour ?? "var(--line-2)"} />
      <a class="clip" href={run_path(run)} title={`${called(run)} · ${run.id}`}>
        {called(run)}
      </a>
      {run.tags.map((tag) => (
        <TagMark key={tag} name={tag} />
      ))}
      {run.archived && <span class="chip">archived</span>}
    </span>
  );
}

/** A column by its key. */
export function run_column(
  key: ColumnKey,
  setting: ColumnSetting,
): Column<Run> {
  if (key.startsWith("params.")) return param_column(key, setting);
  if (key.startsWith("curve:")) return curve_column(key, setting);
  if (is_series_key(key)) return series_column(key, setting);
  return property_column(key, setting);
}

function property_column(key: ColumnKey, setting: ColumnSetting): Column<Run> {
  const { title, sort } = properties[key] ?? { title: key };
  const base = {
    key,
    title,
    name: title,
    group: key === "status" ? "" : " ",
    sorts: sort !== undefined,
  };
  const cells: Record<
    string,
    {
      width: number;
      is_number?: boolean;
      cell: (run: Run) => ComponentChildren;
    }
  > = {
    status: {
      width: 88,
      cell: (run) => (
        <StatusMark status={run.status} title={run.status_detail?.message} />
      ),
    },
    experiment: {
      width: 180,
      cell: (run) => <span class="clip second-text">{run.experiment}</span>,
    },
    epochs: {
      width: setting.has_running ? 88 : 64,
      cell: (run) => <EpochsCell run={run} />,
    },
    duration: {
      width: 84,
      is_number: true,
      cell: (run) => (
        <span class="second-text">{format.duration(duration_of(run))}</span>
      ),
    },
    started: { width: 108, cell: (run) => <StartedCell run={run} /> },
    ended: {
      width: 108,
      cell: (run) => (
        <span class="second-text">{format.time(run.ended_at)}</span>
      ),
    },
    id: {
      width: 108,
      cell: (run) => <span class="mono second-text">{shown_id(run)}</span>,
    },
    description: {
      width: 220,
      cell: (run) => <span class="clip second-text">{run.description}</span>,
    },
  };
  return {
    ...base,
    ...(cells[key] ?? { width: 100, cell: () => format.none }),
  };
}

function param_column(key: ColumnKey, setting: ColumnSetting): Column<Run> {
  const path = key.slice("params.".length);
  const title = short_name(path)
    .replace(/^per_device_train_batch_size$/, "batch")
    .replaceAll("_", " ");
  const partly =
    setting.n_partly === 0 ? "" : ` · ${setting.n_partly} only in some`;
  const group = `Params · ${setting.differs.length} of ${setting.n_params} differ${partly}`;
  return {
    key,
    title,
    name: path,
    group,
    width: Math.max(
      setting.texts.has(path) ? 120 : 60,
      Math.min(140, 20 + title.length * 6),
    ),
    is_number: true,
    sorts: true,
    cell: (run) => {
      const value = value_at(run.params, path);
      return (
        <span
          class={`clip${value === undefined ? " quiet-text" : ""}`}
          title={typeof value === "string" ? value : undefined}
        >
          {format.short_path(format.param(value))}
        </span>
      );
    },
  };
}
