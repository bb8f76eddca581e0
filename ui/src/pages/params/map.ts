// The map of two params: which two, and what stands in each of its cells.

import { standing, varying } from "../../varying.ts";
import type { FlatRun, RunField } from "../../fields.ts";
import { distinct, key_of } from "../../math/group.ts";
import type { FieldValue } from "../../math/group.ts";
import { importance } from "../../math/importance.ts";
import type { Measure } from "./axes.ts";

/** More values than this are no side of a map. */
export const most_values = 12;

/** The two params with the most values among those that vary; of equally many, those that people set, then those that
 *  move the result more. The first stands in rows. */
export function map_fields(
  fields: readonly RunField[],
  runs: readonly FlatRun[],
  measure: Measure | undefined,
): readonly RunField[] {
  const results = runs.map((run) => {
    const value = measure?.value(run);
    return typeof value === "number" ? value : NaN;
  });
  return varying(fields, runs)
    .map((field) => {
      const values = runs.map((run) => run.params.get(field.path));
      return {
        field,
        n: field.present.length,
        score: importance(values, results),
      };
    })
    .filter(({ n }) => n <= most_values)
    .sort(
      (a, b) =>
        b.n - a.n || standing(a.field) - standing(b.field) || b.score - a.score,
    )
    .slice(0, 2)
    .map(({ field }) => field);
}

export interface HeatCell {
  readonly runs: readonly FlatRun[];
  readonly mean: number;
  readonly n: number;
  readonly spread: number;
}

/** Mean, spread and n of a measure over some runs. */
export function heat_cell(
  runs: readonly FlatRun[],
  measure: Measure,
): HeatCell {
  const numbers = runs.flatMap((run) => {
    const value = measure.value(run);
    return typeof value === "number" ? [value] : [];
  });
  const n = numbers.length;
  const mean = numbers.reduce((sum, value) => sum + value, 0) / n;
  const squares = numbers.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return {
    runs,
    mean: n === 0 ? NaN : mean,
    n,
    spread: n > 1 ? Math.sqrt(squares / (n - 1)) : NaN,
  };
}

export interface HeatMap {
  readonly down: readonly FieldValue[];
  readonly across: readonly FieldValue[];
  readonly cells: readonly (readonly HeatCell[])[];
  /** Runs that lack one of the two params: they stand in no cell. */
  readonly n_without: number;
  readonly least: number;
  readonly largest: number;
  /** The most runs of a cell. */
  readonly most: number;
}

/** Lays runs out by two params. */
export function heat_map(
  runs: readonly FlatRun[],
  [rows, columns]: readonly [RunField, RunField],
  measure: Measure,
): HeatMap {
  const placed = runs.flatMap((run) => {
    const row = run.params.get(rows.path);
    const column = run.params.get(columns.path);
    return row === undefined || column === undefined
      ? []
      : [{ run, row, column }];
  });
  const members = new Map<string, FlatRun[]>();
  for (const { run, row, column } of placed) {
    const key = key_of([row, column]);
    members.set(key, [...(members.get(key) ?? []), run]);
  }
  const down = distinct(placed.map((one) => one.row)).slice(0, most_values);
  const across = distinct(placed.map((one) => one.column)).slice(
    0,
    most_values,
  );
  const cells = down.map((row) =>
    across.map((column) =>
      heat_cell(members.get(key_of([row, column])) ?? [], measure),
    ),
  );
  const means = cells
    .flat()
    .map((cell) => cell.mean)
    .filter(Number.isFinite);
  return {
    down,
    across,
    cells,
    n_without: runs.length - placed.length,
    least: Math.min(...means),
    largest: Math.max(...means),
    most: Math.max(...cells.flat().map((cell) => cell.n), 0),
  };
}
