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

test("a run without params is neutral and takes no colour from the others", () => {
  const untrained = { id: "u", experiment: "grid", params: {} };
  const runs = [
    run("a", 1e-4, 16),
    run("b", 2e-4, 32),
    run("c", 4e-4, 16),
    untrained,
  ];
  const colours = run_colours(runs);
  assert.equal(new Set(colours.values()).size, 4);
  assert.equal(colours.get("u"), "var(--text-3)");
  const alone = run_colours(runs.slice(0, 3));
  assert.equal(colours.get("a"), alone.get("a"));
  assert.equal(colours.get("c"), alone.get("c"));
});

test("a number that is a word in one run, or that few runs have, gives no colour", () => {
  const odd = (id: string, params: Record<string, string | number>) => ({
    id,
    experiment: "odd",
    params,
  });
  assert.deepEqual(
    ordered_params([
      odd("a", { depth: 2, width: 1 }),
      odd("b", { depth: "auto", width: 2 }),
      odd("c", { depth: 6 }),
      odd("d", { depth: 6 }),
      odd("e", {}),
    ]),
    [],
  );
});
