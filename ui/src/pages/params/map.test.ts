import assert from "node:assert/strict";
import { test } from "node:test";
import { fields_of, flat_run } from "../../fields.ts";
import type { FlatRun } from "../../fields.ts";
import type { Json } from "../../schema.ts";
import { param_measure } from "./axes.ts";
import { heat_map, map_fields } from "./map.ts";

const run = (id: string, params: Record<string, Json>): FlatRun =>
  flat_run({
    id,
    name: id,
    experiment: "demo",
    description: "",
    status: "finished",
    created_at: 0,
    updated_at: 0,
    archived: false,
    tags: [],
    params,
    metrics: [],
    has: { texts: false, answers: false, logs: false, system: false },
    checkpoints: [],
  });

const grid = [1e-4, 2e-4, 4e-4].flatMap((learning_rate, i) =>
  [16, 32].map((batch_size, j) =>
    run(`${i}${j}`, {
      learning_rate,
      batch_size,
      n_questions: 641,
      result: i + j * 0.1,
    }),
  ),
);
const last = run("last", {
  learning_rate: 4e-4,
  batch_size: 16,
  n_questions: 4695,
  result: 9,
});
const untrained = run("untrained", { result: 0 });
const runs = [...grid, last, untrained];
const fields = fields_of(runs);
const field = (id: string) => {
  const found = fields.find((one) => one.id === id);
  assert.ok(found);
  return found;
};
const result = param_measure(field("result"));

test("the two params with the most values make the map, what people set first", () => {
  const chosen = map_fields(
    fields.filter((one) => one.id !== "result"),
    runs,
    result,
  );
  assert.deepEqual(
    chosen.map((one) => one.id),
    ["learning_rate", "batch_size"],
  );
});

test("a run that lacks a param stands in no cell and is counted", () => {
  const map = heat_map(
    runs,
    [field("learning_rate"), field("batch_size")],
    result,
  );
  assert.deepEqual(map.down, [1e-4, 2e-4, 4e-4]);
  assert.deepEqual(map.across, [16, 32]);
  assert.equal(map.n_without, 1);
  assert.equal(map.most, 2);
  const corner = map.cells[2]?.[0];
  assert.deepEqual([corner?.n, corner?.mean], [2, 5.5]);
  assert.ok(Math.abs((corner?.spread ?? 0) - 3.5 * Math.SQRT2) < 1e-12);
  assert.deepEqual([map.least, map.largest], [0, 5.5]);
});
