import assert from "node:assert/strict";
import { test } from "node:test";
import { ordinal, rank_of, ranking } from "./rank.ts";

const f1 = { name: "f1", context: { subset: "eval" } };
const run = (id: string, max: number | undefined) => ({
  id,
  status: "finished",
  metrics: [
    {
      ...f1,
      count: 1,
      first_step: 1,
      last: 0,
      last_step: 1,
      ...(max === undefined ? {} : { max }),
    },
  ],
});

test("the best stands first, those without a value do not stand", () => {
  const runs = [run("a", 84.8), run("b", undefined), run("c", 85.41)];
  assert.deepEqual(
    ranking(runs, f1).map((one) => one.id),
    ["c", "a"],
  );
  const rank = rank_of("c", runs, f1);
  assert.equal(rank?.place, 1);
  assert.ok(Math.abs((rank?.margin ?? 0) - 0.61) < 1e-9);
  assert.equal(rank_of("a", runs, f1)?.place, 2);
  assert.equal(rank_of("b", runs, f1), undefined);
});

test("one run alone has no margin", () => {
  assert.deepEqual(rank_of("a", [run("a", 1)], f1), {
    place: 1,
    of: 1,
    margin: undefined,
  });
});

test("places are said as people say them", () => {
  assert.deepEqual([1, 2, 3, 4, 11, 12, 21, 112].map(ordinal), [
    "1st",
    "2nd",
    "3rd",
    "4th",
    "11th",
    "12th",
    "21st",
    "112th",
  ]);
});
