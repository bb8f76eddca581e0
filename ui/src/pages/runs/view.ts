// What the address of the runs explorer holds, and what it means to the server.

import { read_series, end_of } from "../../math/series_name.ts";
import type { Which } from "../../math/series_name.ts";
import { View, choice, flag, list, text } from "../../state.ts";

/** Columns about the run itself, by key: what people read and the field that sorts. */
export const properties: Readonly<
  Record<string, { readonly title: string; readonly sort?: string }>
> = {
  status: { title: "Status", sort: "status" },
  experiment: { title: "Experiment", sort: "experiment" },
  epochs: { title: "Epochs" },
  duration: { title: "Duration", sort: "duration" },
  started: { title: "Started", sort: "created_at" },
  ended: { title: "Ended", sort: "ended_at" },
  id: { title: "Id" },
  description: { title: "Description" },
};

export const which_options = ["best", "last", "min", "max"] as const;

export const runs_view = new View({
  q: text(),
  group: list(["experiment"]),
  sort: text(),
  metric: choice(which_options, "best"),
  cols: list(),
  pin: list(),
  all: flag(),
  archived: flag(),
  hide: text(),
  sel: list(),
  dock: flag(true),
  rows: choice(["compact", "normal", "roomy"], "normal"),
});

/** Pixels of a row. */
export const row_heights = { compact: 26, normal: 32, roomy: 40 } as const;

/** A column's key is a property, `name`, `params.PATH`, `curve:SERIES` or a series' short name. */
export type ColumnKey = string;

export interface Sorting {
  readonly key: ColumnKey;
  readonly is_down: boolean;
}

/** Reads `-f1.best`. */
export function read_sort(sort: string): Sorting | undefined {
  if (sort === "") return undefined;
  const is_down = sort.startsWith("-");
  return {
    key: (is_down ? sort.slice(1) : sort).replace(/\.(best|last|min|max)$/, ""),
    is_down,
  };
}

/** Writes `-f1.best`: series carry which of their values counts. */
export function write_sort(sorting: Sorting, which: Which): string {
  const suffix = is_series_key(sorting.key)
    ? `.${which_of(sorting.key, which)}`
    : "";
  return `${sorting.is_down ? "-" : ""}${sorting.key}${suffix}`;
}

export function is_series_key(key: ColumnKey): boolean {
  return (
    key !== "name" &&
    !(key in properties) &&
    !key.startsWith("params.") &&
    !key.startsWith("curve:")
  );
}

/** Which value of a series a column shows: the chosen one, but the last for what is no evaluation. */
export function which_of(key: ColumnKey, which: Which): Which {
  return key.includes("@") && which === "best" ? "last" : which;
}

/** The sort as the server takes it; a click on a head without a direction of its own sorts the better first. */
export function server_sort(sort: string): string {
  const sorting = read_sort(sort);
  if (sorting === undefined) return "";
  const minus = sorting.is_down ? "-" : "";
  const property = properties[sorting.key];
  if (property?.sort !== undefined) return minus + property.sort;
  if (sorting.key === "name" || sorting.key.startsWith("params."))
    return minus + sorting.key;
  const which =
    which_options.find((option) => sort.endsWith(`.${option}`)) ?? "last";
  const series = read_series(sorting.key);
  return `${minus}metrics.${series.name}${JSON.stringify(series.context)}.${end_of(series.name, which)}`;
}

/** The field of the server's CSV for a column. */
export function csv_field(key: ColumnKey, which: Which): string | undefined {
  if (key.startsWith("curve:")) return undefined;
  if (key in properties) return properties[key]?.sort;
  if (!is_series_key(key)) return key;
  return server_sort(write_sort({ key, is_down: false }, which));
}
