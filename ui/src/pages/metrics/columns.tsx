// The columns of the reading table: run, colour fields, and for each metric its value at the cursor, best and last.

import { called } from "../../called.ts";
import type { ReadonlySignal } from "@preact/signals";
import type { FlatRun, RunField } from "../../fields.ts";
import { context_value, field_text, short_label } from "../../fields.ts";
import {
  delta,
  is_less_better,
  is_share,
  metric,
  metric_named,
  none,
  percent,
} from "../../math/format.ts";
import { IconButton } from "../../parts/button.tsx";
import type { Cursor } from "../../parts/line_chart.tsx";
import { StatusMark, Swatch } from "../../parts/marks.tsx";
import type { Column } from "../../parts/table.tsx";
import type { Metric } from "../../shapes.ts";
import type { Line } from "./lines.ts";
import { AtCell, AtTitle, reading } from "./readings.tsx";
import type { Chosen } from "./view.ts";

export interface ReadingRow {
  readonly run: FlatRun;
  readonly color: string;
  readonly is_hidden: boolean;
  readonly is_dimmed: boolean;
  /** The run's lines by metric and subset. */
  readonly lines: ReadonlyMap<string, Line>;
}

export interface ReadingTableProps {
  readonly rows: readonly ReadingRow[];
  readonly chosen: Chosen;
  readonly cursor: ReadonlySignal<Cursor | undefined>;
  readonly pinned: number | undefined;
  readonly at_title: (x: number | undefined) => string;
  readonly sort: string;
  readonly onSort: (sort: string) => void;
  readonly onToggle: (run: string, is_alone: boolean) => void;
  readonly onHover: (run: string | undefined) => void;
}

type Key = { readonly name: string; readonly subset: string };

export const line_key = (name: string, subset: string): string =>
  `${name}\n${subset}`;

export interface ReadingColumn extends Column<ReadingRow> {
  readonly value: (row: ReadingRow) => number | string | null;
  /** Sorted by when nobody chose. */
  readonly is_first?: boolean;
  readonly first_down?: boolean;
}

export function columns_of(props: ReadingTableProps): readonly ReadingColumn[] {
  const { chosen, rows } = props;
  const keys = keys_of(rows, chosen);
  const main = keys.find((key) => key.subset === "eval") ?? keys[0];
  const result =
    keys.find((key) => key.subset === "eval" && !is_less_better(key.name)) ??
    main;
  return [
    run_column(props),
    ...chosen.color.map((field) => field_column(field.whole ?? field)),
    ...keys.flatMap((key) => key_columns(key, props, key === main)),
    ...(result === undefined || rows.length < 2
      ? []
      : [delta_column(result, rows)]),
  ];
}

/** The pairs of metric and subset that any run has, in the order of the charts. */
function keys_of(rows: readonly ReadingRow[], chosen: Chosen): readonly Key[] {
  const found = new Map<string, Key>();
  for (const row of rows)
    for (const [key, line] of row.lines)
      found.set(key, {
        name: line.of.series.name,
        subset: String(context_value(line.of.series.context, "subset") ?? ""),
      });
  const place = (key: Key): number => chosen.metrics.indexOf(key.name);
  return [...found.values()].sort(
    (a, b) =>
      place(a) - place(b) ||
      (a.subset < b.subset ? -1 : a.subset > b.subset ? 1 : 0),
  );
}

function run_column(props: ReadingTableProps): ReadingColumn {
  return {
    key: "run",
    title: "Run",
    name: "Run",
    group: "",
    width: 214,
    is_pinned: true,
    sorts: true,
    value: (row) => called(row.run.run),
    cell: (row) => (
      <>
        <IconButton
          small
          icon={row.is_hidden ? "hidden" : "eye"}
          label={
            row.is_hidden
              ? `Show ${called(row.run.run)}`
              : `Hide ${called(row.run.run)}`
          }
          onClick={() => props.onToggle(row.run.run.id, false)}
        />
        <span class="run-name">
          <Swatch color={row.color} />
          <a class="clip" href={`/runs/${row.run.run.id}`}>
            {called(row.run.run)}
          </a>
        </span>
        {row.run.run.status !== "finished" && (
          <StatusMark status={row.run.run.status} />
        )}
      </>
    ),
  };
}

