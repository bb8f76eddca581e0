import assert from "node:assert/strict";
import { test } from "node:test";
import { group_runs } from "./run_group.ts";

const run = (experiment: string, lr: number | undefined) => ({
  experiment,
  status: "finished",
  tags: [],
  params: lr === undefined ? {} : { hparams: { lr } },
});

test("groups come in the order of their first run and keep the order inside", () => {
  const runs = [run("b", 1), run("a", 1), run("b", 2)];
  assert.deepEqual(
    group_runs(runs, ["experiment"]).map((group) => [
      group.title,
      group.runs.length,
    ]),
    [
      ["b", 2],
      ["a", 1],
    ],
  );
});

test("several fields make one title; a missing value is a group of its own", () => {
  const groups = group_runs(
    [run("a", 4e-5), run("a", undefined)],
    ["experiment", "params.hparams.lr"],
  );
  assert.deepEqual(
    groups.map((group) => group.title),
    ["a · lr 4e-5", "a · lr –"],
  );
});
