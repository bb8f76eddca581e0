import assert from "node:assert/strict";
import { test } from "node:test";
import { fields_of, flat_run } from "../../fields.ts";
import type { Run } from "../../shapes.ts";
import {
  axis_of,
  default_axes,
  default_measure,
  metric_measures,
  param_measure,
} from "./axes.ts";
import { build_params } from "./model.ts";
import { params_view, read_axis } from "./view.ts";

const metric = (
  name: string,
  subset: string,
  count: number,
  value: number,
) => ({
  name,
  context: { subset },
  count,
  first_step: 0,
  last_step: count,
  last: value,
  min: value,
  max: value,
});

function run(i: number, lr: number, bs: number, loss: number | undefined): Run {
  return {
    id: `r${i}`,
    name: `run-${i}`,
    experiment: "e",
    description: "",
    status: "finished",
    created_at: i,
    updated_at: i,
    archived: false,
    tags: [],
    params: { hparams: { lr, bs, decay: 0.1 }, note: "x" },
    metrics: [
      metric("loss", "train", 500, 3),
      metric("grad_norm", "train", 400, 10 ** i),
      ...(loss === undefined
        ? []
        : [
            metric("loss", "eval", 5, loss),
            metric("f1", "eval", 5, 90 - loss * 10),
          ]),
    ],
    has: { texts: false, answers: false, logs: false, system: false },
    checkpoints: [],
  };
}

const runs = [
  run(0, 4e-5, 16, 1.12),
  run(1, 4e-5, 32, 1.1),
  run(2, 4e-4, 16, 5.94),
  run(3, 4e-4, 32, 5.95),
  run(4, 4e-3, 16, undefined),
  run(5, 4e-3, 32, 5.96),
].map(flat_run);
const fields = fields_of(runs);
const measures = [
  ...fields.filter((field) => field.kind === "param").map(param_measure),
  ...metric_measures(runs, "best"),
];
const axis = (id: string, word = id) => {
  const measure = measures.find((one) => one.id === id);
  assert.ok(measure, id);
  return axis_of(measure, read_axis(word), runs);
};

test("the first view leads from what varies to the results", () => {
  assert.deepEqual(default_axes(fields, measures, runs), [
    "bs",
    "lr",
    "grad_norm",
    "loss.train",
    "loss.eval",
    "f1",
  ]);
  assert.equal(default_measure(measures, runs)?.id, "loss.eval");
});

test("rates take a log axis whose ticks are the values themselves", () => {
  const lr = axis("lr");
  assert.equal(lr.scale, "log");
  assert.deepEqual(
    lr.ticks.map((tick) => tick.label),
    ["4e-5", "4e-4", "4e-3"],
  );
  const [low = 0, middle = 0, high = 0] = lr.ticks.map((tick) => tick.share);
  assert.ok(Math.abs(middle - (low + high) / 2) < 1e-9);
  assert.equal(axis("lr", "lr:linear").scale, "linear");
});

test("where less is better the axis is flipped, so that good is up", () => {
  const loss = axis("loss.eval");
  assert.ok(loss.is_flipped);
  assert.ok(loss.share(1.1) > loss.share(5.9));
  assert.ok(axis("f1").share(80) > axis("f1").share(40));
  assert.ok(axis("loss.eval", "loss.eval:upright").share(5.9) > 0.5);
});

test("a share gives its value back", () => {
  for (const id of ["lr", "bs", "loss.eval", "f1", "grad_norm"]) {
    const one = axis(id);
    const value = one.number_at(0.4);
    assert.ok(Math.abs(one.share(value) - 0.4) < 1e-9, id);
  }
});

test("what is missing has no place", () => {
  assert.ok(Number.isNaN(axis("loss.eval").share(null)));
});

test("words stand in order, evenly", () => {
  const note = axis("note");
  assert.equal(note.scale, "words");
  assert.deepEqual(note.ticks, [{ share: 0.5, label: "x" }]);
});

test("a brush keeps the runs inside, and what has no value is outside", () => {
  const model = build_params(
    params_view.read("brush=loss.eval:-2"),
    fields,
    measures,
    runs,
  );
  assert.equal(model.inside, 2);
  const words = model.runs
    .filter((one) => one.is_in)
    .map((one) => one.run.run.name);
  assert.deepEqual(words, ["run-0", "run-1"]);
});

test("near results have near colours", () => {
  const model = build_params(params_view.read(""), fields, measures, runs);
  const heats = model.runs.map((one) => one.heat);
  assert.ok(Math.abs((heats[0] ?? 0) - (heats[1] ?? 0)) < 0.02);
  assert.ok((heats[2] ?? 0) > 0.99);
  assert.ok(Number.isNaN(heats[4]));
});
