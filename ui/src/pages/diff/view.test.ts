import assert from "node:assert/strict";
import { test } from "node:test";
import { diff_rows, difference_curve, part_of } from "./view.ts";

test("every path is met once; what one lacks is told apart", () => {
  const rows = diff_rows(
    { hparams: { batch: 16, seed: 1 }, note: null },
    { hparams: { batch: 32, seed: 1, extra: "x" }, note: null },
  );
  assert.deepEqual(
    rows.map((row) => [row.path, row.a, row.b, row.kind]),
    [
      ["hparams.batch", "16", "32", "differs"],
      ["hparams.seed", "1", "1", "equal"],
      ["note", "None", "None", "equal"],
      ["hparams.extra", "–", "x", "only_b"],
    ],
  );
});

test("parts that are not trees are trees of one value", () => {
  assert.deepEqual(part_of({ cwd: "/a" }, "cwd"), { cwd: "/a" });
  assert.deepEqual(part_of({ git_info: { branch: "m" } }, "git_info"), {
    branch: "m",
  });
  assert.deepEqual(part_of({}, "packages"), {});
});

test("B − A is taken at common epochs, whatever the steps", () => {
  const a = { step: [10, 20, 30], epoch: [1, 2, 3], value: [1, 2, 3] };
  const b = {
    step: [5, 10, 15],
    epoch: [1, 2.00000001, 4],
    value: [3, 2.5, 9],
  };
  assert.deepEqual(difference_curve(a, b), {
    x: [1, 2.00000001],
    y: [2, 0.5],
    by: "epoch",
  });
  const { epoch: _, ...steps } = b;
  assert.deepEqual(difference_curve(a, steps), {
    x: [10],
    y: [1.5],
    by: "step",
  });
});