function field_column(field: RunField): ReadingColumn {
  const read = (row: ReadingRow) =>
    field.of({ run: row.run, name: "", context: {} });
  return {
    key: `field.${field.id}`,
    title: short_label(field.label),
    name: field.path,
    group: "Colour",
    width: Math.min(
      150,
      Math.max(86, 24 + short_label(field.label).length * 7),
    ),
    is_number: true,
    sorts: true,
    value: (row) => {
      const value = read(row);
      return typeof value === "boolean" ? String(value) : value;
    },
    cell: (row) => field_text(field, read(row)),
  };
}

function metric_of(row: ReadingRow, key: Key): Metric | undefined {
  return row.run.run.metrics.find(
    (metric) =>
      metric.name === key.name &&
      String(context_value(metric.context, "subset") ?? "") === key.subset,
  );
}

function best_value(row: ReadingRow, key: Key): number {
  const found = metric_of(row, key);
  return (is_less_better(key.name) ? found?.min : found?.max) ?? NaN;
}

function key_columns(
  key: Key,
  props: ReadingTableProps,
  is_main: boolean,
): readonly ReadingColumn[] {
  const { name, subset } = key;
  const id = line_key(name, subset);
  const is_smoothed = props.rows.some((row) => row.lines.get(id)?.is_smoothed);
  const is_only = props.rows.every((row) =>
    [...row.lines.values()].every(
      (line) => line.of.series.name !== name || row.lines.get(id) === line,
    ),
  );
  const group = `${name}${is_only ? "" : `, ${subset}`}${is_smoothed ? " (smoothed)" : ""}`;
  const is_less = is_less_better(name);
  const bests = props.rows
    .map((row) => best_value(row, key))
    .filter(Number.isFinite);
  const best = is_less ? Math.min(...bests) : Math.max(...bests);
  const at: ReadingColumn = {
    key: `at.${id}`,
    title: <AtTitle {...props} />,
    name: "At the cursor",
    group,
    width: 90,
    is_number: true,
    sorts: true,
    value: (row) =>
      reading(row.lines.get(id), props.cursor.peek()?.x ?? props.pinned),
    cell: (row) => (
      <AtCell
        line={row.lines.get(id)}
        cursor={props.cursor}
        pinned={props.pinned}
        name={name}
      />
    ),
  };
  const column = (
    word: string,
    value: (row: ReadingRow) => number,
    marks_best: boolean,
  ): ReadingColumn => ({
    key: `${word}.${id}`,
    title: word,
    name: `${word} ${group}`,
    group,
    width: 84,
    is_number: true,
    sorts: true,
    value,
    cell: (row) => {
      const shown = value(row);
      if (Number.isNaN(shown) && metric_of(row, key)?.nan_step === undefined)
        return none;
      const is_best = marks_best && shown === best;
      return (
        <span
          class={is_best ? "best" : Number.isFinite(shown) ? "" : "bad-value"}
        >
          {metric_named(name, shown)}
        </span>
      );
    },
  });
  if (subset !== "eval") {
    const last = column(
      "last",
      (row) => metric_of(row, key)?.last ?? NaN,
      false,
    );
    return name === props.chosen.metrics[0] ? [at, last] : [at];
  }
  const bests_column = {
    ...column("best", (row) => best_value(row, key), true),
    is_first: is_main,
    first_down: !is_less,
  };
  return [at, bests_column];
}

function delta_column(key: Key, rows: readonly ReadingRow[]): ReadingColumn {
  const is_less = is_less_better(key.name);
  const values = rows
    .map((row) => best_value(row, key))
    .filter(Number.isFinite);
  const best = is_less ? Math.min(...values) : Math.max(...values);
  const value = (row: ReadingRow): number => best_value(row, key) - best;
  return {
    key: "delta",
    title: `Δ best ${key.name}`,
    name: `Distance to the best ${key.name}`,
    group: " ",
    width: 110,
    is_number: true,
    sorts: true,
    value,
    cell: (row) => {
      const shown = value(row);
      if (!Number.isFinite(shown) || shown === 0) return none;
      return delta(shown, is_share(key.name) && best > 1 ? percent : metric);
    },
  };
}
