import assert from "node:assert/strict";
import { test } from "node:test";
import type { Text } from "../../schema.ts";
import {
  base_of,
  default_fields,
  has_word,
  shown_index,
  text_fields,
  text_matrix,
} from "./model.ts";
import type { Matrix } from "./model.ts";

const text = (
  run: string,
  name: string,
  context: string,
  words: string,
  step = 0,
): Text => ({
  run,
  name,
  context: { context },
  step,
  time: 0,
  text: words,
  bytes: words.length,
  is_cut: false,
});
const texts = [
  text("r1", "question", "The UN has 195 members.", "How many?"),
  text("r1", "answer", "The UN has 195 members.", "195", 0),
  text("r1", "answer", "The UN has 195 members.", "195 members", 5),
  text("r1", "question", "Canberra is a capital.", "Which?"),
  text("r1", "answer", "Canberra is a capital.", "Canberra"),
  text("r2", "question", "The UN has 195 members.", "How many?"),
  text("r2", "answer", "The UN has 195 members.", "has 195"),
  text("r2", "question", "Canberra is a capital.", "Which?"),
];
const matrix_of = (is_merging = true): Matrix => {
  const fields = text_fields(texts, new Map(), []);
  const chosen = default_fields(fields);
  const named = (ids: readonly string[]) =>
    ids.map((id) => {
      const found = fields.find((field) => field.id === id);
      assert.ok(found !== undefined, id);
      return found;
    });
  return text_matrix(
    texts,
    named(chosen.rows),
    named(chosen.columns),
    is_merging,
  );
};

test("contexts are rows, names of each run columns, as first tracked", () => {
  const fields = default_fields(text_fields(texts, new Map(), []));
  assert.deepEqual(fields, {
    rows: ["context.context"],
    columns: ["name", "run.name"],
  });
  const matrix = matrix_of();
  assert.deepEqual(
    matrix.rows.map((row) => row.values[0]),
    ["The UN has 195 members.", "Canberra is a capital."],
  );
});

test("columns that are equal in every row are one, and may be told apart", () => {
  const shown = (matrix: Matrix) =>
    matrix.columns.map((column) => [...column.values, column.merged]);
  assert.deepEqual(shown(matrix_of()), [
    ["question", "r1", 2],
    ["answer", "r1", 1],
    ["answer", "r2", 1],
  ]);
  assert.equal(matrix_of(false).columns.length, 4);
});

test("a cell shows its last text, or the last up to a step", () => {
  const matrix = matrix_of();
  const [row] = matrix.rows;
  const column = matrix.columns[1];
  assert.ok(row !== undefined && column !== undefined);
  const cell = matrix.cell(row, column);
  assert.ok(cell !== undefined);
  assert.deepEqual(
    [undefined, 0, 4, 5, -1].map((step) => shown_index(cell, step)),
    [1, 0, 0, 1, 0],
  );
});

test("a text is compared with the base run's in its row, or with the step before", () => {
  const matrix = matrix_of();
  const [row, second] = matrix.rows;
  const [, first_run, other] = matrix.columns;
  assert.ok(row && second && first_run && other);
  const of = matrix.cell(row, other);
  assert.ok(of !== undefined);
  assert.equal(base_of(matrix, { row, cell: of, at: 0 }, "r1")?.text, "195");
  assert.equal(base_of(matrix, { row, cell: of, at: 0 }, "r2"), undefined);
  assert.equal(base_of(matrix, { row, cell: of, at: 0 }, "none"), undefined);
  const own = matrix.cell(row, first_run);
  assert.ok(own !== undefined);
  assert.equal(base_of(matrix, { row, cell: own, at: 1 }, "step")?.text, "195");
  assert.equal(matrix.cell(second, other), undefined);
});

test("rows are found by their names and by their texts", () => {
  const matrix = matrix_of();
  const found = (word: string) =>
    matrix.rows.map((row) => has_word(matrix, row, word));
  assert.deepEqual(found("CANBERRA"), [false, true]);
  assert.deepEqual(found("how many"), [true, false]);
  assert.deepEqual(found(""), [true, true]);
  assert.deepEqual(found("nowhere"), [false, false]);
});
