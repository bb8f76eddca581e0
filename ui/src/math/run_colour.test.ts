import assert from "node:assert/strict";
import { test } from "node:test";
import { ordered_params, run_colours } from "./run_colour.ts";

const run = (id: string, lr: number, bs: number, seed = 1) => ({
  id,
  experiment: "grid",
  params: {
    hparams: { bs, learning_rate: lr, per_device_train_batch_size: bs, seed },
  },
});

test("a grid is coloured by learning rate, then by batch size", () => {
  const runs = [
    run("a", 4e-5, 16),
    run("b", 4e-5, 32),
    run("c", 4e-4, 16),
    run("d", 4e-4, 32),
  ];
  assert.deepEqual(ordered_params(runs), [
    "hparams.learning_rate",
    "hparams.per_device_train_batch_size",
  ]);
  const colours = run_colours(runs);
  assert.equal(colours.get("a"), "var(--nest-1a)");
  assert.equal(colours.get("d"), "var(--nest-2b)");
});

test("repeats with other seeds share their colour", () => {
  const colours = run_colours([
    run("a", 4e-5, 16, 1),
    run("b", 4e-5, 16, 2),
    run("c", 4e-4, 16, 1),
  ]);
  assert.equal(colours.get("a"), colours.get("b"));
  assert.notEqual(colours.get("a"), colours.get("c"));
});

test("runs that differ in nothing have the colour of their experiment", () => {
  const colours = run_colours([run("a", 4e-5, 16), run("b", 4e-5, 16)]);
  assert.equal(colours.get("a"), colours.get("b"));
  assert.match(colours.get("a") ?? "", /^var\(--c\d+\)$/);
});
