import assert from "node:assert/strict";
import { test } from "node:test";
import type { RunAnswerSteps } from "../../schema.ts";
import { comparable, ranked_sides, read_side, write_side } from "./view.ts";

const run = (
  id: string,
  scores: readonly number[],
  total = 10,
): RunAnswerSteps => ({
  run: id,
  name: id,
  steps: scores.map((f1, i) => ({
    step: (i + 1) * 100,
    total,
    right: 0,
    partly: 0,
    wrong: total,
    exact_match: 0,
    f1,
  })),
});
const runs = [
  run("aa00", [50, 70, 60]),
  run("bb00", [80, 80]),
  run("cc00", [90], 5),
];

test("the best run at its best step comes first, the earlier of equal ones", () => {
  assert.deepEqual(ranked_sides(runs).map(write_side), [
    "cc00@100",
    "bb00@100",
    "aa00@200",
  ]);
});

test("an address names a run by a part of its id, with or without a step", () => {
  const words = ["aa@300", "bb", "dd", "aa@7", ""];
  assert.deepEqual(
    words.map((word) => {
      const side = read_side(runs, word);
      return side === undefined ? undefined : write_side(side);
    }),
    ["aa00@300", "bb00@100", undefined, undefined, undefined],
  );
});

test("only runs that answered as many questions are offered for comparison", () => {
  const side = read_side(runs, "aa");
  assert.ok(side !== undefined);
  const other = comparable(side, runs);
  assert.equal(other === undefined ? "" : write_side(other), "bb00@100");
  const alone = read_side(runs, "cc");
  assert.ok(alone !== undefined);
  assert.equal(comparable(alone, runs), undefined);
});
