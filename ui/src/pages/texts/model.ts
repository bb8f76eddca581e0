// Texts as a matrix: rows and columns by any fields, one text a cell, columns that are equal in every row merged.

import { called } from "../../called.ts";
import { varying } from "../../varying.ts";
import type { FlatRun, RunField } from "../../fields.ts";
import { key_of } from "../../math/group.ts";
import type { FieldValue } from "../../math/group.ts";
import { param } from "../../math/format.ts";
import type { Text } from "../../schema.ts";

export interface TextField {
  readonly id: string;
  readonly section: string;
  /** How many values there are. */
  readonly distinct: number;
  of(text: Text): FieldValue;
}

/** The texts of one cell, by step. */
export interface Cell {
  readonly texts: readonly Text[];
}

export interface Line {
  readonly key: string;
  readonly values: readonly FieldValue[];
}

export interface Column extends Line {
  /** How many columns are shown as this one. */
  readonly merged: number;
}

export interface Matrix {
  readonly rows: readonly Line[];
  readonly columns: readonly Column[];
  cell(row: Line, column: Line): Cell | undefined;
}

/** What texts can be told apart by. */
export function text_fields(
  texts: readonly Text[],
  runs: ReadonlyMap<string, FlatRun>,
  run_fields: readonly RunField[],
): readonly TextField[] {
  const field = (
    id: string,
    section: string,
    of: (text: Text) => FieldValue,
  ): TextField => ({
    id,
    section,
    of,
    distinct: new Set(texts.map((text) => key_of([of(text)]))).size,
  });
  const keys = new Set(texts.flatMap((text) => Object.keys(text.context)));
  const params = varying(run_fields, [...runs.values()]);
  return [
    field("name", "Texts", (text) => text.name),
    ...[...keys].map((key) =>
      field(`context.${key}`, "Texts", (text) => value_of(text.context[key])),
    ),
    field("step", "Texts", (text) => text.step),
    field("run.name", "Runs", (text) => run_name(text, runs)),
    field(
      "run.experiment",
      "Runs",
      (text) => runs.get(text.run)?.run.experiment ?? null,
    ),
    ...params.map((one) =>
      field(one.id, "Params", (text) => {
        const run = runs.get(text.run);
        return run === undefined
          ? null
          : one.of({ run, name: text.name, context: {} });
      }),
    ),
  ];
}

function run_name(text: Text, runs: ReadonlyMap<string, FlatRun>): string {
  return called(runs.get(text.run)?.run ?? { id: text.run, name: "" });
}

function value_of(value: unknown): FieldValue {
  if (value === undefined || value === null) return null;
  return typeof value === "object"
    ? JSON.stringify(value)
    : (value as FieldValue);
}

/** What rows and columns are by where nobody chose: contexts, and names of each run. */
export function default_fields(fields: readonly TextField[]): {
  readonly rows: readonly string[];
  readonly columns: readonly string[];
} {
  const differs = (id: string): boolean =>
    (fields.find((field) => field.id === id)?.distinct ?? 0) > 1;
  const contexts = fields.filter(
    (field) => field.id.startsWith("context.") && field.distinct > 1,
  );
  const rows =
    contexts.length > 0
      ? contexts.map((field) => field.id)
      : differs("step")
        ? ["step"]
        : ["run.name"];
  const columns = ["name", ...(differs("run.name") ? ["run.name"] : [])];
  return { rows, columns: columns.filter((id) => !rows.includes(id)) };
}

/** Puts texts into cells; lines stand in the order in which they were first tracked. */
export function text_matrix(
  texts: readonly Text[],
  rows: readonly TextField[],
  columns: readonly TextField[],
  is_merging: boolean,
): Matrix {
  const row_lines = new Map<string, Line>();
  const column_lines = new Map<string, Line>();
  const cells = new Map<string, Text[]>();
  for (const text of texts) {
    const row = line_of(text, rows, row_lines);
    const column = line_of(text, columns, column_lines);
    const key = `${row.key} ${column.key}`;
    const known = cells.get(key);
    if (known === undefined) cells.set(key, [text]);
    else known.push(text);
  }
  for (const found of cells.values()) found.sort((a, b) => a.step - b.step);
  const cell = (row: Line, column: Line): Cell | undefined => {
    const found = cells.get(`${row.key} ${column.key}`);
    return found === undefined ? undefined : { texts: found };
  };
  const lines = [...row_lines.values()];
  return {
    rows: lines,
    columns: merge_columns([...column_lines.values()], lines, cell, is_merging),
    cell,
  };
}

function line_of(
  text: Text,
  fields: readonly TextField[],
  lines: Map<string, Line>,
): Line {
  const values = fields.map((field) => field.of(text));
  const key = key_of(values);
  const known = lines.get(key);
  if (known !== undefined) return known;
  const line = { key, values };
  lines.set(key, line);
  return line;
}

/** Columns that differ in their last field alone and hold the same texts in every row are one. */
function merge_columns(
  columns: readonly Line[],
  rows: readonly Line[],
  cell: Matrix["cell"],
  is_merging: boolean,
): Column[] {
  const groups = new Map<string, Line[]>();
  for (const column of columns) {
    const key = key_of(column.values.slice(0, -1));
    groups.set(key, [...(groups.get(key) ?? []), column]);
  }
  const words = (row: Line, column: Line): string =>
    JSON.stringify(
      cell(row, column)?.texts.map((text) => [text.step, text.text]) ?? null,
    );
  return [...groups.values()].flatMap((group): Column[] => {
    const [first, ...rest] = group;
    if (first === undefined) return [];
    const is_equal =
      is_merging &&
      rest.length > 0 &&
      first.values.length > 1 &&
      rest.every((column) =>
        rows.every((row) => words(row, column) === words(row, first)),
      );
    return is_equal
      ? [{ ...first, merged: group.length }]
      : group.map((column) => ({ ...column, merged: 1 }));
  });
}

/** Which text of a cell is shown: the last up to a step, else the first. */
export function shown_index(cell: Cell, step: number | undefined): number {
  if (step === undefined) return cell.texts.length - 1;
  const after = cell.texts.findIndex((text) => text.step > step);
  return after < 0 ? cell.texts.length - 1 : Math.max(0, after - 1);
}

/** The text that a text is compared with: the one before it in its cell, or that of a run in the same row. */
export function base_of(
  matrix: Matrix,
  place: { readonly row: Line; readonly cell: Cell; readonly at: number },
  diff: string,
): Text | undefined {
  const text = place.cell.texts[place.at];
  if (text === undefined || diff === "none") return undefined;
  if (diff === "step") return place.cell.texts[place.at - 1];
  if (text.run === diff) return undefined;
  for (const column of matrix.columns) {
    const cell = matrix.cell(place.row, column);
    const found = cell?.texts.filter(
      (one) => one.run === diff && one.name === text.name,
    );
    if (found === undefined || found.length === 0) continue;
    return found[shown_index({ texts: found }, text.step)];
  }
  return undefined;
}

/** Whether a row has a word, in its name or in a cell. */
export function has_word(matrix: Matrix, row: Line, find: string): boolean {
  const word = find.trim().toLowerCase();
  if (word === "") return true;
  const holds = (text: string): boolean => text.toLowerCase().includes(word);
  return (
    row.values.some((value) => holds(param(value))) ||
    matrix.columns.some((column) =>
      matrix.cell(row, column)?.texts.some((text) => holds(text.text)),
    )
  );
}
