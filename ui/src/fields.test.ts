import assert from "node:assert/strict";
import { test } from "node:test";
import {
  context_value,
  field_named,
  fields_of,
  flat_run,
  in_ranges,
  short_names,
} from "./fields.ts";
import { varying } from "./varying.ts";
import type { Json } from "./schema.ts";
import type { Run } from "./shapes.ts";

const run = (
  id: string,
  params: { readonly [key: string]: Json },
  contexts: readonly string[] = [],
): Run => ({
  id,
  name: id,
  experiment: "e",
  description: "",
  status: "finished",
  created_at: 0,
  updated_at: 0,
  archived: false,
  tags: [],
  params,
  metrics: contexts.map((subset) => ({
    name: "loss",
    context: { subset },
    count: 1,
    first_step: 0,
    last_step: 0,
    last: 0,
  })),
  has: { texts: false, answers: false, logs: false, system: false },
  checkpoints: [],
});

const grid = [
  [4e-5, 16],
  [4e-5, 32],
  [4e-4, 16],
  [4e-4, 32],
].map(([lr, bs], i) =>
  flat_run(
    run(
      `r${i}`,
      { hparams: { lr: lr ?? 0, bs: bs ?? 0, seed: i, decay: 0.1 } },
      ["train", "eval"],
    ),
  ),
);

test("params are named by the shortest end that is their own", () => {
  const names = short_names(["a.lr", "b.lr", "a.size"]);
  assert.deepEqual([...names.values()], ["a.lr", "b.lr", "size"]);
});

test("lists and missing values are values too", () => {
  const flat = flat_run(run("x", { a: [1, 2], b: null, c: { d: true } }));
  assert.deepEqual(
    [...flat.params],
    [
      ["a", "[1,2]"],
      ["b", null],
      ["c.d", true],
    ],
  );
});

test("fields are found by short name and by path", () => {
  const fields = fields_of(grid);
  assert.equal(field_named(fields, "lr")?.path, "hparams.lr");
  assert.equal(field_named(fields, "hparams.lr")?.id, "lr");
  assert.equal(field_named(fields, "subset")?.kind, "context");
  assert.equal(field_named(fields, "metric")?.kind, "metric");
  assert.equal(field_named(fields, "run.name")?.values.length, 4);
  assert.equal(field_named(fields, "nothing"), undefined);
});

test("what varies is neither constant, nor each run's own, nor a seed", () => {
  const found = varying(fields_of(grid), grid);
  assert.deepEqual(
    found.map((field) => field.id),
    ["bs", "lr"],
  );
});

test("a series without a subset is of training", () => {
  assert.equal(context_value({}, "subset"), "train");
  assert.equal(context_value({}, "fold"), null);
  assert.equal(context_value({ subset: "eval" }, "subset"), "eval");
});

test("a field of very many numbers is cut into ranges of equally many", () => {
  const runs = Array.from({ length: 50 }, (_, i) =>
    flat_run(run(`r${i}`, { lr: 1e-5 * (i + 1.5) })),
  );
  const field = field_named(fields_of(runs), "lr");
  assert.ok(field);
  const cut = in_ranges(field);
  assert.equal(cut.values.length, 5);
  const counts = cut.values.map(
    (name) =>
      runs.filter((one) => cut.of({ run: one, name: "", context: {} }) === name)
        .length,
  );
  assert.deepEqual(counts, [10, 10, 10, 10, 10]);
  assert.equal(cut.whole, field);
  const few = field_named(fields_of(grid), "lr");
  assert.ok(few);
  assert.equal(in_ranges(few), few);
  assert.ok(varying(fields_of(runs), runs).some((one) => one.id === "lr"));
});

test("a param that follows from another does not count beside it", () => {
  const runs = [16, 32, 16, 32].map((bs, i) =>
    flat_run(
      run(`r${i}`, {
        bs_batch_size: bs,
        max_steps: 1000 / bs,
        lr: i < 2 ? 1 : 2,
      }),
    ),
  );
  assert.deepEqual(
    varying(fields_of(runs), runs).map((field) => field.id),
    ["bs_batch_size", "lr"],
  );
});

test("a run without params makes no param vary", () => {
  const bare = flat_run(run("bare", {}));
  const runs = [...grid, bare];
  const fields = fields_of(runs);
  assert.deepEqual(
    varying(fields, runs).map((field) => field.id),
    ["bs", "lr"],
  );
  assert.equal(field_named(fields, "decay")?.differs, false);
  assert.equal(field_named(fields, "lr")?.differs, true);
});

test("None is a value of its own where runs say it", () => {
  const runs = [null, 1, null, 1].map((limit, i) =>
    flat_run(run(`r${i}`, { limit })),
  );
  assert.equal(field_named(fields_of(runs), "limit")?.differs, true);
});

test("a param follows from another where both are known", () => {
  const runs = [
    flat_run(run("a", { n: 641, epochs: 1, model: "small" })),
    flat_run(run("b", { n: 641, epochs: 1, model: "small" })),
    flat_run(run("c", { n: 4695, epochs: 2, model: "large" })),
    flat_run(run("untrained", { model: "small" })),
  ];
  assert.deepEqual(
    varying(fields_of(runs), runs).map((field) => field.id),
    ["epochs"],
  );
});

test("params of a random search do not stand for one another", () => {
  const runs = Array.from({ length: 8 }, (_, i) =>
    flat_run(run(`r${i}`, { lr: 0.1 + i / 7, dropout: 0.9 - i / 9 })),
  );
  assert.deepEqual(
    varying(fields_of(runs), runs).map((field) => field.id),
    ["dropout", "lr"],
  );
});
